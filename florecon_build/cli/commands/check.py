"""``check`` command: validation, lints, and rustfmt and clippy on the generated Rust."""

from __future__ import annotations

from dataclasses import asdict

import typer
from rich.text import Text

import florecon_build as fb
from florecon_build import codegen
from florecon_build.cli import console, strategy_loader
from florecon_build.cli.commands.options import Json, PluginName, Strategy
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.settings import settings
from florecon_build.cli.unused_params import unused_params
from florecon_build.codegen.build.rustfmt import check_format
from florecon_build.ir.errors import Problem, Severity


def check(strategy: Strategy = None, plugin: PluginName = None, as_json: Json = False) -> None:
    """Check a strategy: types, lints, and rustfmt and clippy on the generated Rust.

    Exit code 1 if there is an error; warnings do not change the exit code.
    """
    file = strategy_loader.load_file(strategy or settings().strategy, plugin)
    loaded = file.plugin
    problems = (*loaded.check(), *unused_params(file.variables))
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    tools: list[str] = []
    if not errors:
        crate = codegen.emit(loaded.data, loaded.fingerprint)
        with console.status("checking the generated Rust") as update:
            tools += [tool for tool in (check_format(crate.files), codegen.check({"check": crate}, say=update)) if tool]
    if as_json:
        console.print_json(_document(loaded, problems, tools))
    else:
        _page(loaded, problems, tools)
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
