"""Application of an operator of the table to handles, by its Python spelling."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any, assert_never

from florecon_build.frontend import functions, keys
from florecon_build.ir import operators as ops

_PYTHON: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda x, y: x / y,
    "//": lambda x, y: x // y,
    "%": operator.mod,
}


def apply(row: ops.Operator, operands: Iterable[Any], settings: Iterable[int | str | bool] = ()) -> Any:
    """Applies an operator of the table to handles, by its Python spelling; all rules of the frontend hold.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
    >>> left = next(row for row in ops.TABLE if row.function == "text.left")
    >>> apply(left, [rows.memo], [3])
    <text row.memo.left(3)>
    """
    given = tuple(operands)
    match row.python:
        case ops.Infix(symbol):
            return _PYTHON[symbol](*given)
        case ops.Prefix():
            return -given[0]
        case ops.Method(name):
            return getattr(given[0], name)(*given[1:], *settings)
        case ops.Attribute(name):
            return getattr(given[0], name)
        case ops.Function(name):
            return _library(name)(*given, *settings)
        case _:
            assert_never(row.python)


def _library(name: str) -> Callable[..., Any]:
    """The public function of a name; ``abs_`` is public as ``abs``."""
    modules = (functions, keys)
    return next(getattr(module, own) for module in modules for own in (name, f"{name}_") if hasattr(module, own))
