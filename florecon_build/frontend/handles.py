"""Expression handles: immutable wrappers of IR values that define the operators and their operand types.

A handle is not hashable and refuses ``bool()``. One class per type family, so that a reader's tools know what an
expression can do. ``Expr`` and ``BooleanExpr`` live here, since every comparison gives a boolean.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, NoReturn, Self, TypeVar, cast

from florecon_build.frontend.constants import constant, describe_constant, mismatch_fix, to_real
from florecon_build.frontend.diagnostics import answered, author_span, authored, fail, problem, refuse_bool
from florecon_build.ir import expressions as e
from florecon_build.ir.errors import MissingLaneError, StrategyError, nearest
from florecon_build.ir.nodes import Param
from florecon_build.ir.python_printer import show
from florecon_build.ir.scope import mixes, reads
from florecon_build.ir.types import BOOLEAN, REAL, Kind, Type, tuple_of

if TYPE_CHECKING:
    from florecon_build.frontend.deferred_cost import Pending
    from florecon_build.frontend.rows import Source

E = TypeVar("E", bound="Expr")

MAX_DEPTH = 120
MAX_SIZE = 10_000


@dataclass(frozen=True, slots=True)
class Uses:
    """Parameters, rows and size of an expression or strategy.

    ``size`` counts operators, ``depth`` their nesting; for a strategy they count nodes. ``pending`` are deferred costs,
    which a plugin resolves.
    """

    params: frozenset[Param] = frozenset()
    sources: frozenset[Source] = field(default=frozenset())
    pending: frozenset[Pending] = field(default=frozenset())
    size: int = 0
    depth: int = 0

    def __or__(self, other: Uses) -> Uses:
        return Uses(
            self.params | other.params,
            self.sources | other.sources,
            self.pending | other.pending,
            self.size + other.size,
            max(self.depth, other.depth),
        )

    def grown(self) -> Uses:
        """The same under one more operator."""
        return replace(self, size=self.size + 1, depth=self.depth + 1)


NOTHING = Uses()


def all_uses(parts: Iterable[Uses]) -> Uses:
    """Union of the uses of several parts."""
    total = NOTHING
    for part in parts:
        total = total | part
    return total


class Expr:
    """Expression over a row, a pair or a group, evaluated when the strategy runs.

    ``ir`` is its typed tree. ``==`` and the other operators build larger expressions.
    """

    __slots__ = ("_ir", "_uses")

    def __init__(self, ir: e.Value, uses: Uses = NOTHING) -> None:
        self._ir = ir
        self._uses = uses

    @property
    def ir(self) -> e.Value:
        """The value tree."""
        return self._ir

    @property
    def uses(self) -> Uses:
        """Parameters and columns that the expression reads."""
        return self._uses

    @property
    def type(self) -> Type:
        """Type, with nullability and money scale."""
        return self._ir.type

    def __repr__(self) -> str:
        return f"<{self._ir.type} {show(self._ir)}>"

    __hash__: ClassVar[None]  # pyright: ignore[reportIncompatibleMethodOverride, reportIncompatibleVariableOverride]

    @authored
    def __eq__(self, other: object) -> BooleanExpr:  # pyright: ignore[reportIncompatibleMethodOverride]
        return compare(e.CompareOp.EQ, self, other)

    @authored
    def __ne__(self, other: object) -> BooleanExpr:  # pyright: ignore[reportIncompatibleMethodOverride]
        return compare(e.CompareOp.NE, self, other)

    def __bool__(self) -> bool:
        fix = (
            "for `and`, `or`, `not` write `&`, `|`, `~` with each comparison in parentheses; for `a < b < c` write "
            "`(a < b) & (b < c)`; for `if` write `fb.where(condition, x, y)`; for `in` write "
            "`fb.lookup(x, {value: True}, False)`"
        )
        text = f"`{show(self._ir)}` has no truth value in Python: it is computed when the strategy runs"
        found = problem(
            "truth_value", text, expected="an operator that builds an expression", got="`and`, `or`, `not`, `if`, "
            "`in` or a chained comparison", fix=fix
        )  # fmt: skip
        return refuse_bool(StrategyError([found]))

    @authored
    def __iter__(self) -> NoReturn:
        fail("not_iterable", f"`{show(self._ir)}` is not iterable in Python", fix="pass the expression itself")

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("_"):
                raise AttributeError(name)
            raise unknown_attribute(self, name)

    @authored
    def is_null(self) -> BooleanExpr:
        """True if the value is null. An error for a value that is never null.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), note=fb.text(nullable=True), amount=fb.money(scale=2))
        >>> rows.note.is_null()
        <boolean row.note.is_null()>
        """
        if not self.type.nullable:
            fail("never_null", f"`{show(self.ir)}` is never null", got=describe(self), fix="remove the test")
        return built(BooleanExpr, e.IsNull(type=BOOLEAN, operand=self.ir), self)

    @authored
    def fill(self, value: object) -> Self:
        """The value, or ``value`` (a constant or an expression of the same type) where it is null.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), note=fb.text(nullable=True), amount=fb.money(scale=2))
        >>> rows.note.fill("none").upper()
        <text fb.first_of(row.note, "none").upper()>
        """
        if not self.type.nullable:
            fail("never_null", f"`{show(self.ir)}` is never null", got=describe(self), fix="remove `.fill(..)`")
        other = lift(value, like=self.type, what="fill")
        return first_not_null(type(self), [self, other], "fill")


class Deferred(ABC):
    """Closure text whose rows are not known yet; it becomes an expression in its argument position."""

    __slots__ = ()

    @abstractmethod
    def expression(self) -> Expr:
        """The expression in a place for a row expression, or for one that reads no row."""

    @abstractmethod
    def over(self, rows: object) -> Expr:
        """The expression over these rows."""


class BooleanExpr(Expr):
    """Boolean expression. Combine with ``&``, ``|`` and ``~``; false sorts before true."""

    __slots__ = ()

    @authored
    def __and__(self, other: BooleanExpr | bool) -> BooleanExpr:
        return logic(e.LogicOp.AND, self, other)

    @authored
    def __rand__(self, other: BooleanExpr | bool) -> BooleanExpr:
        return logic(e.LogicOp.AND, other, self)

    @authored
    def __or__(self, other: BooleanExpr | bool) -> BooleanExpr:
        return logic(e.LogicOp.OR, self, other)

    @authored
    def __ror__(self, other: BooleanExpr | bool) -> BooleanExpr:
        return logic(e.LogicOp.OR, other, self)

    @authored
    def __invert__(self) -> BooleanExpr:
        return built(BooleanExpr, e.Not(type=BOOLEAN, operand=never_null(self, "~").ir), self)

    @authored
    def __lt__(self, other: BooleanExpr | bool) -> BooleanExpr:
        return compare(e.CompareOp.LT, self, other)

    @authored
    def __le__(self, other: BooleanExpr | bool) -> BooleanExpr:
        return compare(e.CompareOp.LE, self, other)

    @authored
    def __gt__(self, other: BooleanExpr | bool) -> BooleanExpr:
        return compare(e.CompareOp.GT, self, other)

    @authored
    def __ge__(self, other: BooleanExpr | bool) -> BooleanExpr:
        return compare(e.CompareOp.GE, self, other)


def not_a_number(symbol: str, expr: Expr) -> NoReturn:
    """Rejects a non-numeric operand of arithmetic."""
    match expr.type.kind:
        case Kind.DATE:
            fix = "use `fb.gap(a, b)` for the days between two dates, or `.year`, `.month`, `.day`, `.month_end`"
        case Kind.TEXT:
            fix = "join texts with `fb.concat(a, b)`" if symbol == "+" else "texts have no arithmetic"
        case Kind.BOOLEAN:
            fix = "write `fb.where(condition, 1, 0)`"
        case _:
            fix = "take the number out first"
    got = describe(expr)
    fail("type_mismatch", f"`{symbol}` needs numbers", expected="integer, real or money", got=got, fix=fix)


def _refused_arithmetic(symbol: str) -> Callable[[Expr, object], object]:
    @authored
    def refuse(self: Expr, other: object = None) -> object:
        return not_a_number(symbol, self)

    return refuse


def _refused_logic(op: e.LogicOp) -> Callable[[Expr, object], object]:
    @authored
    def refuse(self: Expr, other: object = None) -> object:
        return logic(op, self, self if other is None else other)

    return refuse


def _refused_order(op: e.CompareOp) -> Callable[[Expr, object], object]:
    @authored
    def refuse(self: Expr, other: object) -> object:
        return compare(op, self, other)

    return refuse


# What a family does not define is refused with the fix; a TypeError from Python would not say what to write.
for _name, _sign in {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%"}.items():
    setattr(Expr, f"__{_name}__", _refused_arithmetic(_sign))
    setattr(Expr, f"__r{_name}__", _refused_arithmetic(_sign))
for _name, _sign in {"neg": "-", "abs": "abs", "pow": "**"}.items():
    setattr(Expr, f"__{_name}__", _refused_arithmetic(_sign))
for _name, _op in {"and": e.LogicOp.AND, "or": e.LogicOp.OR, "invert": e.LogicOp.AND}.items():
    setattr(Expr, f"__{_name}__", _refused_logic(_op))
for _order in (e.CompareOp.LT, e.CompareOp.LE, e.CompareOp.GT, e.CompareOp.GE):
    setattr(Expr, f"__{_order.value}__", _refused_order(_order))


def built(family: type[E], value: e.Value, *sources: Expr) -> E:
    """Handle of ``family`` for a new value, with the author's source line; validates its scope."""
    if mixes(reads(value)):
        fail(
            "mixed_scope",
            f"`{show(value)}` combines incompatible scopes",
            expected="one of: the row, the two sides of a pair, a group",
            fix="in flow's cost write a.lane and b.lane; in accept_if put a row expression inside g.any(..), "
            "g.all(..), g.count(..), g.distinct(..) or g.span(..)",
        )
    uses = all_uses(source.uses for source in sources).grown()
    if uses.depth > MAX_DEPTH or uses.size > MAX_SIZE:
        fail(
            "too_large",
            "the expression is too large",
            expected=f"at most {MAX_SIZE} operators, nested at most {MAX_DEPTH} deep",
            got=f"{uses.size} operators, {uses.depth} deep",
            fix="declare parts of it as derived lanes, which are computed once per row",
        )
    return family(replace(value, span=author_span()), uses)


