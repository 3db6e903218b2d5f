"""Any value expression as a closure's text, which parses back to the same expression."""

from __future__ import annotations

import math
from dataclasses import dataclass

from florecon_build.frontend.closure.literals import write_real, write_text
from florecon_build.frontend.closure.parser import is_name
from florecon_build.frontend.constants import is_unicode
from florecon_build.ir import expressions as e
from florecon_build.ir.python_printer import COMPARISON, calendar_day
from florecon_build.ir.scope import Reads, reads
from florecon_build.ir.traversal import kind_name, values_in
from florecon_build.ir.types import Kind, Type

_OPEN, _OR, _AND, _COMPARE, _SUM, _PRODUCT, _UNARY, _ATOM = range(8)
"""How tightly a text binds, as in Rust; ``_OPEN`` is an ``if`` or a ``match``."""

_ARITH = {
    e.ArithOp.ADD: ("+", _SUM),
    e.ArithOp.SUB: ("-", _SUM),
    e.ArithOp.MUL: ("*", _PRODUCT),
    e.ArithOp.DIV: ("/", _PRODUCT),
}
_ARITH_CALL = {
    e.ArithOp.FLOOR_DIV: "div_euclid",
    e.ArithOp.MOD: "rem_euclid",
    e.ArithOp.MIN: "min",
    e.ArithOp.MAX: "max",
}
_LOGIC = {e.LogicOp.AND: ("&&", _AND), e.LogicOp.OR: ("||", _OR)}
_TEXT = {e.TextOp.UPPER: "to_uppercase", e.TextOp.LOWER: "to_lowercase", e.TextOp.STRIP: "trim"}
_TEST = {e.TextTestOp.STARTSWITH: "starts_with", e.TextTestOp.ENDSWITH: "ends_with"}
_SIMILARITY = {e.SimilarityOp.PREFIX: "prefix_similarity"}
_NONE = {Kind.INTEGER: "i64", Kind.REAL: "f64", Kind.BOOLEAN: "bool", Kind.TEXT: "Text", Kind.DATE: "Date"}

Text = tuple[str, int]


def emit(value: e.Value) -> str:
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


def captures(value: e.Value) -> dict[str, e.Value]:
    """The params and shard keys that an expression reads, by the names that ``emit`` gives them.

    A param stands under its own name where that is one of a closure; a shard key under ``k``, its part 0 under
    ``k_0``.
    """
    leaves = dict.fromkeys(part for part in values_in(value) if isinstance(part, e.ParamRef | e.ShardKey))
    names: dict[str, e.Value] = {
        leaf.name: leaf for leaf in leaves if isinstance(leaf, e.ParamRef) and is_name(leaf.name)
    }
    named = set(names.values())
    for leaf in leaves:
        if leaf not in named:
            names[_free(_wish(leaf), names)] = leaf
    return names


def _wish(leaf: e.ParamRef | e.ShardKey) -> str:
    if isinstance(leaf, e.ParamRef):
        return "param"
    name = f"k{leaf.binder}" if leaf.binder else "k"
    return name if leaf.part is None else f"{name}_{leaf.part}"


