"""Prints a value back as the author's Python expression.

The text is one line, with as few parentheses as Python needs, and evaluates to the same tree where ``fb`` is the
library, ``row``, ``a``, ``b`` and ``g`` are the views, ``k`` (``k1``, ``k2``.. for inner ones) the shard keys, and
params stand under their own names.
"""

from __future__ import annotations

import datetime
import math

from florecon_build.ir import expressions as e
from florecon_build.ir.traversal import kind_name
from florecon_build.ir.types import Kind, Type

EPOCH = datetime.date(1970, 1, 1)

_COMPARE, _OR, _AND, _SUM, _PRODUCT, _UNARY, _ATOM = 1, 2, 3, 4, 5, 6, 7

_SYMBOL = {
    e.ArithOp.ADD: ("+", _SUM),
    e.ArithOp.SUB: ("-", _SUM),
    e.ArithOp.MUL: ("*", _PRODUCT),
    e.ArithOp.DIV: ("/", _PRODUCT),
    e.ArithOp.FLOOR_DIV: ("//", _PRODUCT),
    e.ArithOp.MOD: ("%", _PRODUCT),
}
COMPARISON = {
    e.CompareOp.EQ: "==",
    e.CompareOp.NE: "!=",
    e.CompareOp.LT: "<",
    e.CompareOp.LE: "<=",
    e.CompareOp.GT: ">",
    e.CompareOp.GE: ">=",
}
_LOGIC = {e.LogicOp.AND: ("&", _AND), e.LogicOp.OR: ("|", _OR)}
_SIDES = {e.Var.ITEM: "row", e.Var.A: "a", e.Var.B: "b"}


def show(value: e.Value) -> str:
    """The expression as Python.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), size=fb.integer(), amount=fb.money(scale=2))
    >>> show((((rows.size + 1) * 2 > 3) & ~(rows.amount == 0)).ir)
    '((row.size + 1) * 2 > 3) & ~(row.amount == fb.minor(0, 2))'
    """
    return _show(value)[0]


def show_tolerance(tol: e.Tolerance) -> str:
    """A tolerance as Python; ``abs_tol`` is the bare amount."""
    amount = show(tol.amount)
    if tol.op is e.ToleranceOp.ABS:
        return amount
    floor = "" if tol.floor is None or _is_zero(tol.floor) else f", floor={show(tol.floor)}"
    return f"fb.{tol.op.value}({amount}{floor})"


def show_constant(value: e.Constant, kind: Type) -> str:
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


def _is_zero(value: e.Value) -> bool:
    return isinstance(value, e.Lit) and value.value == 0


def _at(value: e.Value, least: int) -> str:
    """The value's text, in parentheses when it binds less tightly than ``least``."""
    text, strength = _show(value)
    return text if strength >= least else f"({text})"


def _call(name: str, *args: str) -> tuple[str, int]:
    return f"fb.{name}({', '.join(args)})", _ATOM


def _method(receiver: e.Value, name: str, *args: str) -> tuple[str, int]:
    return f"{_at(receiver, _ATOM)}.{name}({', '.join(args)})", _ATOM


def _attribute(receiver: e.Value, name: str) -> tuple[str, int]:
    return f"{_at(receiver, _ATOM)}.{name}", _ATOM


def _all(values: tuple[e.Value, ...]) -> tuple[str, ...]:
    return tuple(show(value) for value in values)


def _show(value: e.Value) -> tuple[str, int]:
    match value:
        case e.Lit():
            text = show_constant(value.value, value.type)
            return text, _UNARY if text.startswith("-") else _ATOM
        case e.Lane():
            name = value.name
            return (f"{_SIDES[value.var]}.{name}" if name.isidentifier() else f"{_SIDES[value.var]}[{name!r}]"), _ATOM
        case e.LotAmount() | e.LotOriginal():
            part = "amount" if isinstance(value, e.LotAmount) else "original"
            return f"{_SIDES[value.var]}.lot.{part}", _ATOM
        case e.ParamRef():
            return value.name, _ATOM
        case e.ShardKey():
            name = f"k{value.binder}" if value.binder else "k"
            return (name if value.part is None else f"{name}[{value.part}]"), _ATOM
        case e.Arith() | e.Unary() | e.Compare() | e.Logic() | e.Not():
            return _show_operator(value)
        case e.GroupMetric() | e.GroupClean() | e.GroupSpan() | e.GroupDistinct() | e.GroupQuantifier() | e.Nets():
            return _show_scoped(value)
        case (
            e.TextFn()
            | e.TextSlice()
            | e.TextReplace()
            | e.TextSplit()
            | e.TextConcat()
            | e.TextTest()
            | e.Similarity()
        ):
            return _show_text(value)
        case _:
            return _show_function(value)


