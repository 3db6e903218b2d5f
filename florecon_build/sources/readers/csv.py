"""CSV: encoding, dialect and header as declared or found; every line is a row, a blank line, or is listed as skipped.

The file is decoded as a stream and parsed by Arrow, block by block. A file with quotes is walked by Python's strict
parser first, which refuses quotes that would swallow rows, and reads the rows itself where one spans lines. A file may
be compressed (``.gz``, ``.zst``).
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from florecon_build.sources.cells import LINE, Cells, Skipped, numbered, text_batches
from florecon_build.sources.declaration import Source
from florecon_build.sources.errors import SHOWN, Cell, UnreadableFile
from florecon_build.sources.footer import stop_pattern
from florecon_build.sources.headers import MAX_COLUMNS, NO_HEADER, NO_HEADER_WORDS, header_index, header_names
from florecon_build.sources.quoting import toml_literal
from florecon_build.sources.readers.encodings import likely_encoding

DELIMITERS = (",", ";", "\t", "|")
HEAD_LINES = 50
HEADER_SPAN = 10
HEAD_BYTES = 1 << 18
BLOCK = 1 << 20
_NAMELESS = "\x00nameless"
FOOTER_LINES = 1_000
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


Structure = Literal["lines", "quoted lines", "records"]
"""Each line is a row, without or with quotes in it; or rows and lines may differ, and a footer may follow."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written: ``header_line`` is the last line of the header, ``header_from`` the first; both from 1."""

    encoding: str
    delimiter: str
    quote: str
    header_line: int
    headers: tuple[str, ...]
    notes: tuple[str, ...] = ()
    header_from: int = 1


def read(path: Path, source: Source) -> Cells:
    """The cells of a CSV file.

    Raises ``UnreadableFile`` for an encoding, a header or a line that cannot be read as declared, with its line.
    """
    dialect = find_dialect(path, source)
    return _cells(path, source, dialect, _structure(path, source, dialect))


def _cells(path: Path, source: Source, dialect: Dialect, structure: Structure) -> Cells:
    """The cells of a file whose dialect and structure are known."""
    skipped = [
        Skipped(path.name, line, "before the header", text)
        for line, text in _lines(path, dialect.encoding, dialect.header_from - 1)
        if text.strip()
    ]
    cells = Cells(tuple(filter(None, dialect.headers)), iter(()), skipped, notes=list(dialect.notes))
    cells.again = partial(_cells, path, source, dialect, structure)
    if structure == "records":
        cells.batches = text_batches(cells.headers, _rows(path, source, dialect, skipped))
    else:
        cells.batches = _line_batches(path, source, dialect, quoted=structure == "quoted lines")
    return cells


def _structure(path: Path, source: Source, dialect: Dialect) -> Structure:
    """How the rows of a file lie in its lines, found by one pass over all of it.

    A line with quotes is a row where Python's strict parser says so for each line: then a parser that is faster and
    less strict reads the same.
    """
    quotes = _has_quotes(path, source, dialect)
    if source.stop_at is not None:
        return "records"
    if not quotes:
        return "lines"
    width = len(dialect.headers)
    count = 0
    with _text(path, dialect.encoding) as file:
        try:
            for _ in range(dialect.header_line):
                file.readline()
            reader = csv.reader(file, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True)
            for cells in reader:
                count += 1
                if cells and len(cells) != width:
                    return "records"
            return "quoted lines" if reader.line_num == count else "records"
        except (csv.Error, UnicodeError):
            return "records"


def _line_batches(path: Path, source: Source, dialect: Dialect, *, quoted: bool) -> Iterator[pa.RecordBatch]:
    """The batches of a file where one line is one row."""
    names = [name or _NAMELESS for name in dialect.headers]
    wrong: list[pa_csv.InvalidRow] = []

    def invalid(row: pa_csv.InvalidRow) -> str:
        wrong.append(row)
        return "skip"

    line = dialect.header_line + 1
    try:
        reader = pa_csv.open_csv(
            str(path),
            read_options=pa_csv.ReadOptions(
                use_threads=False, skip_rows=dialect.header_line, column_names=names, encoding=dialect.encoding
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=dialect.delimiter,
                quote_char=dialect.quote if quoted else False,
                ignore_empty_lines=False,
                invalid_row_handler=invalid,
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]
            ),
        )
        for batch in reader:
            if wrong:
                break
            lines = numbered(line, batch.num_rows)
            line += batch.num_rows
            if _NAMELESS in names:
                _require_empty(path, source, batch.column(len(names) - 1), lines)
            columns = [batch.column(at) for at, name in enumerate(names) if name != _NAMELESS]
            kept = pa.RecordBatch.from_arrays([*columns, lines], names=[*filter(None, dialect.headers), LINE])
            whole = any(not column.null_count for column in columns)  # no row is empty
            yield kept if whole else kept.filter(_filled(columns))
    except (pa.ArrowInvalid, UnicodeError) as error:
        if re.match("Empty CSV file|Could not skip initial", str(error)):  # a header and no row
            return
        if not wrong:
            reason = " ".join(str(error).split())[:200]
            raise UnreadableFile(f"{path.name}: line {line} or a later one: {reason}", source=source.name) from error
    if wrong:
        found = [
            Cell(path.name, row.number, "the line", row.text, _width(row.actual_columns, len(names))) for row in wrong
        ]
        raise _uneven(path, source, dialect, found)


