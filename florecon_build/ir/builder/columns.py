"""Columns and lanes: what the host ships, what is computed once per row, and the views through which both are read."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

from florecon_build.ir import nodes as n
from florecon_build.ir import types as t
from florecon_build.ir import values as v
from florecon_build.ir.builder.base import Expr, Uses, describe, lift
from florecon_build.ir.builder.numeric import IntegerExpr
from florecon_build.ir.builder.text import family_of
from florecon_build.ir.errors import (
    MissingLaneError,
    Problem,
    StrategyError,
    author_file,
    author_span,
    authored,
    did_you_mean,
    fail,
    problem,
)
from florecon_build.ir.expr import show
from florecon_build.ir.scope import Reads, Scope, reads

RESERVED = ("lot", "derive")
MAX_SCALE = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSpec:
    """A column's type and role, before it has a name."""

    type: t.Type
    id: bool = False
    display: bool = False
    span: v.Span | None = None


@authored
def integer(*, id: bool = False, nullable: bool = False, display: bool = False) -> ColumnSpec:
    """A column of 64-bit integers. ``id`` marks the stable row id, ``display`` the headline amount a host shows.

    >>> import florecon_build as fb
    >>> fb.columns(row_id=fb.integer(id=True), units=fb.integer(display=True))
    <columns row_id, units>
    """
    return _spec(t.INTEGER, id=id, nullable=nullable, display=display)


@authored
def real(*, nullable: bool = False, display: bool = False) -> ColumnSpec:
    """A column of 64-bit floating-point numbers; NaN and infinity are refused at ingest (``bad_amount``)."""
    return _spec(t.REAL, nullable=nullable, display=display)


@authored
def text(*, id: bool = False, nullable: bool = False) -> ColumnSpec:
    """A column of texts; it may be the row id."""
    return _spec(t.TEXT, id=id, nullable=nullable)


@authored
def money(scale: int = 2, *, nullable: bool = False, display: bool = False) -> ColumnSpec:
    """A column of decimal amounts with ``scale`` decimals, held as exact minor units.

    The host ships major units (``12.50``); a value that is not a whole number of minor units is ``bad_amount``.
    """
    return _spec(t.money(checked_scale(scale)), nullable=nullable, display=display)


@authored
def date(*, nullable: bool = False) -> ColumnSpec:
    """A column of calendar days."""
    return _spec(t.DATE, nullable=nullable)


@authored
def boolean(*, nullable: bool = False) -> ColumnSpec:
    """A column of true and false."""
    return _spec(t.BOOLEAN, nullable=nullable)


def checked_scale(scale: object) -> int:
    """A money scale from 0 to 18."""
    if not isinstance(scale, int) or isinstance(scale, bool) or not 0 <= scale <= MAX_SCALE:
        fix = f"use a scale from 0 to {MAX_SCALE}"
        fail(
            "bad_scale",
            "a money scale counts decimal places",
            expected=f"0 to {MAX_SCALE}",
            got=describe(scale),
            fix=fix,
        )
    return scale


def _spec(kind: t.Type, *, nullable: bool, id: bool = False, display: bool = False) -> ColumnSpec:
    if id and nullable:
        fail("nullable_id", "a row id is never null", got="id=True, nullable=True", fix="leave out nullable=True")
    return ColumnSpec(type=kind.with_nullable(nullable), id=id, display=display, span=author_span())


class RowFamily:
    """One declaration of columns and everything derived from it: how a lane is known to belong to a plugin's rows."""

    __slots__ = ("__weakref__", "file", "lanes", "span")

    def __init__(self, span: v.Span | None) -> None:
        self.span = span
        self.file = author_file()
        self.lanes: dict[str, t.Type] = {}


_declared: list[weakref.ref[RowFamily]] = []


def declared_here() -> list[RowFamily]:
    """The families of columns that the author's file declared and that are still in use."""
    file = author_file()
    families = (reference() for reference in _declared)
    return [family for family in families if family is not None and family.file == file]


def _touch(family: RowFamily) -> None:
    _declared[:] = [reference for reference in _declared if reference() not in {None, family}]
    _declared.append(weakref.ref(family))


class Lot:
    """The lot behind a row or a side of a pair, in minor units of the active numeraire."""

    __slots__ = ("_uses", "_var")

    def __init__(self, var: v.Var, uses: Uses) -> None:
        self._var = var
        self._uses = uses

    @property
    def amount(self) -> IntegerExpr:
        """What is still unmatched."""
        return IntegerExpr(v.LotAmount(type=t.INTEGER, var=self._var, span=author_span()), self._uses)

    @property
    def original(self) -> IntegerExpr:
        """What the row carried when it entered the numeraire."""
        return IntegerExpr(v.LotOriginal(type=t.INTEGER, var=self._var, span=author_span()), self._uses)


