"""Translates builder errors into errors about the closure's source: the piece, its types, and the Rust to write."""

from __future__ import annotations

from dataclasses import dataclass

from florecon_build.frontend.closure.errors import ClosureError, Piece, Source
from florecon_build.ir.errors import Problem
from florecon_build.ir.types import Kind, Type

_NULL = "replace the null first: `.unwrap_or(x)`, or branch on `.is_none()`"


@dataclass(frozen=True, slots=True)
class Operand:
    """An operand: where it stands and its type, where it has one."""

    at: Piece
    type: Type | None


# By the builder's code: what is wrong with the operation, and what to write. `{what}` is the operator or method.
_TRANSLATIONS: dict[str, tuple[str, str]] = {
    "nullable": ("`{what}` needs values that are never null", _NULL),
    "never_null": ("`{what}` on a value that is never null", "remove `{what}`"),
    "integer_division": (
        "`/` between integers needs an explicit rounding",
        "write `x.div_euclid(n)` to round down, or `x.to_real() / y` for a real",
    ),
    "bad_divisor": (
        "`{what}` needs a positive constant divisor",
        "write the divisor as a number, or divide reals: `x.to_real() / y`",
    ),
    "money_division": (
        "`{what}` on money needs an explicit rounding",
        "write `x.to_minor().div_euclid(n)` for whole minor units, or `x.to_minor().to_real() / y` for a real",
    ),
    "money_times_money": ("money cannot be multiplied by money", "convert one side with `.to_minor()`"),
    "no_order": ("`{what}`: lists and tuples have no order", "compare with `==` or `!=`, or compare one part"),
    "too_large": ("the expression is too large", "declare parts of it as derived lanes, and use these in the closure"),
    "mixed_scope": (
        "`{what}` combines incompatible scopes",
        "in flow's cost read `a` and `b`; in accept_if put row conditions into g.any(|row| ..)",
    ),
    "bad_constant": ("the constant is out of range", "use an integer within +-(2**63 - 1), a finite real"),
    "bad_setting": ("`{what}`: the argument must be a constant", "write a number or text within the limits"),
    "bad_scale": ("a money scale must be a number of decimals", "use a scale from 0 to 18"),
    "too_few": ("`{what}` needs at least two values", "use the value itself"),
    "scope": ("`{what}`: not available here", "use constants, params and the lanes of this argument"),
    "not_an_expression": ("`{what}` needs a value", "use a lane, a constant or a listed function"),
    "no_parts": ("only a shard key has parts, and not this one", "use the lanes of the tuple"),
    "compare_null": ("a comparison with None is never true", "write `x.is_none()`, or `x.is_some()`"),
}


def translate(source: Source, at: Piece, what: str, operands: list[Operand], problem: Problem) -> ClosureError:
    """The builder's problem as one of the closure's text."""
    got = ", ".join(f"{operand.type} `{source.slice(operand.at)}`" for operand in operands if operand.type is not None)
    if problem.code == "type_mismatch":
        message, fix = f"`{what}` does not take these types", _mismatch(what, operands)
    elif problem.code in _TRANSLATIONS:
        message, fix = (text.format(what=what) for text in _TRANSLATIONS[problem.code])
    else:
        message, fix = problem.message, problem.fix
    plain = problem.expected if not {"`", "fb."} & set(problem.expected.split()) and "`" not in problem.expected else ""
    return source.error(problem.code, at, message, expected=plain, got=got or problem.got, fix=fix)


def _mismatch(what: str, operands: list[Operand]) -> str:
    types = [operand.type for operand in operands if operand.type is not None]
    kinds = {kind.kind for kind in types}
    scale = max((kind.scale for kind in types), default=2)
    if what in {"&&", "||", "!", "if"}:
        return "write conditions, such as a comparison"
    if what in {"nets", "clean", "abs_tol", "rel_tol", "rel_max_tol", "rel_side_tol", "rel_gross_tol"}:
        return "write whole minor units (1.50 is 150 at scale 2), or basis points: `rel_tol(bps, floor)`"
    if what == "span":
        return "use a date, money or integer lane"
    if what == "sum":
        return "use an integer or money lane"
    if Kind.MONEY in kinds and what in {"/", "div_euclid", "rem_euclid"}:
        return _TRANSLATIONS["money_division"][1]
    if kinds == {Kind.MONEY, Kind.REAL} and what == "*":
        return f"state the rounding: `(x.to_minor().to_real() * y / 100.0).minor_units({scale})`"
    if what in {"+", "-", "*", "/"} and (other := kinds - {Kind.INTEGER, Kind.REAL, Kind.MONEY}):
        return _no_number(what, other)
    if kinds == {Kind.MONEY, Kind.REAL}:
        return f"`x.minor_units({scale})` makes money of a real, `x.to_minor().to_real()` a real of money"
    if kinds == {Kind.MONEY} and what == "abs_diff":
        return "write `(x - y).abs()`"
    if kinds == {Kind.MONEY} and len(types) > 1:
        return "amounts of different scales are incompatible: convert both with `.to_minor()` and scale one of them"
    if kinds == {Kind.MONEY, Kind.INTEGER}:
        return f"write the constant as `minor(n, {scale})`, or compare integers: `x.to_minor()`"
    if Kind.DATE in kinds and kinds & {Kind.TEXT, Kind.INTEGER}:
        return "write the date as `date(2025, 12, 31)`; `.abs_diff(..)` gives the days between two dates"
    if Kind.LIST in kinds:
        return "use `.contains(text)` or `.overlaps(list)`"
    return "convert both sides to one type"


def _no_number(what: str, kinds: set[Kind]) -> str:
    if Kind.DATE in kinds:
        return "write `x.abs_diff(y)` for the days between two dates, or `.year()`, `.month()`, `.day()`"
    if Kind.TEXT in kinds:
        return "join texts with `concat(x, y)`" if what == "+" else "texts have no arithmetic"
    if Kind.BOOLEAN in kinds:
        return "write `if condition { 1 } else { 0 }`"
    return "convert it to a number first"
