"""Column declarations: type, scale, nullability and role of each input column."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Any

from florecon_build.frontend.column_spec import ColumnSpec
from florecon_build.frontend.diagnostics import answered, author_span, authored, fail, problem
from florecon_build.frontend.handles import BooleanExpr, describe
from florecon_build.frontend.numeric import IntegerExpr, MoneyExpr, RealExpr
from florecon_build.frontend.text import DateExpr, TextExpr
from florecon_build.frontend.text_settings import MAX_SCALE
from florecon_build.ir import nodes as n
from florecon_build.ir import types as t
from florecon_build.ir.errors import Problem, StrategyError
from florecon_build.ir.strings import RESERVED, fault


@authored
def integer(*, id: bool = False, nullable: bool = False, display: bool = False) -> ColumnSpec[IntegerExpr]:
    """Declares a column of 64-bit integers.

    Parameters: ``id`` marks the row id, ``display`` the headline amount that a host shows, ``nullable`` allows nulls.

    >>> import florecon_build as fb
    >>> fb.columns(row_id=fb.integer(id=True), units=fb.integer(display=True))
    <columns row_id, units>
    """
    return _spec(t.INTEGER, id=id, nullable=nullable, display=display)


@authored
def real(*, nullable: bool = False, display: bool = False) -> ColumnSpec[RealExpr]:
    """Declares a column of 64-bit floating-point numbers. NaN and infinity are rejected at ingest (``bad_amount``).

    Parameters: ``display`` marks the headline amount, ``nullable`` allows nulls.

    >>> import florecon_build as fb
    >>> fb.columns(row_id=fb.integer(id=True), rate=fb.real(), amount=fb.money(scale=2)).rate
    <real row.rate>
    """
    return _spec(t.REAL, nullable=nullable, display=display)


@authored
def text(*, id: bool = False, nullable: bool = False) -> ColumnSpec[TextExpr]:
    """Declares a column of texts.

    Parameters: ``id`` marks the row id, ``nullable`` allows nulls.

    >>> import florecon_build as fb
    >>> fb.columns(row_id=fb.text(id=True), memo=fb.text(nullable=True), amount=fb.money(scale=2)).memo
    <nullable text row.memo>
    """
    return _spec(t.TEXT, id=id, nullable=nullable)


@authored
def money(scale: int = 2, *, nullable: bool = False, display: bool = False) -> ColumnSpec[MoneyExpr]:
    """Declares a column of decimal amounts, stored as exact integers of minor units.

    Parameters: ``scale`` is the number of decimals (0 to 18), ``display`` marks the headline amount, ``nullable``
    allows nulls.

    Errors: input is in major units (``12.50``); a value that is not a whole number of minor units is ``bad_amount`` at
    ingest.

    >>> import florecon_build as fb
    >>> fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2, display=True)).amount
    <money(scale=2) row.amount>
    """
    return _spec(t.money(checked_scale(scale)), nullable=nullable, display=display)


@authored
def date(*, nullable: bool = False) -> ColumnSpec[DateExpr]:
    """Declares a column of calendar days.

    Parameters: ``nullable`` allows nulls.

    >>> import florecon_build as fb
    >>> fb.columns(row_id=fb.integer(id=True), day=fb.date(nullable=True), amount=fb.money(scale=2)).day
    <nullable date row.day>
    """
    return _spec(t.DATE, nullable=nullable)


@authored
def boolean(*, nullable: bool = False) -> ColumnSpec[BooleanExpr]:
    """Declares a column of booleans.

    Parameters: ``nullable`` allows nulls.

    >>> import florecon_build as fb
    >>> fb.columns(row_id=fb.integer(id=True), open=fb.boolean(), amount=fb.money(scale=2))
    <columns row_id, open, amount>
    """
    return _spec(t.BOOLEAN, nullable=nullable)


def checked_scale(scale: object) -> int:
    """Validates a money scale: an integer from 0 to 18."""
    if not isinstance(scale, int) or isinstance(scale, bool) or not 0 <= scale <= MAX_SCALE:
        fix = f"use a scale from 0 to {MAX_SCALE}"
        fail(
            "bad_scale",
            "a money scale must be a number of decimals",
            expected=f"0 to {MAX_SCALE}",
            got=describe(scale),
            fix=fix,
        )
    return scale


def _spec(kind: t.Type, *, nullable: bool, id: bool = False, display: bool = False) -> ColumnSpec[Any]:
    if id and nullable:
        fail(
            "nullable_id", "a row id must not be nullable", got="id=True, nullable=True", fix="leave out nullable=True"
        )
    return ColumnSpec(type=kind.with_nullable(nullable), id=id, display=display, span=author_span())


def checked_columns(specs: Mapping[str, object], before: tuple[n.Column, ...] = ()) -> tuple[n.Column, ...]:
    """The columns ``before`` and those of ``specs``, by name. Raises ``StrategyError`` for an invalid input schema."""
    made = list(before)
    for name, spec in specs.items():
        check_name(name, {column.name for column in made})
        if not isinstance(spec, ColumnSpec):
            fix = "write fb.integer(), fb.real(), fb.text(), fb.money(scale=..), fb.date() or fb.boolean()"
            got = describe(answered(spec))
            fail("not_a_column", f"column `{name}` has no type", expected="a column type", got=got, fix=fix)
        made.append(n.Column(name=name, type=spec.type, id=spec.id, display=spec.display, span=spec.span))
    problems = [*_roles(made)]
    if problems:
        raise StrategyError(problems)
    return tuple(made)


def sound_columns(specs: Mapping[str, object]) -> Iterator[n.Column]:
    """The valid columns of ``specs``, used while errors are collected."""
    for name, spec in specs.items():
        if isinstance(spec, ColumnSpec):
            yield n.Column(name=name, type=spec.type, id=spec.id, display=spec.display, span=spec.span)


def _roles(made: list[n.Column]) -> Iterator[Problem]:
    ids = [column.name for column in made if column.id]
    if len(ids) != 1:
        got = ", ".join(ids) or "none"
        fix = "mark the stable row id: `row_id=fb.integer(id=True)` or `fb.text(id=True)`"
        yield problem("row_id", "exactly one column must be the row id", expected="one id=True", got=got, fix=fix)
    shown = [column.name for column in made if column.display]
    if len(shown) > 1:
        got = ", ".join(shown)
        yield problem("display", "at most one column can have display=True", got=got, fix="keep one display=True")


def check_name(name: str, taken: Container[str]) -> None:
    """Validates a column name: text that prints, neither reserved nor in use."""
    if name in taken:
        fail("lane_taken", f"lane `{name}` is already declared", got=name, fix="give the new lane another name")
    found = fault(n.Column, "name", name)
    if "reserved" in found:
        avoid = f"avoid {', '.join(RESERVED)} and a leading `_`"
        fail("reserved_name", f"`{name}` is a reserved name", got=name, fix=avoid)
    if found:
        fix = "use a name that prints on one line, and map your header to it"
        fail("bad_name", f"the name of a column {found}", got=ascii(name), fix=fix)
