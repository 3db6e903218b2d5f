"""Column specifications: a column before it has a name, and its static type in a class of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

from florecon_build.ir.expressions import Span
from florecon_build.ir.types import Type

E_co = TypeVar("E_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSpec(Generic[E_co]):
    """Type and role of a column. In a class of rows, ``row.name`` is the column's expression (``TextExpr``,
    ``MoneyExpr``, ...).
    """

    type: Type
    id: bool = False
    display: bool = False
    span: Span | None = None

    if TYPE_CHECKING:

        @overload
        def __get__(self, view: None, owner: Any) -> Self: ...
        @overload
        def __get__(self, view: object, owner: Any) -> E_co: ...
        def __get__(self, view: object, owner: Any) -> Any: ...
