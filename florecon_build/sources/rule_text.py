"""Rules of columns, and whole declarations, as TOML.

>>> from florecon_build.sources.declaration import CreditDebit
>>> rule_toml(CreditDebit("Haben", "Soll"))
'{ credit = "Haben", debit = "Soll" }'
"""

from __future__ import annotations

from collections.abc import Mapping

from florecon_build.sources.declaration import (
    ColumnRule,
    Constant,
    CreditDebit,
    Hash,
    Header,
    Join,
    RowNumber,
    Signed,
    Source,
    Sum,
)
from florecon_build.sources.quoting import toml_key, toml_literal, toml_string, toml_table


def rule_toml(rule: ColumnRule) -> str:
    """A rule as the value of its column."""
    match rule:
        case Header(header, negate):
            return f"{{ column = {toml_string(header)}, negate = true }}" if negate else toml_string(header)
        case Constant(value):
            return f"{{ value = {toml_string(value)} }}"
        case RowNumber():
            return "{ row_number = true }"
        case Hash(headers, occurrence):
            return f"{{ hash = {_list(headers)}{', occurrence = true' if occurrence else ''} }}"
        case CreditDebit(credit, debit):
            return f"{{ credit = {toml_string(credit)}, debit = {toml_string(debit)} }}"
        case Signed(header, sign, negative):
            signs = toml_string(negative[0]) if len(negative) == 1 else _list(negative)
            return f"{{ column = {toml_string(header)}, sign = {toml_string(sign)}, negative = {signs} }}"
        case Sum(headers):
            return f"{{ sum = {_list(headers)} }}"
        case Join(headers, between):
            return f"{{ join = {_list(headers)}, with = {toml_string(between)} }}"


def source_toml(source: Source) -> list[str]:
    """The lines of ``[source.NAME]`` and its columns, but for rows and expectations."""
    settings: dict[str, str | None] = {
        "files": _list(source.files),
        "format": _text(source.format),
        "encoding": _text(source.encoding),
        "delimiter": _text(source.delimiter),
        "quote": _text(source.quote),
        "sheet": str(source.sheet) if isinstance(source.sheet, int) else _text(source.sheet),
        "path": _text(source.path),
        "skip_rows": None if source.skip_rows is None else str(source.skip_rows),
        "stop_at": None if source.stop_at is None else toml_literal(source.stop_at),
        "totals": _text(source.totals),
        "decimal": _text(source.decimal),
        "dates": toml_table(source.dates) if isinstance(source.dates, Mapping) else _text(source.dates),
        "timezone": _text(source.timezone),
        "currency": _text(source.currency),
        "empty": None if source.empty is None else str(source.empty),
        "balance": "false" if source.balance is False else _text(source.balance),
    }
    lines = [f"[source.{source.name}]"]
    lines += [f"{key} = {value}" for key, value in settings.items() if value is not None]
    lines += ["", f"[source.{source.name}.columns]  # column of the strategy = how to get it"]
    lines += [f"{toml_key(name)} = {rule_toml(rule)}" for name, rule in source.columns.items()]
    return lines


def _text(value: str | None) -> str | None:
    return None if value is None else toml_string(value)


def _list(values: tuple[str, ...]) -> str:
    return f"[{', '.join(map(toml_string, values))}]"
