"""Currencies of a report: the column that says them, and amounts as they are written in each.

Amounts of different currencies are never added. The plugin declares the column (`currency=`). Where it declares none
and the rows show several currencies, there are no totals at all, and a note says which line of the strategy decides it.

>>> format_minor(1250, 2, "EUR"), format_minor(125000, 2, "JPY"), format_minor(1250, 2, "KWD")
('12.50', '1,250', '12.500')
>>> format_minor(1255, 3, "EUR")
'1.255'
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.report.currency_column import CURRENCY_NAMES
from florecon_build.host.report.iso4217 import DECIMALS

NO_CURRENCY = ""
"""Key of the rows that name no currency."""


@dataclass(frozen=True, slots=True)
class Currencies:
    """The currencies of some rows.

    `column` says them: declared by the plugin, or found in the rows. `found` are its values, sorted. Where several are
    found and none is declared, `refused` is true and no amounts may be added.
    """

    column: str | None = None
    declared: bool = False
    found: tuple[str, ...] = ()

    @property
    def refused(self) -> bool:
        """True where amounts of several currencies are mixed and the plugin does not tell them apart."""
        return not self.declared and len(self.found) > 1

    @property
    def note(self) -> str:
        """What a report cannot say, and the line that mends it; empty where it can say everything."""
        if not self.refused:
            return ""
        shown = ", ".join(code or "none" for code in self.found[:6]) + (", ..." if len(self.found) > 6 else "")
        return (
            f"No totals: the column {self.column!r} has several currencies ({shown}), and the strategy does not declare"
            f" it. Amounts of different currencies are not added; declare fb.Plugin(..., currency=row.{self.column})."
        )

    def as_data(self) -> dict[str, object]:
        """The currencies as JSON data."""
        note = {"note": self.note} if self.refused else {}
        return {"column": self.column, "declared": self.declared, "found": list(self.found), **note}


def currencies_of(rows: pa.Table, declared: str | None) -> Currencies:
    """The currencies of input rows.

    Parameters: `rows` with the user's columns; `declared` is the plugin's currency column. A column that is not
    declared counts where its header is that of a currency, or its values are several codes of ISO 4217.

    >>> currencies_of(pa.table({"ccy": ["EUR", "JPY"]}), None).refused
    True
    >>> currencies_of(pa.table({"ccy": ["EUR", "JPY"]}), "ccy").found
    ('EUR', 'JPY')
    """
    if declared is not None:
        column = declared if declared in rows.column_names else None
        return Currencies(column, declared=column is not None, found=_values(rows, column) if column else ())
    texts = [name for name in rows.column_names if _is_text(rows.schema.field(name).type)]
    named = [name for name in texts if name.lower() in CURRENCY_NAMES]
    for name in (*named, *texts):
        found = _values(rows, name)
        if name in named or (len(set(found) & DECIMALS.keys()) > 1 and set(found) <= DECIMALS.keys() | {NO_CURRENCY}):
            return Currencies(name, found=found)
    return Currencies()


def decimals_of(code: str, scale: int) -> int:
    """The decimals of a currency; those of the amounts for a code that is not of ISO 4217."""
    return DECIMALS.get(code, scale)


def format_minor(minor: int, scale: int, code: str = NO_CURRENCY) -> str:
    """An exact amount with thousands separators and the decimals of its currency.

    Parameters: `minor` is in units of 10^-`scale`. A digit that the currency has no place for is shown all the same.
    """
    whole, part = divmod(abs(minor), 10**scale)
    wanted = decimals_of(code, scale)
    digits = f"{part:0{scale}d}" if scale else ""
    digits = digits.ljust(wanted, "0")
    while len(digits) > wanted and digits.endswith("0"):
        digits = digits[:-1]
    return f"{'-' if minor < 0 else ''}{whole:,}{'.' if digits else ''}{digits}"


def format_decimal(amount: Decimal, code: str = NO_CURRENCY) -> str:
    """A decimal with thousands separators and the decimals of its currency; see `format_minor`.

    >>> format_decimal(Decimal("15000.000"), "JPY"), format_decimal(Decimal("1234.500"), "EUR")
    ('15,000', '1,234.50')
    """
    scale = max(0, -int(amount.as_tuple().exponent))
    return format_minor(int(amount.scaleb(scale)), scale, code)


def with_code(text: str, code: str) -> str:
    """An amount with its currency after it.

    >>> with_code("12.50", "EUR"), with_code("7", "")
    ('12.50 EUR', '7')
    """
    return f"{text} {code}" if code else text


def plain_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A text column without dictionaries; other columns as they are."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.cast(pa.string()) if pa.types.is_large_string(column.type) else column


def _values(rows: pa.Table, name: str) -> tuple[str, ...]:
    """The distinct values of a column, sorted."""
    distinct = pc.unique(plain_text(rows[name]))
    return tuple(sorted({NO_CURRENCY if value is None else str(value) for value in distinct.to_pylist()}))


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)
