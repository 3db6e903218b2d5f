"""Readers of tables of every kind as streams of Arrow batches; files are read by ``florecon_build.sources``.

>>> source = open_source([{"id": 1, "amount": 2.5}, {"id": 2}], ["id", "amount"])
>>> [batch.to_pydict() for batch in source.batches]
[{'id': [1, 2], 'amount': [2.5, None]}]
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pyarrow as pa

from florecon_build.host.errors import BadTable, WrongType
from florecon_build.host.frames.cell_errors import ARROW_REFUSALS, first_failing
from florecon_build.sources.damaged_batches import validate

ROWS_PER_BATCH = 65_536
ACCEPTED = (
    "a pyarrow table, batch or reader, a polars, pandas or DuckDB frame, an iterator of batches, a list of dicts,"
    " a dict of columns, or the path of a file (.csv, .xlsx, .json, .parquet, .arrow)"
)


@dataclass(frozen=True, slots=True)
class Source:
    """Batches of one schema."""

    names: list[str]
    batches: Iterator[pa.RecordBatch]
    schema: pa.Schema | None


def open_source(source: object, wanted: Sequence[str]) -> Source:
    """Opens a source; only the `wanted` columns need to be read.

    Errors: `BadTable` for what holds no rows, cannot be read, or breaks off in the middle.
    """
    if isinstance(source, (bytes, bytearray, pa.Buffer)):
        return _from_reader(_ipc_stream(pa.py_buffer(source)))
    if isinstance(source, pa.Table):
        batches = _guarded(source.to_batches(max_chunksize=None), "the table is damaged")
        return Source(source.column_names, batches, source.schema)
    if isinstance(source, pa.RecordBatch):
        return Source(source.schema.names, _guarded([source], "the batch is damaged"), source.schema)
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
    try:
        names = reader.schema.names
    except UnicodeDecodeError as error:
        raise BadTable(f"the name of a column is not UTF-8: {error}") from error
    return Source(names, _guarded(reader, "the stream breaks off or is damaged"), reader.schema)


def _guarded(batches: Iterable[pa.RecordBatch], what: str) -> Iterator[pa.RecordBatch]:
    try:
        for batch in batches:
            validate(batch)
            yield batch
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


def _ipc_stream(data: pa.Buffer) -> pa.RecordBatchReader:
    try:
        return pa.ipc.open_stream(data)
    except (pa.ArrowException, OSError) as error:
        raise BadTable(f"{data.size} bytes are no Arrow IPC stream: {_one_line(error)}") from error


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]
