"""Settings: the tolerances, widths, windows and penalties of nodes that read params and shard keys but no row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

from florecon_build.interpreter.environment import Scope
from florecon_build.interpreter.errors import EvalError, ModelError
from florecon_build.interpreter.evaluate import evaluate
from florecon_build.interpreter.keys import Plain
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.scope import Reads, reads
from florecon_build.ir.types import Kind, Type


def compute(node: n.Node, scope: Scope) -> None:
    """Evaluates the settings of a node and of the nodes below it, but not of those in shards that read their key.

    Raises `EvalError` where one has no value; whether it is negative is not looked at.
    """
    for value in _settings(node):
        evaluate(value, scope)
    if not isinstance(node, n.PartitionByWith):
        for below in n.children(node):
            compute(below, scope)


def require_default_keys(node: n.Node, scope: Scope) -> None:
    """Raises ``bad_config`` where settings in shards that read their key have no values for the default key."""
    if not isinstance(node, n.PartitionByWith):
        for below in n.children(node):
            require_default_keys(below, scope)
        return
    inside = replace(scope, shard_keys={**scope.shard_keys, node.binder: default_key(node.key.type)})
    try:
        compute(node.inner, inside)
    except EvalError as failure:
        message = f"partition_by_with: a setting cannot be computed for the default key: {failure.text}"
        raise ModelError("bad_config", message) from failure
    require_default_keys(node.inner, inside)


def default_key(type: Type) -> Plain:
    """The default key of a type.

    >>> from florecon_build.ir.types import DATE, TEXT, tuple_of
    >>> default_key(tuple_of(DATE, TEXT))
    (0, '')
    """
    match type.kind:
        case Kind.TUPLE:
            return tuple(map(default_key, type.parts))
        case Kind.TEXT:
            return ""
        case Kind.BOOLEAN:
            return False
        case Kind.REAL:
            return 0.0
        case _:
            return 0


def _settings(node: n.Node) -> Iterator[e.Value]:
    for content in (getattr(node, item.name) for item in fields(node)):
        if isinstance(content, e.Tolerance):
            yield content.amount
            if content.floor is not None:
                yield content.floor
    match node:
        case n.Windowed():
            yield node.width
        case n.Flow():
            if node.window is not None:
                yield node.window
            if reads(node.penalty) <= {Reads.PARAM, Reads.SHARD}:
                yield node.penalty
        case _:
            pass