def describe(item: object) -> str:
    """Description of an operand for messages."""
    if isinstance(item, Expr):
        return f"{item.type} `{show(item.ir)}`"
    return describe_constant(item)


def never_null(expr: E, what: str) -> E:
    """Validates that an expression is never null."""
    if expr.type.nullable:
        fail(
            "nullable",
            f"{what}: `{show(expr.ir)}` may be null",
            expected="a value that is never null",
            got=str(expr.type),
            fix="handle the null first: `.fill(x)`, `fb.first_of(.., x)`, or branch on `.is_null()` with `fb.where`",
        )
    return expr


def lift(item: object, *, like: Type | None = None, what: str) -> Expr:
    """Converts a constant or tuple to an expression; ``like`` is the type of the other operand, which determines the
    unit of a number.
    """
    if isinstance(item, Expr):
        return item
    if isinstance(item, Deferred):
        return answered(item.expression())
    span = author_span()
    if isinstance(item, tuple):
        parts = [lift(part, what=what) for part in cast("tuple[object, ...]", item)]
        kind = tuple_of(*(part.type for part in parts))
        tree = e.MakeTuple(type=kind, operands=tuple(part.ir for part in parts), span=span)
        return Expr(tree, all_uses(part.uses for part in parts))
    value, kind = constant(item, like, what)
    return Expr(e.Lit(type=kind, value=value, span=span))