def _uneven(path: Path, source: Source, dialect: Dialect, wrong: list[Cell]) -> UnreadableFile:
    """The error for lines of another width; with the declaration of a footer where no row stands below them."""
    message = "lines that do not have as many cells as the header"
    first = wrong[0].line or 0
    with _text(path, dialect.encoding) as file:
        below = list(islice(file, first - 1, first - 1 + FOOTER_LINES))
    width = len(dialect.headers)
    texts = [text for text in below if text.strip()]
    rows = [text for text in texts if text.count(dialect.delimiter) == width - 1]
    if rows or not texts or len(below) == FOOTER_LINES or source.stop_at is not None:
        return UnreadableFile(message, source=source.name, cells=wrong, fix="mend the lines")
    first_cell = next(filter(None, (cell.strip(' "') for cell in texts[0].split(dialect.delimiter))), texts[0])
    line = f"stop_at = {toml_literal(stop_pattern(first_cell))}"
    return UnreadableFile(
        message, source=source.name, cells=wrong, advice=[source.advice(line, words="they are a footer")]
    )


def _filled(columns: list[Any]) -> Any:
    """Whether a row has a cell that is not empty."""
    mask = columns[0].is_valid()
    for column in columns[1:]:
        mask = pc.or_(mask, column.is_valid())
    return mask


def _require_empty(path: Path, source: Source, cells: Any, lines: pa.Array) -> None:
    found = pc.indices_nonzero(cells.is_valid())
    if len(found):
        at = found[0].as_py()
        cell = Cell(path.name, lines[at].as_py(), "behind the last header", cells[at].as_py(), "has no header")
        raise UnreadableFile("a cell without a header", source=source.name, cells=[cell], fix="give it a header")


def _width(actual: int, wanted: int) -> str:
    return f"has {actual} {'cell' if actual == 1 else 'cells'}, and the header has {wanted}"


def _rows(
    path: Path, source: Source, dialect: Dialect, skipped: list[Skipped]
) -> Iterator[tuple[int, list[str | None]]]:
    """The rows of a file with quotes or a footer, by Python's strict parser."""
    stop = None if source.stop_at is None else re.compile(source.stop_at)
    width = len(dialect.headers)
    named = [at for at, name in enumerate(dialect.headers) if name]
    wrong: list[Cell] = []
    for record in _records(path, source, dialect, stop, skipped):
        cells = record.cells
        if not cells:  # a blank line
            continue
        if len(cells) != width:
            wrong.append(Cell(path.name, record.line, "the line", record.text, _width(len(cells), width)))
        elif len(record.lines) > 1 and all(text.count(dialect.delimiter) == width - 1 for text in record.lines):
            last = record.line + len(record.lines) - 1
            raise UnreadableFile(
                f"{path.name}: a quote joins lines {record.line} to {last}, and each looks like a row of its own",
                source=source.name,
                cells=[Cell(path.name, record.line, "the line", record.lines[0], "opens the quote")],
                fix="write a quote inside a cell twice",
            )
        elif not wrong and any(cells):
            if len(named) < width and cells[-1]:
                _require_empty(path, source, pa.array([cells[-1]]), pa.array([record.line]))
            yield record.line, [cells[at] or None for at in named]
        if len(wrong) > SHOWN:
            break
    if wrong:
        raise _uneven(path, source, dialect, wrong)


@dataclass(frozen=True, slots=True)
class _Record:
    """The cells of a row, the line it begins on, and the lines it is written on."""

    cells: list[str]
    line: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return self.lines[0].rstrip("\r\n")


