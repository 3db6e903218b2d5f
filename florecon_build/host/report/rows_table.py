"""Table of rows, made from the groups and allocations of a report: where most of a row is, and how much is matched.

>>> groups = pa.table({"group_id": [1, 2], "origin": ["flow", "unmatched"]})
>>> allocations = pa.table({"id": [5, 6, 6], "group_id": [1, 1, 2], "amount": [-40, 40, 2]})
>>> rows_of(groups, allocations).to_pylist()[1]
{'id': 6, 'group_id': 1, 'amount': 42, 'matched': 40, 'residual': 2}
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.errors import ConservationViolated
from florecon_build.host.report.arrays import (
    first_of_each,
    first_places,
    is_ascending,
    last_places,
    one_array,
    places,
)
from florecon_build.host.report.segments import Segments
from florecon_build.wire import UNMATCHED


def rows_of(groups: pa.Table, allocations: pa.Table) -> pa.Table:
    """One row per row, by ascending id: `id, group_id, amount, matched, residual`, and `id_text` where ids are texts.

    `group_id` is the group with most of a row, of equal ones the smallest. Linear, but for one sort where the texts of
    text ids, or ids with gaps, are not in their order.
    Errors: `ConservationViolated` for parts of a row that exceed 64 bits together, and for a number with two texts.
    """
    ids, amounts = one_array(allocations, "id"), one_array(allocations, "amount")
    listed, at, last = _distinct(ids)
    opened = pc.equal(one_array(groups, "origin"), UNMATCHED).take(_groups_of(groups, allocations))
    zero = pa.scalar(0, pa.int64())
    parts = {
        "group_id": one_array(allocations, "group_id"),
        "amount": amounts,
        "matched": pc.if_else(opened, zero, amounts),
        "residual": pc.if_else(opened, amounts, zero),
    }
    columns = {name: values.take(last) for name, values in parts.items()}
    if len(ids) > len(listed):
        further = pc.not_equal(last.take(at).cast(pa.int64()), places(len(ids)))
        is_divided = pc.is_valid(last_places(at.filter(further), len(listed)))
        of_divided = is_divided.take(at)
        lines = pa.table({"at": at, **parts}).filter(of_divided)
        for name, values in _totals(lines).items():
            columns[name] = pc.replace_with_mask(columns[name], is_divided, values)
    made: dict[str, Any] = {"id": listed}
    if "id_text" in allocations.column_names:
        texts = one_array(allocations, "id_text")
        made["id_text"] = texts.take(last)
        other = pc.index(pc.equal(texts, made["id_text"].take(at)), pa.scalar(False)).as_py()
        if other >= 0:
            raise ConservationViolated(
                f"the module's report is not conserved: an allocation names row {texts[other]} by the number of another"
                " row",
                id=texts[other].as_py(),
            )
    rows = pa.table({**made, **columns})
    if "id_text" in made and not is_ascending(made["id_text"]):
        rows = rows.take(pc.sort_indices(made["id_text"]))
    return rows


def _groups_of(groups: pa.Table, allocations: pa.Table) -> pa.Array:
    """For each allocation the place of its group."""
    keys, listed = one_array(allocations, "group_id"), one_array(groups, "group_id")
    if keys.take(first_places(keys)).equals(listed):
        return Segments.of(keys).segment
    return pc.index_in(keys, value_set=listed)


def _distinct(ids: pa.Array) -> tuple[pa.Array, pa.Array, pa.Array]:
    """The distinct ids, ascending; the place of each id among them; and the last place of each of them in `ids`."""
    if len(ids):
        least, most = pc.min_max(ids).as_py().values()
        if most - least < len(ids):
            at = pc.subtract(ids, least).cast(pa.int32())
            last = last_places(at, most - least + 1)
            if not last.null_count:
                return pc.add(places(len(last)), least), at, last
    listed = pc.unique(ids).sort()
    at = pc.index_in(ids, value_set=listed)
    return listed, at, last_places(at, len(listed))


def _totals(lines: pa.Table) -> dict[str, pa.Array]:
    """`group_id`, `amount`, `matched` and `residual` of rows that are divided, by ascending place `at`."""
    amounts = one_array(lines, "amount")
    weight = pc.if_else(pc.less(amounts, 0), amounts, pc.negate(amounts))  # negative, so that no amount overflows
    most = [("weight", "ascending"), ("group_id", "ascending")]
    primary = first_of_each(lines.append_column("weight", weight), "at", most)
    wide = lines.select(["at"])
    sums = ("amount", "matched", "residual")
    for name in sums:
        wide = wide.append_column(name, lines[name].cast(pa.decimal128(38, 0)))
    added = wide.group_by("at", use_threads=False).aggregate([(name, "sum") for name in sums]).sort_by("at")
    try:
        totals = {name: one_array(added, f"{name}_sum").cast(pa.int64()) for name in sums}
    except pa.ArrowInvalid as error:
        raise ConservationViolated(
            "the module's report is not conserved: the allocations of a row add up to more than 64 bits of minor units"
        ) from error
    return {"group_id": one_array(primary, "group_id"), **totals}
