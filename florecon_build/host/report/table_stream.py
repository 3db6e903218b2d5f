"""Arrow IPC stream of a module as a table; its sizes are checked before anything is allocated for them.

A stream of a few bytes can claim rows or uncompressed buffers that no memory holds. Before a batch is read, the counts
in its metadata are compared with the bytes that are there: eight for each row, as every table has a column of 64 bits.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator

import pyarrow as pa

from florecon_build.host.errors import BrokenReply

EXPANSION = 16
"""Bytes that one byte of a compressed stream may become."""
BYTES_A_ROW = 8
MAX_COLUMNS = 64
MAX_BATCHES = 1 << 16
MAX_SCHEMA_BYTES = 1 << 16
RECORD_BATCH = 3
LENGTH, NODES, BUFFERS, COMPRESSION = range(4)


def read_columns(reply: bytes, wanted: Collection[str]) -> pa.Table:
    """The wanted columns that a stream has; others are not even looked at.

    Errors: `BrokenReply` for counts or sizes that the bytes do not bear out; `ArrowException`, `OSError` as of Arrow.
    """
    stream = pa.py_buffer(reply)
    _check_sizes(stream)
    schema = pa.ipc.open_stream(stream).schema
    if len(schema) > MAX_COLUMNS:
        raise BrokenReply(f"it has {len(schema)} columns, at most {MAX_COLUMNS} are sensible")
    places = [place for place, name in enumerate(schema.names) if name in wanted]
    options = pa.ipc.IpcReadOptions(included_fields=places)
    table = pa.ipc.open_stream(stream, options=options).read_all() if places else pa.table({})
    table.validate(full=True)
    return table


def _check_sizes(stream: pa.Buffer) -> None:
    budget = EXPANSION * stream.size
    for kind, header, body in _batches(stream):
        if kind != RECORD_BATCH:
            raise BrokenReply("it has something other than batches of rows, such as a dictionary")
        length, held = header.integer(LENGTH), body.size
        if header.has(COMPRESSION):
            held = sum(_uncompressed(body, offset, size) for offset, size in header.pairs(BUFFERS))
            budget -= held
            if budget < 0:
                raise BrokenReply(f"{stream.size} bytes would be more than {EXPANSION} times as many uncompressed")
        if not 0 <= length * BYTES_A_ROW <= held:
            raise BrokenReply(f"a batch claims {length} rows in {held} bytes")
        if any(count != length for count, _ in header.pairs(NODES)):
            raise BrokenReply("it has columns of different lengths, or nested ones")


def _batches(stream: pa.Buffer) -> Iterator[tuple[int, _FlatTable, pa.Buffer]]:
    """Kind, header and body of each message after the schema."""
    reader = pa.ipc.MessageReader.open_stream(stream)
    for place in range(MAX_BATCHES + 2):
        try:
            message = reader.read_next_message()
        except StopIteration:
            return
        if place == 0 and message.metadata.size > MAX_SCHEMA_BYTES:
            raise BrokenReply(f"its schema has {message.metadata.size} bytes, at most {MAX_SCHEMA_BYTES} are sensible")
        if place:
            root = _FlatTable.root(message.metadata)
            yield root.byte(1), root.table(2), message.body
    raise BrokenReply(f"it has more than {MAX_BATCHES} batches")


def _uncompressed(body: pa.Buffer, offset: int, size: int) -> int:
    """The size that a buffer says it has uncompressed; -1 says that it is not compressed."""
    if size == 0:
        return 0
    if size < 8 or not 0 <= offset <= body.size - size:
        raise BrokenReply("it has a compressed buffer without its size")
    claimed: int = struct.unpack("<q", body[offset : offset + 8].to_pybytes())[0]
    if claimed < -1:
        raise BrokenReply(f"it has a compressed buffer of {claimed} bytes")
    return size if claimed == -1 else claimed


class _FlatTable:
    """A table of a FlatBuffer (https://flatbuffers.dev/internals/), read with every offset checked."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at
        self._vtable = at - self._read("<i", at)

    @staticmethod
    def root(metadata: pa.Buffer) -> _FlatTable:
        """The root table of a message's metadata."""
        data = metadata.to_pybytes()
        return _FlatTable(data, _unpack("<I", data, 0))

    def has(self, field: int) -> bool:
        """Whether the field is there."""
        return self._place(field) is not None

    def byte(self, field: int) -> int:
        """An unsigned byte; 0 where it is absent."""
        at = self._place(field)
        return 0 if at is None else self._read("<B", at)

    def integer(self, field: int) -> int:
        """A 64-bit integer; 0 where it is absent."""
        at = self._place(field)
        return 0 if at is None else self._read("<q", at)

    def table(self, field: int) -> _FlatTable:
        """A table; `BrokenReply` where it is absent."""
        at = self._place(field)
        if at is None:
            raise BrokenReply("it has a message without a header")
        return _FlatTable(self._data, at + self._read("<I", at))

    def pairs(self, field: int) -> list[tuple[int, int]]:
        """A vector of structs of two 64-bit integers."""
        at = self._place(field)
        if at is None:
            return []
        start = at + self._read("<I", at)
        count = self._read("<I", start)
        if count > 4 * MAX_COLUMNS or start + 4 + 16 * count > len(self._data):
            raise BrokenReply(f"it has {count} buffers or columns in a batch")
        return [struct.unpack_from("<qq", self._data, start + 4 + 16 * place) for place in range(count)]

    def _place(self, field: int) -> int | None:
        entry = 4 + 2 * field
        if entry + 2 > self._read("<H", self._vtable):
            return None
        offset = self._read("<H", self._vtable + entry)
        return self._at + offset if offset else None

    def _read(self, form: str, at: int) -> int:
        return _unpack(form, self._data, at)


def _unpack(form: str, data: bytes, at: int) -> int:
    if not 0 <= at <= len(data) - struct.calcsize(form):
        raise BrokenReply("it has an offset out of range")
    value: int = struct.unpack_from(form, data, at)[0]
    return value
