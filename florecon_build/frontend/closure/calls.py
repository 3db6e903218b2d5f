"""Methods and functions of the closure subset: name, arguments, and the expression that the builder makes of them."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

from florecon_build.frontend import functions as f
from florecon_build.frontend import keys
from florecon_build.frontend import parameters as tol
from florecon_build.frontend.application import apply
from florecon_build.frontend.closure import syntax as s
from florecon_build.frontend.closure.access import tolerance
from florecon_build.frontend.closure.terms import Context, Term, is_literal
from florecon_build.frontend.diagnostics import fail
from florecon_build.frontend.handles import Expr, lift, never_null
from florecon_build.frontend.rows import Side, side_of
from florecon_build.frontend.text import wrap
from florecon_build.ir import expressions as e
from florecon_build.ir import operators as ops
from florecon_build.ir import types as t
from florecon_build.ir.errors import did_you_mean
from florecon_build.ir.types import Kind

Arguments = list[tuple[s.Syntax, Term]]

_NUMBER, _ALL = {Kind.INTEGER, Kind.REAL, Kind.MONEY}, set(Kind)


@dataclass(frozen=True, slots=True)
class Method:
    """A method: the kinds that have it, its arguments by name, and what it makes. ``bare``: of the constant itself."""

    kinds: set[Kind]
    arguments: tuple[str, ...]
    make: Callable[..., Any]
    bare: bool = False


def chained(names: tuple[str, ...]) -> str:
    """The name in ``METHODS`` of several calls that are one operator: ``split(..).nth``."""
    return "(..).".join(names)


def _arguments(row: ops.Operator) -> tuple[str, ...]:
    return (*(param.label for param in row.params[1:]), *(setting.field for setting in row.settings))


def _application(row: ops.Operator) -> Callable[..., Any]:
    def make(subject: Any, *items: Any) -> Any:
        return apply(row, (subject, *items))

    return make


def _table_methods() -> dict[str, Method]:
    """The methods of the operator table. Rows of one name have one Python spelling; an integer serves as a real."""
    found: dict[str, Method] = {}
    for row in ops.TABLE:
        match row.closure:
            case ops.Method(name):
                pass
            case ops.Chain(names):
                name = chained(names)
            case ops.Infix() | ops.Prefix() | ops.Function():
                continue
        kinds = {*row.params[0].kinds, *({Kind.INTEGER} if Kind.REAL in row.params[0].kinds else ())}
        bare = isinstance(row.python, ops.Function) and len(row.params) > 1
        before = found[name].kinds if name in found else set[Kind]()
        found[name] = Method(before | kinds, _arguments(row), _application(row), bare)
    return found


def _is_some(subject: Any) -> Any:
    return ~subject.is_null()


def _fill(subject: Any, other: Any) -> Any:
    return subject.fill(other)


_OPERATORS = _table_methods()
METHODS: dict[str, Method] = {
    **_OPERATORS,
    **{  # money has them so that their refusal says how to divide and compare money
        name: replace(_OPERATORS[name], kinds={*_OPERATORS[name].kinds, Kind.MONEY})
        for name in ("div_euclid", "rem_euclid", "abs_diff")
    },
    "clamp": Method({*_NUMBER, Kind.DATE}, ("low", "high"), f.clamp, bare=True),
    "is_some": Method(_ALL, (), _is_some),
    "unwrap_or": Method(_ALL, ("default",), _fill),
    "or": Method(_ALL, ("other",), _fill),
}

_SAME = "leave it out: everything is a value here"
_BRANCH = "branch: `if x.is_none() { .. } else { .. x.unwrap_or(..) .. }`"
_INSTEAD = {
    **dict.fromkeys(["unwrap", "expect", "unwrap_or_default", "unwrap_or_else", "fill"], "write `.unwrap_or(x)`"),
    **dict.fromkeys(["clone", "as_str", "to_string", "to_owned", "into", "as_ref", "copied", "cloned", "iter"], _SAME),
    **dict.fromkeys(["map", "and_then", "filter", "map_or", "is_some_and", "zip", "ok_or"], _BRANCH),
    **dict.fromkeys(["then", "then_some"], "write `if condition { Some(x) } else { None }`"),
    "split": 'write `.split("/").nth(0)`, which is null where there is no such part',
    "nth": 'write `.split("/").nth(0)`',
    "is_empty": 'write `x == ""` for a text, `x.len() == 0` for a list',
    "len": "for a text compare with texts, or take `.left(n)`; a list has `.len()`",
    "size": "write `.len()`",
    "is_null": "write `.is_none()`",
    "gap": "write `.abs_diff(y)`",
    "upper": "write `.to_uppercase()`",
    "lower": "write `.to_lowercase()`",
    "to_ascii_uppercase": "write `.to_uppercase()`",
    "to_ascii_lowercase": "write `.to_lowercase()`",
    "strip": "write `.trim()`",
    "trim_start": "write `.trim()`",
    "trim_end": "write `.trim()`",
    "startswith": "write `.starts_with(x)`",
    "endswith": "write `.ends_with(x)`",
    "sign": "write `.signum()`",
    "concat": "write `concat(x, y)`",
    "pow": "multiply: `x * x`",
    "rem": "write `.rem_euclid(n)`",
    "div": "write `.div_euclid(n)`, or `/` on reals",
    "cmp": "compare with `<`, `==`, `>`",
    "eq": "compare with `==`",
}


def call_method(context: Context, node: s.Call, receiver: Term, arguments: Arguments) -> Term:
    """``receiver.name(..)``."""
    assert node.receiver is not None
    item = context.operand(node.receiver, receiver, f".{node.name}")
    kind = lift(item, what=node.name).type.kind
    method = METHODS.get(node.name)
    if method is None or kind not in method.kinds:
        raise _no_method(context, node, kind)
    _check_count(context, node, method.arguments)
    if node.name == "clamp":
        _check_limits(context, node, arguments)
    if node.name == "or":
        return _or(context, node, (node.receiver, receiver), arguments[0])
    items = [context.operand(argument, term, node.name) for argument, term in arguments]

    def make() -> Expr:
        if node.name == "unwrap_or":
            never_null(lift(items[0], what=node.name), node.name)
        subject = item if method.bare else wrap(lift(item, what=node.name))
        return method.make(subject, *items)

    return context.build(node.name_at, node.name, [(node.receiver, receiver), *arguments], make)


def _no_method(context: Context, node: s.Call, kind: Kind) -> Exception:
    known = sorted(name for name, method in METHODS.items() if kind in method.kinds and "(" not in name)
    if node.name in _INSTEAD:
        fix = _INSTEAD[node.name]
    elif node.name == "signum":
        fix = "write `if x < 0.0 { -1 } else { 1 }`: a real's signum is 1 for zero in Rust"
    else:
        fix = did_you_mean(node.name, known, f"methods of {_a(kind)}")
    return context.error("closure_method", node.name_at, f"{_a(kind)} has no `.{node.name}(..)`", fix=fix)


def _a(kind: Kind) -> str:
    return f"an {kind.value}" if kind is Kind.INTEGER else f"a {kind.value}"


def _check_count(context: Context, node: s.Call, names: tuple[str, ...]) -> None:
    if len(node.arguments) != len(names):
        dot, shown = ("", node.name) if node.receiver is None else (".", node.name)
        raise context.error(
            "closure_arguments",
            node.at,
            f"`{dot}{shown}` takes {len(names) or 'no'} argument{'' if len(names) == 1 else 's'}",
            got=str(len(node.arguments)),
            fix=f"write `{dot}{shown}({', '.join(names)})`",
        )


def _check_limits(context: Context, node: s.Call, arguments: Arguments) -> None:
    """Rust's clamp stops the program where low is above high; ours would give low."""
    low, high = (term.item for _, term in arguments)
    if not is_literal(low) or not is_literal(high) or not _ordered(low, high):
        fix = "write `.min(high).max(low)`, which gives low where the limits cross"
        raise context.error("closure_clamp", node.name_at, "`clamp` takes two constants, the lower one first", fix=fix)


