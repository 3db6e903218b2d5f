"""``check`` command: validation, lints, and rustfmt and clippy on the generated Rust."""

from __future__ import annotations

from dataclasses import asdict

import typer
from rich.text import Text

import florecon_build as fb
from florecon_build import codegen
from florecon_build.cli import console, strategy_loader
from florecon_build.cli.commands.options import Json, PluginName, Strategy
from florecon_build.cli.declared_sources import check_sources
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.settings import settings
from florecon_build.cli.unused_params import unused_params
from florecon_build.codegen.build.rustfmt import check_format
from florecon_build.ir.errors import Problem, Severity
from florecon_build.sources import Reading


def check(strategy: Strategy = None, plugin: PluginName = None, as_json: Json = False) -> None:
    """Check a strategy: types, lints, rustfmt and clippy on the generated Rust; and its declared sources, if any.

    Exit code 1 if there is an error; warnings do not change the exit code. Sources are read as `read` reads them, and
    held to the columns of the strategy; what cannot be read is exit code 4.
    """
    project = settings()
    file = strategy_loader.load_file(strategy or project.strategy, plugin)
    loaded = file.plugin
    problems = (*loaded.check(), *unused_params(file.variables))
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    tools: list[str] = []
    readings: list[Reading] = []
    if not errors and strategy is None:
        readings = check_sources(project.sources, project.folder, loaded.description)
    if not errors:
        crate = codegen.emit(loaded.data, loaded.fingerprint)
        with console.status("checking the generated Rust") as update:
            tools += [tool for tool in (check_format(crate.files), codegen.check({"check": crate}, say=update)) if tool]
    if as_json:
        said = {"sources": [reading.as_data() for reading in readings]} if project.sources else {}
        console.print_json({**_document(loaded, problems, tools), **said})
    else:
        _page(loaded, problems, tools)
        for reading in readings:
            net = ", ".join(f"{total.net:,} {total.currency}".rstrip() for total in reading.totals)
            console.print_line(
                f"source {reading.source.name}: {console.plural(reading.table.num_rows, 'row')}, net {net}"
            )
    if errors:
        raise typer.Exit(Exit.REFUSED)


def _document(loaded: fb.Plugin, problems: tuple[Problem, ...], tools: list[str]) -> dict[str, object]:
    items = [{**asdict(problem), "severity": problem.severity.value} for problem in problems]
    return {
        "plugin": {"id": loaded.id, "version": loaded.version},
        "fingerprint": loaded.fingerprint,
        "problems": items,
        "rust_checked_by": tools,
    }


def _page(loaded: fb.Plugin, problems: tuple[Problem, ...], tools: list[str]) -> None:
    for problem in problems:
        console.print_line(f"{problem}\n")
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    warnings = len(problems) - errors
    verdict = f"{loaded.id} {loaded.version}  {loaded.fingerprint[:12]}"
    counts = f"{console.plural(errors, 'error')}, {console.plural(warnings, 'warning')}"
    terminal = console.out()
    terminal.print(Text(f"{verdict}  {counts}", style="bold"))
    if tools:
        terminal.print(Text(f"the generated Rust passes {' and '.join(tools)}"))