def _records(
    path: Path, source: Source, dialect: Dialect, stop: re.Pattern[str] | None, skipped: list[Skipped]
) -> Iterator[_Record]:
    taken: list[str] = []
    number = 0

    def lines(file: IO[str]) -> Iterator[str]:
        nonlocal number
        for line in file:
            number += 1
            if number <= dialect.header_line:
                continue
            if stop is not None and not taken and stop.search(line):
                skipped.append(Skipped(path.name, number, f"stop_at {stop.pattern!r}", line.rstrip("\r\n")))
                for behind in file:
                    number += 1
                    if behind.strip():
                        skipped.append(Skipped(path.name, number, "behind stop_at", behind.rstrip("\r\n")))
                return
            taken.append(line)
            yield line

    with _text(path, dialect.encoding) as file:
        try:
            reader = csv.reader(lines(file), delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True)
            for cells in reader:
                yield _Record(cells, number - len(taken) + 1, tuple(taken))
                taken.clear()
        except csv.Error as error:
            first = number - len(taken) + 1
            what = (
                f"line {first} opens a quote that is never closed"
                if "end of data" in str(error)
                else f"line {first}: {error}"
            )
            shown = [Cell(path.name, first, "the line", taken[0].rstrip("\r\n"), "is no row")] if taken else []
            fix = "close the quote, or write a quote inside a cell twice"
            raise UnreadableFile(f"{path.name}: {what}", source=source.name, cells=shown, fix=fix) from error
        except UnicodeDecodeError as error:
            raise UnreadableFile(
                f"{path.name}: line {number + 1} or a later one is not {dialect.encoding}",
                source=source.name,
                fix="declare encoding",
            ) from error


def _text(path: Path, encoding: str, *, errors: str = "strict", newline: str | None = "") -> IO[str]:
    """The text of a file, decompressed where its ending says so."""
    file = io.BufferedReader(cast(Any, pa.input_stream(str(path))))
    return io.TextIOWrapper(file, encoding=encoding, errors=errors, newline=newline)


def _has_quotes(path: Path, source: Source, dialect: Dialect) -> bool:
    """Whether a quote is anywhere in the file. Raises ``UnreadableFile`` with the line of a NUL character."""
    wide = dialect.encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32"))
    quote = dialect.quote.encode() if wide else dialect.quote.encode(dialect.encoding.removesuffix("-sig"))
    found = False
    line = 1
    with pa.input_stream(str(path)) as file:
        while block := file.read(BLOCK):
            at = -1 if wide else block.find(0)
            if at >= 0:
                line += block.count(b"\n", 0, at)
                raise UnreadableFile(f"{path.name}:{line}: NUL characters: this is no text file", source=source.name)
            found = found or quote in block
            line += block.count(b"\n")
    return found


def find_dialect(path: Path, source: Source) -> Dialect:
    """The dialect of a file: what is declared, and what its first lines show."""
    try:
        with pa.input_stream(str(path)) as file:
            head = file.read(HEAD_BYTES)
    except (pa.ArrowException, OSError) as error:
        raise UnreadableFile(f"{path.name}: {error}", source=source.name) from error
    if not head.strip():
        raise UnreadableFile(f"{path.name}: the file is empty", source=source.name)
    encoding, notes = _encoding(path, source, head)
    text = _decoded(head, encoding, len(head) == HEAD_BYTES)
    if "\x00" in text:
        raise UnreadableFile(f"{path.name}: NUL characters: this is no text file", source=source.name)
    lines = re.split("\r\n|\n|\r", text)[:HEAD_LINES]
    delimiter = source.delimiter or _delimiter(lines)
    quote = source.quote or '"'
    line, last, headers = _header(path, source, lines, delimiter, quote)
    if source.delimiter is None:
        notes.append(f"delimiter {delimiter!r}")
    if source.skip_rows is None and line > 1:
        notes.append(f"header found in line {line}; the lines before it were skipped (skip_rows = {line - 1})")
    return Dialect(encoding, delimiter, quote, last, headers, tuple(notes), line)


def _encoding(path: Path, source: Source, head: bytes) -> tuple[str, list[str]]:
    if source.encoding is not None:
        return ("utf-8-sig" if source.encoding.lower() in {"utf-8", "utf8"} else source.encoding), []
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name, [f"encoding {name.removesuffix('-sig')} (by its byte order mark)"]
    start = head[:4096]
    odd, even = start[1::2].count(0), start[0::2].count(0)
    if max(odd, even) * 4 > len(start):
        return ("utf-16-le" if odd > even else "utf-16-be"), ["encoding utf-16 (every other byte is zero)"]
    line = _first_line_not_utf8(path)
    if line is None:
        return "utf-8", []
    found = likely_encoding(head if line <= head.count(b"\n") else _line(path, line))
    note = f"encoding {found}: line {line} is not UTF-8; declare encoding if its letters are wrong"
    return found, [note]