def as_real(expr: Expr) -> Expr:
    """Converts an integer to real; other values are unchanged."""
    if expr.type.kind is not Kind.INTEGER:
        return expr
    if isinstance(expr.ir, e.Lit) and isinstance(expr.ir.value, int):
        return lift(expr.ir.value, like=REAL, what="a real")
    return Expr(to_real(expr.ir), expr.uses)


def meet(items: Iterable[object], what: str) -> list[Expr]:
    """Converts operands to a common type: constants take the type of the other operand, integers beside a real become
    real.
    """
    given = [answered(item.expression()) if isinstance(item, Deferred) else item for item in items]
    like = next((item.type for item in given if isinstance(item, Expr) and item.type.kind is Kind.REAL), None)
    like = like or next((item.type for item in given if isinstance(item, Expr)), None)
    if like is None:
        typed = [lift(item, what=what).type for item in given if item is not None]
        like = next((kind for kind in typed if kind == REAL), typed[0] if typed else None)
    exprs = [lift(item, like=like, what=what) for item in given]
    if any(expr.type.kind is Kind.REAL for expr in exprs):
        exprs = [as_real(expr) for expr in exprs]
    first = exprs[0]
    for expr in exprs[1:]:
        if expr.type.with_nullable(False) != first.type.with_nullable(False):
            fail(
                "type_mismatch",
                f"{what}: {first.type.with_nullable(False)} and {expr.type.with_nullable(False)} are incompatible",
                expected=describe(first),
                got=describe(expr),
                fix=mismatch_fix(first.type, expr.type),
            )
    return exprs


