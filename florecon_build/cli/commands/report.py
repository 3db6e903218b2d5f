"""``report`` command: one HTML page of a run."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, cast

import typer

from florecon_build.cli import console, strategy_loader
from florecon_build.cli.accounts import read_accounts
from florecon_build.cli.book_report import KeptRun, PageOptions
from florecon_build.cli.book_run import open_book
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.exported_tables import Format, export
from florecon_build.cli.html import RunFolderError, details_of, load, render, report_of
from florecon_build.cli.html.book_page import of_book
from florecon_build.cli.reconcile import DATA, STRATEGY
from florecon_build.cli.run_folder import RECORD
from florecon_build.host.report.html import RunResult, Signing, write_page
from florecon_build.host.report.journal import Journal


def report(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="OUT", help="Output folder of `run -o OUT`.", show_default="out; with --book, the book alone"
        ),
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option("--page", help="The file to write.", show_default="OUT/report.html, or report-PERIOD.html"),
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
        typer.Option(metavar="FILE", help="The book of the period: a SQLite file, or a URL."),
    ] = None,
    book_name: Annotated[
        str, typer.Option("--book-name", metavar="NAME", help="Which of several books in one database.")
    ] = "default",
    entity: Annotated[str, typer.Option(help="Entity in the title block.", show_default=False)] = "",
    account: Annotated[str, typer.Option(help="Account in the title block.", show_default=False)] = "",
    period: Annotated[str, typer.Option(help="Period of the book, and in the title block.", show_default=False)] = "",
    preparer: Annotated[str, typer.Option(help="Who prepared it.", show_default=False)] = "",
    reviewer: Annotated[str, typer.Option(help="Who reviews it.", show_default=False)] = "",
    tables: Annotated[
        Path | None,
        typer.Option("--tables", metavar="FOLDER", help="Write the exported tables there too."),
    ] = None,
    format: Annotated[
        Format, typer.Option(help="With --tables: format of the tables; excel is one workbook, report.xlsx.")
    ] = "csv",
    accounts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV file with the header reason,account: adds the journal to the page and to --tables.",
        ),
    ] = None,
) -> None:
    """Write one self-contained HTML page of a run, to read, filter, print and sign.

    It has a title block, the proof of the amounts by currency, matches by stage, ageing, the open items with reasons,
    all groups, and lines to sign. The page loads nothing from elsewhere: it can be mailed, archived and opened without
    a network.

    With --book and without OUT the page is made from the book alone, of --period or of the last period that was run:
    the run's folder, its files and its solver are not needed.

    With --accounts the page has the journal's totals by account, and --tables FOLDER its lines.
    """
    signing = Signing(entity=entity, account=account, period=period, preparer=preparer, reviewer=reviewer)
    day = as_of.date() if as_of else None
    given = None if accounts is None else read_accounts(accounts)
    if tables is not None and (tables / RECORD).is_file():
        raise CommandError(
            f"{console.display_path(tables)} is the output folder of a run", "give --tables another folder", Exit.USAGE
        )
    if book is not None and folder is None:
        options = PageOptions(by=by, date_column=date_column, as_of=day, signing=signing, accounts=given)
        _from_book(book, book_name, period or None, options, page, tables, format)
        return
    folder = folder or Path("out")
    try:
        kept, items = None, None
        if book is not None:
            _check_book(folder, book_name, period)
            with open_book(book, book_name) as opened:
                kept, signing = of_book(opened, period or None, signing)
                items = opened.open_items(signing.period)
        drawing = _drawing(folder)
        found = load(folder, by=by, date_column=date_column, as_of=day, drawing=drawing, signing=signing, book=kept)
        if given is None and tables is None:
            _write(page or folder / "report.html", found)
            return
        kept_report = report_of(folder)
        journal = None if found.journal is None else Journal(found.journal)
        journal = journal if given is None else kept_report.journal(given)
        lines = None if journal is None else journal.table
        details = replace(details_of(folder, lines), date_column=date_column, as_of=day)
    except RunFolderError as error:
        raise CommandError(str(error), code=Exit.USAGE) from error
    _write(page or folder / "report.html", replace(found, journal=lines))
    if tables is not None:
        tables.mkdir(parents=True, exist_ok=True)
        _wrote(tables, export(kept_report, tables, details=details, open_items=items, journal=journal, format=format))


def _from_book(
    where: str, name: str, period: str | None, options: PageOptions, page: Path | None, tables: Path | None,
    format: Format,
) -> None:  # fmt: skip
    with open_book(where, name) as opened:
        run = KeptRun.of(opened, period, options)
        _write(page or Path(f"report-{run.view.name}.html"), run.page())
        if tables is not None:
            _wrote(tables, run.export(tables, format))


def _wrote(folder: Path, paths: Sequence[Path]) -> None:
    console.print_line(f"wrote {console.display_path(folder)}: {', '.join(path.name for path in paths)}")


def _write(target: Path, content: RunResult) -> None:
    write_page(target, render(content))
    console.print_line(f"{console.display_path(target)}  {console.file_size(target.stat().st_size)}")


def _check_book(folder: Path, name: str, period: str) -> None:
    """Refuses an output folder of another book or period: the rows and the proof of a page are of one run."""
    path = folder / "run.json"
    said = json.loads(path.read_text(encoding="utf-8")).get("book") if path.is_file() else None
    if not isinstance(said, dict):
        raise CommandError(
            f"{console.display_path(folder)} is no run of a book",
            "leave it out: the page is then made from the book alone",
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
