"""Readers of tables and files as streams of Arrow batches.

>>> source = open_source([{"id": 1, "amount": 2.5}, {"id": 2}], ["id", "amount"])
>>> [batch.to_pydict() for batch in source.batches]
[{'id': [1, 2], 'amount': [2.5, None]}]
"""

from __future__ import annotations

import csv
import io
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from florecon_build.host.errors import BadTable, WrongType
from florecon_build.host.frames.cell_errors import ARROW_REFUSALS, first_failing
from florecon_build.host.frames.csv_records import count_records, has_quotes, line_of

ROWS_PER_BATCH = 65_536
HEADER_BYTES = 1 << 18
DELIMITERS = ",;\t|"
TEXT_KINDS = frozenset({"csv", "tsv", "txt"})
ACCEPTED = (
    "a pyarrow table, batch or reader, a polars, pandas or DuckDB frame, an iterator of batches, a list of dicts,"
    " a dict of columns, or the path of a .csv, .parquet or .arrow file"
)


@dataclass(frozen=True, slots=True)
class Source:
    """Batches of one schema; `textual` when every cell is text by nature (CSV)."""

    names: list[str]
    batches: Iterator[pa.RecordBatch]
    schema: pa.Schema | None
    textual: bool = False


def open_source(source: object, wanted: Sequence[str]) -> Source:
    """Opens a source; only the `wanted` columns need to be read.

    Errors: `BadTable` for what holds no rows, cannot be read, or breaks off in the middle.
    """
    if isinstance(source, (str, os.PathLike)):
        return _from_path(Path(cast("str | os.PathLike[str]", source)), wanted)
    if isinstance(source, (bytes, bytearray, pa.Buffer)):
        return _from_reader(_ipc_stream(pa.py_buffer(source)))
    if isinstance(source, pa.Table):
        return Source(source.column_names, iter(source.to_batches(max_chunksize=None)), source.schema)
    if isinstance(source, pa.RecordBatch):
        return Source(source.schema.names, iter([source]), source.schema)
    stream = _arrow_stream(source)
    if stream is not None:
        return _from_reader(stream)
    if isinstance(source, Mapping):
        return open_source(_from_columns(cast("Mapping[str, object]", source)), wanted)
    if isinstance(source, Iterable):
        return _from_items(iter(cast("Iterable[object]", source)), wanted)
    raise BadTable(f"{type(source).__name__} holds no rows; give {ACCEPTED}")


def _arrow_stream(source: object) -> pa.RecordBatchReader | None:
    """Through the Arrow C interface where an object has it; pandas through pyarrow, without its index."""
    module = type(source).__module__.partition(".")[0]
    try:
        if module == "pandas" and hasattr(source, "columns"):
            return pa.Table.from_pandas(source, preserve_index=False).to_reader()
        if module == "polars" and hasattr(source, "collect"):
            return pa.RecordBatchReader.from_stream(cast(Any, source).collect())
        if hasattr(source, "__arrow_c_stream__"):
            return pa.RecordBatchReader.from_stream(source)
        if hasattr(source, "__arrow_c_array__"):
            return pa.Table.from_batches([pa.record_batch(source)]).to_reader()
    except ARROW_REFUSALS as error:
        raise BadTable(f"the {type(source).__name__} cannot be read as a table: {_one_line(error)}") from error
    return None


def _from_reader(reader: pa.RecordBatchReader) -> Source:
    return Source(reader.schema.names, _guarded(reader, "the stream breaks off or is damaged"), reader.schema)


def _guarded(batches: Iterable[pa.RecordBatch], what: str) -> Iterator[pa.RecordBatch]:
    try:
        yield from batches
    except (pa.ArrowException, OSError) as error:
        raise BadTable(f"{what}: {_one_line(error)}") from error


def _from_columns(columns: Mapping[str, object]) -> pa.Table:
    try:
        return pa.table(dict(columns))
    except ARROW_REFUSALS as error:
        raise BadTable(f"the dict of columns is no table: {_one_line(error)}") from error


def _from_items(items: Iterator[object], wanted: Sequence[str]) -> Source:
    """An iterator of rows (dicts), or of anything that is a table itself."""
    first = next(items, None)
    if first is None:
        return Source(list(wanted), iter(()), None)
    rest = itertools.chain([first], items)
    if isinstance(first, Mapping):
        return _from_rows(cast("Iterator[Mapping[str, object]]", rest), cast("Mapping[str, object]", first), wanted)
    if not (isinstance(first, (pa.Table, pa.RecordBatch)) or hasattr(first, "__arrow_c_stream__")):
        raise BadTable(f"an iterator of {type(first).__name__} holds no rows; give {ACCEPTED}")
    head = open_source(first, wanted)
    tail = (batch for part in items for batch in open_source(part, wanted).batches)
    return Source(head.names, itertools.chain(head.batches, tail), head.schema)


