"""Excel export of a report: one sheet per table.

Excel keeps a number as a 64-bit float and shows 15 digits of it. So a number of up to 15 digits is written as a number
(what Excel shows is then exactly what was meant), and a longer one as text, which nothing rounds. Texts are never
formulas or links, whatever they begin with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.types as pt

from florecon_build.host.errors import MissingPackage, SheetFull

SHEET_ROWS = 1_048_576
"""Rows of a sheet, the header among them."""
CELL_LETTERS = 32_767
EXACT_DIGITS = 15
ROWS_PER_BATCH = 16_384


def write_workbook(path: Path, tables: Mapping[str, pa.Table]) -> Path:
    """Writes one sheet for each table; returns the path.

    Errors: `MissingPackage` where XlsxWriter is not installed; `SheetFull` for a table of more rows, or a text of more
    letters, than Excel holds; `OSError`. After an error there is no file.
    """
    try:
        import xlsxwriter  # noqa: PLC0415  (optional)
        from xlsxwriter.exceptions import FileCreateError  # noqa: PLC0415  (optional)
    except ImportError as error:
        raise MissingPackage("write_excel() needs XlsxWriter: pip install xlsxwriter") from error
    for name, table in tables.items():
        _check_room(name, table)
    book: Any = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    header = book.add_format({"bold": True})
    for name, table in tables.items():
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for at, field in enumerate(table.schema):
            sheet.set_column(at, at, 14, book.add_format(_look(field.type)))
            sheet.write_string(0, at, field.name, header)
        _write_rows(sheet, table)
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


def _write_rows(sheet: Any, table: pa.Table) -> None:
    for row, cells in enumerate(_cells(table), 1):
        for at, cell in enumerate(cells):
            match cell:
                case None:
                    pass
                case bool():
                    sheet.write_boolean(row, at, cell)
                case int() | Decimal() if _digits(cell) <= EXACT_DIGITS:
                    sheet.write_number(row, at, cell)
                case _:
                    sheet.write_string(row, at, str(cell))


def _cells(table: pa.Table) -> Iterable[tuple[Any, ...]]:
    for batch in table.to_batches(max_chunksize=ROWS_PER_BATCH):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _digits(number: int | Decimal) -> int:
    """Digits from the first that is not zero to the last that is not."""
    return len("".join(map(str, Decimal(number).as_tuple().digits)).rstrip("0"))


def _look(kind: pa.DataType) -> dict[str, Any]:
    """How a column shows its numbers: every digit of an integer, every place of a decimal."""
    if pt.is_decimal(kind):
        return {"num_format": "0" if kind.scale == 0 else "0." + "0" * kind.scale}
    return {"num_format": "0"} if pt.is_integer(kind) else {}
