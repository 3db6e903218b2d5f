"""Column of currencies: by the names that it usually has, where a plugin declares none."""

from __future__ import annotations

from collections.abc import Iterable

CURRENCY_NAMES = ("currency", "ccy", "curr", "currency_code", "waehrung", "devise")
"""Names of a currency column; amounts of different currencies are never added."""


def currency_of(columns: Iterable[str]) -> str | None:
    """The currency column among ``columns``; None if there is none.

    >>> currency_of(["id", "CCY"])
    'CCY'
    """
    return next((name for name in columns if name.lower() in CURRENCY_NAMES), None)
