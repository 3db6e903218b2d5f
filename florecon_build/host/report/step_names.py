"""Steps of a strategy in business words: the name that groups, sentences, stages and journals give to each node.

A step has the label that its author gave it, else the origin of its groups, else words for what it does and the columns
of its key. The same words stand for the reasons of groups.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, cast

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.report.pivot_nets import TreeNode
from florecon_build.wire import LEAVES, REASONS, NodeKind

WORDS: Mapping[NodeKind, str] = {
    "identity": "no matching",
    "seq": "steps in turn",
    "partition_by": "division",
    "partition_by_table": "division by a table",
    "partition_by_with": "division",
    "when": "rows under a condition",
    "windowed": "bands",
    "pivot": "matching in another amount",
    "fixed_point": "repeated steps",
    "best_of": "the best of several strategies",
    "labeled": "steps under a label",
    "accept_if": "condition on groups",
    "coalesce": "groups joined",
    "trim": "small parts cut",
    "snap": "small parts added",
    "whole_only": "whole rows only",
    "reclaim": "groups of whole rows",
    "exact_1to1": "equal amounts",
    "agg_net": "net to zero",
    "signal_group": "shared reference",
    "reference_net": "connected by references",
    "running_zero": "running balance to zero",
    "subset_net": "several amounts that net",
    "anchored_subset": "one amount against several",
    "flow": "best fit",
    "soak_all": "all that is left",
    "soak_small": "small amounts",
    "soak_if": "amounts under a condition",
}
"""What a node of each kind does, for a person who reconciles."""
WITH_ORIGIN: frozenset[str] = frozenset({"coalesce", "soak_all", "soak_small", "soak_if"})
"""Kinds of nodes whose groups have the origin that the author gave them."""
_REASONS: Mapping[NodeKind, str] = {
    "reclaim": "groups of whole rows, joined",
    "exact_1to1": "equal amounts, one against one",
    "agg_net": "all rows of the key net to zero",
    "reference_net": "connected by references",
    "running_zero": "the running balance is zero",
    "subset_net": "several amounts that net",
    "anchored_subset": "one amount against several",
    "flow": "best fit",
}
REASON_WORDS: Mapping[str, str] = {REASONS[kind]: words for kind, words in _REASONS.items()}
"""Reasons of groups as the solver writes them, and in business words."""


class Node(TreeNode, Protocol):
    """A node of a strategy with the tag of a labeled one as `label`."""

    @property
    def label(self) -> str | None: ...


def step_names(nodes: Iterable[Node]) -> dict[int, str]:
    """The name of the step that each node belongs to; ``nodes`` in the order of ids.

    It is the outermost label around the node, or what the node does; where two nodes that form groups do the same by
    the same columns, each has its number among those that form groups. A node whose author gives its groups an origin
    has no name here without a label: see `step_name`.

    >>> from florecon_build.host.description import Node
    >>> nodes = [
    ...     Node(id=0, kind="seq", path="seq"),
    ...     Node(id=1, kind="labeled", path="seq[0] > labeled", label="near dates"),
    ...     Node(id=2, kind="flow", path="seq[0] > labeled > flow"),
    ...     Node(id=3, kind="agg_net", path="seq[1] > agg_net", facts={"columns": ["account", None]}),
    ... ]
    >>> step_names(nodes)
    {0: 'steps in turn', 1: 'near dates', 2: 'near dates', 3: 'net to zero by account'}
    """
    names: dict[int, str] = {}
    own: dict[int, int] = {}
    inside: tuple[str, str] | None = None
    forming = 0
    for node in nodes:
        forms = node.kind in LEAVES and node.kind != "identity"
        forming += forms
        if inside is not None and node.path.startswith(f"{inside[0]} > "):
            names[node.id] = inside[1]
            continue
        label = node.label if node.kind == "labeled" else None
        inside = None if label is None else (node.path, label)
        if label is None and node.kind in WITH_ORIGIN:
            continue
        names[node.id] = label or _words(node)
        if forms:
            own[node.id] = forming
    count = Counter(names[node] for node in own)
    taken = {name for node, name in names.items() if node not in own}
    for node, number in own.items():
        if count[names[node]] > 1 or names[node] in taken:
            names[node] = f"{names[node]} (step {number})"
    return names


def step_name(names: Mapping[int, str], node: int | None, origin: str) -> str:
    """The name of the step of a group or an event, from its node and its origin (of an event: the kind of the node).

    >>> step_name({1: "near dates"}, 1, "flow"), step_name({}, 2, "rounding"), step_name({}, 2, "soak_small")
    ('near dates', 'rounding', 'small amounts')
    """
    named = None if node is None else names.get(node)
    return named or WORDS.get(cast(NodeKind, origin), origin)


def words_of(origins: pa.ChunkedArray) -> pa.ChunkedArray:
    """The origins of groups, as `step_name` says those of a node without a name."""
    at = pc.index_in(origins, value_set=pa.array(list(WORDS), pa.string()))
    return pc.coalesce(pc.take(pa.array(list(WORDS.values()), pa.string()), at), origins)


def plain_reason(reason: str | None) -> str | None:
    """The reason of a group with what the solver says in business words; what a person wrote is left.

    >>> plain_reason("near dates: min-cost flow"), plain_reason("shared reference INV-7"), plain_reason(None)
    ('near dates: best fit', 'shared reference INV-7', None)
    """
    if reason is None:
        return None
    tags, colon, last = reason.rpartition(": ")
    return f"{tags}{colon}{REASON_WORDS.get(last, last)}"


def _words(node: Node) -> str:
    words = WORDS.get(cast(NodeKind, node.kind), node.kind.replace("_", " "))
    columns = [name for name in cast("list[Any]", node.facts.get("columns", [])) if isinstance(name, str)]
    if node.kind in {"signal_group", "reference_net"}:
        return f"{words} in {', '.join(columns)}" if columns else words
    return f"{words} by {', '.join(columns)}" if columns else words
