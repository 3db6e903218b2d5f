"""``ship`` and ``verify`` commands: the release build, and its reproducible rebuild."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.text import Text

from florecon_build import codegen
from florecon_build.cli import console, strategy_loader
from florecon_build.cli.commands.options import Json, PluginName, Strategy
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.settings import settings
from florecon_build.codegen.build.reproduce import Verdict
from florecon_build.codegen.build.reproduce import verify as rebuild
from florecon_build.frontend.ir_validation import verify as validate


def ship(
    strategy: Strategy = None,
    plugin: PluginName = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder for solver.wasm and solver.json.")] = Path(
        "dist"
    ),
    as_json: Json = False,
) -> None:
    """Compile the production module: solver.wasm, and solver.json, its manifest.

    Two builds of one strategy by one compiler are equal byte for byte, wherever they run.
    """
    loaded = strategy_loader.load(strategy or settings().strategy, plugin)
    warnings = [str(found) for found in loaded.require()]
    for warning in warnings:
        console.err().print(Text(warning), soft_wrap=True)
    with console.busy(f"compiling {loaded.id} {loaded.version}") as tell:
        made = codegen.build_wasm(
            loaded.data, loaded.fingerprint, out, ir_json=loaded.ir(), warnings=warnings, profile="release", say=tell
        )
    manifest: dict[str, Any] = json.loads(made.manifest.read_text(encoding="utf-8"))
    if as_json:
        about = {name: manifest[name] for name in ("plugin", "fingerprint", "compiler", "runtime", "warnings")}
        console.emit_json({"wasm": str(made.wasm), "manifest": str(made.manifest), **manifest["wasm"], **about})
        return
    lines = [
        ("module", f"{console.place(made.wasm)}  {console.size(manifest['wasm']['bytes'])}"),
        ("manifest", console.place(made.manifest)),
        ("strategy", f"{loaded.id} {loaded.version}  {loaded.fingerprint}"),
        ("sha256", manifest["wasm"]["sha256"]),
        ("compiler", f"rustc {manifest['compiler']['release']}, runtime {manifest['runtime']['version']}"),
    ]
    for name, text in lines:
        console.done(f"{name:<10}{text}")


def verify(
    solver: Annotated[Path, typer.Argument(help="The solver.wasm.", exists=True, dir_okay=False)] = Path(
        "dist/solver.wasm"
    ),
    as_json: Json = False,
) -> None:
    """Rebuild a module from the strategy that it carries, and compare byte for byte.

    Exit code 0 if the two are equal, 1 if not.
    """
    with console.busy(f"rebuilding {solver.name} from its own strategy") as tell:
        verdict = rebuild(solver.read_bytes(), validate=validate, say=tell)
    if as_json:
        console.emit_json(
            {
                "equal": verdict.equal,
                "comparable": verdict.comparable,
                "differs_at": verdict.differs_at,
                "fingerprint": verdict.fingerprint,
                "made_by": verdict.made_by,
                "here": verdict.here,
            }
        )
    else:
        _say(verdict, solver)
    if not verdict.equal:
        raise typer.Exit(Exit.REFUSED)


def _say(verdict: Verdict, solver: Path) -> None:
    if verdict.equal:
        console.done(f"equal: all {verdict.bytes:,} bytes of {console.place(solver)}, rebuilt from its own strategy")
        console.done(f"strategy  {verdict.fingerprint}")
        return
    console.done(f"NOT equal: the rebuild differs from byte {verdict.differs_at:,} on")
    console.done(f"strategy  {verdict.fingerprint}")
    if verdict.comparable:
        console.done("Generator, runtime and compiler are the same: this module was not made from this strategy alone.")
        return
    console.done("It was not made by what is here, so this proves nothing; verify it with the same:")
    for name in ("generator", "runtime", "compiler"):
        then, now = verdict.made_by.get(name), verdict.here.get(name)
        if then != now:
            console.done(f"  {name:<10}{_brief(then)}, here {_brief(now)}")


def _brief(said: Any) -> str:
    if isinstance(said, dict):
        facts = cast("dict[str, str]", said)
        version = facts.get("release") or facts.get("version") or ""
        detail = facts.get("commit-hash") or facts.get("sha256") or ""
        return f"{version} ({detail[:12]} {facts.get('host', '')}".rstrip() + ")"
    return str(said)