def _show_operator(value: e.Arith | e.Unary | e.Compare | e.Logic | e.Not) -> tuple[str, int]:
    match value:
        case e.Arith(op=e.ArithOp.MIN | e.ArithOp.MAX):
            return _call("min_of" if value.op is e.ArithOp.MIN else "max_of", show(value.left), show(value.right))
        case e.Arith():
            symbol, strength = _SYMBOL[value.op]
            keeps = value.op is e.ArithOp.DIV  # beside `/` the conversion is what makes it honest
            left, right = (value.left, value.right) if keeps else _beside(value.left, value.right)
            return f"{_at(left, strength)} {symbol} {_at(right, strength + 1)}", strength
        case e.Unary(op=e.UnaryOp.NEG):
            return f"-{_at(value.operand, _UNARY)}", _UNARY
        case e.Unary():
            return _call(value.op.value, show(value.operand))
        case e.Compare():
            left, right = _beside(value.left, value.right)
            return f"{_at(left, _OR)} {COMPARISON[value.op]} {_at(right, _OR)}", _COMPARE
        case e.Logic():
            symbol, strength = _LOGIC[value.op]
            return f"{_at(value.left, strength)} {symbol} {_at(value.right, strength + 1)}", strength
        case e.Not():
            return f"~{_at(value.operand, _UNARY)}", _UNARY


def _beside(left: e.Value, right: e.Value) -> tuple[e.Value, e.Value]:
    """Both operands without the conversion that an integer gets beside a real."""
    plain_left, plain_right = _uncast(left), _uncast(right)
    if plain_left is not left and plain_right is right:
        return plain_left, right
    if plain_right is not right and plain_left is left:
        return left, plain_right
    return left, right


def _uncast(value: e.Value) -> e.Value:
    return value.operand if isinstance(value, e.Cast) and value.op is e.CastOp.TO_REAL else value


def _show_scoped(
    value: e.GroupMetric | e.GroupClean | e.GroupSpan | e.GroupDistinct | e.GroupQuantifier | e.Nets,
) -> tuple[str, int]:
    match value:
        case e.GroupMetric():
            return f"g.{value.op.value}", _ATOM
        case e.GroupClean():
            return f"g.clean({show_tolerance(value.tol)})", _ATOM
        case e.GroupSpan():
            return f"g.span({show(value.operand)})", _ATOM
        case e.GroupDistinct():
            return f"g.distinct({show(value.operand)})", _ATOM
        case e.GroupQuantifier():
            return f"g.{value.op.value}({show(value.predicate)})", _ATOM
        case e.Nets():
            return _call("nets", "a", "b", show_tolerance(value.tol))


def _show_text(
    value: e.TextFn | e.TextSlice | e.TextReplace | e.TextSplit | e.TextConcat | e.TextTest | e.Similarity,
) -> tuple[str, int]:
    match value:
        case e.TextFn():
            return _method(value.operand, value.op.value)
        case e.TextSlice():
            return _method(value.operand, value.op.value, str(value.count))
        case e.TextReplace():
            return _method(value.operand, "replace", quote(value.old), quote(value.new))
        case e.TextSplit():
            return _method(value.operand, "split", quote(value.separator), str(value.index))
        case e.TextConcat():
            return _call("concat", *_all(value.operands))
        case e.TextTest():
            return _method(value.operand, value.op.value, show(value.other))
        case e.Similarity():
            name = "prefix_similarity" if value.op is e.SimilarityOp.PREFIX else value.op.value
            return _call(name, show(value.left), show(value.right))


def _show_function(value: e.Value) -> tuple[str, int]:
    match value:
        case e.Where():
            return _call("where", show(value.condition), show(value.then), show(value.otherwise))
        case e.Tier():
            return _call("tier", show(value.condition), show(value.cost))
        case e.FirstOf():
            return _call("first_of", *_all(value.operands))
        case e.IsNull():
            if isinstance(value.operand, e.MakeTuple | e.Lit):
                return _call("is_null", show(value.operand))
            return _method(value.operand, "is_null")
        case e.Cast(op=e.CastOp.MINOR_UNITS):
            return _call("minor_units", show(value.operand), str(value.type.scale))
        case e.Cast():
            return _method(value.operand, value.op.value)
        case e.Gap():
            return _call("gap", show(value.left), show(value.right))
        case e.DatePart():
            return _attribute(value.operand, value.op.value)
        case e.SortedPair():
            return _call("sorted_pair", show(value.left), show(value.right))
        case e.MakeTuple():
            return f"({', '.join(_all(value.operands))})", _ATOM
        case e.Lookup():
            kind = value.type.with_nullable(False)
            rows = (f"{show_constant(k, value.operand.type)}: {show_constant(c, kind)}" for k, c in value.table)
            return _call("lookup", show(value.operand), f"{{{', '.join(rows)}}}", show_constant(value.default, kind))
        case e.Tokens():
            length = f"min_length={value.min_length}"
            return _call("tokens", show(value.operand), length, *(["with_digit=True"] if value.with_digit else []))
        case e.Ngrams():
            return _call("ngrams", show(value.operand), f"size={value.size}")
        case e.ListOverlaps():
            return _method(value.left, "overlaps", show(value.right))
        case e.ListContains():
            return _method(value.operand, "contains", show(value.element))
        case e.ListSize():
            return _attribute(value.operand, "size")
        case _:
            raise TypeError(f"no Python form for {kind_name(value)}")
