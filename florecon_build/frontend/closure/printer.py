"""Printer of value expressions as closures, which parse back to the same expressions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import assert_never

from florecon_build.frontend.closure.literals import write_real, write_text
from florecon_build.frontend.closure.parser import is_name
from florecon_build.ir import expressions as e
from florecon_build.ir import operators as ops
from florecon_build.ir.operators import Precedence
from florecon_build.ir.python_printer import COMPARISON, calendar_day
from florecon_build.ir.scope import Reads, reads
from florecon_build.ir.strings import is_unicode
from florecon_build.ir.traversal import values_in
from florecon_build.ir.types import Kind, Type

_OPEN, _OR, _AND, _COMPARE = range(4)
"""Precedences below those of the operator table, as in Rust; ``_OPEN`` is an ``if`` or a ``match``."""

_LOGIC = {e.LogicOp.AND: ("&&", _AND), e.LogicOp.OR: ("||", _OR)}
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
        return f"{self.at(receiver, Precedence.ATOM)}.{name}({', '.join(arguments)})", Precedence.ATOM

    def function(self, name: str, *arguments: e.Value) -> Text:
        return f"{name}({', '.join(map(self.open, arguments))})", Precedence.ATOM

    def text(self, value: e.Value) -> Text:
        """The text and how tightly it binds."""
        match value:
            case e.Lit():
                text = constant(value.value, value.type)
                return text, Precedence.UNARY if text.startswith("-") else Precedence.ATOM
            case e.Lane():
                plain = is_name(value.name) and value.name != "lot"
                name = f".{value.name}" if plain else f"[{write_text(value.name)}]"
                return f"{self._side(value.var)}{name}", Precedence.ATOM
            case e.LotAmount():
                return f"{self._side(value.var)}.lot.amount", Precedence.ATOM
            case e.LotOriginal():
                return f"{self._side(value.var)}.lot.original", Precedence.ATOM
            case e.ParamRef() | e.ShardKey():
                return self.names[value], Precedence.ATOM
            case e.Operation():
                return self._operation(value)
            case e.Compare():
                left, right = self.at(value.left, Precedence.SUM), self.at(value.right, Precedence.SUM)
                return f"{left} {COMPARISON[value.op]} {right}", _COMPARE
            case e.Logic():
                symbol, precedence = _LOGIC[value.op]
                return f"{self.at(value.left, precedence)} {symbol} {self.at(value.right, precedence + 1)}", precedence
            case e.Not():
                return f"!{self.at(value.operand, Precedence.UNARY)}", Precedence.UNARY
            case e.Where():
                return self._if(value), _OPEN
            case e.Tier():
                return f"if {self.at(value.condition, _OR)} {{ Some({self.open(value.cost)}) }} else {{ None }}", _OPEN
            case e.Lookup():
                return self._match(value), _OPEN
            case e.FirstOf(operands=(first, last)):
                return self.call(first, "or" if last.type.nullable else "unwrap_or", self.open(last))
            case e.FirstOf():
                return self.function("first_of", *value.operands)
            case e.MakeTuple():
                return self.function("", *value.operands)
            case e.Nets():
                return f"nets({self.view('a')}, {self.view('b')}, {self.tolerance(value.tol)})", Precedence.ATOM
            case e.GroupMetric():
                return f"{self.view('g')}.{value.op.value}", Precedence.ATOM
            case e.GroupClean():
                return f"{self.view('g')}.clean({self.tolerance(value.tol)})", Precedence.ATOM
            case e.GroupSpan():
                return self._over_members("span", value.operand)
            case e.GroupDistinct():
                return self._over_members("distinct", value.operand)
            case e.GroupFold():
                return self._over_members(value.op.value, value.operand)
            case e.GroupUnique():
                return f"{self.view('g')}.unique", Precedence.ATOM
            case e.GroupQuantifier():
                return self._over_members(value.op.value, value.predicate)
            case _:
                assert_never(value)

    def _side(self, var: e.Var) -> str:
        return self.view("row" if var is e.Var.ITEM else var.value)

    def _over_members(self, name: str, value: e.Value) -> Text:
        return f"{self.view('g')}.{name}(|{self.view('row')}| {self.open(value)})", Precedence.ATOM

    def _operation(self, value: e.Operation) -> Text:
        operator = ops.operator_of(value)
        first, *others = operands = ops.operands_of(value, operator)
        settings = [_setting(constant) for constant in ops.settings_of(value, operator)]
        match operator.closure:
            case ops.Infix(symbol, precedence):
                return f"{self.at(first, precedence)} {symbol} {self.at(others[0], precedence + 1)}", precedence
            case ops.Prefix(symbol):
                text = self.at(first, Precedence.UNARY)
                is_number = text[0].isdigit() and isinstance(first, e.Lit)
                return f"{symbol}({text})" if is_number else f"{symbol}{text}", Precedence.UNARY
            case ops.Method(name):
                return self.call(first, name, *map(self.open, others), *settings)
            case ops.Function(name):
                return self.function(name, *operands)
            case ops.Chain(names):
                calls = (f".{name}({setting})" for name, setting in zip(names, settings, strict=True))
                return self.at(first, Precedence.ATOM) + "".join(calls), Precedence.ATOM
            case _:
                assert_never(operator.closure)

    def _if(self, value: e.Where) -> str:
        null = value.type.nullable
        then, otherwise = self._branch(value.then, null), self._otherwise(value)
        if _is_none(value.then) and not _is_none(value.otherwise):
            then = "None"
        chained = isinstance(value.otherwise, e.Where | e.Tier) and value.otherwise.type.nullable is null
        otherwise = otherwise if chained else f"{{ {otherwise} }}"
        return f"if {self.at(value.condition, _OR)} {{ {then} }} else {otherwise}"

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

    def tolerance(self, tol: e.Tolerance) -> str:
        """A tolerance; the bare amount where it is one."""
        if tol.op is e.ToleranceOp.ABS:
            return self.open(tol.amount)
        floor = "0" if tol.floor is None else self.open(tol.floor)
        return f"{tol.op.value}({self.open(tol.amount)}, {floor})"


def _setting(constant: int | str | bool) -> str:
    match constant:
        case bool():
            return "true" if constant else "false"
        case str():
            return write_text(constant)
        case _:
            return str(constant)


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
