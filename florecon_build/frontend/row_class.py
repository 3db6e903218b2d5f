"""Row classes: columns as attributes and derived columns as methods, each with its static type."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast, overload

from florecon_build.frontend.column_spec import ColumnSpec
from florecon_build.frontend.columns import checked_columns, sound_columns
from florecon_build.frontend.diagnostics import Missing, attempt, authored, fail, tolerant
from florecon_build.frontend.handles import Expr, describe
from florecon_build.frontend.rows import Family, Rows, Source, View, side
from florecon_build.frontend.text import TupleExpr
from florecon_build.ir.expressions import Var

E = TypeVar("E", bound=Expr)
E_co = TypeVar("E_co", bound=Expr, covariant=True)


class Lane(Generic[E_co]):
    """Derived column of a row class, see ``lane``."""

    __slots__ = ("build",)

    def __init__(self, build: Callable[[Any], object]) -> None:
        self.build = build

    if TYPE_CHECKING:

        @overload
        def __get__(self, view: None, owner: Any) -> Self: ...
        @overload
        def __get__(self, view: object, owner: Any) -> E_co: ...
        def __get__(self, view: object, owner: Any) -> Any: ...


@overload
def lane(build: Callable[[Any], E]) -> Lane[E]: ...
@overload
def lane(build: Callable[[Any], tuple[Any, ...]]) -> Lane[TupleExpr]: ...
@authored
def lane(build: Callable[[Any], object]) -> Lane[Any]:
    """Declares a method of a row class as a derived column, computed once per row at ingest from columns and earlier
    derived columns.

    The method is called once, when the class is created. It returns a row expression or a tuple of them.

    Errors: ``StrategyError`` at the author's line for anything else.

    >>> import florecon_build as fb
    >>> class Ledger(fb.Rows):
    ...     row_id = fb.integer(id=True)
    ...     memo = fb.text(nullable=True)
    ...     amount = fb.money(scale=2)
    ...
    ...     @fb.lane
    ...     def tokens(self) -> fb.ListExpr:
    ...         return fb.tokens(self.memo, min_length=6, with_digit=True)
    >>> Ledger().tokens
    <list of text row.tokens>
    """
    if not inspect.isfunction(build):
        fail("not_a_lane", "lane must decorate a method", got=describe(build), fix="@fb.lane above `def name(self):`")
    return Lane(build)


@tolerant
def declare(cls: type[Rows]) -> Source:
    """Columns and derived columns of a class body, on top of those of the base class."""
    body = dict(vars(cls))
    before = _extended(cls)
    specs: dict[str, object] = {n: item for n, item in body.items() if isinstance(item, ColumnSpec | Missing)}
    lanes = {name: cast("Lane[Any]", item) for name, item in body.items() if isinstance(item, Lane)}
    if before is not None and not specs:
        source = Source(before.family, before.columns, before.derived, cls, before.lost)
    else:
        source = _with_columns(cls, before, specs)
    for name in (*specs, *lanes):
        setattr(cls, name, _reader(name, lanes[name].build.__doc__ if name in lanes else None))
    for name, item in lanes.items():
        view = side(source, Var.ITEM)
        source = source.with_lane(name, attempt(lambda item=item, view=view: item.build(view)), cls)
    return source


def _with_columns(cls: type[Rows], before: Source | None, specs: Mapping[str, object]) -> Source:
    old, derived, lost = (before.columns, before.derived, before.lost) if before else ((), (), frozenset[str]())
    made = attempt(lambda: checked_columns(specs, old))
    if isinstance(made, Missing):
        made = (*old, *sound_columns(specs))
    lost |= {name for name, spec in specs.items() if isinstance(spec, Missing)}
    return Source(Family(), made, derived, cls, lost)


def _extended(cls: type[Rows]) -> Source | None:
    bases = [base for base in cls.__bases__ if issubclass(base, Rows)]
    if len(bases) > 1:
        fail("not_rows", f"{cls.__name__} extends two classes of rows", fix="extend one of them")
    return bases[0]._declared  # pyright: ignore[reportPrivateUsage]


def _reader(name: str, doc: str | None) -> property:
    def read(view: View) -> Any:
        return view[name]

    return property(read, doc=doc)
