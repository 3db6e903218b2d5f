"""Input files and parameters: rows conformed to the declared columns, and parameter values parsed from options."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pyarrow as pa

from florecon_build.cli.console import display_path
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.host.description import Description, Param
from florecon_build.host.errors import DuplicateId
from florecon_build.host.frames import Frame, TextAmounts, conform
from florecon_build.host.frames.readers import line_of_row
from florecon_build.host.frames.repeated_ids import repeated_ids, rows_of


@dataclass(frozen=True, slots=True)
class InputFormat:
    """Format of the input files: headers by declared column, and the decimal mark of amounts in text."""

    columns: dict[str, str] = field(default_factory=dict[str, str])
    text_amounts: TextAmounts | None = None


def read_frame(path: Path, about: Description, shape: InputFormat) -> Frame:
    """Reads a file and conforms it to the declared columns. Raises ``SchemaError``, with the file in its message."""
    try:
        return conform(path, about, columns=shape.columns, text_amounts=shape.text_amounts)
    except Exception as error:
        message = str(error)
        if path.name not in message and hasattr(error, "message"):
            error.args = (f"{display_path(path)}: {message}",)
        raise


def require_unique_ids(files: Sequence[tuple[Path, pa.Table]], about: Description) -> None:
    """Checks that no id occurs twice in the files: the later row would replace the earlier one.

    Raises ``DuplicateId`` with the id and both locations, by file and line (by row for a format without lines).
    """
    if about.id_name is None:
        return
    ids = pa.chunked_array([chunk for _, table in files for chunk in _plain(table)[about.id_name].chunks])
    repeated = repeated_ids(ids)
    if not len(repeated):
        return
    wanted = repeated[0]
    places = [(path, row) for path, table in files for row in rows_of(_plain(table)[about.id_name], wanted)]
    (path, row), (again, row_again) = places[:2]
    more = f" ({len(repeated):,} ids are there more than once)" if len(repeated) > 1 else ""
    raise DuplicateId(
        f"{about.id_name} {wanted.as_py()!r} is in {_row_place(path, row)} and again in {_row_place(again, row_again)}"
        f"{more}; files given together are one ledger, so each row needs an id of its own: number the rows anew, or "
        "reconcile the files one at a time",
        column=about.id_name,
        id=wanted.as_py(),
    )


def _row_place(path: Path, row: int) -> str:
    line = line_of_row(path, row)
    return f"{display_path(path)}, row {row}" if line is None else f"{display_path(path)}, line {line}"


def concatenate(tables: Iterable[pa.Table]) -> pa.Table:
    """Concatenates tables of one schema; dictionary columns are decoded."""
    return pa.concat_tables([_plain(table) for table in tables], promote_options="permissive")


def _plain(table: pa.Table) -> pa.Table:
    for at, column in enumerate(table.schema):
        if pa.types.is_dictionary(column.type):
            table = table.set_column(at, column.name, table.column(at).cast(column.type.value_type))
    return table


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
