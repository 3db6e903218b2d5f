"""Tables of a book as bytes: Arrow IPC, compressed; the same table gives the same bytes."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from florecon_build.host.description import Description

_IPC: Any = pa.ipc  # its stubs know no options


def pack(table: pa.Table) -> bytes:
    """The bytes of a table."""
    sink = pa.BufferOutputStream()
    options: Any = _IPC.IpcWriteOptions(compression="zstd", use_threads=False)
    table = plain(table).combine_chunks()
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def unpack(content: bytes) -> pa.Table:
    """The table of the bytes."""
    return pa.ipc.open_stream(pa.py_buffer(content)).read_all()


def no_rows(about: Description) -> pa.Table:
    """A table without rows in the declared columns."""
    return pa.table({column.name: pa.array([], pa.null()) for column in about.fields})


def plain(table: pa.Table) -> pa.Table:
    """The table with texts as texts, not as numbers of a dictionary, and without metadata."""
    for at, field in enumerate(table.schema):
        kind = field.type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
            kind = pa.string()
        if kind != field.type:
            table = table.set_column(at, field.name, table.column(at).cast(kind))
    return pa.table({field.name: table.column(field.name) for field in table.schema})
