"""Spreadsheets (xlsx, xlsm, xls, xlsb, ods): one sheet, header found or declared, cells as they are stored.

A number is the text of its 15 significant digits, which is all that a spreadsheet keeps: a longer one is left in the
exponent form that no column takes. A day is a date; a formula is the value that was stored with it.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from florecon_build.sources.cells import Cells, Skipped, text_batches
from florecon_build.sources.declaration import Source
from florecon_build.sources.errors import UnreadableFile
from florecon_build.sources.headers import MAX_COLUMNS, NO_HEADER, NO_HEADER_WORDS, header_index, header_names
from florecon_build.sources.readers.spreadsheet_bounds import require_bounds

HEAD_ROWS = 50
DIGITS = 15


def read(path: Path, source: Source) -> Cells:
    """The cells of a sheet: the declared one, or the only one that has cells; lines are rows of the sheet, from 1.

    Raises ``UnreadableFile`` for a file that is damaged, protected or unpacks beyond bounds, and where the sheet is not
    decided.
    """
    require_bounds(path, source)
    try:
        book: CalamineWorkbook = CalamineWorkbook.from_path(str(path))  # pyright: ignore[reportUnknownMemberType]
        sheet, notes = _sheet(path, source, book)
        head = list(islice(_cells_of(sheet), HEAD_ROWS))
    except PasswordError as error:
        raise UnreadableFile(
            f"{path.name} is protected by a password", source=source.name, fix="save it without one"
        ) from error
    except BaseException as error:
        if not isinstance(error, CalamineError | OSError | ValueError) and type(error).__name__ != "PanicException":
            raise  # a panic of the reader is no Exception
        reason = " ".join(str(error).split())[:200]
        raise UnreadableFile(f"{path.name} is no readable spreadsheet: {reason}", source=source.name) from error
    texts = [[_text(cell) for cell in row] for row in head]
    if not texts:
        raise UnreadableFile(f"{path.name}: the sheet {sheet.name!r} is empty", source=source.name)
    at = source.skip_rows if source.skip_rows is not None else header_index(texts)
    if at is None:
        advice = [source.advice("skip_rows = 0", words=NO_HEADER_WORDS)]
        raise UnreadableFile(f"{path.name}: {NO_HEADER}", source=source.name, advice=advice)
    if at >= len(texts):
        raise UnreadableFile(f"{path.name}: skip_rows = {at}, and the sheet ends before", source=source.name)
    if source.skip_rows is None and at:
        notes.append(f"header found in row {at + 1}; the rows before it were skipped (skip_rows = {at})")
    width = max((number for number, cell in enumerate(texts[at], 1) if cell), default=0)
    if not 0 < width <= MAX_COLUMNS:
        raise UnreadableFile(f"{path.name}: row {at + 1} has {width:,} headers", source=source.name)
    headers = header_names(texts[at][:width])
    skipped = [
        Skipped(path.name, line, "before the header", " ".join(filter(None, row)))
        for line, row in enumerate(texts[:at], 1)
        if any(row)
    ]

    def cells() -> Cells:
        below = islice(_cells_of(sheet), at + 1, None)
        mine = list(skipped)
        found = _rows(path, source, below, first=at + 2, width=width, skipped=mine)
        return Cells(headers, text_batches(headers, found), mine, notes=list(notes), again=cells)

    return cells()


def _cells_of(sheet: CalamineSheet) -> Iterator[list[Any]]:
    """The rows of a sheet from its first one; the columns before the first cell are empty."""
    if sheet.start is None:
        return
    before = [""] * sheet.start[1]
    for row in sheet.iter_rows():
        yield [*before, *row]


def _rows(
    path: Path, source: Source, rows: Iterable[list[Any]], *, first: int, width: int, skipped: list[Skipped]
) -> Iterator[tuple[int, list[str | None]]]:
    stop = None if source.stop_at is None else re.compile(source.stop_at)
    stopped = False
    for line, row in enumerate(rows, first):
        cells = [_text(cell, source.decimal or ".") for cell in row]
        if not any(cells):
            continue
        text = " ".join(filter(None, cells))
        if stopped or (stop is not None and stop.search(text)):
            reason = "behind stop_at" if stopped else f"stop_at {source.stop_at!r}"
            skipped.append(Skipped(path.name, line, reason, text))
            stopped = True
            continue
        if any(cells[width:]):
            raise UnreadableFile(
                f"{path.name}: row {line} has a cell behind the last header: {text[:60]!r}", source=source.name
            )
        yield line, [cell or None for cell in cells[:width]]


def _sheet(path: Path, source: Source, book: CalamineWorkbook) -> tuple[CalamineSheet, list[str]]:
    names = book.sheet_names
    if isinstance(source.sheet, str):
        if source.sheet not in names:
            listed = ", ".join(map(repr, names))
            raise UnreadableFile(
                f"{path.name} has no sheet {source.sheet!r}", source=source.name, fix=f"its sheets are {listed}"
            )
        return book.get_sheet_by_name(source.sheet), []
    if isinstance(source.sheet, int):
        if not 1 <= source.sheet <= len(names):
            raise UnreadableFile(f"{path.name} has {len(names)} sheets, and sheet = {source.sheet}", source=source.name)
        return book.get_sheet_by_index(source.sheet - 1), []
    filled = [sheet for sheet in map(book.get_sheet_by_name, names) if sheet.height]
    if len(filled) != 1:
        listed = ", ".join(map(repr, names))
        raise UnreadableFile(
            f"{path.name} has {len(filled)} sheets with cells",
            source=source.name,
            fix=f"declare sheet, one of {listed}",
        )
    return filled[0], ([f"sheet {filled[0].name!r}"] if len(names) > 1 else [])


def _text(cell: Any, mark: str = ".") -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case str():
            return cell
        case int():
            return _number(cell, mark)
        case float():
            return _number(cell, mark)
        case datetime.datetime():
            return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(sep=" ")
        case _:
            return str(cell)


def _number(value: float, mark: str) -> str:
    """The digits of a number as a spreadsheet keeps them, with the decimal mark of the source."""
    if abs(value) >= 10**DIGITS:
        return f"{value:.6E}"
    text = format(Decimal(f"{value:.{DIGITS}g}"), "f")
    whole, point, places = text.partition(".")
    if len(places) == 3:  # never mistaken for thousands
        places += "0"
    return f"{whole}{mark if point else ''}{places}"
