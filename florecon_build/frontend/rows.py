"""Rows: columns with their derived columns, and the row views through which expressions read both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from florecon_build.frontend.column_spec import ColumnSpec
from florecon_build.frontend.columns import check_name, checked_columns, sound_columns
from florecon_build.frontend.diagnostics import (
    Missing,
    answered,
    attempt,
    author_span,
    authored,
    fail,
    problem,
    tolerant,
)
from florecon_build.frontend.handles import Deferred, Expr, Uses, describe, lift
from florecon_build.frontend.numeric import IntegerExpr
from florecon_build.frontend.text import family_of
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir import types as t
from florecon_build.ir.errors import MissingLaneError, StrategyError, did_you_mean
from florecon_build.ir.python_printer import show
from florecon_build.ir.scope import Reads, Scope, reads
from florecon_build.ir.strings import RESERVED


class Family:
    """Column declaration with all derivations from it; the columns that a plugin reads belong to one family."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Columns and derived columns of a rows handle; ``kind`` is the class of its views.

    ``lost`` are names whose declaration failed while errors are collected; expressions that read them are not checked.
    """

    family: Family
    columns: tuple[n.Column, ...]
    derived: tuple[n.DerivedLane, ...]
    kind: type[View]
    lost: frozenset[str] = frozenset()
    lanes: dict[str, t.Type] = field(init=False)

    def __post_init__(self) -> None:
        lanes = {column.name: column.type for column in self.columns}
        object.__setattr__(self, "lanes", lanes | {lane.name: lane.value.type for lane in self.derived})

    def with_lane(self, name: str, item: object, kind: type[View]) -> Source:
        """The source with one more derived column. Raises ``StrategyError`` for an invalid one."""
        lane = attempt(lambda: checked_lane(self, name, answered(item)))
        if isinstance(lane, Missing):
            return Source(self.family, self.columns, self.derived, kind, self.lost | {name})
        return Source(self.family, self.columns, (*self.derived, lane), kind, self.lost)

    def holds(self, other: Source) -> bool:
        """True if ``other`` is this source or an ancestor of it."""
        return self.family is other.family and self.derived[: len(other.derived)] == other.derived


class Lot:
    """Lot of a row or of a side of a pair; amounts in minor units of the current amount column (numeraire).

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2))
    >>> rows.lot.amount < rows.lot.original
    <boolean row.lot.amount < row.lot.original>
    """

    __slots__ = ("_uses", "_var")

    def __init__(self, var: e.Var, uses: Uses) -> None:
        self._var = var
        self._uses = uses

    @property
    def amount(self) -> IntegerExpr:
        """Amount that is still unmatched."""
        return IntegerExpr(e.LotAmount(type=t.INTEGER, var=self._var, span=author_span()), self._uses)

    @property
    def original(self) -> IntegerExpr:
        """Amount of the row when it entered the current numeraire."""
        return IntegerExpr(e.LotOriginal(type=t.INTEGER, var=self._var, span=author_span()), self._uses)


class View:
    """Column access by name: ``view.column``, or ``view["column"]`` for a name that is a Python keyword."""

    __slots__ = ("_source", "_var")

    def __init__(self, source: Source, var: e.Var) -> None:
        self._source = source
        self._var = var

    @property
    def lot(self) -> Lot:
        """The lot of the row: ``.lot.amount`` and ``.lot.original``."""
        return Lot(self._var, self._uses())

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            if name.startswith("__") or name in View.__slots__:
                raise AttributeError(name)
            return self._lane(name)

    def __getitem__(self, name: str) -> Any:
        return self._lane(name)

    def __dir__(self) -> list[str]:
        return [*self._source.lanes, "lot"]

    def _uses(self) -> Uses:
        return Uses(sources=frozenset({self._source}))

    @authored
    def _lane(self, name: str) -> Expr:
        kind = self._source.lanes.get(name)
        if name in self._source.lost:
            raise StrategyError([])
        if kind is None:
            side = "" if self._var is e.Var.ITEM else f" on side `{self._var.value}`"
            later = "; where a later derive() made it, say rows=row" if side else ""
            found = problem(
                "unknown_lane",
                f"unknown lane `{name}`{side}",
                expected="a column or a derived lane",
                got=f"`{name}`",
                fix=did_you_mean(name, self._source.lanes, "lanes") + later,
            )
            raise MissingLaneError([found])
        lane = e.Lane(type=kind, var=self._var, name=name, span=author_span())
        return family_of(kind.kind)(lane, self._uses())


class Side(View):
    """One side of a pair in the cost of ``flow``: ``a`` has a positive amount, ``b`` a negative one.

    A column handle has the type of its column (``TextExpr``, ``MoneyExpr``, ...), which is known only at run time;
    completion in an interactive interpreter lists the columns.
    """

    __slots__ = ()

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...


class Rows(View):
    """Rows of a plugin: columns and derived columns.

    A subclass declares them with static types, for completion and type checkers: columns as class attributes, derived
    columns as methods decorated with ``@fb.lane``. Pair views are instances of the same class.

    >>> import florecon_build as fb
    >>> class Ledger(fb.Rows):
    ...     row_id = fb.integer(id=True)
    ...     book = fb.text()
    ...     other = fb.text()
    ...     amount = fb.money(scale=2)
    ...
    ...     @fb.lane
    ...     def pair(self) -> fb.TupleExpr:
    ...         return fb.sorted_pair(self.book, self.other)
    >>> row = Ledger()
    >>> row, row.pair
    (<Ledger row_id, book, other, amount, pair>, <(text, text) row.pair>)
    """

    __slots__ = ()
    _declared: Source | None = None

    @authored
    def __init__(self, source: Source | None = None) -> None:
        given = source or self._declared
        if given is None:
            fix = "declare a class, `class Ledger(fb.Rows): ..`, or use fb.columns(..)"
            fail("not_rows", "fb.Rows itself has no columns", fix=fix)
        super().__init__(given, e.Var.ITEM)

    def __dir__(self) -> list[str]:
        return [*self._source.lanes, *RESERVED]

    def __init_subclass__(cls, *, declares: bool = True) -> None:
        super().__init_subclass__()
        if declares:
            from florecon_build.frontend.row_class import declare  # noqa: PLC0415 - it builds on these classes

            cls._declared = declare(cls)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {', '.join(self._source.lanes)}>"

    @tolerant
    def derive(self, **lanes: object) -> DynamicRows:
        """Adds derived columns, computed once per row at ingest, in order; a derived column may read earlier ones.

        Parameters: one keyword per derived column: a row expression or a tuple of them, without parameters and without
        the lot.

        Errors: ``StrategyError`` for an expression of another scope or a name in use.

        >>> import florecon_build as fb
        >>> ledger = fb.columns(row_id=fb.integer(id=True), book=fb.text(), other=fb.text(), amount=fb.money(scale=2))
        >>> row = ledger.derive(pair=fb.sorted_pair(ledger.book, ledger.other))
        >>> row.pair
        <(text, text) row.pair>
        """
        source = self._source
        for name, item in lanes.items():
            source = source.with_lane(name, item, Side)
        return DynamicRows(source)


class DynamicRows(Rows, declares=False):
    """Rows made by ``columns`` and ``derive``: columns are known at run time only. For static types declare a class,
    see ``Rows``.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<columns {', '.join(self._source.lanes)}>"

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...


