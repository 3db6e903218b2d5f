"""Bounds of a spreadsheet, found before it is opened: the size that it unpacks to, and the cells that it spans.

A reader of spreadsheets makes room for every cell between the first and the last, so two cells in opposite corners
are a bomb of a few hundred bytes. Parts are unpacked once, as a stream, so that a size that is a lie is found as well.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from florecon_build.sources.declaration import Source
from florecon_build.sources.errors import SourceError

MAX_UNPACKED = 2 << 30
MAX_RATIO = 300
SMALL = 100 << 20
MAX_CELLS = 1 << 25
_BLOCK = 1 << 20
_CELL = re.compile(rb"\sr=[\"']([A-Z]{1,3})([0-9]{1,7})[\"']")
_TAG = re.compile(rb"<table:(table-row|table-cell|covered-table-cell|table)(?=[\s/>])([^>]*)>")
_REPEATED = re.compile(rb"number-(?:columns|rows)-repeated=[\"']([0-9]+)")


def require_bounds(path: Path, source: Source) -> None:
    """Refuses a package that unpacks to more, or spans more cells, than a ledger needs.

    Raises ``SourceError``, also for a package that is cut off or damaged. A file of another kind passes.
    """
    if not zipfile.is_zipfile(path):
        return
    size = path.stat().st_size
    try:
        with zipfile.ZipFile(path) as package:
            unpacked = sum(part.file_size for part in package.infolist())
            if unpacked > MAX_UNPACKED or (unpacked > SMALL and unpacked > MAX_RATIO * size):
                raise SourceError(
                    f"{path.name} of {size:,} bytes unpacks to {unpacked:,}, so it is not opened", source=source.name
                )
            for part in package.infolist():
                with package.open(part) as stream:
                    blocks = iter(lambda stream=stream: stream.read(_BLOCK), b"")
                    cells = _cells(part.filename, blocks)
                if cells > MAX_CELLS:
                    raise SourceError(
                        f"{path.name}: {part.filename} spans {cells:,} cells, more than {MAX_CELLS:,}",
                        source=source.name,
                        fix="delete the cells that lie far off, or export it as CSV",
                    )
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, SourceError):
            raise
        raise SourceError(f"{path.name} is no readable spreadsheet: {error}", source=source.name) from error


def _cells(name: str, blocks: Iterator[bytes]) -> int:
    """The number of cells between the corners of a sheet; the part is read to its end, whatever it is."""
    if name.startswith("xl/worksheets/") and name.endswith(".xml"):
        return _spanned_xlsx(blocks)
    if name.startswith("xl/worksheets/") and name.endswith(".bin"):
        return _spanned_xlsb(blocks)
    if name == "content.xml":
        return _spanned_ods(blocks)
    for _ in blocks:
        pass
    return 0


def _spanned_xlsx(blocks: Iterator[bytes]) -> int:
    columns: set[bytes] = set()
    last = 0
    rest = b""
    for block in blocks:
        text = rest + block
        found = _CELL.findall(text)
        columns.update({column for column, _ in found})
        last = max(last, max((int(row) for row in {row for _, row in found}), default=0))
        rest = text[-32:]
    return last * max(map(_number, columns), default=0)


def _number(letters: bytes) -> int:
    """The number of a column, from 1: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _spanned_xlsb(blocks: Iterator[bytes]) -> int:
    """Records of a binary sheet: an id, a size and a body; a row begins with its number, a cell with its column."""
    data = bytearray()
    rows = columns = 0
    for block in blocks:
        data += block
        at = 0
        while (record := _record(data, at)) is not None:
            kind, body, end = record
            if kind == 0:
                rows = max(rows, 1 + int.from_bytes(data[body : body + 4], "little"))
            elif 1 <= kind <= 11:
                columns = max(columns, 1 + int.from_bytes(data[body : body + 4], "little"))
            at = end
        del data[:at]
    return rows * columns


def _record(data: bytearray, at: int) -> tuple[int, int, int] | None:
    """The id of a record, and where its body begins and ends; None where it is not there as a whole."""
    values: list[int] = []
    for width in (2, 4):
        value = 0
        for shift in range(width):
            if at >= len(data):
                return None
            value |= (data[at] & 127) << (7 * shift)
            at += 1
            if data[at - 1] < 128:
                break
        values.append(value)
    end = at + values[1]
    return None if end > len(data) else (values[0], at, end)


def _spanned_ods(blocks: Iterator[bytes]) -> int:
    """The cells of rows and cells that are repeated, as far as one of them has a value."""
    most = rows = last = row = width = 0
    rest = b""
    for block in blocks:
        text = rest + block
        end = text.rfind(b"<")  # a tag may go on in the next block
        if end > 0:
            text, rest = text[:end], text[end:]
        for kind, attributes in _TAG.findall(text):
            times = _REPEATED.search(attributes)
            count = min(int(times[1]), 1 << 21) if times else 1
            if kind == b"table":
                rows = last = width = 0
            elif kind == b"table-row":
                rows += count
                row = 0
            else:
                row = min(row + count, 1 << 21)
                if b"office:value-type" in attributes:
                    last, width = rows, max(width, row)
                    most = max(most, last * width)
        if len(rest) > _BLOCK * 16:
            return MAX_CELLS + 1
    return most
