"""Prints a value back as the author's Python expression.

The text is one line, with as few parentheses as Python needs, and evaluates to the same tree where ``fb`` is the
library, ``row``, ``a``, ``b`` and ``g`` are the views, ``k`` (``k1``, ``k2``.. for inner ones) the shard keys, and
params stand under their own names.
"""

from __future__ import annotations

import datetime
import math

from florecon_build.ir import values as v
from florecon_build.ir.types import Kind, Type
from florecon_build.ir.walk import kind_name

EPOCH = datetime.date(1970, 1, 1)

_COMPARE, _OR, _AND, _SUM, _PRODUCT, _UNARY, _ATOM = 1, 2, 3, 4, 5, 6, 7

_SYMBOL = {
    v.ArithOp.ADD: ("+", _SUM),
    v.ArithOp.SUB: ("-", _SUM),
    v.ArithOp.MUL: ("*", _PRODUCT),
    v.ArithOp.DIV: ("/", _PRODUCT),
    v.ArithOp.FLOOR_DIV: ("//", _PRODUCT),
    v.ArithOp.MOD: ("%", _PRODUCT),
}
COMPARISON = {
    v.CompareOp.EQ: "==",
    v.CompareOp.NE: "!=",
    v.CompareOp.LT: "<",
    v.CompareOp.LE: "<=",
    v.CompareOp.GT: ">",
    v.CompareOp.GE: ">=",
}
_LOGIC = {v.LogicOp.AND: ("&", _AND), v.LogicOp.OR: ("|", _OR)}
_SIDES = {v.Var.ITEM: "row", v.Var.A: "a", v.Var.B: "b"}


def show(value: v.Value) -> str:
    """The expression as Python.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), size=fb.integer(), amount=fb.money(scale=2))
    >>> show((((rows.size + 1) * 2 > 3) & ~(rows.amount == 0)).ir)
    '((row.size + 1) * 2 > 3) & ~(row.amount == fb.minor(0, 2))'
    """
    return _show(value)[0]


def show_tolerance(tol: v.Tolerance) -> str:
    """A tolerance as Python; ``abs_tol`` is the bare amount."""
    amount = show(tol.amount)
    if tol.op is v.ToleranceOp.ABS:
        return amount
    floor = "" if tol.floor is None or _is_zero(tol.floor) else f", floor={show(tol.floor)}"
    return f"fb.{tol.op.value}({amount}{floor})"


def show_constant(value: v.Constant, kind: Type) -> str:
    """A constant of a type as Python: dates by the calendar, money by ``fb.minor``."""
    if value is None:
        return "None"
    match kind.kind:
        case Kind.MONEY:
            return f"fb.minor({value}, {kind.scale})"
        case Kind.DATE if isinstance(value, int):
            return show_date(value)
        case Kind.REAL:
            number = float(value)
            return repr(number) if math.isfinite(number) else f'float("{number}")'
        case Kind.TEXT:
            return quote(str(value))
        case _:
            return repr(value)


def show_date(days: int) -> str:
    """A date by its days since 1970-01-01 as Python, or the bare day number beyond Python's calendar."""
    day = calendar_day(days)
    return str(days) if day is None else f"date({day.year}, {day.month}, {day.day})"


def calendar_day(days: int) -> datetime.date | None:
    """A date by its days since 1970-01-01, where Python's calendar has it."""
    try:
        return EPOCH + datetime.timedelta(days=days)
    except OverflowError:
        return None


def quote(text: str) -> str:
    """A text as a Python literal, in double quotes where it can be."""
    plain = repr(text)
    return f'"{plain[1:-1]}"' if plain.startswith("'") and '"' not in plain else plain


def _is_zero(value: v.Value) -> bool:
    return isinstance(value, v.Lit) and value.value == 0


def _at(value: v.Value, least: int) -> str:
    """The value's text, in parentheses when it binds less tightly than ``least``."""
    text, strength = _show(value)
    return text if strength >= least else f"({text})"


def _call(name: str, *args: str) -> tuple[str, int]:
    return f"fb.{name}({', '.join(args)})", _ATOM


def _method(receiver: v.Value, name: str, *args: str) -> tuple[str, int]:
    return f"{_at(receiver, _ATOM)}.{name}({', '.join(args)})", _ATOM


def _attribute(receiver: v.Value, name: str) -> tuple[str, int]:
    return f"{_at(receiver, _ATOM)}.{name}", _ATOM


def _all(values: tuple[v.Value, ...]) -> tuple[str, ...]:
    return tuple(show(value) for value in values)


def _show(value: v.Value) -> tuple[str, int]:
    match value:
        case v.Lit():
            text = show_constant(value.value, value.type)
            return text, _UNARY if text.startswith("-") else _ATOM
        case v.Lane():
            name = value.name
            return (f"{_SIDES[value.var]}.{name}" if name.isidentifier() else f"{_SIDES[value.var]}[{name!r}]"), _ATOM
        case v.LotAmount() | v.LotOriginal():
            part = "amount" if isinstance(value, v.LotAmount) else "original"
            return f"{_SIDES[value.var]}.lot.{part}", _ATOM
        case v.ParamRef():
            return value.name, _ATOM
        case v.ShardKey():
            name = f"k{value.binder}" if value.binder else "k"
            return (name if value.part is None else f"{name}[{value.part}]"), _ATOM
        case v.Arith() | v.Unary() | v.Compare() | v.Logic() | v.Not():
            return _show_operator(value)
        case v.GroupMetric() | v.GroupClean() | v.GroupSpan() | v.GroupDistinct() | v.GroupQuantifier() | v.Nets():
            return _show_scoped(value)
        case (
            v.TextFn()
            | v.TextSlice()
            | v.TextReplace()
            | v.TextSplit()
            | v.TextConcat()
            | v.TextTest()
            | v.Similarity()
        ):
            return _show_text(value)
        case _:
            return _show_function(value)


