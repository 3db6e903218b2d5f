"""``package`` command: a Python wheel that contains the compiled module."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from florecon_build import codegen
from florecon_build.cli import console, strategy_loader
from florecon_build.cli.commands.options import Json, PluginName, Strategy
from florecon_build.cli.settings import settings
from florecon_build.cli.wheel import Content, file_name, import_name, write


def package(
    strategy: Strategy = None,
    plugin: PluginName = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder for the wheel.")] = Path("dist"),
    as_json: Json = False,
) -> None:
    """Build a universal wheel that contains the compiled solver and a typed workspace().

    It needs florecon-build at run time, and no compiler. The same strategy gives the same wheel, byte for byte.
    """
    loaded = strategy_loader.load(strategy or settings().strategy, plugin)
    warnings = [str(found) for found in loaded.require()]
    with console.status(f"compiling {loaded.id} {loaded.version}") as update:
        artifact = codegen.build_wasm(
            loaded.data, loaded.fingerprint, out, ir_json=loaded.ir(), warnings=warnings, profile="release", say=update
        )
    content = Content(loaded.data, loaded.fingerprint, artifact.wasm.read_bytes(), artifact.manifest.read_bytes())
    path = write(content, out / file_name(loaded.data))
    module = import_name(loaded.id)
    if as_json:
        console.print_json({"wheel": str(path), "module": module, "fingerprint": loaded.fingerprint})
        return
    console.print_line(f"{console.display_path(path)}  {console.file_size(path.stat().st_size)}")
    console.print_line(f"\n  pip install {path.name}\n")
    console.print_line(
        f'  from {module} import workspace\n  ws = workspace()\n  ws.upsert("ledger.csv")\n  report = ws.solve()'
    )