def _line(path: Path, number: int) -> bytes:
    with pa.input_stream(str(path)) as file:
        return next(islice(io.BufferedReader(cast(Any, file)), number - 1, None))


def _first_line_not_utf8(path: Path) -> int | None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    with pa.input_stream(str(path)) as file:
        while block := file.read(BLOCK):
            if not block.isascii() or decoder.getstate()[0]:
                try:
                    decoder.decode(block)
                except UnicodeDecodeError as error:
                    return line + error.object[: error.start].count(b"\n")
            line += block.count(b"\n")
    return line if decoder.getstate()[0] else None


def _decoded(head: bytes, encoding: str, cut: bool) -> str:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    return decoder.decode(head, final=not cut)


def _delimiter(lines: list[str]) -> str:
    """The letter that divides most lines into the same number of cells, two or more."""

    def score(delimiter: str) -> tuple[int, int]:
        counts = [len(row) for row in csv.reader(lines, delimiter=delimiter) if len(row) > 1]
        widest = max(set(counts), key=counts.count, default=0)
        return counts.count(widest), widest

    try:
        return max(DELIMITERS, key=score)
    except csv.Error:
        return max(DELIMITERS, key=lambda delimiter: sum(line.count(delimiter) for line in lines))


def _logical(lines: list[str], quote: str) -> list[tuple[int, int, str]]:
    """Lines, of which those that a quoted cell spans are one: the first and the last of them, and their text."""
    found: list[tuple[int, int, str]] = []
    at = 0
    while at < len(lines):
        ends = at
        text = lines[at]
        while text.count(quote) % 2 and ends + 1 < min(len(lines), at + HEADER_SPAN):
            ends += 1
            text += "\n" + lines[ends]
        if text.count(quote) % 2:  # a quote that nothing closes stands for itself
            ends, text = at, lines[at]
        found.append((at + 1, ends + 1, text))
        at = ends + 1
    return found


def _header(
    path: Path, source: Source, lines: list[str], delimiter: str, quote: str
) -> tuple[int, int, tuple[str, ...]]:
    """The first and the last line of the header, and its names."""
    skip = source.skip_rows
    spans = _logical(lines if skip is None else [*[""] * min(skip, len(lines)), *lines[skip:]], quote)
    try:
        nothing: list[str] = []
        rows = [
            next(csv.reader(text.splitlines(keepends=True) or [""], delimiter=delimiter, quotechar=quote), nothing)
            for _, _, text in spans
        ]
    except csv.Error as error:
        raise UnreadableFile(f"{path.name}: a line of the first {HEAD_LINES}: {error}", source=source.name) from error
    if skip is not None:
        if skip >= len(lines):
            raise UnreadableFile(f"{path.name}: skip_rows = {skip}, and the file ends before", source=source.name)
        at = skip
    else:
        at = header_index(rows)
        if at is None:
            shown = [Cell(path.name, 1, "the line", lines[0], "is no header")]
            advice = [source.advice("skip_rows = 0", words=NO_HEADER_WORDS)]
            raise UnreadableFile(f"{path.name}: {NO_HEADER}", source=source.name, cells=shown, advice=advice)
    names = tuple(name.strip() for name in rows[at])
    if len(names) > MAX_COLUMNS:
        raise UnreadableFile(f"{path.name}: line {at + 1} has {len(names):,} headers", source=source.name)
    below = [row for row in rows[at + 1 :] if len(row) > 1]
    if below and names[-1] and all(len(row) == len(names) + 1 and not row[-1].strip() for row in below):
        names = (*names, "")  # a delimiter behind each row
    last = len(names) if names[-1] or len(names) == 1 else len(names) - 1  # a delimiter behind the last header
    return *spans[at][:2], (*header_names(names[:last]), *names[last:])


def _lines(path: Path, encoding: str, count: int) -> Iterator[tuple[int, str]]:
    if count <= 0:
        return
    with _text(path, encoding, errors="backslashreplace", newline=None) as file:
        for number, line in enumerate(file, 1):
            if number > count:
                return
            yield number, line.rstrip("\n")
