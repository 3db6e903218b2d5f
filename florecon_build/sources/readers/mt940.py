"""MT940 (SWIFT): one row for each statement line (tag 61); opening and closing balances of each statement.

The package ``mt-940`` reads the tags; what it would leave out is refused: the lines of the file that begin a tag 61 are
counted against the transactions that it gave.
Headers: ``account``, ``currency``, ``day`` (entry), ``value_day``, ``amount`` (signed), ``reference`` (of the
customer), ``bank_reference``, ``counterparty``, ``remittance``, ``information``, ``type``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

from florecon_build.sources.cells import Cells, Statement, text_batches
from florecon_build.sources.declaration import Source
from florecon_build.sources.errors import SourceError

HEADERS = (
    "account",
    "currency",
    "day",
    "value_day",
    "amount",
    "reference",
    "bank_reference",
    "counterparty",
    "remittance",
    "information",
    "type",
)
MAX_BYTES = 1 << 28
_STATEMENT = re.compile(r"^(?:\{[^}]*\}\s*)*:20:", re.MULTILINE)
_LINE = re.compile(r"^:61:(\d{6})(\d{4})?(R?[CD])([A-Z])?(\d+,\d*)([A-Z]\w{3})")


def read(path: Path, source: Source) -> Cells:
    """The statement lines of all statements; lines are those of the file.

    Raises ``SourceError`` for a file without statements, a line that the format does not allow, and for a missing
    package.
    """
    try:
        mt940: Any = import_module("mt940")
    except ImportError as error:
        raise SourceError(
            "MT940 needs the package mt-940", source=source.name, fix="pip install 'florecon-build[bank]'"
        ) from error
    if path.stat().st_size > MAX_BYTES:
        raise SourceError(f"{path.name} has more than {MAX_BYTES:,} bytes", source=source.name)
    text = _decoded(path, source)
    starts = [match.start() for match in _STATEMENT.finditer(text)]
    if not starts:
        raise SourceError(f"{path.name} has no statement (:20:): it is no MT940", source=source.name)
    rows: list[tuple[int, list[str | None]]] = []
    statements: list[Statement] = []
    for start, stop in zip(starts, [*starts[1:], len(text)], strict=True):
        first = text.count("\n", 0, start) + 1
        part = text[start:stop]
        lines = _entry_lines(path, source, part, first)
        try:
            found: Any = mt940.parse(part)
        except Exception as error:  # the package raises what its parts raise
            raise SourceError(
                f"{path.name}:{first}: {' '.join(str(error).split())[:200]}", source=source.name
            ) from error
        entries: list[Mapping[str, Any]] = [transaction.data for transaction in found]
        entries = [entry for entry in entries if "amount" in entry]
        if len(entries) != len(lines):
            raise SourceError(
                f"{path.name}:{first}: the statement has {len(lines)} entries (:61:), and {len(entries)} were read",
                source=source.name,
            )
        account = str(found.data.get("account_identification") or "")
        rows += [(line, _row(entry, account)) for line, entry in zip(lines, entries, strict=True)]
        statements.append(_statement(found.data, account, lines, first))
    return Cells(HEADERS, text_batches(HEADERS, rows), statements=statements)


def _decoded(path: Path, source: Source) -> str:
    raw = path.read_bytes()
    for encoding in (source.encoding,) if source.encoding else ("utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    raise SourceError(f"{path.name} is not {source.encoding or 'text'}", source=source.name, fix="declare encoding")


def _entry_lines(path: Path, source: Source, part: str, first: int) -> list[int]:
    found: list[int] = []
    for number, line in enumerate(part.split("\n"), first):
        if line.startswith(":61:"):
            if not _LINE.match(line):
                raise SourceError(f"{path.name}:{number}: no statement line: {line[:60]!r}", source=source.name)
            found.append(number)
    return found


def _row(entry: Mapping[str, Any], account: str) -> list[str | None]:
    amount = entry["amount"]
    texts = [str(entry[name]) for name in ("purpose", "additional_purpose", "transaction_details") if entry.get(name)]
    return [
        account,
        amount.currency,
        str(entry.get("entry_date") or entry["date"]),
        str(entry["date"]),
        format(amount.amount, "f"),
        _given(entry.get("customer_reference")),
        _given(entry.get("bank_reference")),
        _given(entry.get("applicant_name") or entry.get("recipient_name")),
        _given(" ".join(" ".join(texts).split())),
        _given(entry.get("posting_text") or entry.get("extra_details")),
        _given(entry.get("id")),
    ]


def _given(text: object) -> str | None:
    return None if text in (None, "", "NONREF") else str(text)


def _statement(data: Mapping[str, Any], account: str, lines: list[int], first: int) -> Statement:
    opening = data.get("final_opening_balance") or data.get("intermediate_opening_balance")
    closing = data.get("final_closing_balance") or data.get("intermediate_closing_balance")
    return Statement(
        account=account,
        currency=None if opening is None else opening.amount.currency,
        opening=None if opening is None else Decimal(opening.amount.amount),
        closing=None if closing is None else Decimal(closing.amount.amount),
        first_line=lines[0] if lines else first,
        last_line=lines[-1] if lines else first,
        opening_day=None if opening is None else opening.date,
        closing_day=None if closing is None else closing.date,
    )
