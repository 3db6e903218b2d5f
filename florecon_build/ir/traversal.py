"""Traversal: the parts of a value or a node by name, pre-order visits with paths, and rebuilding.

Everything here follows the data classes' fields, so that a new kind needs no code in this file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import cast, get_args

from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n

VALUE_KINDS = cast("tuple[type[e.Value], ...]", get_args(e.Value))
NODE_KINDS = cast("tuple[type[n.Node], ...]", get_args(n.Node))


def value_parts(holder: e.Value | e.Tolerance | n.Node) -> Iterator[tuple[str, e.Value]]:
    """The value expressions directly in a value, a tolerance or a node, each with the name of its field.

    A tolerance is looked through: its parts are ``tol.amount`` and ``tol.floor``. Nodes below a node are not entered.
    """
    for name in _field_names(type(holder)):
        yield from _parts_of(name, getattr(holder, name))


@cache
def _field_names(kind: type[e.Value | e.Tolerance | n.Node]) -> tuple[str, ...]:
    return tuple(item.name for item in fields(kind))


def _parts_of(name: str, content: object) -> Iterator[tuple[str, e.Value]]:
    if isinstance(content, VALUE_KINDS):
        yield name, content
    elif isinstance(content, e.Tolerance):
        for inner, value in value_parts(content):
            yield f"{name}.{inner}", value
    elif isinstance(content, tuple):
        for index, part in enumerate(cast("tuple[object, ...]", content)):
            if isinstance(part, VALUE_KINDS):
                yield f"{name}[{index}]", part


def values_in(value: e.Value) -> Iterator[e.Value]:
    """The value and every value below it, outermost first."""
    stack: list[e.Value] = [value]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(part for _, part in reversed(list(value_parts(current))))


def map_values(value: e.Value, change: Callable[[e.Value], e.Value]) -> e.Value:
    """The value with ``change`` applied to every part, innermost first, and then to itself."""
    return change(cast(e.Value, _map_parts(value, lambda part: map_values(part, change))))


def map_tolerance(tol: e.Tolerance, change: Callable[[e.Value], e.Value]) -> e.Tolerance:
    """The tolerance with ``change`` applied to its amount and floor."""
    floor = None if tol.floor is None else change(tol.floor)
    return replace(tol, amount=change(tol.amount), floor=floor)


def map_node_values(node: n.Node, change: Callable[[e.Value], e.Value]) -> n.Node:
    """The node with ``change`` applied to each value expression that it holds; the nodes below stay."""
    return cast(n.Node, _map_parts(node, change))


def _map_parts(holder: e.Value | n.Node, change: Callable[[e.Value], e.Value]) -> object:
    changed: dict[str, object] = {}
    for item in fields(holder):
        content: object = getattr(holder, item.name)
        if isinstance(content, VALUE_KINDS):
            changed[item.name] = change(content)
        elif isinstance(content, e.Tolerance):
            changed[item.name] = map_tolerance(content, change)
        elif isinstance(content, tuple):
            parts = cast("tuple[object, ...]", content)
            if parts and all(isinstance(part, VALUE_KINDS) for part in parts):
                changed[item.name] = tuple(change(cast(e.Value, part)) for part in parts)
    return replace(holder, **changed) if changed else holder


def with_children(node: n.Node, below: tuple[n.Node, ...]) -> n.Node:
    """The node with other nodes below it, as many as it has, in the order of ``children``."""
    match node:
        case n.Seq():
            return replace(node, steps=below)
        case n.BestOf():
            return replace(node, strategies=below)
        case n.PartitionByTable():
            cases = tuple((key, case) for (key, _), case in zip(node.cases, below[:-1], strict=True))
            return replace(node, cases=cases, default=below[-1])
        case _:
            return replace(node, inner=below[0]) if below else node


def kind_name(kind: e.Value | n.Node | e.Tolerance | type) -> str:
    """The snake-case name of a value or node kind, as in JSON and in paths: ``exact_1to1``, ``partition_by``."""
    return _snake((kind if isinstance(kind, type) else type(kind)).__name__)


@cache
def _snake(name: str) -> str:
    if name == "Exact1to1":
        return "exact_1to1"
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")


def public_name(node: n.Node) -> str:
    """The name by which an author wrote a node: both forms of ``partition_by_with`` and of ``subset_net`` have one."""
    match node:
        case n.PartitionByTable():
            return "partition_by_with"
        case n.AnchoredSubset():
            return "subset_net"
        case _:
            return kind_name(node)


@dataclass(frozen=True, slots=True)
class Place:
    """A node in its tree: its pre-order id, its path as in messages, its depth and its parent's id."""

    id: int
    node: n.Node
    path: str
    depth: int
    parent: int | None


def walk(root: n.Node) -> list[Place]:
    """Every node in pre-order, which is the order of node ids.

    >>> import florecon_build as fb
    >>> [place.path for place in walk(fb.seq(fb.exact_1to1(), fb.labeled("rest", fb.soak_all())).ir)]
    ['seq', 'seq[0] > exact_1to1', 'seq[1] > labeled', 'seq[1] > labeled > soak_all']
    """
    found: list[Place] = []

    def visit(node: n.Node, prefix: str, depth: int, parent: int | None) -> None:
        here = prefix + public_name(node)
        number = len(found)
        found.append(Place(number, node, here, depth, parent))
        for mark, child in zip(_marks(node), n.children(node), strict=True):
            visit(child, f"{here}{mark} > ", depth + 1, number)

    visit(root, "", 0, None)
    return found


def _marks(node: n.Node) -> list[str]:
    match node:
        case n.Seq() | n.BestOf():
            return [f"[{index}]" for index in range(len(n.children(node)))]
        case n.PartitionByTable():
            return [*(f"[{key!r}]" for key, _ in node.cases), "[default]"]
        case _:
            return [""] * len(n.children(node))
