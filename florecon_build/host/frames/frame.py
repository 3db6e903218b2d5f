"""Frame: rows conformed to the declared columns, ready for ingest.

>>> from florecon_build.host.description import Description, Field
>>> about = Description(domain="acme", version="1", id_name="id", runtime="0.1.0", fields=(
...     Field(name="id", base="i64", kind="integer", is_id=True),
...     Field(name="amount", base="f64", kind="money", scale=2)))
>>> frame = conform([{"id": 1, "amount": 2.5}], about)
>>> frame.rows, frame.schema.names
(1, ['id', 'amount'])
>>> conform([{"id": 1, "amount": None}], about)
Traceback (most recent call last):
    ...
florecon_build.host.errors.NullValue: column 'amount', row 0 (id 1): the cell is empty, and the column is not nullable
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.types as pt

from florecon_build.host.description import Description, Field
from florecon_build.host.errors import MissingColumn, SchemaError, WrongType
from florecon_build.host.frames.cell_errors import Refusal
from florecon_build.host.frames.columns import MARKS, Reading, TextAmounts, convert
from florecon_build.host.frames.readers import Source, open_source
from florecon_build.sources.declaration import Source as Declared
from florecon_build.sources.reading import read


class Frame:
    """Record batches in the declared columns, written straight into the module's memory.

    A column that needs no conversion is not copied. ``notes`` say what was found in a file and not declared: its
    encoding, delimiter, decimal mark and form of days.
    """

    def __init__(self, schema: pa.Schema, batches: list[pa.RecordBatch], notes: tuple[str, ...] = ()) -> None:
        self.schema = schema
        self.batches = batches
        self.notes = notes
        self.rows = sum(batch.num_rows for batch in batches)
        counted = pa.MockOutputStream()
        self._stream(counted)
        self.size: int = counted.size()

    def write(self, into: pa.Buffer) -> None:
        """Writes the Arrow IPC stream, `size` bytes, into a mutable buffer."""
        self._stream(pa.FixedSizeBufferWriter(into))

    def to_table(self) -> pa.Table:
        """The same rows as a table."""
        return pa.Table.from_batches(self.batches, self.schema)

    def _stream(self, sink: pa.NativeFile) -> None:
        with pa.ipc.new_stream(sink, self.schema) as writer:
            for batch in self.batches:
                writer.write_batch(batch)


@dataclass(frozen=True, slots=True)
class _Plan:
    """The header of the source for each declared column."""

    fields: tuple[Field, ...]
    headers: dict[str, str]
    id_header: str | None

    def place(self, field: Field) -> str:
        header = self.headers[field.name]
        return f"column {field.name!r}" + (f" (your {header!r})" if header != field.name else "")


def conform(
    source: object,
    about: Description,
    *,
    columns: Mapping[str, str] | None = None,
    text_amounts: TextAmounts | None = None,
) -> Frame:
    """Rows from any source in the declared columns and types.

    Parameters: `source` is anything `open_source` takes, or the path of a file, which `sources.read` reads; `about` the
    module's description; `columns` maps a declared name to the header it has in the source, where they differ;
    `text_amounts` is the decimal mark of amounts written as text (`"point"` reads `(1,234.50)`, `"comma"` reads
    `1.234,50-`). None refuses such text in a table, and takes the mark that a file proves. Other columns are ignored.
    Returns a `Frame`. Errors: `BadTable`, `MissingColumn`, `WrongType`, `NullValue`, `BadAmount`, `AmountOverflow`; a
    bad cell is named by column and row, counted from 0 over the whole source, and in a file by its line.
    """
    headers = _headers(about, columns or {})
    if isinstance(source, (str, os.PathLike)):
        declared = Declared.plain(columns, MARKS[text_amounts] if text_amounts else None)
        path = Path(cast("str | os.PathLike[str]", source))
        reading = read(declared, [path], about.fields, id_name=about.id_name)
        frame = conform(reading.table, about)
        return Frame(frame.schema, frame.batches, reading.notes)
    opened = open_source(source, list(headers.values()))
    _check_headers(about, headers, opened)
    plan = _Plan(about.fields, headers, headers.get(about.id_name or ""))
    reading = Reading(text_amounts=text_amounts, rich=about.rich)
    batches: list[pa.RecordBatch] = []
    offset = 0
    for batch in opened.batches:
        if batch.num_rows:
            batches.append(_conform_batch(batch, plan, reading, offset, batches[0].schema if batches else None))
            offset += batch.num_rows
    if not batches:
        return Frame(_empty_schema(opened.schema, plan, reading), [])
    return _with_one_dictionary(batches)


def empty(about: Description) -> Frame:
    """A frame without rows in the declared schema, for `init`."""
    plan = _Plan(about.fields, {field.name: field.name for field in about.fields}, None)
    return Frame(_empty_schema(None, plan, Reading(rich=about.rich)), [])


def _headers(about: Description, columns: Mapping[str, str]) -> dict[str, str]:
    declared = [field.name for field in about.fields]
    for name in columns:
        if name not in declared:
            raise MissingColumn(
                f"the column map names {name!r}, which the module does not declare{_nearest(name, declared)};"
                f" declared are {', '.join(declared)}",
                column=name,
            )
    return {name: columns.get(name, name) for name in declared}


def _check_headers(about: Description, headers: Mapping[str, str], opened: Source) -> None:
    for name, header in headers.items():
        found = opened.names.count(header)
        if found > 1:
            raise SchemaError(f"the header {header!r} stands {found} times in the source; rename one", column=name)
        if not found:
            what = f"column {name!r}" + (f" (your {header!r})" if header != name else "")
            raise MissingColumn(
                f"{what}, declared by {about.domain or 'the module'}, is missing{_nearest(header, opened.names)}",
                column=name,
            )


def _nearest(name: str, among: list[str]) -> str:
    close = difflib.get_close_matches(name, among, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _conform_batch(
    batch: pa.RecordBatch, plan: _Plan, reading: Reading, offset: int, expected: pa.Schema | None
) -> pa.RecordBatch:
    arrays: list[pa.Array] = []
    for field in plan.fields:
        try:
            array = convert(batch.column(plan.headers[field.name]), field, reading)
        except Refusal as refusal:
            raise _located(refusal, field, plan, batch, offset) from None
        wanted = expected.field(field.name).type if expected is not None else array.type
        if array.type != wanted and field.kind == "text":
            array = array.cast(wanted)
        if array.type != wanted:
            what = f"{plan.place(field)}: the type changes from {wanted} to {array.type} at row {offset}"
            raise WrongType(f"{what}; give all batches one schema", column=field.name, row=offset)
        arrays.append(array)
    fields = [pa.field(field.name, array.type) for field, array in zip(plan.fields, arrays, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _located(refusal: Refusal, field: Field, plan: _Plan, batch: pa.RecordBatch, offset: int) -> SchemaError:
    place = plan.place(field)
    if refusal.at is None:
        return refusal.kind(f"{place}: {refusal.reason}", column=field.name)
    row_id = None
    if plan.id_header is not None:
        value = batch.column(plan.id_header)[refusal.at].as_py()
        row_id = value if isinstance(value, (int, str)) else None
    known = f" ({plan.id_header} {row_id})" if row_id is not None else ""
    row = offset + refusal.at
    return refusal.kind(f"{place}, row {row}{known}: {refusal.reason}", column=field.name, row=row, id=row_id)


def _empty_schema(schema: pa.Schema | None, plan: _Plan, reading: Reading) -> pa.Schema:
    """The schema of a frame without rows; without a source it has the declared types."""
    fields: list[pa.Field] = []
    for field in plan.fields:
        header = plan.headers[field.name]
        source = schema.field(header).type if schema is not None and header in schema.names else pa.null()
        try:
            array = convert(pa.nulls(0, source), field, reading)
        except pa.ArrowNotImplementedError:
            raise WrongType(f"{plan.place(field)}: a column of type {source}", column=field.name) from None
        except Refusal as refusal:
            raise refusal.kind(f"{plan.place(field)}: {refusal.reason}", column=field.name) from None
        fields.append(pa.field(field.name, array.type))
    return pa.schema(fields)


def _with_one_dictionary(batches: list[pa.RecordBatch]) -> Frame:
    """Dictionary columns share one dictionary over all batches, as a stream's readers expect."""
    schema = batches[0].schema
    if len(batches) > 1 and any(pt.is_dictionary(kind) for kind in schema.types):
        batches = pa.Table.from_batches(batches).unify_dictionaries().to_batches()
    return Frame(schema, batches)