def _from_rows(rows: Iterator[Mapping[str, object]], first: Mapping[str, object], wanted: Sequence[str]) -> Source:
    """Dicts to batches. A key that some rows lack is null there; one that the whole first chunk lacks is missing."""
    chunks = iter(lambda: list(itertools.islice(rows, ROWS_PER_BATCH)), list[Mapping[str, object]]())
    head = next(chunks, [first])
    present = {key for row in head for key in row}
    names = [name for name in wanted if name in present]
    start = _row_batch(head, names, 0)

    def batches() -> Iterator[pa.RecordBatch]:
        yield start
        for number, chunk in enumerate(chunks, 1):
            yield _row_batch(chunk, names, number * ROWS_PER_BATCH)

    return Source(names, batches(), None)


def _row_batch(rows: list[Mapping[str, object]], names: list[str], offset: int) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([_cells(rows, name, offset) for name in names], names=names)


def _cells(rows: list[Mapping[str, object]], name: str, offset: int) -> pa.Array:
    values = [row.get(name) for row in rows]
    try:
        return pa.array(values)
    except ARROW_REFUSALS:
        at = first_failing(len(values), lambda count: pa.array(values[:count])) or 0
        cell = repr(values[at])[:60]
        reason = f"{cell} ({type(values[at]).__name__}) does not go with the cells above it"
        raise WrongType(f"column {name!r}, row {offset + at}: {reason}", column=name, row=offset + at) from None


def _from_path(path: Path, wanted: Sequence[str]) -> Source:
    suffix = _kind(path)
    if not path.is_file():
        raise BadTable(f"{path}: there is no such file")
    try:
        match suffix:
            case _ if suffix in TEXT_KINDS:
                return _from_csv(path, wanted)
            case "parquet" | "pq":
                file = pq.ParquetFile(path)
                schema = file.schema_arrow
                kept = [name for name in wanted if name in schema.names]
                batches = file.iter_batches(batch_size=ROWS_PER_BATCH, columns=kept)
                return Source(schema.names, _guarded(batches, f"{path}"), pa.schema([schema.field(n) for n in kept]))
            case "arrow" | "arrows" | "ipc" | "feather":
                return _from_ipc(path)
            case _:
                raise BadTable(f"{path}: the ending {suffix!r} is not known; give {ACCEPTED}")
    except (pa.ArrowException, OSError) as error:
        raise BadTable(f"{path}: {_one_line(error)}") from error


def _from_ipc(path: Path) -> Source:
    data = pa.memory_map(str(path)).read_buffer()
    if data.size >= 6 and data[:6].to_pybytes() == b"ARROW1":
        return open_source(pa.ipc.open_file(data).read_all(), [])
    return _from_reader(_ipc_stream(data))


def _ipc_stream(data: pa.Buffer) -> pa.RecordBatchReader:
    try:
        return pa.ipc.open_stream(data)
    except (pa.ArrowException, OSError) as error:
        raise BadTable(f"{data.size} bytes are no Arrow IPC stream: {_one_line(error)}") from error


def _from_csv(path: Path, wanted: Sequence[str]) -> Source:
    """Every cell as text: what it means is decided by the declared column, never guessed from the first rows."""
    with pa.input_stream(str(path)) as file:
        head = file.read(HEADER_BYTES)
    if not head.strip():
        raise BadTable(f"{path}: the file is empty")
    try:
        text = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace" if len(head) == HEADER_BYTES else "strict")
    except UnicodeDecodeError as error:
        raise BadTable(f"{path}: not UTF-8 ({error}); convert the file first") from error
    line = text.splitlines()[0]
    delimiter = max(DELIMITERS, key=line.count)
    try:
        names = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise BadTable(f"{path}: line 1, the header: {error}") from error
    kept = [name for name in dict.fromkeys(names) if name in set(wanted)]
    if len(set(names)) != len(names):
        return Source(names, iter(()), None, True)  # the caller names the double header
    records = count_records(path, delimiter) if has_quotes(path) else None
    reader = pa_csv.open_csv(
        str(path),
        read_options=pa_csv.ReadOptions(use_threads=False),
        parse_options=pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=kept,
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
        ),
    )
    return Source(names, _counted(path, _guarded(reader, f"{path}"), records), reader.schema, True)


def line_of_row(path: Path, row: int) -> int | None:
    """The line of a CSV file that a row (counted from 0) begins on; None for a file of another kind."""
    if _kind(path) not in TEXT_KINDS:
        return None
    with pa.input_stream(str(path)) as file:
        head = file.read(HEADER_BYTES)
    line = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").splitlines()[0]
    return line_of(path, max(DELIMITERS, key=line.count), row)


def _kind(path: Path) -> str:
    return path.name.lower().removesuffix(".gz").removesuffix(".zst").rpartition(".")[2]


def _counted(path: Path, batches: Iterator[pa.RecordBatch], records: int | None) -> Iterator[pa.RecordBatch]:
    """The batches, and at their end the count of their rows held against the records of the file, where counted."""
    rows = 0
    for batch in batches:
        rows += batch.num_rows
        yield batch
    if records is not None and rows != records:
        raise BadTable(f"{path}: {rows:,} rows were read, and the file has {records:,} records; check its quotes")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]
