"""Lowering of closures: an expression with its parameters and what it returns."""

from __future__ import annotations

from enum import Enum

from florecon_build.codegen.rust import ast as r
from florecon_build.codegen.rust.fallibility import NONE, can_fail, names_its_error, ok
from florecon_build.codegen.rust.rust_types import key_type, lane_type
from florecon_build.codegen.rust.simplify import untyped_as
from florecon_build.ir import expressions as e
from florecon_build.ir.types import Kind, Type

Parameters = tuple[tuple[str, str], ...]
"""Name and type of each parameter."""

_LOT = "Item<'_, Row>"
ITEM: Parameters = (("item", _LOT),)
PAIR: Parameters = (("a", _LOT), ("b", _LOT))
GROUP: Parameters = (("group", "&Group<'_, Row>"),)


class Returns(Enum):
    """What the runtime takes from a closure."""

    VALUE = "the value"
    OPTION = "an Option of the value"
    KEY = "an Option of a key, or a list of keys"


def closure(
    parameters: Parameters,
    value: e.Value,
    body: r.Expression,
    returns: Returns = Returns.VALUE,
    *,
    moves: bool = False,
) -> r.Closure:
    """A closure that returns ``body``, which ``value`` became: a ``Result`` where it can fail."""
    read = r.names(body)
    listed = tuple(r.Parameter(r.Name(name if name in read else "_"), type) for name, type in parameters)
    annotation = _type(value.type, returns) if untyped_as(value) or body == NONE else None
    if can_fail(body):
        body = ok(body)
        annotation = None if names_its_error(body) else f"Result<{_type(value.type, returns)}, EvalError>"
    return r.Closure(listed, r.block(body), annotation, moves)


def _type(type: Type, returns: Returns) -> str:
    match returns:
        case Returns.VALUE:
            return lane_type(type)
        case Returns.OPTION:
            return f"Option<{lane_type(type.with_nullable(False))}>"
        case Returns.KEY:
            return key_type(type) if type.kind is Kind.LIST else f"Option<{key_type(type)}>"
