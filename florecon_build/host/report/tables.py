"""Tables of a report, from `fetch` replies, or from a JSON report of a module without `fetch`."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.errors import BrokenReply
from florecon_build.host.report.group_keys import KEY
from florecon_build.host.report.rows_table import rows_of
from florecon_build.host.report.table_stream import read_columns
from florecon_build.wire import TABLE_NAMES, TABLES

TYPES: dict[str, pa.DataType] = {
    "int32": pa.int32(),
    "int64": pa.int64(),
    "uint64": pa.uint64(),
    "bool": pa.bool_(),
    "utf8": pa.string(),
    "decimal128(38, 0)": pa.decimal128(38, 0),
}
"""The Arrow types of the columns, by their names on the wire page."""
READ: dict[str, dict[str, pa.DataType]] = {
    what: {name: TYPES[type] for name, type in columns.items()} for what, columns in TABLES.items()
}
"""All that a module replies with as a table."""
COLUMNS = {what: READ[what] for what in TABLE_NAMES}
"""The tables of a report."""
SOMETIMES = {"id_text": TYPES["utf8"], KEY: TYPES["utf8"]}
"""Columns that a table has beside these: the texts of text ids, and the keys of groups from a module that says them."""
SHARD_KEYS = "shard_keys"
CHANGES = "changes"
AMOUNTS = ("net", "max_abs", "amount", "matched", "residual", "value_in", "value_matched")


def read(what: str, reply: bytes) -> pa.Table:
    """A reply as a table with the columns of the wire page.

    Errors: `BrokenReply` for bytes that are no such table.
    """
    types = {**SOMETIMES, **READ[what]}
    try:
        table = read_columns(reply, types)
        names = list(READ[what])
        if "id_text" in table.column_names:
            names.insert(names.index("id") + 1, "id_text")
        if what == "groups" and KEY in table.column_names:
            names.append(KEY)
        return pa.table({name: _typed(table, name, types[name]) for name in names})
    except BrokenReply as error:
        raise BrokenReply(f"the module's table of {what} is malformed: {error}") from error
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        raise BrokenReply(f"the module's table of {what} is malformed: {' '.join(str(error).split())}") from error


def _typed(table: pa.Table, name: str, kind: pa.DataType) -> pa.ChunkedArray:
    """A column in its type; an integer may be narrower than it, nothing else is converted."""
    column = table.column(name)
    if column.type != kind and not (pa.types.is_integer(column.type) and pa.types.is_integer(kind)):
        raise TypeError(f"{name!r} is {column.type}, not {kind}")
    return column.cast(kind)


def from_json(report: object) -> dict[str, pa.Table]:
    """The tables `groups`, `allocations` and `rows` from a JSON report.

    Errors: `BrokenReply`.
    """
    try:
        return _from_json(report)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, pa.ArrowException) as error:
        raise BrokenReply(f"the module's report is malformed: {type(error).__name__}: {error}") from error


def _from_json(report: Any) -> dict[str, pa.Table]:
    groups = _columns("groups", report["groups"], {"reason": None, "node": None, "unique": None})
    allocations = _columns("allocations", report["allocations"], {})
    known = pc.index_in(allocations["group_id"], value_set=groups["group_id"])
    if known.null_count:
        raise ValueError("an allocation is in a group that is not listed")
    facts = facts_of_groups(pa.table(allocations), groups["group_id"])
    for name in ("max_abs", "min_side", "first_id"):
        groups[name] = facts[name]
    made = {
        what: pa.table({name: columns[name] for name in COLUMNS[what]}, schema=pa.schema(list(COLUMNS[what].items())))
        for what, columns in (("groups", groups), ("allocations", allocations))
    }
    return {**made, "rows": rows_of(made["groups"], made["allocations"])}


def _columns(what: str, lines: list[dict[str, Any]], optional: dict[str, None]) -> dict[str, pa.Array]:
    """Lists of a JSON report as columns; a number with a fraction, or a text for a number, is none of them."""
    columns: dict[str, pa.Array] = {}
    for name, kind in COLUMNS[what].items():
        if name in _COMPUTED:
            continue
        values = [line.get(name) for line in lines] if name in optional else [line[name] for line in lines]
        array: pa.Array = pa.array(values)
        if array.type not in (pa.null(), pa.int64(), kind):
            raise TypeError(f"{name!r} of {what} is {array.type}, not {kind}")
        if array.null_count and name not in optional:
            raise TypeError(f"{name!r} of {what} is null")
        columns[name] = array.cast(kind)
    return columns


_COMPUTED = frozenset({"max_abs", "min_side", "first_id"})
"""Facts of a group that a JSON report leaves to the host."""


def facts_of_groups(allocations: pa.Table, groups: pa.Array) -> dict[str, pa.Array]:
    """`net`, `size`, `max_abs`, `min_side` and `first_id` of these groups, in their order."""
    amounts = allocations["amount"]
    signs = {"positive": pc.greater(amounts, 0), "negative": pc.less(amounts, 0)}
    ids = allocations["id"].combine_chunks()
    first: pa.Array = ids
    if "id_text" in allocations.column_names:  # numbers are in the order of arrival, and the first id is the first text
        first = pc.rank(allocations["id_text"].combine_chunks(), tiebreaker="dense").cast(pa.int64())
    table = pa.table(
        {
            "group_id": allocations["group_id"],
            "id": first,
            "amount": amounts,
            "abs": pc.abs_checked(amounts),
            **{name: flags.cast(pa.int64()) for name, flags in signs.items()},
        }
    )
    facts = [("amount", "sum"), ("amount", "count"), ("abs", "max"), ("positive", "sum"), ("negative", "sum")]
    sums = table.group_by("group_id", use_threads=False).aggregate([*facts, ("id", "min")])
    at = pc.index_in(groups, value_set=sums["group_id"].combine_chunks())
    found = {name: sums[name].combine_chunks().take(at) for name in sums.column_names}
    smallest = found["id_min"]
    if "id_text" in allocations.column_names:
        smallest = ids.take(pc.index_in(smallest, value_set=first))
    return {
        "net": found["amount_sum"],
        "size": found["amount_count"],
        "max_abs": found["abs_max"],
        "min_side": pc.min_element_wise(found["positive_sum"], found["negative_sum"]),
        "first_id": smallest,
    }


def in_major_units(table: pa.Table, scale: int) -> pa.Table:
    """The same table with amounts as decimals of `scale` places instead of whole minor units.

    >>> in_major_units(pa.table({"net": pa.array([-105], pa.int64())}), 2).to_pylist()
    [{'net': Decimal('-1.05')}]
    """
    for name in AMOUNTS:
        if name in table.column_names:
            minor = table.column(name).cast(pa.decimal128(38, 0))
            chunks = [_point_moved(chunk, scale) for chunk in minor.chunks]
            major = pa.chunked_array(chunks, pa.decimal128(38, scale))
            table = table.set_column(table.column_names.index(name), name, major)
    return table


def _point_moved(minor: pa.Array, scale: int) -> pa.Array:
    """A decimal is an integer and the place of its point: only the point moves, so this is exact for any value."""
    return pa.Array.from_buffers(pa.decimal128(38, scale), len(minor), minor.buffers(), offset=minor.offset)
