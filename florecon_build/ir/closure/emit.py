"""Any value expression as a closure's text, which parses back to the same expression."""

from __future__ import annotations

import math
from dataclasses import dataclass

from florecon_build.ir import values as v
from florecon_build.ir.builder.constants import is_unicode
from florecon_build.ir.closure.literals import write_real, write_text
from florecon_build.ir.closure.parse import is_name
from florecon_build.ir.expr import COMPARISON, calendar_day
from florecon_build.ir.scope import Reads, reads
from florecon_build.ir.types import Kind, Type
from florecon_build.ir.walk import kind_name, values_in

_OPEN, _OR, _AND, _COMPARE, _SUM, _PRODUCT, _UNARY, _ATOM = range(8)
"""How tightly a text binds, as in Rust; ``_OPEN`` is an ``if`` or a ``match``."""

_ARITH = {
    v.ArithOp.ADD: ("+", _SUM),
    v.ArithOp.SUB: ("-", _SUM),
    v.ArithOp.MUL: ("*", _PRODUCT),
    v.ArithOp.DIV: ("/", _PRODUCT),
}
_ARITH_CALL = {
    v.ArithOp.FLOOR_DIV: "div_euclid",
    v.ArithOp.MOD: "rem_euclid",
    v.ArithOp.MIN: "min",
    v.ArithOp.MAX: "max",
}
_LOGIC = {v.LogicOp.AND: ("&&", _AND), v.LogicOp.OR: ("||", _OR)}
_TEXT = {v.TextOp.UPPER: "to_uppercase", v.TextOp.LOWER: "to_lowercase", v.TextOp.STRIP: "trim"}
_TEST = {v.TextTestOp.STARTSWITH: "starts_with", v.TextTestOp.ENDSWITH: "ends_with"}
_SIMILARITY = {v.SimilarityOp.PREFIX: "prefix_similarity"}
_NONE = {Kind.INTEGER: "i64", Kind.REAL: "f64", Kind.BOOLEAN: "bool", Kind.TEXT: "Text", Kind.DATE: "Date"}

Text = tuple[str, int]


def emit(value: v.Value) -> str:
    """The expression as a closure's text on one line: ``fb.rust`` folds it back into the same tree.

    What it reads besides its parameters stands under the names of ``captures``. Every kind of expression has a text.
    Refused with ``ValueError``: constants that no text can hold (an infinite real, half of a surrogate pair).

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), size=fb.integer(), amount=fb.money(scale=2))
    >>> print(emit(fb.where(rows.memo.startswith("X"), rows.size // 2, -1).ir))
    |row| if row.memo.starts_with("X") { row.size.div_euclid(2) } else { -1 }
    """
    found = reads(value)
    writer = _Writer({leaf: name for name, leaf in captures(value).items()})
    body = writer.open(value)
    if Reads.PAIR in found:
        return f"|{writer.view('a')}, {writer.view('b')}| {body}"
    if Reads.GROUP in found:
        return f"|{writer.view('g')}| {body}"
    return f"|{writer.view('row')}| {body}" if found & {Reads.LANE, Reads.LOT} else f"|| {body}"


def captures(value: v.Value) -> dict[str, v.Value]:
    """The params and shard keys that an expression reads, by the names that ``emit`` gives them.

    A param stands under its own name where that is one of a closure; a shard key under ``k``, its part 0 under
    ``k_0``.
    """
    leaves = dict.fromkeys(part for part in values_in(value) if isinstance(part, v.ParamRef | v.ShardKey))
    names: dict[str, v.Value] = {
        leaf.name: leaf for leaf in leaves if isinstance(leaf, v.ParamRef) and is_name(leaf.name)
    }
    named = set(names.values())
    for leaf in leaves:
        if leaf not in named:
            names[_free(_wish(leaf), names)] = leaf
    return names


def _wish(leaf: v.ParamRef | v.ShardKey) -> str:
    if isinstance(leaf, v.ParamRef):
        return "param"
    name = f"k{leaf.binder}" if leaf.binder else "k"
    return name if leaf.part is None else f"{name}_{leaf.part}"


