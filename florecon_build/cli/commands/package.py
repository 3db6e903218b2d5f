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
    """Make a universal wheel with the compiled solver inside and a typed workspace().

    It needs florecon-build to run, and no compiler. The same strategy gives the same wheel, byte for byte.
    """
    loaded = strategy_loader.load(strategy or settings().strategy, plugin)
    warnings = [str(found) for found in loaded.require()]
    with console.busy(f"compiling {loaded.id} {loaded.version}") as tell:
        made = codegen.build_wasm(
            loaded.data, loaded.fingerprint, out, ir_json=loaded.ir(), warnings=warnings, profile="release", say=tell
        )
    content = Content(loaded.data, loaded.fingerprint, made.wasm.read_bytes(), made.manifest.read_bytes())
    path = write(content, out / file_name(loaded.data))
    module = import_name(loaded.id)
    if as_json:
        console.emit_json({"wheel": str(path), "module": module, "fingerprint": loaded.fingerprint})
        return
    console.done(f"{console.place(path)}  {console.size(path.stat().st_size)}")
    console.done(f"\n  pip install {path.name}\n")
    console.done(
        f'  from {module} import workspace\n  ws = workspace()\n  ws.upsert("ledger.csv")\n  report = ws.solve()'
    )