def _ordered(low: object, high: object) -> bool:
    first, second = (_plain(side) for side in (low, high))
    return type(first) is not str and type(second) is not str and bool(first <= second)


def _plain(item: object) -> Any:
    if isinstance(item, Expr):
        return item.ir.value if isinstance(item.ir, e.Lit) else None
    return (item - datetime.date(1970, 1, 1)).days if isinstance(item, datetime.date) else item


def _or(context: Context, node: s.Call, receiver: tuple[s.Syntax, Term], argument: tuple[s.Syntax, Term]) -> Term:
    """``x.or(y)``: ``y`` is an option too."""
    given, term = argument
    if term.item is None or not term.is_option:
        fix = "write `.unwrap_or(x)` for a plain value; `.or(None)` changes nothing"
        raise context.error("closure_option", given.at, "`.or` takes an option", fix=fix)
    made = context.build(node.name_at, node.name, [receiver, argument], lambda: _wrapped(receiver[1]).fill(term.item))
    return Term(made.item, some=term.some)


def _wrapped(term: Term) -> Expr:
    return wrap(lift(term.item, what="or"))


def _date(year: object, month: object, day: object) -> Expr:
    try:
        made = datetime.date(year, month, day)  # pyright: ignore[reportArgumentType] - refused below
    except (TypeError, ValueError, OverflowError):
        fail("no_such_day", "there is no such day", fix="write the numbers of a calendar day: `date(2025, 12, 31)`")
    return lift(made, what="date")


