"""Lowering of keys: tuples that are null where a part is, and reals, which are hashed in a wrapper."""

from __future__ import annotations

from collections.abc import Callable

from florecon_build.codegen.rust import ast as r
from florecon_build.codegen.rust.fallibility import NONE, can_fail, some
from florecon_build.codegen.rust.lower_control_flow import WILDCARD
from florecon_build.codegen.rust.printer import BROKEN, measure
from florecon_build.codegen.rust.rust_types import has_real, is_copy
from florecon_build.ir.types import Kind, Type

Build = Callable[[tuple[r.Expression, ...]], r.Expression]
"""Makes an expression of parts that are not null."""


def all_present(parts: tuple[tuple[r.Expression, bool], ...], build: Build) -> r.Expression:
    """``build`` of the parts where those that may be null (the flags say which) are there, null elsewhere.

    Short parts are zipped; where one can fail, is long or reads a variable of the same name as the closure's, a
    ``match`` evaluates all of them in order.
    """
    nullable = [index for index, (_, may_be_null) in enumerate(parts) if may_be_null]
    made = tuple(part for part, _ in parts)
    if not nullable:
        return build(made)
    bound = tuple(r.Name(f"p{index}") if index in nullable else part for index, part in enumerate(made))
    zipped, pattern = made[nullable[0]], bound[nullable[0]]
    for index in nullable[1:]:
        zipped = r.Method(zipped, "zip", (made[index],))
        pattern = r.Tuple((pattern, bound[index]))
    value = build(bound)
    if value != pattern:
        zipped = r.Method(zipped, "map", (r.Closure((r.Parameter(pattern),), r.block(value)),))
    inside = [part for part, may_be_null in parts if not may_be_null]
    hidden = any(r.names(part) & r.names(pattern) for part in inside)
    if measure(zipped) < BROKEN and not hidden and not any(map(can_fail, inside)):
        return zipped
    names = tuple(r.Name(f"p{index}") for index in range(len(parts)))
    pattern = r.Tuple(tuple(r.Call("Some", (name,)) if index in nullable else name for index, name in enumerate(names)))
    present = r.Arm(pattern, r.block(some(build(names))))
    return r.Match(r.Tuple(made), (present, r.Arm(WILDCARD, r.block(NONE))))


def tuple_key(parts: tuple[tuple[r.Expression, Type], ...]) -> r.Expression:
    """The key of owned parts, as an ``Option``."""
    made = all_present(tuple(_part(part, type) for part, type in parts), r.Tuple)
    return made if any(type.nullable or type.kind is Kind.REAL for _, type in parts) else some(made)


def key(value: r.Expression, type: Type) -> r.Expression:
    """The key of a value as it is read, as an ``Option``."""
    if type.kind is Kind.REAL:
        return _part(value, type)[0]
    if not has_real(type):
        made = moved(value, type)
        return made if type.nullable else some(made)
    whole = value if isinstance(value, r.Name | r.Field) and not type.nullable else r.Name("whole")
    inner = tuple_key(tuple((moved(r.Field(whole, str(i)), part), part) for i, part in enumerate(type.parts)))
    if whole is value:
        return inner
    value = moved(value, type)
    if not type.nullable:
        return r.Block((r.Let("whole", value),), inner)
    if measure(inner) < BROKEN:
        return r.Method(value, "and_then", (r.Closure((r.Parameter(whole),), r.block(inner)),))
    return r.Match(value, (r.Arm(r.Call("Some", (whole,)), r.block(inner)), r.Arm(NONE, r.block(NONE))))


def moved(made: r.Expression, type: Type) -> r.Expression:
    """A value that may be moved: a place that others read is cloned, a ``&str`` becomes a text."""
    match made:
        case r.Text() | r.Name(is_view=True):
            return r.Call("Text::from", (made,))
        case r.Name() | r.Field() if not is_copy(type):
            return r.Method(made, "clone")
        case _:
            return made


def _part(part: r.Expression, type: Type) -> tuple[r.Expression, bool]:
    """A part of a key, and whether it may be null: a real is, where it is NaN."""
    if type.kind is not Kind.REAL:
        return part, type.nullable
    return r.Method(part, "and_then", (r.Path("Real::key"),)) if type.nullable else r.Call("Real::key", (part,)), True
