"""``report`` command: one HTML page of a run."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Annotated, cast

import typer

from florecon_build.cli import console, strategy_loader
from florecon_build.cli.book_run import open_book
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.html import RunFolderError, load, render
from florecon_build.cli.html.book_page import of_book
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
    book: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The book that the run was a period of: a SQLite file, or a URL."),
    ] = None,
    book_name: Annotated[
        str, typer.Option("--book-name", metavar="NAME", help="Which of several books in one database.")
    ] = "default",
    entity: Annotated[str, typer.Option(help="Entity in the title block.", show_default=False)] = "",
    account: Annotated[str, typer.Option(help="Account in the title block.", show_default=False)] = "",
    period: Annotated[str, typer.Option(help="Period of the book, and in the title block.", show_default=False)] = "",
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
        kept = None
        if book is not None:
            _check_book(folder, book_name, period)
            with open_book(book, book_name) as opened:
                kept, signing = of_book(opened, period or None, signing)
        drawing = _drawing(folder)
        found = load(folder, by=by, date_column=date_column, as_of=day, drawing=drawing, signing=signing, book=kept)
    except RunFolderError as error:
        raise CommandError(str(error), code=Exit.USAGE) from error
    target = page or folder / "report.html"
    target.write_text(render(found), encoding="utf-8")
    console.print_line(f"{console.display_path(target)}  {console.file_size(target.stat().st_size)}")


def _check_book(folder: Path, name: str, period: str) -> None:
    """Refuses an output folder of another book or period: the rows and the proof of a page are of one run."""
    path = folder / "run.json"
    said = json.loads(path.read_text(encoding="utf-8")).get("book") if path.is_file() else None
    if not isinstance(said, dict):
        raise CommandError(
            f"{console.display_path(folder)} is no run of a book",
            f"run it with: florecon-build run ... --book FILE --period PERIOD -o {console.display_path(folder)}",
            Exit.USAGE,
        )
    run = cast("dict[str, object]", said)
    if run.get("name", name) != name or (period and run.get("period") != period):
        raise CommandError(
            f"{console.display_path(folder)} is the run of {run.get('period')} of the book {run.get('name')!r}",
            f"give --period {run.get('period')}, or the folder of the other run",
            Exit.USAGE,
        )


def _drawing(folder: Path) -> str | None:
    """SVG drawing of the strategy; None for a module without an embedded strategy."""
    carried = folder / DATA / STRATEGY
    return strategy_loader.load(carried).svg() if carried.is_file() else None
