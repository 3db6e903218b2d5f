"""Division of a batch of rows among several instances, by the shard keys that the module itself computes.

A shard key depends only on the columns that the module's description lists for its partitions. So the module computes
one key for each distinct combination of their values, and not for each row.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heapify, heapreplace
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from florecon_build.host.description import Description, Node
from florecon_build.host.frames import Frame
from florecon_build.host.report.control import first_places, one_array
from florecon_build.host.report.merged_tables import RowOrder

LEAST_ROWS = 50_000
"""Rows from which dividing pays: below, starting the instances and merging their tables costs what it saves."""
ROWS_A_KEY = 16
"""Rows for each combination of values of the key columns: with fewer, computing the keys costs what it saves."""
MOST_OF_ALL = 0.7
"""The largest part of the rows that one instance may have: with more, the others have little to do."""


@dataclass(frozen=True, slots=True)
class Division:
    """Rows divided into parts, none of them empty; rows of different parts never meet."""

    frame: Frame
    order: RowOrder
    parts: int

    def part(self, number: int) -> Frame:
        """The rows of a part, in their order of arrival."""
        batches: list[pa.RecordBatch] = []
        start = 0
        for batch in self.frame.batches:
            mine = pc.equal(self.order.part.slice(start, batch.num_rows), number)
            batches.append(batch.filter(mine))
            start += batch.num_rows
        return Frame(self.frame.schema, batches)


def processors() -> int:
    """The number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def divides(about: Description) -> bool:
    """Whether the rows of a module can be divided among instances."""
    return about.divides and about.has("fetch.count") and key_columns(about) is not None


def key_columns(about: Description) -> Sequence[str] | None:
    """The columns that the shard key of a module is computed from, and perhaps more; None where that is not known.

    The module divides by its outermost partitions. In a `fixed_point` around them the number of rounds, and so what is
    counted, would depend on the rows of the other parts.
    """
    partitions = [node for node in about.nodes if _is_partition(node)]
    outermost = [node for node in partitions if not _is_inside(node, partitions)]
    repeated = [node for node in about.nodes if node.kind == "fixed_point"]
    if not outermost or any(_is_inside(node, repeated) for node in outermost):
        return None
    found: list[str] = []
    for node in outermost:
        reads: Any = node.facts.get("reads")
        if not isinstance(reads, list):
            return None
        found += cast("list[str]", reads)
    declared = {field.name for field in about.fields}
    return list(dict.fromkeys(found)) if declared.issuperset(found) else None


def _is_partition(node: Node) -> bool:
    return node.kind.startswith("partition_by")


def _is_inside(node: Node, others: Sequence[Node]) -> bool:
    """Whether the node is below one of these, with whose path its own begins."""
    return any(node.path.startswith((f"{one.path} > ", f"{one.path}[")) for one in others)


def divide(
    frame: Frame, about: Description, shard_keys: Callable[[Frame], pa.Array], most: int, *, if_it_pays: bool
) -> Division | None:
    """Rows divided into at most so many parts; None where all of them may meet, or an id comes twice.

    Parameters: `shard_keys` has the module compute the keys of some rows; with `if_it_pays` rows are not divided where
    that would be no faster.
    Errors: those of `shard_keys`.
    """
    columns = key_columns(about)
    if columns is None or about.id_name is None or (if_it_pays and frame.rows < LEAST_ROWS):
        return None
    table = frame.to_table()
    classes = _classes([one_array(table, name) for name in columns], frame.rows)
    if classes is None:
        return None
    first = first_places(pc.cumulative_max(classes))  # classes are numbered as they first come
    if if_it_pays and len(first) * ROWS_A_KEY > frame.rows:
        return None
    sample = table.take(first).combine_chunks()
    keys: Any = shard_keys(Frame(frame.schema, sample.to_batches())).dictionary_encode()
    key_of_row = keys.indices.take(classes)
    parts = min(most, len(keys.dictionary), frame.rows // (LEAST_ROWS // 2) if if_it_pays else most)
    if parts < 2:
        return None
    counts = pc.value_counts(key_of_row)
    weights = counts.field("counts").take(pc.sort_indices(counts.field("values"))).to_pylist()
    part_of_key, heaviest = _packed(weights, parts)
    if if_it_pays and heaviest > MOST_OF_ALL * frame.rows:
        return None
    part = pa.array(part_of_key, pa.int32()).take(key_of_row)
    ids = one_array(table, about.id_name)
    order = RowOrder.of(ids.dictionary_decode() if pt.is_dictionary(ids.type) else ids, part)
    return None if order is None else Division(frame, order, parts)


def _classes(columns: Sequence[pa.Array], rows: int) -> pa.Array | None:
    """For each row the number of its combination of values; None where floats, equal or not, would have to be compared.

    The numbers begin at 0 and are given in the order in which combinations first come.
    """
    found: Any = pa.repeat(pa.scalar(0, pa.int64()), rows)
    most = 1
    for column in columns:
        kind = column.type.value_type if pt.is_dictionary(column.type) else column.type
        if pt.is_floating(kind):
            return None
        coded: Any = column if pt.is_dictionary(column.type) else column.dictionary_encode()
        distinct = len(coded.dictionary) + 1
        if most * distinct >= 1 << 62:
            found, most = found.dictionary_encode().indices.cast(pa.int64()), rows
        codes = pc.fill_null(coded.indices.cast(pa.int64()), distinct - 1)
        found, most = pc.add(pc.multiply(found, distinct), codes), most * distinct
    return found.dictionary_encode().indices.cast(pa.int64())


def _packed(weights: Sequence[int], parts: int) -> tuple[list[int], int]:
    """For each weight a part, of about equal sums, and the largest sum (longest processing time first).

    R. L. Graham, "Bounds on multiprocessing timing anomalies", SIAM Journal on Applied Mathematics 17 (1969).

    >>> _packed([3, 1, 1, 4], 2)
    ([1, 1, 0, 0], 5)
    """
    loads = [(0, part) for part in range(parts)]
    heapify(loads)
    found = [0] * len(weights)
    for at in sorted(range(len(weights)), key=lambda at: -weights[at]):
        load, part = loads[0]
        found[at] = part
        heapreplace(loads, (load + weights[at], part))
    return found, max(load for load, _ in loads)