def _free(wish: str, taken: dict[str, v.Value]) -> str:
    while wish in taken:
        wish += "_"
    return wish


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes one expression; ``names`` are what its params and shard keys are called."""

    names: dict[v.Value, str]

    def view(self, wish: str) -> str:
        """The name of a parameter, which no captured name may hide."""
        return _free(wish, {name: leaf for leaf, name in self.names.items()})

    def open(self, value: v.Value) -> str:
        """The text where anything may stand."""
        return self.text(value)[0]

    def at(self, value: v.Value, least: int) -> str:
        """The text, in parentheses when it binds less tightly than ``least``."""
        text, strength = self.text(value)
        return text if strength >= least else f"({text})"

    def call(self, receiver: v.Value, name: str, *arguments: str) -> Text:
        return f"{self.at(receiver, _ATOM)}.{name}({', '.join(arguments)})", _ATOM

    def function(self, name: str, *arguments: v.Value) -> Text:
        return f"{name}({', '.join(map(self.open, arguments))})", _ATOM

    def text(self, value: v.Value) -> Text:
        """The text and how tightly it binds."""
        match value:
            case v.Lit() | v.Lane() | v.LotAmount() | v.LotOriginal() | v.ParamRef() | v.ShardKey():
                return self._leaf(value)
            case v.Arith() | v.Unary() | v.Compare() | v.Logic() | v.Not():
                return self._operator(value)
            case v.Where() | v.Tier() | v.Lookup():
                return self._choice(value), _OPEN
            case v.FirstOf() | v.IsNull():
                return self._null(value)
            case v.GroupMetric() | v.GroupClean() | v.GroupSpan() | v.GroupDistinct() | v.GroupQuantifier():
                return self._group(value), _ATOM
            case (
                v.TextFn()
                | v.TextSlice()
                | v.TextReplace()
                | v.TextSplit()
                | v.TextConcat()
                | v.TextTest()
                | v.Similarity()
            ):
                return self._text(value)
            case _:
                return self._function(value)

    def _leaf(self, value: v.Lit | v.Lane | v.LotAmount | v.LotOriginal | v.ParamRef | v.ShardKey) -> Text:
        match value:
            case v.Lit():
                text = constant(value.value, value.type)
                return text, _UNARY if text.startswith("-") else _ATOM
            case v.Lane():
                plain = is_name(value.name) and value.name != "lot"
                name = f".{value.name}" if plain else f"[{write_text(value.name)}]"
                return f"{self._side(value.var)}{name}", _ATOM
            case v.LotAmount():
                return f"{self._side(value.var)}.lot.amount", _ATOM
            case v.LotOriginal():
                return f"{self._side(value.var)}.lot.original", _ATOM
            case v.ParamRef() | v.ShardKey():
                return self.names[value], _ATOM

    def _side(self, var: v.Var) -> str:
        return self.view("row" if var is v.Var.ITEM else var.value)

    def _operator(self, value: v.Arith | v.Unary | v.Compare | v.Logic | v.Not) -> Text:
        match value:
            case v.Arith() if value.op in _ARITH_CALL:
                return self.call(value.left, _ARITH_CALL[value.op], self.open(value.right))
            case v.Arith():
                symbol, strength = _ARITH[value.op]
            case v.Logic():
                symbol, strength = _LOGIC[value.op]
            case v.Compare():
                symbol, strength = COMPARISON[value.op], _COMPARE
                return f"{self.at(value.left, _SUM)} {symbol} {self.at(value.right, _SUM)}", strength
            case v.Unary(op=v.UnaryOp.NEG):
                text = self.at(value.operand, _UNARY)
                return f"-({text})" if text[0].isdigit() and isinstance(value.operand, v.Lit) else f"-{text}", _UNARY
            case v.Unary():
                return self.call(value.operand, "abs" if value.op is v.UnaryOp.ABS else "signum")
            case v.Not():
                return f"!{self.at(value.operand, _UNARY)}", _UNARY
        return f"{self.at(value.left, strength)} {symbol} {self.at(value.right, strength + 1)}", strength

    def _choice(self, value: v.Where | v.Tier | v.Lookup) -> str:
        match value:
            case v.Tier():
                return f"if {self.at(value.condition, _OR)} {{ Some({self.open(value.cost)}) }} else {{ None }}"
            case v.Where():
                null = value.type.nullable
                then, otherwise = self._branch(value.then, null), self._otherwise(value)
                if _is_none(value.then) and not _is_none(value.otherwise):
                    then = "None"
                chained = isinstance(value.otherwise, v.Where | v.Tier) and value.otherwise.type.nullable is null
                otherwise = otherwise if chained else f"{{ {otherwise} }}"
                return f"if {self.at(value.condition, _OR)} {{ {then} }} else {otherwise}"
            case v.Lookup():
                return self._match(value)

    def _branch(self, value: v.Value, is_option: bool) -> str:
        text = self.open(value)
        return f"Some({text})" if is_option and not value.type.nullable else text

    def _otherwise(self, value: v.Where) -> str:
        """The other branch. A bare ``None`` against a number that is never null would be a ``tier``."""
        is_cost = value.then.type.kind in {Kind.INTEGER, Kind.REAL} and not value.then.type.nullable
        if _is_none(value.otherwise) and not _is_none(value.then) and not is_cost:
            return "None"
        return self._branch(value.otherwise, value.type.nullable)

    def _match(self, value: v.Lookup) -> str:
        operand, kind = value.operand.type, value.type.with_nullable(False)
        arms = [(constant(key, operand.with_nullable(False)), constant(cell, kind)) for key, cell in value.table]
        if operand.nullable:
            arms = [(f"Some({key})", cell) for key, cell in arms]
        if value.type.nullable:
            arms = [(key, f"Some({cell})") for key, cell in arms]
        arms.append(("_", "None" if value.default is None else constant(value.default, kind)))
        listed = ", ".join(f"{pattern} => {cell}" for pattern, cell in arms)
        return f"match {self.at(value.operand, _OR)} {{ {listed} }}"

    def _null(self, value: v.FirstOf | v.IsNull) -> Text:
        if isinstance(value, v.IsNull):
            return self.call(value.operand, "is_none")
        if len(value.operands) != 2:
            return self.function("first_of", *value.operands)
        first, last = value.operands
        return self.call(first, "or" if last.type.nullable else "unwrap_or", self.open(last))

    def _group(self, value: v.GroupMetric | v.GroupClean | v.GroupSpan | v.GroupDistinct | v.GroupQuantifier) -> str:
        group, row = self.view("g"), self.view("row")
        match value:
            case v.GroupMetric():
                return f"{group}.{value.op.value}"
            case v.GroupClean():
                return f"{group}.clean({self.tolerance(value.tol)})"
            case v.GroupSpan():
                return f"{group}.span(|{row}| {self.open(value.operand)})"
            case v.GroupDistinct():
                return f"{group}.distinct(|{row}| {self.open(value.operand)})"
            case v.GroupQuantifier():
                return f"{group}.{value.op.value}(|{row}| {self.open(value.predicate)})"

    def tolerance(self, tol: v.Tolerance) -> str:
        """A tolerance; the bare amount where it is one."""
        if tol.op is v.ToleranceOp.ABS:
            return self.open(tol.amount)
        floor = "0" if tol.floor is None else self.open(tol.floor)
        return f"{tol.op.value}({self.open(tol.amount)}, {floor})"

    def _text(
        self,
        value: v.TextFn | v.TextSlice | v.TextReplace | v.TextSplit | v.TextConcat | v.TextTest | v.Similarity,
    ) -> Text:
        match value:
            case v.TextFn():
                return self.call(value.operand, _TEXT.get(value.op, value.op.value))
            case v.TextSlice():
                return self.call(value.operand, value.op.value, str(value.count))
            case v.TextReplace():
                return self.call(value.operand, "replace", write_text(value.old), write_text(value.new))
            case v.TextSplit():
                text, strength = self.call(value.operand, "split", write_text(value.separator))
                return f"{text}.nth({value.index})", strength
            case v.TextConcat():
                return self.function("concat", *value.operands)
            case v.TextTest():
                return self.call(value.operand, _TEST.get(value.op, value.op.value), self.open(value.other))
            case v.Similarity():
                return self.call(value.left, _SIMILARITY.get(value.op, value.op.value), self.open(value.right))

    def _function(self, value: v.Value) -> Text:
        match value:
            case v.Cast(op=v.CastOp.MINOR_UNITS):
                return self.call(value.operand, "minor_units", str(value.type.scale))
            case v.Cast():
                return self.call(value.operand, value.op.value)
            case v.Gap():
                return self.call(value.left, "abs_diff", self.open(value.right))
            case v.DatePart():
                return self.call(value.operand, value.op.value)
            case v.SortedPair():
                return self.function("sorted_pair", value.left, value.right)
            case v.MakeTuple():
                return self.function("", *value.operands)
            case v.Tokens():
                with_digit = "true" if value.with_digit else "false"
                return self.call(value.operand, "tokens", str(value.min_length), with_digit)
            case v.Ngrams():
                return self.call(value.operand, "ngrams", str(value.size))
            case v.ListOverlaps():
                return self.call(value.left, "overlaps", self.open(value.right))
            case v.ListContains():
                return self.call(value.operand, "contains", self.open(value.element))
            case v.ListSize():
                return self.call(value.operand, "len")
            case v.Nets():
                return f"nets({self.view('a')}, {self.view('b')}, {self.tolerance(value.tol)})", _ATOM
            case _:
                raise TypeError(f"no closure text for {kind_name(value)}")


def _is_none(value: v.Value) -> bool:
    return isinstance(value, v.Lit) and value.value is None


def constant(value: v.Constant, kind: Type) -> str:
    """A constant of a type as a closure writes it.

    >>> from florecon_build.ir.types import DATE, money
    >>> constant(1050, money(2)), constant(20088, DATE)
    ('minor(1050, 2)', 'date(2024, 12, 31)')
    """
    if value is None:
        return f"None::<{f'Money<{kind.scale}>' if kind.kind is Kind.MONEY else _NONE[kind.kind]}>"
    match kind.kind:
        case Kind.MONEY:
            return f"minor({value}, {kind.scale})"
        case Kind.DATE:
            day = calendar_day(int(value))
            return f"epoch_days({value})" if day is None else f"date({day.year}, {day.month}, {day.day})"
        case Kind.TEXT:
            if not is_unicode(str(value)):
                raise ValueError("half of a surrogate pair has no text")
            return write_text(str(value))
        case Kind.BOOLEAN:
            return "true" if value else "false"
        case Kind.REAL:
            if not math.isfinite(float(value)):
                raise ValueError("a real that is not finite has no text")
            return write_real(float(value))
        case _:
            return str(value)