def _free(wish: str, taken: dict[str, e.Value]) -> str:
    while wish in taken:
        wish += "_"
    return wish


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes one expression; ``names`` are what its params and shard keys are called."""

    names: dict[e.Value, str]

    def view(self, wish: str) -> str:
        """The name of a parameter, which no captured name may hide."""
        return _free(wish, {name: leaf for leaf, name in self.names.items()})

    def open(self, value: e.Value) -> str:
        """The text where anything may stand."""
        return self.text(value)[0]

    def at(self, value: e.Value, least: int) -> str:
        """The text, in parentheses when it binds less tightly than ``least``."""
        text, strength = self.text(value)
        return text if strength >= least else f"({text})"

    def call(self, receiver: e.Value, name: str, *arguments: str) -> Text:
        return f"{self.at(receiver, _ATOM)}.{name}({', '.join(arguments)})", _ATOM

    def function(self, name: str, *arguments: e.Value) -> Text:
        return f"{name}({', '.join(map(self.open, arguments))})", _ATOM

    def text(self, value: e.Value) -> Text:
        """The text and how tightly it binds."""
        match value:
            case e.Lit() | e.Lane() | e.LotAmount() | e.LotOriginal() | e.ParamRef() | e.ShardKey():
                return self._leaf(value)
            case e.Arith() | e.Unary() | e.Compare() | e.Logic() | e.Not():
                return self._operator(value)
            case e.Where() | e.Tier() | e.Lookup():
                return self._choice(value), _OPEN
            case e.FirstOf() | e.IsNull():
                return self._null(value)
            case e.GroupMetric() | e.GroupClean() | e.GroupSpan() | e.GroupDistinct() | e.GroupQuantifier():
                return self._group(value), _ATOM
            case (
                e.TextFn()
                | e.TextSlice()
                | e.TextReplace()
                | e.TextSplit()
                | e.TextConcat()
                | e.TextTest()
                | e.Similarity()
            ):
                return self._text(value)
            case _:
                return self._function(value)

    def _leaf(self, value: e.Lit | e.Lane | e.LotAmount | e.LotOriginal | e.ParamRef | e.ShardKey) -> Text:
        match value:
            case e.Lit():
                text = constant(value.value, value.type)
                return text, _UNARY if text.startswith("-") else _ATOM
            case e.Lane():
                plain = is_name(value.name) and value.name != "lot"
                name = f".{value.name}" if plain else f"[{write_text(value.name)}]"
                return f"{self._side(value.var)}{name}", _ATOM
            case e.LotAmount():
                return f"{self._side(value.var)}.lot.amount", _ATOM
            case e.LotOriginal():
                return f"{self._side(value.var)}.lot.original", _ATOM
            case e.ParamRef() | e.ShardKey():
                return self.names[value], _ATOM

    def _side(self, var: e.Var) -> str:
        return self.view("row" if var is e.Var.ITEM else var.value)

    def _operator(self, value: e.Arith | e.Unary | e.Compare | e.Logic | e.Not) -> Text:
        match value:
            case e.Arith() if value.op in _ARITH_CALL:
                return self.call(value.left, _ARITH_CALL[value.op], self.open(value.right))
            case e.Arith():
                symbol, strength = _ARITH[value.op]
            case e.Logic():
                symbol, strength = _LOGIC[value.op]
            case e.Compare():
                symbol, strength = COMPARISON[value.op], _COMPARE
                return f"{self.at(value.left, _SUM)} {symbol} {self.at(value.right, _SUM)}", strength
            case e.Unary(op=e.UnaryOp.NEG):
                text = self.at(value.operand, _UNARY)
                return f"-({text})" if text[0].isdigit() and isinstance(value.operand, e.Lit) else f"-{text}", _UNARY
            case e.Unary():
                return self.call(value.operand, "abs" if value.op is e.UnaryOp.ABS else "signum")
            case e.Not():
                return f"!{self.at(value.operand, _UNARY)}", _UNARY
        return f"{self.at(value.left, strength)} {symbol} {self.at(value.right, strength + 1)}", strength

    def _choice(self, value: e.Where | e.Tier | e.Lookup) -> str:
        match value:
            case e.Tier():
                return f"if {self.at(value.condition, _OR)} {{ Some({self.open(value.cost)}) }} else {{ None }}"
            case e.Where():
                null = value.type.nullable
                then, otherwise = self._branch(value.then, null), self._otherwise(value)
                if _is_none(value.then) and not _is_none(value.otherwise):
                    then = "None"
                chained = isinstance(value.otherwise, e.Where | e.Tier) and value.otherwise.type.nullable is null
                otherwise = otherwise if chained else f"{{ {otherwise} }}"
                return f"if {self.at(value.condition, _OR)} {{ {then} }} else {otherwise}"
            case e.Lookup():
                return self._match(value)

    def _branch(self, value: e.Value, is_option: bool) -> str:
        text = self.open(value)
        return f"Some({text})" if is_option and not value.type.nullable else text

    def _otherwise(self, value: e.Where) -> str:
        """The other branch. A bare ``None`` against a number that is never null would be a ``tier``."""
        is_cost = value.then.type.kind in {Kind.INTEGER, Kind.REAL} and not value.then.type.nullable
        if _is_none(value.otherwise) and not _is_none(value.then) and not is_cost:
            return "None"
        return self._branch(value.otherwise, value.type.nullable)

    def _match(self, value: e.Lookup) -> str:
        operand, kind = value.operand.type, value.type.with_nullable(False)
        arms = [(constant(key, operand.with_nullable(False)), constant(cell, kind)) for key, cell in value.table]
        if operand.nullable:
            arms = [(f"Some({key})", cell) for key, cell in arms]
        if value.type.nullable:
            arms = [(key, f"Some({cell})") for key, cell in arms]
        arms.append(("_", "None" if value.default is None else constant(value.default, kind)))
        listed = ", ".join(f"{pattern} => {cell}" for pattern, cell in arms)
        return f"match {self.at(value.operand, _OR)} {{ {listed} }}"

    def _null(self, value: e.FirstOf | e.IsNull) -> Text:
        if isinstance(value, e.IsNull):
            return self.call(value.operand, "is_none")
        if len(value.operands) != 2:
            return self.function("first_of", *value.operands)
        first, last = value.operands
        return self.call(first, "or" if last.type.nullable else "unwrap_or", self.open(last))

    def _group(self, value: e.GroupMetric | e.GroupClean | e.GroupSpan | e.GroupDistinct | e.GroupQuantifier) -> str:
        group, row = self.view("g"), self.view("row")
        match value:
            case e.GroupMetric():
                return f"{group}.{value.op.value}"
            case e.GroupClean():
                return f"{group}.clean({self.tolerance(value.tol)})"
            case e.GroupSpan():
                return f"{group}.span(|{row}| {self.open(value.operand)})"
            case e.GroupDistinct():
                return f"{group}.distinct(|{row}| {self.open(value.operand)})"
            case e.GroupQuantifier():
                return f"{group}.{value.op.value}(|{row}| {self.open(value.predicate)})"

    def tolerance(self, tol: e.Tolerance) -> str:
        """A tolerance; the bare amount where it is one."""
        if tol.op is e.ToleranceOp.ABS:
            return self.open(tol.amount)
        floor = "0" if tol.floor is None else self.open(tol.floor)
        return f"{tol.op.value}({self.open(tol.amount)}, {floor})"

    def _text(
        self,
        value: e.TextFn | e.TextSlice | e.TextReplace | e.TextSplit | e.TextConcat | e.TextTest | e.Similarity,
    ) -> Text:
        match value:
            case e.TextFn():
                return self.call(value.operand, _TEXT.get(value.op, value.op.value))
            case e.TextSlice():
                return self.call(value.operand, value.op.value, str(value.count))
            case e.TextReplace():
                return self.call(value.operand, "replace", write_text(value.old), write_text(value.new))
            case e.TextSplit():
                text, strength = self.call(value.operand, "split", write_text(value.separator))
                return f"{text}.nth({value.index})", strength
            case e.TextConcat():
                return self.function("concat", *value.operands)
            case e.TextTest():
                return self.call(value.operand, _TEST.get(value.op, value.op.value), self.open(value.other))
            case e.Similarity():
                return self.call(value.left, _SIMILARITY.get(value.op, value.op.value), self.open(value.right))

    def _function(self, value: e.Value) -> Text:
        match value:
            case e.Cast(op=e.CastOp.MINOR_UNITS):
                return self.call(value.operand, "minor_units", str(value.type.scale))
            case e.Cast():
                return self.call(value.operand, value.op.value)
            case e.Gap():
                return self.call(value.left, "abs_diff", self.open(value.right))
            case e.DatePart():
                return self.call(value.operand, value.op.value)
            case e.SortedPair():
                return self.function("sorted_pair", value.left, value.right)
            case e.MakeTuple():
                return self.function("", *value.operands)
            case e.Tokens():
                with_digit = "true" if value.with_digit else "false"
                return self.call(value.operand, "tokens", str(value.min_length), with_digit)
            case e.Ngrams():
                return self.call(value.operand, "ngrams", str(value.size))
            case e.ListOverlaps():
                return self.call(value.left, "overlaps", self.open(value.right))
            case e.ListContains():
                return self.call(value.operand, "contains", self.open(value.element))
            case e.ListSize():
                return self.call(value.operand, "len")
            case e.Nets():
                return f"nets({self.view('a')}, {self.view('b')}, {self.tolerance(value.tol)})", _ATOM
            case _:
                raise TypeError(f"no closure text for {kind_name(value)}")


def _is_none(value: e.Value) -> bool:
    return isinstance(value, e.Lit) and value.value is None


def constant(value: e.Constant, kind: Type) -> str:
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
