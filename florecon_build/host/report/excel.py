"""Workbooks of typed cells: one sheet per table.

Excel keeps a number as a 64-bit float and shows 15 digits of it. So a number of up to 15 digits is written as a number
(what Excel shows is then exactly what was meant), and a longer one as text, which nothing rounds. Texts are never
formulas or links, whatever they begin with.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.types as pt

from florecon_build.host.errors import MissingPackage, SheetFull
from florecon_build.host.report.currencies import decimals_of

SHEET_ROWS = 1_048_576
"""Rows of a sheet, the header among them."""
CELL_LETTERS = 32_767
EXACT_DIGITS = 15
ROWS_PER_BATCH = 16_384
FIRST_YEAR = 1900
"""Excel knows no earlier date; one is written as a text."""
WIDE = ("reason", "legs", "line", "note", "journal", "text")
"""Columns of longer texts."""


def write_workbook(
    path: Path,
    tables: Mapping[str, pa.Table],
    codes: Mapping[str, pa.ChunkedArray | None] | None = None,
    others: Collection[str] = (),
) -> Path:
    """Writes one sheet for each table, with a frozen header and a filter; returns the path.

    Parameters: `codes` has the currency of each row of a table, whose decimals its amounts are shown with, but for
    those in the columns `others`, which are not in that currency.
    Errors: `MissingPackage` where XlsxWriter is not installed; `SheetFull` for a table of more rows, or a text of more
    letters, than Excel holds; `OSError`. After an error there is no file.
    """
    try:
        import xlsxwriter  # noqa: PLC0415  (optional)
        from xlsxwriter.exceptions import FileCreateError  # noqa: PLC0415  (optional)
    except ImportError as error:
        raise MissingPackage("write_excel() needs XlsxWriter: pip install 'florecon-build[excel]'") from error
    for name, table in tables.items():
        _check_room(name, table)
    book: Any = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    header = book.add_format({"bold": True, "bottom": 1})
    formats = _Formats(book)
    for name, table in tables.items():
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for at, field in enumerate(table.schema):
            sheet.set_column(at, at, _width(field))
            sheet.write_string(0, at, field.name, header)
        if table.num_columns:
            sheet.autofilter(0, 0, table.num_rows, table.num_columns - 1)
        of_sheet = (codes or {}).get(name)
        of_rows = [""] * table.num_rows if of_sheet is None else of_sheet.to_pylist()
        _write_rows(sheet, table, of_rows, formats, [name in others for name in table.column_names])
    try:
        book.close()
    except FileCreateError as error:
        raise OSError(f"{path} cannot be written: {error}") from error
    return path


def _check_room(name: str, table: pa.Table) -> None:
    """Looks before anything is written."""
    if table.num_rows >= SHEET_ROWS:
        raise SheetFull(
            f"the table {name} has {table.num_rows} rows, and a sheet holds {SHEET_ROWS - 1} below its header;"
            " write_parquet and write_csv have no such limit"
        )
    for field in table.schema:
        if not pt.is_string(field.type):
            continue
        for row, text in enumerate(_cells(table.select([field.name]))):
            if text[0] is not None and len(text[0]) > CELL_LETTERS:
                raise SheetFull(
                    f"the table {name}, column {field.name!r}, row {row}: a text of {len(text[0])} letters,"
                    f" and a cell holds {CELL_LETTERS}; write_parquet and write_csv have no such limit",
                    column=field.name,
                    row=row,
                )


class _Formats:
    """Number formats, one object for each text of a format."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[str, Any] = {}

    def of(self, text: str) -> Any:
        if text not in self._made:
            self._made[text] = self._book.add_format({"num_format": text})
        return self._made[text]

    def amount(self, value: Decimal, scale: int, code: str | None) -> Any:
        """The decimals of the currency, or as many more as the amount has."""
        places = decimals_of(code, scale) if code else scale
        exponent = value.normalize().as_tuple().exponent
        places = max(places, -exponent if isinstance(exponent, int) else 0)
        return self.of("#,##0" + ("." + "0" * places if places else ""))


def _write_rows(
    sheet: Any, table: pa.Table, codes: Sequence[str | None], formats: _Formats, is_other: Sequence[bool]
) -> None:
    scales = [field.type.scale if pt.is_decimal(field.type) else 0 for field in table.schema]
    for row, (cells, code) in enumerate(zip(_cells(table), codes, strict=True), 1):
        for at, cell in enumerate(cells):
            match cell:
                case None:
                    pass
                case bool():
                    sheet.write_boolean(row, at, cell)
                case Decimal() if _digits(cell) <= EXACT_DIGITS:
                    sheet.write_number(row, at, cell, formats.amount(cell, scales[at], None if is_other[at] else code))
                case int() if _digits(cell) <= EXACT_DIGITS:
                    sheet.write_number(row, at, cell, formats.of("0"))
                case datetime.date() if cell.year >= FIRST_YEAR:
                    clock = isinstance(cell, datetime.datetime)
                    day = cell.replace(tzinfo=None) if isinstance(cell, datetime.datetime) else cell
                    sheet.write_datetime(row, at, day, formats.of("yyyy-mm-dd hh:mm:ss" if clock else "yyyy-mm-dd"))
                case float() if math.isfinite(cell):
                    sheet.write_number(row, at, cell)
                case _:
                    sheet.write_string(row, at, str(cell))


def _cells(table: pa.Table) -> Iterable[tuple[Any, ...]]:
    for batch in table.to_batches(max_chunksize=ROWS_PER_BATCH):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _digits(number: int | Decimal) -> int:
    """Digits from the first that is not zero to the last that is not."""
    return len("".join(map(str, Decimal(number).as_tuple().digits)).rstrip("0"))


def _width(field: pa.Field) -> int:
    return max(len(field.name) + 3, 28 if pt.is_string(field.type) and field.name in WIDE else 14)
