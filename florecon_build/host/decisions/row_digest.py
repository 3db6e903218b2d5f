"""Digest of input rows.

It does not depend on how the rows were cut into batches or whether texts came as dictionaries; it does on their order.
"""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.types as pt

from florecon_build.host.frames import Frame

ROWS_AT_ONCE = 65_536


def of_rows(before: str, op: str, frame: Frame | None, ids: object) -> str:
    """The digest after one more step.

    Parameters: `before` is the digest of the steps so far, empty at first; `op` the verb; `frame` or `ids` what it
    took.
    Returns 64 hex digits.
    """
    sink = _Hashed()
    sink.write(f"{before}\n{op}\n{json.dumps(ids)}\n".encode())
    if frame is not None:
        schema = pa.schema([pa.field(field.name, _plain(field.type)) for field in frame.schema])
        table = pa.Table.from_batches(frame.batches, frame.schema)
        with pa.ipc.new_stream(pa.PythonFile(sink, mode="w"), schema) as writer:
            for start in range(0, table.num_rows, ROWS_AT_ONCE):
                part = table.slice(start, ROWS_AT_ONCE).cast(schema).combine_chunks()
                for batch in part.to_batches():
                    writer.write_batch(batch)
    return sink.hash.hexdigest()


def of_table(rows: pa.Table) -> str:
    """The digest of the rows that a workspace has already: their ids and amounts, from its report.

    Returns 64 hex digits.
    """
    ids = "id_text" if "id_text" in rows.column_names else "id"
    lines = [rows.column(name).to_pylist() for name in (ids, "amount")]
    return hashlib.sha256(json.dumps(lines).encode()).hexdigest()


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pt.is_dictionary(kind) else kind


class _Hashed(io.RawIOBase):
    """A file that only remembers its digest."""

    def __init__(self) -> None:
        super().__init__()
        self.hash = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self.hash.update(data)
        return len(data)