@tolerant
def columns(**specs: ColumnSpec[Any]) -> DynamicRows:
    """Declares the input columns, in the order of the wire schema.

    Parameters: one keyword per column: ``integer``, ``real``, ``text``, ``money``, ``date`` or ``boolean``. Exactly one
    column has ``id=True``, at most one numeric column ``display=True``.

    Errors: ``StrategyError`` for an invalid schema.

    >>> import florecon_build as fb
    >>> ledger = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2, display=True), day=fb.date())
    >>> ledger.amount
    <money(scale=2) row.amount>
    """
    lost = frozenset(name for name, spec in specs.items() if isinstance(spec, Missing))
    made = attempt(lambda: checked_columns(specs))
    if isinstance(made, Missing):
        made = tuple(sound_columns(specs))
    return DynamicRows(Source(Family(), made, (), Side, lost))


def source_of(rows: Rows) -> Source:
    """The family, columns and derived columns of a rows handle."""
    return rows._source  # pyright: ignore[reportPrivateUsage]


def side(source: Source, var: e.Var) -> View:
    """The view of one side of a pair."""
    made = source.kind.__new__(source.kind)
    View.__init__(made, source, var)
    return made


def lanes_of(view: View) -> dict[str, t.Type]:
    """Columns and derived columns of a view, by name."""
    return view._source.lanes  # pyright: ignore[reportPrivateUsage]


def side_of(item: object) -> e.Var | None:
    """The side of a pair that a view belongs to; None for a row view."""
    var = item._var if isinstance(item, View) else e.Var.ITEM  # pyright: ignore[reportPrivateUsage]
    return None if var is e.Var.ITEM else var


def common_source(sources: Iterable[Source], what: str) -> Source | None:
    """The most derived rows among the expressions, which have all columns of the others; None if no expression reads a
    row.
    """
    found = sorted(sources, key=lambda source: len(source.derived))
    if found and not all(found[-1].holds(source) for source in found):
        fix = "derive all lanes in one line: the second derive() from what the first one gave"
        fail("other_rows", f"{what} reads lanes of different rows", fix=fix)
    return found[-1] if found else None


def checked_lane(source: Source, name: str, item: object) -> n.DerivedLane:
    """Validates a derived column over the columns of ``source``. Raises ``StrategyError``."""
    check_name(name, source.lanes)
    found = answered(item.over(View(source, e.Var.ITEM))) if isinstance(item, Deferred) else item
    expr = lift(found, what=f"lane `{name}`")
    _check_lane(name, expr)
    if any(other.family is not source.family for other in expr.uses.sources):
        fail("other_rows", f"lane `{name}` reads lanes of other columns", fix="derive it from these columns")
    return n.DerivedLane(name=name, value=expr.ir, span=expr.ir.span or author_span())


def _check_lane(name: str, expr: Expr) -> None:
    found = reads(expr.ir) - Scope.LANE.allowed
    if not found:
        return
    if Reads.PARAM in found or Reads.SHARD in found:
        reason, fix = "a lane is computed once, before params are known", "use the param in the strategy instead"
    elif Reads.LOT in found:
        reason, fix = (
            "a lane is computed once, before there are lots",
            "use the amount column, or read the lot in the strategy",
        )
    else:
        reason, fix = "a lane is computed from one row", "use it in flow's cost or in accept_if"
    fail("scope", f"lane `{name}`: {reason}", expected=Scope.LANE.value, got=f"`{show(expr.ir)}`", fix=fix)


def rows_of(item: object, what: str) -> Source:
    """The rows that an argument refers to."""
    if not isinstance(item, Rows) or side_of(item) is not None:
        fix = "rows=row; of a class of rows an instance, `row = Ledger()`"
        fail("not_rows", what, expected="a result of columns() or derive()", got=describe(item), fix=fix)
    return source_of(item)
