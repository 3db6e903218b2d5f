"""Translates builder errors into errors about the closure's source: the piece, its types, and the Rust to write."""

from __future__ import annotations

from dataclasses import dataclass

from florecon_build.frontend.closure.errors import ClosureError, Piece, Source
from florecon_build.ir.errors import Problem
from florecon_build.ir.types import Kind, Type

_NULL = "say what null means first: `.unwrap_or(x)`, or branch on `.is_none()`"


@dataclass(frozen=True, slots=True)
class Operand:
    """An operand: where it stands and its type, where it has one."""

    at: Piece
    type: Type | None


# By the builder's code: what is wrong with the operation, and what to write. `{what}` is the operator or method.
_TRANSLATIONS: dict[str, tuple[str, str]] = {
    "nullable": ("`{what}` takes values that are never null", _NULL),
    "never_null": ("`{what}` on what is never null", "leave `{what}` out"),
    "integer_division": (
        "`/` between integers hides a rounding",
        "write `x.div_euclid(n)` to round down, or `x.to_real() / y` for a real",
    ),
    "bad_divisor": (
        "`{what}` divides by a positive constant",
        "write the divisor as a number, or divide reals: `x.to_real() / y`",
    ),
    "money_division": (
        "`{what}` on money hides a rounding",
        "write `x.to_minor().div_euclid(n)` for whole minor units, or `x.to_minor().to_real() / y` for a real",
    ),
    "money_times_money": ("money times money is not money", "make one side an integer with `.to_minor()`"),
    "no_order": ("`{what}`: lists and tuples have no order", "compare with `==` or `!=`, or compare one part"),
    "too_large": ("this grows too large", "derive its parts as lanes, and write the closure on the lanes"),
    "mixed_scope": (
        "`{what}` joins things that never exist together",
        "in flow's cost read `a` and `b`; in accept_if put row conditions into g.any(|row| ..)",
    ),
    "bad_constant": ("this constant does not fit", "use an integer within +-(2**63 - 1), a finite real"),
    "bad_setting": ("`{what}`: this is fixed when the strategy is built", "write a number or text within the limits"),
    "bad_scale": ("a money scale counts decimal places", "use a scale from 0 to 18"),
    "too_few": ("`{what}` takes at least two values", "use the value itself"),
    "scope": ("`{what}`: this does not exist here", "use constants, params and the lanes of this place"),
    "not_an_expression": ("`{what}` takes a value", "use a lane, a constant or a listed function"),
    "no_parts": ("only a shard's key has parts, and this one is not among them", "use the lanes the tuple is made of"),
    "compare_null": ("nothing equals None", "write `x.is_none()`, or `x.is_some()`"),
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
    if what in {"nets", "clean", "abs_tol", "rel_tol", "rel_max_tol"}:
        return "write whole minor units (1.50 is 150 at scale 2), or basis points: `rel_tol(bps, floor)`"
    if what == "span":
        return "use a date, money or integer lane"
    if Kind.MONEY in kinds and what in {"/", "div_euclid", "rem_euclid"}:
        return _TRANSLATIONS["money_division"][1]
    if kinds == {Kind.MONEY, Kind.REAL} and what == "*":
        return f"choose the rounding: `(x.to_minor().to_real() * y / 100.0).minor_units({scale})`"
    if what in {"+", "-", "*", "/"} and (other := kinds - {Kind.INTEGER, Kind.REAL, Kind.MONEY}):
        return _no_number(what, other)
    if kinds == {Kind.MONEY, Kind.REAL}:
        return f"`x.minor_units({scale})` makes money of a real, `x.to_minor().to_real()` a real of money"
    if kinds == {Kind.MONEY} and what == "abs_diff":
        return "write `(x - y).abs()`"
    if kinds == {Kind.MONEY} and len(types) > 1:
        return "money of different scales never mixes: take `.to_minor()` of both and scale by hand"
    if kinds == {Kind.MONEY, Kind.INTEGER}:
        return f"write the constant as `minor(n, {scale})`, or compare integers: `x.to_minor()`"
    if Kind.DATE in kinds and kinds & {Kind.TEXT, Kind.INTEGER}:
        return "write the date as `date(2025, 12, 31)`; `.abs_diff(..)` gives the days between two dates"
    if Kind.LIST in kinds:
        return "use `.contains(text)` or `.overlaps(list)`"
    return "bring both sides to one type"


def _no_number(what: str, kinds: set[Kind]) -> str:
    if Kind.DATE in kinds:
        return "write `x.abs_diff(y)` for the days between two dates, or `.year()`, `.month()`, `.day()`"
    if Kind.TEXT in kinds:
        return "join texts with `concat(x, y)`" if what == "+" else "texts have no arithmetic"
    if Kind.BOOLEAN in kinds:
        return "write `if condition { 1 } else { 0 }`"
    return "take a number out first"