class View:
    """Lanes by name: ``view.lane``, or ``view["lane"]`` for a name that is a Python keyword.

    The handle that comes back is of the lane's own type (``TextExpr``, ``MoneyExpr``..), which Python cannot know
    beforehand; completion in a running interpreter lists the lanes.
    """

    __slots__ = ("_family", "_lanes", "_var")

    def __init__(self, family: RowFamily, lanes: dict[str, t.Type], var: v.Var) -> None:
        self._family = family
        self._lanes = lanes
        self._var = var

    @property
    def lot(self) -> Lot:
        """The lot at hand: ``.lot.amount`` and ``.lot.original``."""
        return Lot(self._var, self._uses())

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._lane(name)

    def __getitem__(self, name: str) -> Any:
        return self._lane(name)

    def __dir__(self) -> list[str]:
        return [*self._lanes, *RESERVED]

    def _uses(self) -> Uses:
        return Uses(families=frozenset({self._family}))

    @authored
    def _lane(self, name: str) -> Expr:
        kind = self._lanes.get(name)
        if kind is None:
            side = "" if self._var is v.Var.ITEM else f" on side `{self._var.value}`"
            found = problem(
                "unknown_lane",
                f"no lane `{name}`{side}",
                expected="a column or a derived lane",
                got=f"`{name}`",
                fix=did_you_mean(name, self._lanes, "lanes"),
            )
            raise MissingLaneError([found])
        lane = v.Lane(type=kind, var=self._var, name=name, span=author_span())
        return family_of(kind.kind)(lane, self._uses())


class Side(View):
    """One side of a pair in ``flow``'s cost: ``a`` has a positive amount, ``b`` a negative one."""

    __slots__ = ()

    @property
    def side(self) -> v.Var:
        """Which side this is."""
        return self._var

    @property
    def family(self) -> RowFamily:
        """The columns it belongs to."""
        return self._family


class Rows(View):
    """The rows of a plugin: its columns and derived lanes."""

    __slots__ = ("_columns", "_derived")

    def __init__(self, family: RowFamily, columns: tuple[n.Column, ...], derived: tuple[n.DerivedLane, ...]) -> None:
        lanes = {column.name: column.type for column in columns} | {lane.name: lane.value.type for lane in derived}
        super().__init__(family, lanes, v.Var.ITEM)
        self._columns = columns
        self._derived = derived
        family.lanes.update(lanes)
        _touch(family)

    def __repr__(self) -> str:
        return f"<columns {', '.join(self._lanes)}>"

    @authored
    def derive(self, **lanes: object) -> Rows:
        """The same rows with more lanes, computed once per row at ingest, in order; a lane may read earlier ones.

        Each value is a row expression over columns and lanes (or a tuple of them); no params and no lot.

        >>> import florecon_build as fb
        >>> ledger = fb.columns(row_id=fb.integer(id=True), book=fb.text(), other=fb.text(), amount=fb.money(scale=2))
        >>> row = ledger.derive(pair=fb.sorted_pair(ledger.book, ledger.other))
        >>> row.pair
        <(text, text) row.pair>
        """
        derived = list(self._derived)
        for name, item in lanes.items():
            _check_name(name, {*self._lanes})
            expr = lift(item, what=f"lane `{name}`")
            _check_lane(name, expr)
            self._check_family(expr, name)
            derived.append(n.DerivedLane(name=name, value=expr.ir, span=expr.ir.span or author_span()))
        return Rows(self._family, self._columns, tuple(derived))

    def _check_family(self, expr: Expr, name: str) -> None:
        if expr.uses.families - {self._family}:
            fail("other_rows", f"lane `{name}` reads lanes of other columns", fix="derive it from these columns")


def rows_parts(rows: Rows) -> tuple[RowFamily, tuple[n.Column, ...], tuple[n.DerivedLane, ...]]:
    """What a plugin needs of its rows: the family, the columns, and the derived lanes."""
    return rows._family, rows._columns, rows._derived  # pyright: ignore[reportPrivateUsage]


def side(family: RowFamily, var: v.Var) -> Side:
    """The view of one side of a pair over everything derived so far."""
    return Side(family, dict(family.lanes), var)


@authored
def columns(**specs: ColumnSpec) -> Rows:
    """The wire schema: what the host ships, in this order. Exactly one column is the id.

    Each keyword is a column: ``integer``, ``real``, ``text``, ``money``, ``date`` or ``boolean``. At most one of the
    numeric ones has ``display=True``.

    >>> import florecon_build as fb
    >>> ledger = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2, display=True), day=fb.date())
    >>> ledger.amount
    <money(scale=2) row.amount>
    """
    made: list[n.Column] = []
    problems: list[Problem] = []
    for name, spec in specs.items():
        _check_name(name, {column.name for column in made})
        if not isinstance(spec, ColumnSpec):  # pyright: ignore[reportUnnecessaryIsInstance]
            fix = "write fb.integer(), fb.real(), fb.text(), fb.money(scale=..), fb.date() or fb.boolean()"
            fail("not_a_column", f"column `{name}` has no type", expected="a column type", got=describe(spec), fix=fix)
        made.append(n.Column(name=name, type=spec.type, id=spec.id, display=spec.display, span=spec.span))
    ids = [column.name for column in made if column.id]
    if len(ids) != 1:
        got = ", ".join(ids) or "none"
        fix = "mark the stable row id: `row_id=fb.integer(id=True)` or `fb.text(id=True)`"
        problems.append(problem("row_id", "exactly one column is the row id", expected="one id=True", got=got, fix=fix))
    shown = [column.name for column in made if column.display]
    if len(shown) > 1:
        got = ", ".join(shown)
        problems.append(problem("display", "one column at most is displayed", got=got, fix="keep one display=True"))
    if problems:
        raise StrategyError(problems)
    return Rows(RowFamily(author_span()), tuple(made), ())


def _check_name(name: str, taken: set[str]) -> None:
    if name in taken:
        fail("lane_taken", f"there is a lane `{name}` already", got=name, fix="give the new lane another name")
    if name in RESERVED or name.startswith("_") or not name:
        fail(
            "reserved_name",
            f"`{name}` is not a lane name",
            got=name,
            fix=f"avoid {', '.join(RESERVED)} and a leading `_`",
        )


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
