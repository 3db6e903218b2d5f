"""Content key of a group: equal members with equal amounts have the same key in every run, machine and engine.

The rule is in `docs/wire.md`, under "The key of a group".
"""

from __future__ import annotations

import hashlib
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.errors import BrokenReply
from florecon_build.host.report.arrays import first_places, one_array, true_places
from florecon_build.host.report.control import blocks
from florecon_build.sources.text_buffers import text_buffers

KEY = "key"
BYTES = 16
SAMPLE = 256
"""Keys of a module that are computed again."""


def with_keys(groups: pa.Table, allocations: pa.Table, said: pa.ChunkedArray | None = None) -> pa.Table:
    """The table of groups with the column `key` at its end; linear, but for one sort where the module did not sort.

    Parameters: `said` has the keys where the module says them; a sample of them is computed again.
    Errors: `BrokenReply` for a group without allocations, allocations of a group that is not listed, or another key
    than that of the members.

    >>> groups = pa.table({"group_id": [7, 8]})
    >>> allocations = pa.table({"id": [1, 2, 3], "group_id": [7, 7, 8], "amount": [950, -948, 700]})
    >>> with_keys(groups, allocations)["key"].to_pylist()
    ['5eeaaa4787ba35e3116646b2603a8ff8', '512b96da5cccda4b62c7b79e65ea36a3']
    """
    if said is not None:
        _check_sample(groups, allocations, said)
        return groups.append_column(KEY, said)
    ids = one_array(allocations, "id_text" if "id_text" in allocations.column_names else "id")
    parts = pa.table(
        {"group_id": one_array(allocations, "group_id"), "id": ids, "amount": one_array(allocations, "amount")}
    )
    first = first_places(one_array(parts, "group_id"))
    listed = one_array(groups, "group_id")
    if not (one_array(parts, "group_id").take(first).equals(listed) and _is_sorted(one_array(parts, "id"), first)):
        at = pc.index_in(parts["group_id"], value_set=listed)
        parts = parts.append_column("at", at).sort_by([("at", "ascending"), ("id", "ascending")])
        first = first_places(one_array(parts, "group_id"))
        if not one_array(parts, "group_id").take(first).equals(listed):
            raise BrokenReply("the module's groups are not those of its allocations")
    digests = b"".join(_digests(block) for _, block in blocks(groups, parts, first))
    width = 2 * BYTES
    keys = pa.Array.from_buffers(pa.binary(width), groups.num_rows, [None, pa.py_buffer(digests.hex().encode())])
    return groups.append_column(KEY, keys.cast(pa.binary()).cast(pa.string()))


def _check_sample(groups: pa.Table, allocations: pa.Table, said: pa.ChunkedArray) -> None:
    if said.null_count or pc.any(pc.not_equal(pc.binary_length(said), 2 * BYTES)).as_py():
        raise BrokenReply(f"the module's keys of groups are not all of {2 * BYTES} digits")
    sampled = range(0, len(said), len(said) // SAMPLE + 1)
    sample = pa.table({"group_id": one_array(groups, "group_id").take(pa.array(sampled, pa.int64()))})
    members = allocations.filter(pc.is_in(allocations["group_id"], value_set=one_array(sample, "group_id")))
    computed = one_array(with_keys(sample, members), KEY)
    claimed = pa.array([said[place].as_py() for place in sampled], pa.string())  # taking them joins all texts
    at = pc.index(pc.equal(computed, claimed), pa.scalar(False)).as_py()
    if at >= 0:
        what = f"key of group {sample['group_id'][at]} is {claimed[at]}, and its members give {computed[at]}"
        raise BrokenReply(f"the module's {what}")


def _is_sorted(ids: pa.Array, first: pa.Array) -> bool:
    """Whether the ids ascend within every group, as the wire page says."""
    descents = pc.less_equal(ids.slice(1), ids.slice(0, max(len(ids) - 1, 0)))
    return pc.all(pc.is_in(pc.add(true_places(descents), 1), value_set=first)).as_py()


def _digests(parts: pa.Table) -> bytes:
    """The digests of groups whose parts stand one after the other."""
    texts = one_array(parts, "id").cast(pa.large_string())
    sizes = pc.binary_length(texts).cast(pa.large_string())
    amounts = one_array(parts, "amount").cast(pa.large_string())
    lines = pc.binary_join_element_wise(amounts, sizes, texts, pa.scalar(":", pa.large_string()))
    offsets, letters = text_buffers(lines)
    data = b"" if letters is None else letters.to_pybytes()
    begins = offsets.take(first_places(one_array(parts, "group_id"))).to_pylist()
    blank, found = hashlib.blake2b(digest_size=BYTES), list[bytes]()
    for start, end in pairwise([*begins, len(data)]):
        digest = blank.copy()  # faster than a new one
        digest.update(data[start:end])
        found.append(digest.digest())
    return b"".join(found)
