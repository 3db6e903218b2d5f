"""``author`` command: run a strategy on a sample, print the report; repeat on save."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from florecon_build.cli import console, errors, terminal_page
from florecon_build.cli.author.loop import AuthorLoop, By, Iteration
from florecon_build.cli.commands.options import Json, Map, Params, PluginName, SourceFiles, TextAmounts
from florecon_build.cli.declared_sources import LedgerFiles, parse_data
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.inputs import InputFormat, parse_pairs
from florecon_build.cli.reading_page import print_findings
from florecon_build.cli.settings import Settings, decimal_mark, settings


def author(
    data: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files, read as one ledger.", show_default="the sample in florecon.toml, or its declared sources"
        ),
    ] = None,
    source: SourceFiles = None,
    strategy: Annotated[
        Path | None, typer.Option("--strategy", "-s", help="The strategy file.", show_default="strategy.py")
    ] = None,
    plugin: PluginName = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Run again after every change of a file.")] = False,
    native: Annotated[
        bool, typer.Option("--native", help="Compile the strategy for this machine: needs a Rust compiler.")
    ] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Use the reference interpreter: slow, plain Python.")
    ] = False,
    column_map: Map = None,
    param: Params = None,
    text_amounts: TextAmounts = None,
    as_json: Json = False,
) -> None:
    """Run the strategy on a sample and print the report; --watch repeats it on every save.

    The engine module runs it: nothing is compiled, and no Rust compiler is needed.
    """
    if native and preview:
        raise CommandError("both --native and --preview", "give one of them", Exit.USAGE)
    by: By = "compiled" if native else "interpreter" if preview else "engine"
    given = parse_pairs(column_map or [], "--map")
    mark = decimal_mark(text_amounts, "--text-amounts")

    def files() -> LedgerFiles:
        project = settings()
        shape = InputFormat({**project.columns, **given}, mark or project.text_amounts)
        return _files(data, source, project, shape)

    loop = AuthorLoop(
        strategy=strategy or settings().strategy,
        name=plugin,
        files=files(),
        params=parse_pairs(param or [], "--param"),
        say=console.print_status,
    )
    if not watch:
        _show(loop.run_once(by), as_json=as_json)
        return
    _iterate(loop, files, by, as_json=as_json)
    for _ in loop.watch():
        _iterate(loop, files, by, as_json=as_json)


def _iterate(loop: AuthorLoop, files: Callable[[], LedgerFiles], by: By, *, as_json: bool) -> None:
    """One run of a watch, by the declarations as they are now: an error is printed and the loop continues."""
    if not as_json:
        console.out().clear()
    try:
        loop.files = files()
        _show(loop.run_once(by), as_json=as_json)
    except Exception as error:
        errors.print_error(error)
    if not as_json:
        console.print_status(f"\nwatching {console.display_path(loop.strategy)}; press Ctrl-C to stop")


def _files(data: list[Path] | None, source: list[str] | None, project: Settings, shape: InputFormat) -> LedgerFiles:
    """The files that are named, or else the project's sample, or else its declared sources."""
    given = parse_data(source or [], project.sources)
    if data and given:
        raise CommandError("both files and --data", "give files, or --data NAME=FILE for declared sources", Exit.USAGE)
    files = tuple(data or (() if given else project.sample))
    if not files and not project.sources:
        fix = "pass a file: florecon-build author ledger.csv, or declare [source.NAME] in florecon.toml"
        raise CommandError("no input data", fix, Exit.USAGE)
    return LedgerFiles(files, shape, project.folder, project.sources, given)


def _show(iteration: Iteration, *, as_json: bool) -> None:
    plugin = iteration.plugin
    if as_json:
        warnings = [str(problem) for problem in iteration.warnings]
        about = {"id": plugin.id, "version": plugin.version, "fingerprint": plugin.fingerprint}
        console.print_json(
            {
                "plugin": about,
                "by": iteration.by,
                "warnings": warnings,
                "seconds": iteration.seconds,
                **iteration.summary.as_data(),
            }
        )
        return
    terminal = console.out()
    for problem in iteration.warnings:
        terminal.print(Text(f"{problem}\n", style="yellow"), soft_wrap=True)
    title = f"{plugin.id} {plugin.version}  {plugin.fingerprint[:12]}  {console.plural(iteration.summary.rows, 'row')}"
    terminal_page.print_summary(terminal, iteration.summary, title=title)
    print_findings(iteration.readings)
    parts = "  ".join(f"{name} {seconds:.2f}" for name, seconds in iteration.seconds.items())
    terminal.print(Text(f"\n{sum(iteration.seconds.values()):.2f} s, {iteration.by}: {parts}", style="dim"))