def compare(op: e.CompareOp, left: object, right: object) -> BooleanExpr:
    """Comparison of two operands of one type that are never null."""
    if left is None or right is None:
        known = right if left is None else left
        fix = "write `.is_null()`" if op is e.CompareOp.EQ else "write `~x.is_null()`"
        fail(
            "compare_null",
            "a comparison with None is never true",
            got=f"a comparison of {describe(known)} with None",
            fix=fix,
        )
    what = f"`{_symbol(op)}`"
    first, second = meet((left, right), what)
    never_null(first, what)
    never_null(second, what)
    if first.type.kind in {Kind.LIST, Kind.TUPLE} and op not in {e.CompareOp.EQ, e.CompareOp.NE}:
        fail(
            "no_order",
            f"{what}: a {first.type} has no order",
            got=describe(first),
            fix="compare with `==` or `!=`, or compare one part",
        )
    return built(BooleanExpr, e.Compare(type=BOOLEAN, op=op, left=first.ir, right=second.ir), first, second)


def _symbol(op: e.CompareOp) -> str:
    return {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}[op.value]


def logic(op: e.LogicOp, left: object, right: object) -> BooleanExpr:
    """``left & right`` or ``left | right`` of booleans that are never null."""
    symbol = "&" if op is e.LogicOp.AND else "|"
    sides: list[Expr] = []
    for side in (left, right):
        expr = lift(side, what=f"`{symbol}`")
        if expr.type.kind is not Kind.BOOLEAN:
            fail(
                "type_mismatch",
                f"`{symbol}` needs conditions",
                expected="boolean",
                got=describe(expr),
                fix=f"put each comparison in parentheses: `(a == b) {symbol} (c == d)`",
            )
        sides.append(never_null(expr, f"`{symbol}`"))
    return built(BooleanExpr, e.Logic(type=BOOLEAN, op=op, left=sides[0].ir, right=sides[1].ir), *sides)


def first_not_null(family: type[E], items: list[Expr], what: str) -> E:
    """``FirstOf`` node over operands of one type, all but the last nullable."""
    exprs = meet(items, what)
    for expr in exprs[:-1]:
        if not expr.type.nullable:
            fail(
                "never_null",
                f"{what}: `{show(expr.ir)}` is never null, so that later operands are never used",
                got=describe(expr),
                fix="remove the later operands, or change their order",
            )
    kind = exprs[0].type.with_nullable(exprs[-1].type.nullable)
    return built(family, e.FirstOf(type=kind, operands=tuple(expr.ir for expr in exprs)), *exprs)


def unknown_attribute(expr: Expr, name: str) -> MissingLaneError:
    """Error for a method or attribute that the type of an expression does not have."""
    known = sorted(item for item in dir(expr) if not item.startswith("_") and item not in {"ir", "uses", "type"})
    close = nearest(name, known)
    fix = f"did you mean `.{close}`? " if close else ""
    fix += f"(a {expr.type.kind.value} has: {', '.join(known)})"
    text = f"a {expr.type.kind.value} has no `.{name}`"
    return MissingLaneError([problem("unknown_attribute", text, got=describe(expr), fix=fix)])