def _epoch_days(days: object) -> Expr:
    if not isinstance(days, int) or isinstance(days, bool):
        fail("bad_setting", "epoch_days takes a number of days")
    return wrap(Expr(e.Lit(type=t.DATE, value=days)))


def _first_of(first: object, *others: object) -> Any:
    return f.first_of(wrap(lift(first, what="first_of")), *others)


def _table_functions() -> dict[str, tuple[tuple[str, ...], Callable[..., Any]]]:
    """The functions of the operator table."""
    found: dict[str, tuple[tuple[str, ...], Callable[..., Any]]] = {}
    for row in ops.TABLE:
        if isinstance(row.closure, ops.Function):
            names = ("x", "y", "..") if row.variadic else (row.params[0].label, *_arguments(row))
            found[row.closure.name] = (names, _application(row))
    return found


FUNCTIONS: dict[str, tuple[tuple[str, ...], Callable[..., Any]]] = {
    **_table_functions(),
    "date": (("year", "month", "day"), _date),
    "epoch_days": (("days",), _epoch_days),
    "minor": (("amount", "scale"), tol.minor),
    "first_of": (("x", "y", ".."), _first_of),
}
_TOLERANCES: dict[str, tuple[tuple[str, ...], Callable[..., tol.Tolerance]]] = {
    "abs_tol": (("amount",), tol.abs_tol),
    "rel_tol": (("bps", "floor"), tol.rel_tol),
    "rel_max_tol": (("bps", "floor"), tol.rel_max_tol),
    "rel_side_tol": (("bps", "floor"), tol.rel_side_tol),
    "rel_gross_tol": (("bps", "floor"), tol.rel_gross_tol),
}
_FUNCTION_INSTEAD = {
    **dict.fromkeys(["abs", "sign", "min", "max", "min_of", "max_of"], "it is a method: `x.abs()`, `x.min(y)`"),
    "where": "write `if condition { x } else { y }`",
    "tier": "write `if condition { Some(cost) } else { None }`",
    "gap": "write `x.abs_diff(y)`",
    "lookup": 'write `match x { "a" => 1, _ => 0 }`',
    "fill": "write `x.unwrap_or(y)`",
    "is_null": "write `x.is_none()`",
    "amount_key": "write `row.lot.amount.abs()`",
    "Ok": "leave it out: there are no results, only `Some` and `None`",
    "Err": "there are no errors, only `Some` and `None`",
    **dict.fromkeys(["dice", "jaro_winkler", "token_set", "tokens", "ngrams"], "it is a method: `x.dice(y)`"),
}


def call_function(context: Context, node: s.Call, arguments: Arguments) -> Term:
    """``name(..)``."""
    if node.name == "nets":
        return _nets(context, node, arguments)
    if node.name in _TOLERANCES:
        return _tolerance(context, node, arguments)
    if node.name not in FUNCTIONS:
        known = sorted([*FUNCTIONS, *_TOLERANCES, "nets"])
        fix = _FUNCTION_INSTEAD.get(node.name) or did_you_mean(node.name, known, "functions")
        raise context.error("closure_function", node.name_at, f"no function `{node.name}`", fix=fix)
    names, make = FUNCTIONS[node.name]
    if ".." not in names or len(arguments) < 2:
        _check_count(context, node, names)
    items = [_item(context, node, argument) for argument in arguments]
    return context.build(node.name_at, node.name, arguments, lambda: make(*items))


def _item(context: Context, node: s.Call, argument: tuple[s.Syntax, Term]) -> object:
    return context.operand(*argument, node.name)


def _tolerance(context: Context, node: s.Call, arguments: Arguments) -> Term:
    names, make = _TOLERANCES[node.name]
    _check_count(context, node, names)
    items = [_item(context, node, argument) for argument in arguments]
    made: list[tol.Tolerance] = []

    def keep() -> Expr:
        made.append(make(*items))
        return lift(0, what=node.name)

    context.build(node.name_at, node.name, arguments, keep)
    return Term(made[0])


def _nets(context: Context, node: s.Call, arguments: Arguments) -> Term:
    _check_count(context, node, ("a", "b", "tol"))
    first, second = (cast("Side", term.item) for _, term in arguments[:2])
    if {side_of(first), side_of(second)} != {e.Var.A, e.Var.B}:
        fix = "write `nets(a, b, tol)` with the two parameters of flow's cost"
        raise context.error("scope", node.name_at, "`nets` compares the two sides of a pair", fix=fix)
    slack = tolerance(context, *arguments[2])
    return context.build(node.name_at, node.name, arguments[2:], lambda: keys.nets(first, second, slack))
