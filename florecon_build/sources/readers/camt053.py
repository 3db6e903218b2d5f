"""camt.053 (ISO 20022): one row for each booked entry; opening and closing balances of each statement.

The document is parsed without a DTD: a document type declaration is refused, so that no entity is ever expanded.
Headers: ``account``, ``currency``, ``day`` (booking), ``value_day``, ``amount`` (signed), ``reference`` (of the account
servicer), ``end_to_end_id``, ``counterparty``, ``remittance``, ``information``, ``reversal``, ``details`` (how many).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

from florecon_build.sources.cells import Cells, Skipped, Statement, text_batches
from florecon_build.sources.declaration import Source
from florecon_build.sources.errors import SourceError

HEADERS = (
    "account",
    "currency",
    "day",
    "value_day",
    "amount",
    "reference",
    "end_to_end_id",
    "counterparty",
    "remittance",
    "information",
    "reversal",
    "details",
)
OPENING = ("OPBD", "PRCD")
CLOSING = "CLBD"
MAX_BYTES = 1 << 30
_BLOCK = 1 << 20


def read(path: Path, source: Source) -> Cells:
    """The booked entries of all statements; pending ones are listed as skipped. Entries count as lines, from 1.

    Raises ``SourceError`` for what is no camt.053, a document type declaration, and an entry without amount or day.
    """
    root = _parse(path, source)
    found = [element for element in root.iter() if element.tag == "Stmt"]
    if not found:
        raise SourceError(f"{path.name} has no statement (Stmt): it is no camt.053", source=source.name)
    skipped: list[Skipped] = []
    statements: list[Statement] = []
    rows: list[tuple[int, list[str | None]]] = []
    line = 0
    for statement in found:
        account = _first(statement, "Acct/Id/IBAN", "Acct/Id/Othr/Id")
        first = line + 1
        for entry in statement.findall("Ntry"):
            line += 1
            status = _first(entry, "Sts/Cd", "Sts/Prtry") or (entry.findtext("Sts") or "").strip()
            if status and status != "BOOK":
                text = f"{_amount_text(entry)} {_first(entry, 'AddtlNtryInf')}".strip()
                skipped.append(Skipped(path.name, line, f"not booked (status {status})", text))
                continue
            rows.append((line, _row(path, source, entry, account, line)))
        statements.append(_statement(path, source, statement, account, first=first, last=line))
    return Cells(HEADERS, text_batches(HEADERS, rows), skipped, statements=statements)


def _parse(path: Path, source: Source) -> ElementTree.Element:
    """The document without namespaces. Bounded in size; a DTD is refused before anything is expanded."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise SourceError(f"{path.name} has {size:,} bytes, more than {MAX_BYTES:,}", source=source.name)
    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate(namespace_separator=" ")

    def refuse(*_: object) -> None:
        raise SourceError(
            f"{path.name}:{parser.CurrentLineNumber}: a document type declaration, which no bank file has",
            source=source.name,
        )

    def start(tag: str, attributes: dict[str, str]) -> None:
        builder.start(tag.rpartition(" ")[2], attributes)

    def end(tag: str) -> None:
        builder.end(tag.rpartition(" ")[2])

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                parser.Parse(block, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise SourceError(
            f"{path.name}:{error.lineno}: {expat.errors.messages[error.code]}", source=source.name
        ) from error
    return builder.close()


def _row(path: Path, source: Source, entry: ElementTree.Element, account: str, line: int) -> list[str | None]:
    amount = entry.find("Amt")
    day = _day(_first(entry, "BookgDt/Dt", "BookgDt/DtTm"))
    if amount is None or day is None:
        missing = "amount (Amt)" if amount is None else "booking date (BookgDt)"
        raise SourceError(f"{path.name}: entry {line} has no {missing}", source=source.name)
    details = entry.findall("NtryDtls/TxDtls")
    reversal = (entry.findtext("RvslInd") or "").strip() == "true"
    return [
        account,
        amount.get("Ccy"),
        day,
        _day(_first(entry, "ValDt/Dt", "ValDt/DtTm")),
        _signed(path, source, entry, amount, line),
        _first(entry, "AcctSvcrRef", "NtryRef"),
        _all(details, "Refs/EndToEndId"),
        _all(details, "RltdPties/Dbtr/Nm", "RltdPties/Cdtr/Nm", "RltdPties/Dbtr/Pty/Nm", "RltdPties/Cdtr/Pty/Nm"),
        _all(details, "RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref"),
        _first(entry, "AddtlNtryInf"),
        "true" if reversal else "false",
        str(len(details)),
    ]


def _signed(path: Path, source: Source, entry: ElementTree.Element, amount: ElementTree.Element, line: int) -> str:
    """The amount with its sign. The indicator of a reversal is that of its own direction."""
    text = (amount.text or "").strip()
    side = (entry.findtext("CdtDbtInd") or "").strip()
    if side not in {"CRDT", "DBIT"} or not text:
        raise SourceError(f"{path.name}: entry {line}: amount {text!r} with indicator {side!r}", source=source.name)
    return f"-{text}" if side == "DBIT" else text


def _statement(
    path: Path, source: Source, statement: ElementTree.Element, account: str, *, first: int, last: int
) -> Statement:
    balances: dict[str, tuple[Decimal, str | None, datetime.date | None]] = {}
    for balance in statement.findall("Bal"):
        kind = _first(balance, "Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry")
        amount = balance.find("Amt")
        if amount is None or kind in balances:
            continue
        try:
            value = Decimal((amount.text or "").strip())
        except InvalidOperation:
            raise SourceError(
                f"{path.name}: balance {kind}: {amount.text!r} is no amount", source=source.name
            ) from None
        sign = -1 if (balance.findtext("CdtDbtInd") or "").strip() == "DBIT" else 1
        day = _day(_first(balance, "Dt/Dt", "Dt/DtTm"))
        balances[kind] = (sign * value, amount.get("Ccy"), None if day is None else datetime.date.fromisoformat(day))
    opening = next((balances[kind] for kind in OPENING if kind in balances), None)
    closing = balances.get(CLOSING)
    return Statement(
        account=account,
        currency=None if closing is None else closing[1],
        opening=None if opening is None else opening[0],
        closing=None if closing is None else closing[0],
        first_line=first,
        last_line=last,
        opening_day=None if opening is None else opening[2],
        closing_day=None if closing is None else closing[2],
    )


def _first(element: ElementTree.Element, *paths: str) -> str:
    for path in paths:
        text = (element.findtext(path) or "").strip()
        if text:
            return text
    return ""


def _all(elements: list[ElementTree.Element], *paths: str) -> str | None:
    texts: Iterator[str] = (
        (found.text or "").strip() for element in elements for path in paths for found in element.findall(path)
    )
    return " ".join(dict.fromkeys(filter(None, texts))) or None


def _amount_text(entry: ElementTree.Element) -> str:
    amount = entry.find("Amt")
    return "" if amount is None else f"{amount.text} {amount.get('Ccy', '')}".strip()


def _day(text: str) -> str | None:
    """The day of a date or of a timestamp, which is local to the bank."""
    return text[:10] or None
