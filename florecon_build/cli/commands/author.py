"""``author`` command: compile a strategy natively, run it on a sample, print the report; repeat on save."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from florecon_build.cli import console, errors, inputs, terminal_page
from florecon_build.cli.author.loop import Author, Round
from florecon_build.cli.commands.options import Json, Map, Params, PluginName, TextAmounts
from florecon_build.cli.errors import Fault
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.inputs import Shape
from florecon_build.cli.settings import Settings, mark, settings


def author(
    data: Annotated[
        list[Path] | None,
        typer.Argument(help="CSV, Parquet or Arrow files.", show_default="the sample in florecon.toml"),
    ] = None,
    strategy: Annotated[
        Path | None, typer.Option("--strategy", "-s", help="The strategy file.", show_default="strategy.py")
    ] = None,
    plugin: PluginName = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Run again whenever a file is saved.")] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Use the interpreter: slow, and no Rust is needed.")
    ] = False,
    column_map: Map = None,
    param: Params = None,
    text_amounts: TextAmounts = None,
    as_json: Json = False,
) -> None:
    """Run the strategy on a sample and print the report; --watch does so on every save.

    The strategy is compiled for this machine with the runtime kept from the first time.
    """
    said = settings()
    loop = Author(
        strategy=strategy or said.strategy,
        name=plugin,
        data=_data(data, said),
        shape=Shape(
            {**said.columns, **inputs.pairs(column_map or [], "--map")},
            mark(text_amounts, "--text-amounts") or said.text_amounts,
        ),
        params=inputs.pairs(param or [], "--param"),
        say=console.say,
    )
    if not watch:
        _show(loop.turn(preview=preview), as_json=as_json)
        return
    _turn(loop, preview=preview, as_json=as_json)
    for _ in loop.saves():
        _turn(loop, preview=preview, as_json=as_json)


def _turn(loop: Author, *, preview: bool, as_json: bool) -> None:
    """One turn of a watch: a mistake is shown, and the next save is waited for."""
    if not as_json:
        console.out().clear()
    try:
        _show(loop.turn(preview=preview), as_json=as_json)
    except Exception as error:
        errors.show(error)
    if not as_json:
        console.say(f"\nwatching {console.place(loop.strategy)}; Ctrl-C ends it")


def _data(given: list[Path] | None, said: Settings) -> tuple[Path, ...]:
    files = tuple(given or said.sample)
    if not files:
        fix = 'name it: florecon-build author ledger.csv, or write sample = "ledger.csv" in florecon.toml'
        raise Fault("there is no data to run on", fix, Exit.USAGE)
    return files


def _show(turn: Round, *, as_json: bool) -> None:
    plugin = turn.plugin
    if as_json:
        warnings = [str(problem) for problem in turn.warnings]
        about = {"id": plugin.id, "version": plugin.version, "fingerprint": plugin.fingerprint}
        console.emit_json({"plugin": about, "warnings": warnings, "seconds": turn.seconds, **turn.found.as_data()})
        return
    terminal = console.out()
    for problem in turn.warnings:
        terminal.print(Text(f"{problem}\n", style="yellow"), soft_wrap=True)
    title = f"{plugin.id} {plugin.version}  {plugin.fingerprint[:12]}  {console.counted(turn.found.rows, 'row')}"
    terminal_page.show(terminal, turn.found, title=title)
    parts = "  ".join(f"{name} {seconds:.2f}" for name, seconds in turn.seconds.items())
    terminal.print(Text(f"\n{sum(turn.seconds.values()):.2f} s: {parts}", style="dim"))
