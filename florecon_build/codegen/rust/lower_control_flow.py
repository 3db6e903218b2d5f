"""Lowering of choices among lowered operands: the first that is not null, and tables."""

from __future__ import annotations

from functools import reduce

from florecon_build.codegen.rust import ast as r
from florecon_build.codegen.rust.fallibility import NONE, can_fail, some
from florecon_build.codegen.rust.literals import constant
from florecon_build.codegen.rust.printer import LIST_WIDTH, measure
from florecon_build.codegen.rust.rust_types import is_copy
from florecon_build.codegen.rust.simplify import untyped_as
from florecon_build.ir import expressions as e
from florecon_build.ir.types import Kind, Type

WILDCARD = r.Path("_")
ALTERNATIVE_WIDTH = 48
"""Widest alternative in a chain; for a longer one there is a ``match``."""


# -- the first that is not null


def chain(operands: list[tuple[r.Expression, Type]]) -> r.Expression | None:
    """``a.or_else(|| b).unwrap_or(c)`` of owned operands; None where a later one can fail or is long."""
    (first, _), *rest = operands
    for operand, _ in rest:
        if can_fail(operand) or measure(operand) > ALTERNATIVE_WIDTH:
            return None
    return reduce(_link, rest, first)


def _link(chain: r.Expression, alternative: tuple[r.Expression, Type]) -> r.Expression:
    operand, type = alternative
    name = "or" if type.nullable else "unwrap_or"
    if _is_cheap(operand, type):
        return r.Method(chain, name, (operand,))
    return r.Method(chain, f"{name}_else", (r.Closure((), r.block(operand)),))


def _is_cheap(operand: r.Expression, type: Type) -> bool:
    """Whether the operand may as well be computed where it is not needed: clippy wants no closure then."""
    match operand:
        case r.Name() | r.Path() | r.Literal() | r.Text():
            return True
        case r.Field():
            return is_copy(type)
        case r.Call("Some") | r.Matches() | r.Binary() | r.Unary() | r.Cast():
            return all(_is_cheap(part, type) for part in r.parts(operand))
        case _:
            return False


# -- tables


def lookup(value: e.Lookup, subject: r.Expression) -> r.Expression:
    """A table as a ``match``; one of booleans as the set of the keys that differ from the default."""
    if not value.table:
        return r.Block((r.Let("_", subject),), _entry(value, value.default))
    if value.type.kind is Kind.BOOLEAN and not value.type.nullable:
        return _flag(value, subject)
    nullable = value.operand.type.nullable
    arms = [
        r.Arm(r.Call("Some", (pattern,)) if nullable else pattern, r.block(_entry(value, found)))
        for pattern, found in ((constant(key, value.operand.type), found) for key, found in value.table)
    ]
    if not _covers_booleans(value):
        arms.append(r.Arm(WILDCARD, r.block(_entry(value, value.default))))
    return r.Match(subject, tuple(arms), untyped_as(value))


def _covers_booleans(value: e.Lookup) -> bool:
    operand = value.operand.type
    return operand.kind is Kind.BOOLEAN and not operand.nullable and len({key for key, _ in value.table}) == 2


def _entry(value: e.Lookup, found: e.Constant) -> r.Expression:
    if found is None:
        return NONE
    plain = constant(found, value.type)
    made = r.Call("Text::from", (plain,)) if isinstance(plain, r.Text) else plain
    return some(made) if value.type.nullable else made


def _flag(value: e.Lookup, subject: r.Expression) -> r.Expression:
    default = bool(value.default)
    keys = [constant(key, value.operand.type) for key, found in value.table if bool(found) is not default]
    if sum(measure(key) for key in keys) <= LIST_WIDTH // 2:
        pattern = keys[0]
        for key in keys[1:]:
            pattern = r.Binary("|", pattern, key)
        made = r.Matches(subject, r.Call("Some", (pattern,)) if value.operand.type.nullable else pattern)
    else:
        known = tuple(r.Call("Some", (key,)) for key in keys) if value.operand.type.nullable else tuple(keys)
        made = r.Method(r.Array(known), "contains", (r.Unary("&", subject),))
    return r.Unary("!", made) if default else made
