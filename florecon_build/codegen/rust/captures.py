"""Captures: what the expressions of a plan read from outside of their closure (params, shard keys), found on the IR.

A plan outlives the function that builds it, so a closure owns what it reads: numbers are copied by ``move``, a text is
cloned into a variable right before its closure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from florecon_build.codegen.rust.rust_types import is_copy
from florecon_build.codegen.rust.simplify import simplify
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.traversal import value_parts, values_in
from florecon_build.ir.types import Type


@dataclass(frozen=True, slots=True)
class Capture:
    """A param, or the shard key of a binder or one part of it; ``type`` is that of the value."""

    type: Type
    param: str | None = None
    binder: int | None = None
    part: int | None = None

    @property
    def is_copied(self) -> bool:
        """Whether a closure copies it; otherwise it owns a clone."""
        return is_copy(self.type)


def capture_of(value: e.ParamRef | e.ShardKey) -> Capture:
    """What one read captures."""
    if isinstance(value, e.ParamRef):
        return Capture(value.type, param=value.name)
    return Capture(value.type, binder=value.binder, part=value.part)


def captures_of(values: Iterable[e.Value]) -> tuple[Capture, ...]:
    """What simplified values capture, each once, in the order in which it is first read."""
    found = (capture_of(value) for value in values if isinstance(value, e.ParamRef | e.ShardKey))
    return tuple(dict.fromkeys(found))


def strategy_values(node: n.Node) -> Iterator[e.Value]:
    """Every value expression in a strategy, simplified, and every value inside it."""
    for _, value in value_parts(node):
        yield from values_in(simplify(value))
    for child in n.children(node):
        yield from strategy_values(child)