def _show_operator(value: v.Arith | v.Unary | v.Compare | v.Logic | v.Not) -> tuple[str, int]:
    match value:
        case v.Arith(op=v.ArithOp.MIN | v.ArithOp.MAX):
            return _call("min_of" if value.op is v.ArithOp.MIN else "max_of", show(value.left), show(value.right))
        case v.Arith():
            symbol, strength = _SYMBOL[value.op]
            keeps = value.op is v.ArithOp.DIV  # beside `/` the conversion is what makes it honest
            left, right = (value.left, value.right) if keeps else _beside(value.left, value.right)
            return f"{_at(left, strength)} {symbol} {_at(right, strength + 1)}", strength
        case v.Unary(op=v.UnaryOp.NEG):
            return f"-{_at(value.operand, _UNARY)}", _UNARY
        case v.Unary():
            return _call(value.op.value, show(value.operand))
        case v.Compare():
            left, right = _beside(value.left, value.right)
            return f"{_at(left, _OR)} {COMPARISON[value.op]} {_at(right, _OR)}", _COMPARE
        case v.Logic():
            symbol, strength = _LOGIC[value.op]
            return f"{_at(value.left, strength)} {symbol} {_at(value.right, strength + 1)}", strength
        case v.Not():
            return f"~{_at(value.operand, _UNARY)}", _UNARY


def _beside(left: v.Value, right: v.Value) -> tuple[v.Value, v.Value]:
    """Both operands without the conversion that an integer gets beside a real."""
    plain_left, plain_right = _uncast(left), _uncast(right)
    if plain_left is not left and plain_right is right:
        return plain_left, right
    if plain_right is not right and plain_left is left:
        return left, plain_right
    return left, right


def _uncast(value: v.Value) -> v.Value:
    return value.operand if isinstance(value, v.Cast) and value.op is v.CastOp.TO_REAL else value


def _show_scoped(
    value: v.GroupMetric | v.GroupClean | v.GroupSpan | v.GroupDistinct | v.GroupQuantifier | v.Nets,
) -> tuple[str, int]:
    match value:
        case v.GroupMetric():
            return f"g.{value.op.value}", _ATOM
        case v.GroupClean():
            return f"g.clean({show_tolerance(value.tol)})", _ATOM
        case v.GroupSpan():
            return f"g.span({show(value.operand)})", _ATOM
        case v.GroupDistinct():
            return f"g.distinct({show(value.operand)})", _ATOM
        case v.GroupQuantifier():
            return f"g.{value.op.value}({show(value.predicate)})", _ATOM
        case v.Nets():
            return _call("nets", "a", "b", show_tolerance(value.tol))


def _show_text(
    value: v.TextFn | v.TextSlice | v.TextReplace | v.TextSplit | v.TextConcat | v.TextTest | v.Similarity,
) -> tuple[str, int]:
    match value:
        case v.TextFn():
            return _method(value.operand, value.op.value)
        case v.TextSlice():
            return _method(value.operand, value.op.value, str(value.count))
        case v.TextReplace():
            return _method(value.operand, "replace", quote(value.old), quote(value.new))
        case v.TextSplit():
            return _method(value.operand, "split", quote(value.separator), str(value.index))
        case v.TextConcat():
            return _call("concat", *_all(value.operands))
        case v.TextTest():
            return _method(value.operand, value.op.value, show(value.other))
        case v.Similarity():
            name = "prefix_similarity" if value.op is v.SimilarityOp.PREFIX else value.op.value
            return _call(name, show(value.left), show(value.right))


def _show_function(value: v.Value) -> tuple[str, int]:
    match value:
        case v.Where():
            return _call("where", show(value.condition), show(value.then), show(value.otherwise))
        case v.Tier():
            return _call("tier", show(value.condition), show(value.cost))
        case v.FirstOf():
            return _call("first_of", *_all(value.operands))
        case v.IsNull():
            if isinstance(value.operand, v.MakeTuple | v.Lit):
                return _call("is_null", show(value.operand))
            return _method(value.operand, "is_null")
        case v.Cast(op=v.CastOp.MINOR_UNITS):
            return _call("minor_units", show(value.operand), str(value.type.scale))
        case v.Cast():
            return _method(value.operand, value.op.value)
        case v.Gap():
            return _call("gap", show(value.left), show(value.right))
        case v.DatePart():
            return _attribute(value.operand, value.op.value)
        case v.SortedPair():
            return _call("sorted_pair", show(value.left), show(value.right))
        case v.MakeTuple():
            return f"({', '.join(_all(value.operands))})", _ATOM
        case v.Lookup():
            kind = value.type.with_nullable(False)
            rows = (f"{show_constant(k, value.operand.type)}: {show_constant(c, kind)}" for k, c in value.table)
            return _call("lookup", show(value.operand), f"{{{', '.join(rows)}}}", show_constant(value.default, kind))
        case v.Tokens():
            length = f"min_length={value.min_length}"
            return _call("tokens", show(value.operand), length, *(["with_digit=True"] if value.with_digit else []))
        case v.Ngrams():
            return _call("ngrams", show(value.operand), f"size={value.size}")
        case v.ListOverlaps():
            return _method(value.left, "overlaps", show(value.right))
        case v.ListContains():
            return _method(value.operand, "contains", show(value.element))
        case v.ListSize():
            return _attribute(value.operand, "size")
        case _:
            raise TypeError(f"no Python form for {kind_name(value)}")
