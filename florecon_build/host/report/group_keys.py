"""Content key of a group: equal members with equal amounts have the same key in every run, machine and engine.

The rule is in `docs/wire.md`, under "The key of a group".
"""

from __future__ import annotations

import hashlib
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.errors import BrokenReply

KEY = "key"
BYTES = 16


def with_keys(groups: pa.Table, allocations: pa.Table) -> pa.Table:
    """The table of groups with the column `key` at its end; linear, but for one sort where the module did not sort.

    Errors: `BrokenReply` for a group without allocations, or allocations of a group that is not listed.

    >>> groups = pa.table({"group_id": [7, 8]})
    >>> allocations = pa.table({"id": [1, 2, 3], "group_id": [7, 7, 8], "amount": [950, -948, 700]})
    >>> with_keys(groups, allocations)["key"].to_pylist()
    ['5eeaaa4787ba35e3116646b2603a8ff8', '512b96da5cccda4b62c7b79e65ea36a3']
    """
    ids = allocations.column("id_text" if "id_text" in allocations.column_names else "id").combine_chunks()
    parts = pa.table(
        {
            "at": pc.index_in(allocations["group_id"], value_set=groups["group_id"].combine_chunks()),
            "id": ids,
            "amount": allocations["amount"],
        }
    )
    if not _is_sorted(parts):
        parts = parts.sort_by([("at", "ascending"), ("id", "ascending")])
    return groups.append_column(KEY, _keys(parts, groups.num_rows))


def _is_sorted(parts: pa.Table) -> bool:
    """Whether the parts are by group and id already, as the wire page says."""
    at, ids = (parts[name].combine_chunks() for name in ("at", "id"))
    if len(at) < 2:
        return True
    later = pc.greater(at.slice(1), at.slice(0, len(at) - 1))
    same = pc.equal(at.slice(1), at.slice(0, len(at) - 1))
    return pc.all(pc.or_(later, pc.and_(same, pc.greater(ids.slice(1), ids.slice(0, len(ids) - 1))))).as_py()


def _keys(parts: pa.Table, groups: int) -> pa.Array:
    """The keys of groups whose parts stand one after the other, each group with at least one."""
    texts = parts["id"].cast(pa.large_string()).combine_chunks()
    sizes = pc.binary_length(texts).cast(pa.large_string())
    amounts = parts["amount"].combine_chunks().cast(pa.large_string())
    lines = pc.binary_join_element_wise(amounts, sizes, texts, pa.scalar(":", pa.large_string()))
    lengths = pc.binary_length(lines)
    by_group = pa.table({"at": parts["at"], "bytes": lengths}).group_by("at", use_threads=False)
    sums = by_group.aggregate([("bytes", "sum")])
    ends = pc.cumulative_sum(sums["bytes_sum"].cast(pa.int64())).to_pylist()
    if len(ends) != groups:
        raise BrokenReply("the module's groups are not those of its allocations")
    data = memoryview(lines.buffers()[2] or b"")
    found = [hashlib.blake2b(data[start:end], digest_size=BYTES).hexdigest() for start, end in pairwise([0, *ends])]
    return pa.array(found, pa.string())
