"""Parquet and Arrow files: typed columns, read batch by batch; lines are rows, from 1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from florecon_build.sources.cells import LINE, Cells, numbered
from florecon_build.sources.damaged_batches import validate
from florecon_build.sources.declaration import Source
from florecon_build.sources.errors import UnreadableFile
from florecon_build.sources.headers import MAX_COLUMNS

ROWS = 16_384


def read(path: Path, source: Source) -> Cells:
    """The cells of a Parquet or Arrow file.

    Raises ``UnreadableFile`` for a file that is damaged, cut off, or of another format.
    """
    try:
        if path.suffix.lower() in {".parquet", ".pq"} or source.format == "parquet":
            parquet = pq.ParquetFile(path)
            return _cells(path, source, parquet.schema_arrow, parquet.iter_batches(batch_size=ROWS))
        data = pa.memory_map(str(path)).read_buffer()
        if data.size >= 6 and data[:6].to_pybytes() == b"ARROW1":
            file = pa.ipc.open_file(data)
            batches = (file.get_batch(number) for number in range(file.num_record_batches))
            return _cells(path, source, file.schema, batches)
        reader = pa.ipc.open_stream(data)
        return _cells(path, source, reader.schema, reader)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _damaged(path, source, error) from error


def _cells(path: Path, source: Source, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Cells:
    names = tuple(schema.names)
    if len(names) > MAX_COLUMNS:
        raise UnreadableFile(f"{path.name} has {len(names):,} columns, more than {MAX_COLUMNS:,}", source=source.name)
    if len(set(names)) < len(names):
        raise UnreadableFile(f"{path.name} has a column twice", source=source.name, fix="rename one")
    return Cells(names, _numbered(path, source, batches))


def _numbered(path: Path, source: Source, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    line = 1
    try:
        for batch in batches:
            validate(batch)
            columns = [_plain(column) for column in batch.columns]
            lines = numbered(line, batch.num_rows)
            line += batch.num_rows
            yield pa.RecordBatch.from_arrays([*columns, lines], names=[*batch.schema.names, LINE])
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, source, error) from error


def _plain(column: pa.Array) -> pa.Array:
    """Texts as plain strings; dictionaries resolved."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        column = column.cast(pa.string())
    return column


def _damaged(path: Path, source: Source, error: Exception) -> UnreadableFile:
    return UnreadableFile(f"{path.name} cannot be read: {' '.join(str(error).split())[:200]}", source=source.name)
