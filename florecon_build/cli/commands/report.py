"""``report`` command: one HTML page of a run."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer

from florecon_build.cli import console, strategy_loader
from florecon_build.cli.errors import Fault
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.html import NoRun, load, render
from florecon_build.cli.reconcile import DATA, STRATEGY


def report(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="What `run -o OUT` left.")] = Path("out"),
    page: Annotated[
        Path | None, typer.Option("--page", help="The file to write.", show_default="OUT/report.html")
    ] = None,
    by: Annotated[str | None, typer.Option(metavar="COLUMN", help="Keeps amounts apart, as a currency does.")] = None,
    date_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The date that open items age from.")
    ] = None,
    as_of: Annotated[
        datetime.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day that open items age until.", show_default="the last date"),
    ] = None,
) -> None:
    """Make one self-contained HTML page of a run: what matched where, what is open and why, every group.

    It loads nothing from anywhere: mail it, archive it, open it without a network.
    """
    try:
        day = as_of.date() if as_of else None
        found = load(folder, by=by, date_column=date_column, as_of=day, drawing=_drawing(folder))
    except NoRun as error:
        raise Fault(str(error), code=Exit.USAGE) from error
    target = page or folder / "report.html"
    target.write_text(render(found), encoding="utf-8")
    console.done(f"{console.place(target)}  {console.size(target.stat().st_size)}")


def _drawing(folder: Path) -> str | None:
    """The strategy that ran, drawn; nothing for a module that did not carry it."""
    carried = folder / DATA / STRATEGY
    return strategy_loader.load(carried).svg() if carried.is_file() else None
