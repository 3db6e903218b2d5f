"""Counters of each node over one solve, behind ``report.stages``."""

from __future__ import annotations

from dataclasses import dataclass, fields

from florecon_build.interpreter.bag import Bag, Group
from florecon_build.ir import nodes as n
from florecon_build.ir.traversal import kind_name


@dataclass(slots=True)
class Stage:
    """The counters of one node over one solve; a node that runs once per shard or pass adds up.

    A value is a sum of absolute amounts in the numeraire of the node. ``items_matched`` counts group members, in the
    groups that survive at this node's output. The last five count rejected buckets by cause; ``null_key`` counts items.
    """

    node: int
    kind: str
    label: str
    items_in: int = 0
    value_in: int = 0
    groups: int = 0
    items_matched: int = 0
    value_matched: int = 0
    null_key: int = 0
    too_small: int = 0
    one_sided: int = 0
    out_of_tolerance: int = 0
    over_cap: int = 0
    out_of_budget: int = 0

    def entered(self, bag: Bag) -> None:
        """Counts a bag that came in."""
        self.items_in += len(bag)
        self.value_in += sum(abs(lot.amount) for lot in bag)

    def formed(self, groups: list[Group]) -> None:
        """Counts the groups that went out."""
        self.groups += len(groups)
        self.items_matched += sum(len(group.members) for group in groups)
        self.value_matched += sum(abs(lot.amount) for group in groups for lot in group.members)

    def become(self, other: Stage) -> None:
        """Takes over the counters of another stage of the same node."""
        for item in fields(self):
            setattr(self, item.name, getattr(other, item.name))


@dataclass(frozen=True, slots=True)
class Step:
    """A node at its place in the tree: its pre-order id and the steps below it."""

    id: int
    node: n.Node
    below: tuple[Step, ...]


def number(node: n.Node, first: int = 0) -> Step:
    """The tree with its node ids: pre-order from ``first``. One node object may stand in several places.

    >>> tree = number(n.Seq(steps=(n.Identity(), n.Seq(steps=(n.Identity(),)), n.Identity())))
    >>> [step.id for step in tree.below]
    [1, 2, 4]
    """
    below: list[Step] = []
    following = first + 1
    for child in n.children(node):
        step = number(child, following)
        below.append(step)
        following += size(step)
    return Step(first, node, tuple(below))


def size(step: Step) -> int:
    """The number of nodes of the step and the steps below it."""
    return 1 + sum(size(child) for child in step.below)


def flatten(step: Step) -> list[Step]:
    """The step and all below it, in the order of their ids."""
    return [step, *(deeper for child in step.below for deeper in flatten(child))]


def stage(step: Step) -> Stage:
    """Empty counters for a step."""
    return Stage(step.id, kind_name(step.node), label(step.node))


def label(node: n.Node) -> str:
    """The author's name for a node: the tag or the origin that it gives; empty for none."""
    match node:
        case n.Labeled():
            return node.tag
        case n.Coalesce() | n.SoakAll() | n.SoakSmall() | n.SoakIf():
            return node.origin
        case _:
            return ""
