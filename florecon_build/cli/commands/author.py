"""``author`` command: compile a strategy natively, run it on a sample, print the report; repeat on save."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from florecon_build.cli import console, errors, inputs, terminal_page
from florecon_build.cli.author.loop import AuthorLoop, Iteration
from florecon_build.cli.commands.options import Json, Map, Params, PluginName, TextAmounts
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.inputs import InputFormat
from florecon_build.cli.settings import Settings, decimal_mark, settings


def author(
    data: Annotated[
        list[Path] | None,
        typer.Argument(help="CSV, Parquet or Arrow files.", show_default="the sample in florecon.toml"),
    ] = None,
    strategy: Annotated[
        Path | None, typer.Option("--strategy", "-s", help="The strategy file.", show_default="strategy.py")
    ] = None,
    plugin: PluginName = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Run again after every change of a file.")] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Use the interpreter: slower, needs no Rust compiler.")
    ] = False,
    column_map: Map = None,
    param: Params = None,
    text_amounts: TextAmounts = None,
    as_json: Json = False,
) -> None:
    """Run the strategy on a sample and print the report; --watch repeats it on every save.

    The strategy is compiled for this machine; the compiled runtime is cached after the first run.
    """
    project = settings()
    loop = AuthorLoop(
        strategy=strategy or project.strategy,
        name=plugin,
        data=_data(data, project),
        shape=InputFormat(
            {**project.columns, **inputs.parse_pairs(column_map or [], "--map")},
            decimal_mark(text_amounts, "--text-amounts") or project.text_amounts,
        ),
        params=inputs.parse_pairs(param or [], "--param"),
        say=console.print_status,
    )
    if not watch:
        _show(loop.run_once(preview=preview), as_json=as_json)
        return
    _iterate(loop, preview=preview, as_json=as_json)
    for _ in loop.watch():
        _iterate(loop, preview=preview, as_json=as_json)


def _iterate(loop: AuthorLoop, *, preview: bool, as_json: bool) -> None:
    """One run of a watch: an error is printed and the loop continues."""
    if not as_json:
        console.out().clear()
    try:
        _show(loop.run_once(preview=preview), as_json=as_json)
    except Exception as error:
        errors.print_error(error)
    if not as_json:
        console.print_status(f"\nwatching {console.display_path(loop.strategy)}; press Ctrl-C to stop")


def _data(given: list[Path] | None, project: Settings) -> tuple[Path, ...]:
    files = tuple(given or project.sample)
    if not files:
        fix = 'pass a file: florecon-build author ledger.csv, or set sample = "ledger.csv" in florecon.toml'
        raise CommandError("no input data", fix, Exit.USAGE)
    return files


def _show(iteration: Iteration, *, as_json: bool) -> None:
    plugin = iteration.plugin
    if as_json:
        warnings = [str(problem) for problem in iteration.warnings]
        about = {"id": plugin.id, "version": plugin.version, "fingerprint": plugin.fingerprint}
        console.print_json(
            {"plugin": about, "warnings": warnings, "seconds": iteration.seconds, **iteration.summary.as_data()}
        )
        return
    terminal = console.out()
    for problem in iteration.warnings:
        terminal.print(Text(f"{problem}\n", style="yellow"), soft_wrap=True)
    title = f"{plugin.id} {plugin.version}  {plugin.fingerprint[:12]}  {console.plural(iteration.summary.rows, 'row')}"
    terminal_page.print_summary(terminal, iteration.summary, title=title)
    parts = "  ".join(f"{name} {seconds:.2f}" for name, seconds in iteration.seconds.items())
    terminal.print(Text(f"\n{sum(iteration.seconds.values()):.2f} s: {parts}", style="dim"))
