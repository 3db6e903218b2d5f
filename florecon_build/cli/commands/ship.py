"""``ship`` and ``verify`` commands: the release build, and its reproducible rebuild."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.text import Text

from florecon_build import codegen
from florecon_build.cli import console, strategy_loader
from florecon_build.cli.agreement import Agreement, on_sample
from florecon_build.cli.commands.options import Json, PluginName, Strategy
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.settings import settings
from florecon_build.codegen.build.reproduce import Verdict
from florecon_build.codegen.build.reproduce import verify as rebuild
from florecon_build.frontend.ir_validation import verify as validate
from florecon_build.host import FloreconError


def ship(
    strategy: Strategy = None,
    plugin: PluginName = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder for solver.wasm and solver.json.")] = Path(
        "dist"
    ),
    as_json: Json = False,
) -> None:
    """Compile the production module solver.wasm and its manifest solver.json.

    The build is reproducible: one strategy and one compiler give the same bytes on every machine. The module is
    compared with the engine on the sample of florecon.toml, or on its declared sources.
    """
    project = settings()
    loaded = strategy_loader.load(strategy or project.strategy, plugin)
    warnings = [str(found) for found in loaded.require()]
    for warning in warnings:
        console.err().print(Text(warning), soft_wrap=True)
    with console.status(f"compiling {loaded.id} {loaded.version}") as update:
        artifact = codegen.build_wasm(
            loaded.data, loaded.fingerprint, out, ir_json=loaded.ir(), warnings=warnings, profile="release", say=update
        )
        update("comparing the module with the engine on the sample")
        try:
            agreement, why = on_sample(loaded, artifact.wasm, project), "florecon.toml names no sample"
        except FloreconError as error:
            agreement, why = None, f"the sample cannot be reconciled: {error}"
    if agreement is not None and not agreement.equal:
        raise CommandError(
            f"the engine and the compiled module differ on the sample in {', '.join(agreement.differing)}",
            "please report this defect of florecon-build with the strategy; do not use the module",
            Exit.BUG,
        )
    manifest: dict[str, Any] = json.loads(artifact.manifest.read_text(encoding="utf-8"))
    if as_json:
        about = {name: manifest[name] for name in ("plugin", "fingerprint", "compiler", "runtime", "warnings")}
        console.print_json(
            {
                "wasm": str(artifact.wasm),
                "manifest": str(artifact.manifest),
                **manifest["wasm"],
                **about,
                "agreement": None if agreement is None else {"rows": agreement.rows, "equal": agreement.equal},
            }
        )
        return
    lines = [
        ("module", f"{console.display_path(artifact.wasm)}  {console.file_size(manifest['wasm']['bytes'])}"),
        ("manifest", console.display_path(artifact.manifest)),
        ("strategy", f"{loaded.id} {loaded.version}  {loaded.fingerprint}"),
        ("sha256", manifest["wasm"]["sha256"]),
        ("compiler", f"rustc {manifest['compiler']['release']}, runtime {manifest['runtime']['version']}"),
        ("sample", f"not compared: {why}" if agreement is None else _agreed(agreement)),
    ]
    for name, text in lines:
        console.print_line(f"{name:<10}{text}")


def _agreed(agreement: Agreement) -> str:
    """``245 rows: the engine (0.02 s) and the compiled module (0.01 s) agree``."""
    engine, compiled = (f"{agreement.seconds[name]:.2f} s" for name in ("engine", "compiled"))
    rows = console.plural(agreement.rows, "row")
    return f"{rows}: the engine ({engine}) and the compiled module ({compiled}) agree in every table"


def verify(
    solver: Annotated[Path, typer.Argument(help="The solver.wasm.", exists=True, dir_okay=False)] = Path(
        "dist/solver.wasm"
    ),
    as_json: Json = False,
) -> None:
    """Rebuild a module from its embedded strategy, compare the bytes, and check every claim of its manifest.

    The strategy is read as data and compiled anew; no code of the module runs. The manifest is the .json file beside
    the module. Exit code 0 if the modules are equal and no claim is false, 1 if not.
    """
    beside = solver.with_suffix(".json")
    claims = beside.read_bytes() if beside.is_file() else None
    with console.status(f"rebuilding {solver.name} from its embedded strategy") as update:
        verdict = rebuild(solver.read_bytes(), validate=validate, claims=claims, say=update)
    if as_json:
        console.print_json(
            {
                "equal": verdict.equal,
                "comparable": verdict.comparable,
                "differs_at": verdict.differs_at,
                "fingerprint": verdict.fingerprint,
                "made_by": verdict.made_by,
                "here": verdict.here,
                "manifest": _claims(verdict, beside),
            }
        )
    else:
        _print_verdict(verdict, solver)
        _print_claims(verdict, beside)
    if not verdict.equal or verdict.false_claims:
        raise typer.Exit(Exit.REFUSED)


def _claims(verdict: Verdict, manifest: Path) -> dict[str, object] | None:
    if verdict.false_claims is None:
        return None
    return {
        "path": str(manifest),
        "true": not verdict.false_claims,
        "false_claims": [asdict(claim) for claim in verdict.false_claims],
        "unchecked": list(verdict.unchecked),
    }


def _print_claims(verdict: Verdict, manifest: Path) -> None:
    release, profile = verdict.here["compiler"]["release"], verdict.here["profile"]
    console.print_line(
        f"rebuilt   {verdict.rust_lines:,} lines of Rust, generated here from the strategy, and the florecon runtime "
        f"{verdict.here['runtime']['version']}, by rustc {release}, profile {profile}"
    )
    console.print_line("          The module was read, not run; nothing that came with it was compiled or executed.")
    if verdict.false_claims is None:
        console.print_line(f"manifest  {manifest.name} is not beside the module: no claim of a manifest was checked")
        return
    path = console.display_path(manifest)
    if not verdict.false_claims:
        beyond = f" but {', '.join(verdict.unchecked)}" if verdict.unchecked else ""
        console.print_line(f"manifest  every claim of {path}{beyond} is true")
    for claim in verdict.false_claims:
        console.print_line(
            f"manifest  FALSE: {path} says {claim.name} = {_shown(claim.says)}; it is {_shown(claim.found)}"
        )


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _print_verdict(verdict: Verdict, solver: Path) -> None:
    if verdict.equal:
        console.print_line(
            f"equal: all {verdict.bytes:,} bytes of {console.display_path(solver)}, rebuilt from its embedded strategy"
        )
        console.print_line(f"strategy  {verdict.fingerprint}")
        return
    console.print_line(f"NOT equal: the rebuild differs at byte {verdict.differs_at:,}")
    console.print_line(f"strategy  {verdict.fingerprint}")
    if verdict.comparable:
        console.print_line(
            "Generator, runtime and compiler are the same: the module was not built from its embedded strategy alone."
        )
        return
    console.print_line(
        "The module was built by other tools, so the comparison is inconclusive; verify it with the same versions:"
    )
    for name in ("generator", "runtime", "compiler"):
        then, now = verdict.made_by.get(name), verdict.here.get(name)
        if then != now:
            console.print_line(f"  {name:<10}{_brief(then)}, here {_brief(now)}")


def _brief(facts_: Any) -> str:
    if isinstance(facts_, dict):
        facts = cast("dict[str, str]", facts_)
        version = facts.get("release") or facts.get("version") or ""
        detail = facts.get("commit-hash") or facts.get("sha256") or ""
        return f"{version} ({detail[:12]} {facts.get('host', '')}".rstrip() + ")"
    return str(facts_)
