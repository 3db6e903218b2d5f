"""Division of a batch of rows among several instances, by the shard keys that the module itself computes.

The module's description lists the columns that a shard key is computed from, so of the rows that are equal in them it
computes one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heapify, heapreplace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from florecon_build.host.description import Description, Node
from florecon_build.host.frames import Frame
from florecon_build.host.frames.distinct_rows import distinct_rows, without_views
from florecon_build.host.report.arrays import one_array
from florecon_build.host.report.merged_tables import RowOrder

LEAST_ROWS = 200_000
"""Rows from which dividing pays: with 100,000, two instances of a fresh process save 5 % of the wall time for 38 % more
processor time."""
ROWS_A_KEY = 16
"""Rows for each combination of values of the key columns: with fewer, computing the keys costs what it saves."""
MOST_OF_ALL = 0.7
"""The largest part of the rows that one instance may have: with more, the others have little to do."""


@dataclass(frozen=True, slots=True)
class Division:
    """Rows divided into parts, none of them empty; rows of different parts never meet.

    `ids` are the ids of the rows, in their order of arrival.
    """

    frame: Frame
    ids: pa.Array
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
    """Whether the rows of a module can be divided among instances, with the answers of one.

    In a `fixed_point` around the partitions the number of rounds, and so what is counted, depends on all rows.
    """
    repeated = [node for node in about.nodes if node.kind == "fixed_point"]
    is_repeated = any(is_inside(node, repeated) for node in outermost_partitions(about.nodes))
    return about.divides and about.shard_columns is not None and not is_repeated and about.has("fetch.count")


def outermost_partitions(nodes: Sequence[Node]) -> list[Node]:
    """The partitions that are in no other one."""
    partitions = [node for node in nodes if node.kind.startswith("partition_by")]
    return [node for node in partitions if not is_inside(node, partitions)]


def is_inside(node: Node, others: Sequence[Node]) -> bool:
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
    if about.id_name is None or (if_it_pays and frame.rows < LEAST_ROWS):
        return None
    found = distinct_rows(frame, about.shard_columns or ())
    if if_it_pays and (found is None or found[0].rows * ROWS_A_KEY > frame.rows):
        return None
    keys: Any = (shard_keys(frame) if found is None else shard_keys(found[0]).take(found[1])).dictionary_encode()
    parts = min(most, len(keys.dictionary), frame.rows // (LEAST_ROWS // 2) if if_it_pays else most)
    if parts < 2:
        return None
    counts = pc.value_counts(keys.indices)
    weights = counts.field("counts").take(pc.sort_indices(counts.field("values"))).to_pylist()
    part_of_key, heaviest = _packed(weights, parts)
    if if_it_pays and heaviest > MOST_OF_ALL * frame.rows:
        return None
    part = pa.array(part_of_key, pa.int16()).take(keys.indices)
    table = without_views(frame.to_table())
    ids: Any = one_array(table, about.id_name)
    ids = ids.dictionary_decode() if pt.is_dictionary(ids.type) else ids
    order = RowOrder.of(ids, part)
    return None if order is None else Division(Frame(table.schema, table.to_batches()), ids, order, parts)


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
