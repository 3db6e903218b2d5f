"""Explanation of rows by an instance with a part of the rows, as that of one instance with all of them.

Inside of the partition that divides the rows, a node has the same lots in both. A node outside of it tells of its bag
the number of lots, which the counters of all parts add up to, and of rows what depends on these rows alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.description import Description
from florecon_build.host.errors import BrokenReply
from florecon_build.host.report.merged_tables import GroupNumbers
from florecon_build.host.runtime.division import is_inside, outermost_partitions

ABOUT_ROWS = frozenset(
    {
        "seq",
        "labeled",
        "when",
        "accept_if",
        "coalesce",
        "trim",
        "snap",
        "whole_only",
        "reclaim",
        "identity",
        "soak_all",
        "soak_small",
        "soak_if",
    }
)
"""Kinds of nodes that tell nothing of their bag but the number of lots."""
ROW_FIELDS = ("id", "with", "without", "best", "taker", "other_taker", "split")
"""Fields of a step that hold the number of a row, besides those of members."""


def nodes_of_all(about: Description) -> frozenset[int] | None:
    """The nodes whose bags have rows of several parts; None where one of them tells more than its number of lots."""
    outermost = outermost_partitions(about.nodes)
    shared = [node for node in about.nodes if not is_inside(node, outermost)]
    tells = [node for node in shared if node.kind not in ABOUT_ROWS]
    return frozenset(node.id for node in shared) if len(outermost) == 1 and tells == outermost else None


@dataclass(frozen=True, slots=True)
class WholeNumbers:
    """What stands in the explanations of one instance for what stands in those of a part.

    `rows` has the number of each text id of the part, and is None where ids are integers; `sizes` the number of lots by
    node, of the nodes that `nodes_of_all` names.
    """

    groups: GroupNumbers
    rows: pa.Array | None
    sizes: Mapping[int, int]

    def explanation(self, data: dict[str, Any]) -> dict[str, Any]:
        """The explanation, which is changed in place. Errors: `BrokenReply`."""
        try:
            places = [place for row in data["rows"] for place in row["places"]]
            _renumber(places, "group_id", self.groups.of_part(pa.array([place["group_id"] for place in places])))
            for step in data["steps"]:
                if step["event"] == "entered" and step["node"] in self.sizes:
                    step["size"] = self.sizes[step["node"]]
            if self.rows is not None:
                self._renumber_rows(data, self.rows)
        except (KeyError, TypeError, AttributeError, ValueError, pa.ArrowException) as error:
            raise BrokenReply(f"the explanation of a part cannot be told of the whole: {error}") from error
        return data

    def _renumber_rows(self, data: dict[str, Any], numbers: pa.Array) -> None:
        named = {int(number): text for number, text in data.get("names", {}).items()}
        whole = dict(zip(named, numbers.take(pa.array(named, pa.int64())).to_pylist(), strict=True))
        for entry in _entries(data):
            for name in ROW_FIELDS:
                if name in entry:
                    entry[name] = whole[entry[name]]
        if named:
            data["names"] = {str(whole[number]): text for number, text in named.items()}


def sizes_of(stages: pa.Table, nodes: frozenset[int]) -> dict[int, int]:
    """The number of lots that came to each of these nodes."""
    lots = zip(stages["node"].to_pylist(), stages["items_in"].to_pylist(), strict=True)
    return {node: count for node, count in lots if node in nodes}


def rows_with(ids: pa.Array, asked: list[int | str]) -> pa.Array:
    """The places of the rows with these ids, without those that are of another type or of no row."""
    is_text = not pa.types.is_integer(ids.type)
    wanted = pa.array([one for one in asked if isinstance(one, str) is is_text], pa.string() if is_text else pa.int64())
    return pc.indices_nonzero(pc.is_in(ids, value_set=wanted.cast(ids.type)))


def texts_for(ids: pa.Array, asked: list[int | str]) -> list[int | str]:
    """Ids with the texts in the place of their numbers, which are places of arrival."""
    if pa.types.is_integer(ids.type):
        return asked
    return [ids[one].as_py() if isinstance(one, int) and 0 <= one < len(ids) else one for one in asked]


def _entries(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What has numbers of rows."""
    yield from data["rows"]
    for step in data["steps"]:
        yield step
        yield from step.get("members", ())


def _renumber(entries: list[dict[str, Any]], name: str, numbers: pa.Array) -> None:
    for entry, number in zip(entries, numbers.to_pylist(), strict=True):
        entry[name] = number
