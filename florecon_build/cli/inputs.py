"""Options of a run: the format of plain files, and parameter values parsed by their types."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.host.description import Param
from florecon_build.host.frames import TextAmounts


@dataclass(frozen=True, slots=True)
class InputFormat:
    """Format of plain files: headers by declared column, and the decimal mark of amounts in text."""

    columns: dict[str, str] = field(default_factory=dict[str, str])
    text_amounts: TextAmounts | None = None


def parse_pairs(given: Iterable[str], option: str) -> dict[str, str]:
    """Parses ``name=value`` options into a mapping.

    >>> parse_pairs(["amount=Betrag"], "--map")
    {'amount': 'Betrag'}
    """
    result: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise CommandError(f"{option} {text}: expected name=value", f"write {option} name=value", Exit.USAGE)
        result[name.strip()] = value.strip()
    return result


def parse_params(params: Iterable[Param], given: Mapping[str, str]) -> dict[str, object]:
    """Parses parameter values by their declared types. Money is in major units: ``slack=1.50``."""
    known = {param.name: param for param in params}
    for name in given:
        if name not in known:
            fix = f"use one of: {', '.join(known)}" if known else "remove the option: the solver has no parameters"
            raise CommandError(f"--param {name}: the solver has no such parameter", fix, Exit.USAGE)
    return {name: _parse(text, known[name]) for name, text in given.items()}


_PARSERS: dict[str, Any] = {
    "integer": int,
    "real": float,
    "money": Decimal,
    "date": datetime.date.fromisoformat,
    "text": str,
    "boolean": {"true": True, "false": False}.__getitem__,
}
_EXPECTED = {
    "integer": "a whole number",
    "real": "a number",
    "money": "an amount such as 12.50",
    "date": "a date such as 2026-03-31",
    "boolean": "true or false",
}


def _parse(text: str, param: Param) -> object:
    try:
        return _PARSERS[param.kind](text)
    except (ValueError, KeyError, InvalidOperation):
        fix = f"write {_EXPECTED[param.kind]}"
        raise CommandError(
            f"--param {param.name}={text}: invalid value, expected {_EXPECTED[param.kind]}", fix, Exit.USAGE
        ) from None
