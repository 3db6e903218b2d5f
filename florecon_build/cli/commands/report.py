"""``report`` command: one HTML page of a run."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer

from florecon_build.cli import console, strategy_loader
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.html import RunFolderError, load, render
from florecon_build.cli.reconcile import DATA, STRATEGY
from florecon_build.host.report.html import Signing


def report(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="Output folder of `run -o OUT`.")] = Path("out"),
    page: Annotated[
        Path | None, typer.Option("--page", help="The file to write.", show_default="OUT/report.html")
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column whose values have separate totals, such as a currency.")
    ] = None,
    date_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Date column for the ageing of open items.")
    ] = None,
    as_of: Annotated[
        datetime.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Reference date of the ageing.", show_default="the last date"),
    ] = None,
    entity: Annotated[str, typer.Option(help="Entity in the title block.", show_default=False)] = "",
    account: Annotated[str, typer.Option(help="Account in the title block.", show_default=False)] = "",
    period: Annotated[str, typer.Option(help="Period in the title block.", show_default=False)] = "",
    preparer: Annotated[str, typer.Option(help="Who prepared it.", show_default=False)] = "",
    reviewer: Annotated[str, typer.Option(help="Who reviews it.", show_default=False)] = "",
) -> None:
    """Write one self-contained HTML page of a run, to read, filter, print and sign.

    It has a title block, the proof of the amounts by currency, matches by stage, ageing, the open items with reasons,
    all groups, and lines to sign. The page loads nothing from elsewhere: it can be mailed, archived and opened without
    a network.
    """
    signing = Signing(entity=entity, account=account, period=period, preparer=preparer, reviewer=reviewer)
    try:
        day = as_of.date() if as_of else None
        found = load(folder, by=by, date_column=date_column, as_of=day, drawing=_drawing(folder), signing=signing)
    except RunFolderError as error:
        raise CommandError(str(error), code=Exit.USAGE) from error
    target = page or folder / "report.html"
    target.write_text(render(found), encoding="utf-8")
    console.print_line(f"{console.display_path(target)}  {console.file_size(target.stat().st_size)}")


def _drawing(folder: Path) -> str | None:
    """SVG drawing of the strategy; None for a module without an embedded strategy."""
    carried = folder / DATA / STRATEGY
    return strategy_loader.load(carried).svg() if carried.is_file() else None
