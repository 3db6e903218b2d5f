"""camt.053 (ISO 20022, versions 1 to 13): one row for each booked entry, or for each transaction of a batch.

Entries count as lines, from 1. The sign is that of the credit-debit indicator, also of a reversal, whose indicator
says the direction in which it was booked. Opening and closing balances and the totals of a statement are checked
against all booked entries. The document is read as a stream, without a DTD (``xml_events``).
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from xml.etree.ElementTree import Element

import pyarrow as pa

from florecon_build.sources.cells import Cells, Check, Skipped, Statement
from florecon_build.sources.declaration import Source
from florecon_build.sources.errors import SourceError
from florecon_build.sources.readers.entries import Row, Value, entry_batches, exact, typed
from florecon_build.sources.readers.xml_events import elements

HEADERS: dict[str, pa.DataType | None] = {
    "account": pa.string(),
    "currency": pa.string(),
    "day": pa.date32(),
    "value_day": pa.date32(),
    "amount": None,
    "reference": pa.string(),
    "end_to_end_id": pa.string(),
    "counterparty": pa.string(),
    "remittance": pa.string(),
    "information": pa.string(),
    "type": pa.string(),
    "reversal": pa.string(),
    "details": pa.int64(),
    "instructed_amount": None,
    "instructed_currency": pa.string(),
    "charges": None,
    "statement": pa.string(),
}
_OTHERS = {
    "BkToCstmrAcctRpt": "camt.052, a report within the day",
    "BkToCstmrDbtCdtNtfctn": "camt.054, a notification",
    "CstmrCdtTrfInitn": "pain.001, a payment order",
    "CstmrDrctDbtInitn": "pain.008, a direct debit order",
}


@dataclass(slots=True)
class _Open:
    """The statement that is being read, and what its entries come to so far."""

    element: Element
    first: int
    moved: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    booked: list[Decimal] = field(default_factory=lambda: [Decimal(0), Decimal(0)])
    counts: list[int] = field(default_factory=lambda: [0, 0])
    unbooked: int = 0


def read(path: Path, source: Source) -> Cells:
    """The booked entries of all statements; entries of another status are listed as skipped.

    Raises ``SourceError`` for what is no camt.053, a document type declaration, and an entry without amount or day.
    """
    cells = Cells(tuple(HEADERS), iter(()), typed=typed(HEADERS), amount="amount")
    cells.batches = entry_batches(HEADERS, _rows(path, source, cells))
    return cells


def _rows(path: Path, source: Source, cells: Cells) -> Iterator[Row]:
    line = 0
    statement: _Open | None = None
    found = batches = foreign = 0
    for event, element, place in elements(path, source, {"Stmt", "Ntry", *_OTHERS}.__contains__):
        if event == "start":
            if element.tag in _OTHERS:
                raise SourceError(
                    f"{path.name} is {_OTHERS[element.tag]}, and no statement (camt.053)", source=source.name
                )
            if element.tag == "Stmt":
                statement = _Open(element, line + 1)
            continue
        if statement is None:
            continue
        if element.tag == "Ntry":
            line += 1
            entry = _Entry(path, source, element, line, place)
            status = _first(element, "Sts/Cd", "Sts/Prtry", "Sts")
            if status and status != "BOOK":
                statement.unbooked += 1
                text = f"{_amount_text(element)} {_first(element, 'AddtlNtryInf')}".strip()
                cells.skipped.append(Skipped(path.name, line, f"not booked (status {status})", text))
                continue
            rows = list(entry.rows(statement.element, source.details is True))
            batches += len(entry.transactions) > 1
            foreign += entry.foreign_charges
            statement.moved[entry.currency] = statement.moved.get(entry.currency, Decimal(0)) + entry.amount
            side = 0 if entry.credit else 1
            statement.booked[side] += abs(entry.amount)
            statement.counts[side] += 1
            yield from ((line, row) for row in rows)
        elif element.tag == "Stmt":
            found += 1
            cells.statements.append(_statement(path, source, statement, line))
            cells.checks += _totals(path, source, statement, line)
            statement = None
    if not found:
        raise SourceError(f"{path.name} has no statement (Stmt): it is no camt.053", source=source.name)
    if batches and source.details is None:
        cells.notes.append(
            f"{batches:,} {'entry has' if batches == 1 else 'entries have'} several transactions (TxDtls), and "
            "one row each; details = true gives one row for each transaction"
        )
    if foreign:
        cells.notes.append(
            f"{foreign:,} {'entry has' if foreign == 1 else 'entries have'} charges in another currency, which the "
            "column charges leaves empty"
        )


class _Entry:
    """One entry (Ntry) with its transactions."""

    def __init__(self, path: Path, source: Source, element: Element, line: int, place: int) -> None:
        self.where = f"{path.name}: entry {line} (to line {place} of the file)"
        self.source = source
        self.element = element
        amount = element.find("Amt")
        if amount is None:
            raise self.refusal("has no amount (Amt)")
        self.currency = amount.get("Ccy", "")
        side = _first(element, "CdtDbtInd")
        text = (amount.text or "").strip()
        value = _unsigned(text)
        if side not in {"CRDT", "DBIT"} or value is None or not self.currency:
            raise self.refusal(f"has amount {text!r} {self.currency} with indicator {side!r}")
        self.credit = side == "CRDT"
        self.amount = value if self.credit else -value
        self.transactions = element.findall("NtryDtls/TxDtls")
        self.foreign_charges = False

    def refusal(self, reason: str) -> SourceError:
        return SourceError(f"{self.where} {reason}", source=self.source.name)

    def day(self, name: str) -> datetime.date | None:
        text = _first(self.element, f"{name}/Dt", f"{name}/DtTm")
        if not text:
            return None
        day = _day(text)
        if day is None:
            raise self.refusal(f"has {name} {text!r}, which is no day")
        return day

    def rows(self, statement: Element, details: bool) -> Iterator[list[Value]]:
        """One row, or with ``details`` one for each of several transactions, which must make up the entry."""
        booked = self.day("BookgDt")
        if booked is None:
            raise self.refusal("has no booking date (BookgDt)")
        if not details or len(self.transactions) < 2:
            yield self.row(statement, booked, self.amount, self.transactions)
            return
        amounts = [self.part(number, one) for number, one in enumerate(self.transactions, 1)]
        if sum(amounts, Decimal(0)) != self.amount:
            total = sum(amounts, Decimal(0))
            raise self.refusal(
                f"is {self.amount:,} {self.currency}, and its {len(amounts)} transactions make {total:,}; with "
                "details = false an entry is one row"
            )
        for amount, one in zip(amounts, self.transactions, strict=True):
            yield self.row(statement, booked, amount, [one])

    def part(self, number: int, details: Element) -> Decimal:
        """The signed amount of a transaction, in the currency of the entry."""
        amount = next(
            (found for path in ("Amt", "AmtDtls/TxAmt/Amt") if (found := details.find(path)) is not None), None
        )
        if amount is None or amount.get("Ccy") != self.currency:
            raise self.refusal(
                f"has a transaction {number} without an amount in {self.currency}; with details = false an entry is "
                "one row"
            )
        value = _unsigned((amount.text or "").strip())
        if value is None:
            raise self.refusal(f"has a transaction {number} of {amount.text!r}")
        side = _first(details, "CdtDbtInd")
        return value if (side == "CRDT" if side else self.credit) else -value

    def row(
        self, statement: Element, booked: datetime.date, amount: Decimal, transactions: list[Element]
    ) -> list[Value]:
        instructed = self.only([one.find("AmtDtls/InstdAmt/Amt") for one in transactions])
        return [
            _account(statement),
            self.currency,
            booked,
            self.day("ValDt"),
            amount,
            _first(self.element, "AcctSvcrRef", "NtryRef") or None,
            _all(transactions, "Refs/EndToEndId", without="NOTPROVIDED"),
            _counterparty(transactions, self.credit),
            _all(transactions, "RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/CdtrRefInf/CdtrRef"),
            _first(self.element, "AddtlNtryInf") or None,
            _code(self.element),
            "true" if _first(self.element, "RvslInd") in {"true", "1"} else "false",
            len(transactions),
            None if instructed is None else instructed[0],
            None if instructed is None else instructed[1],
            self.charges(transactions),
            _first(statement, "Id") or None,
        ]

    def only(self, found: list[Element | None]) -> tuple[Decimal, str] | None:
        """The instructed amount of a single transaction, where it is in another currency."""
        if len(found) != 1 or found[0] is None:
            return None
        value, currency = _unsigned((found[0].text or "").strip()), found[0].get("Ccy", "")
        if value is None:
            raise self.refusal(f"has the instructed amount {found[0].text!r}")
        return None if currency == self.currency else (value, currency)

    def charges(self, transactions: list[Element]) -> Decimal | None:
        """Charges in the currency of the entry, a charge negative; None where none or foreign ones are recorded."""
        for holders in ([self.element] if len(self.transactions) < 2 else [], transactions):
            found = [record for one in holders for charge in one.findall("Chrgs") for record in _records(charge)]
            if found:
                break
        else:
            return None
        total = Decimal(0)
        for record in found:
            amount = record.find("Amt")
            value = None if amount is None else _unsigned((amount.text or "").strip())
            if amount is None or value is None:
                raise self.refusal("has charges without an amount")
            if amount.get("Ccy") != self.currency:
                self.foreign_charges = True
                return None
            total += value if _first(record, "CdtDbtInd") == "CRDT" else -value
        return total


def _records(charges: Element) -> list[Element]:
    """The records of charges; in version 2 each charge is its own record."""
    return charges.findall("Rcrd") or ([charges] if charges.find("Amt") is not None else [])


def _statement(path: Path, source: Source, one: _Open, last: int) -> Statement:
    element = one.element
    account = _account(element) or ""
    balances: dict[str, tuple[Decimal, str, datetime.date | None]] = {}
    pages: list[tuple[Decimal, str, datetime.date | None]] = []
    for balance in element.findall("Bal"):
        kind = _first(balance, "Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry")
        amount = balance.find("Amt")
        if amount is None:
            continue
        value = _unsigned((amount.text or "").strip())
        if value is None:
            raise SourceError(f"{path.name}: balance {kind}: {amount.text!r} is no amount", source=source.name)
        side, currency = _first(balance, "CdtDbtInd"), amount.get("Ccy", "")
        if side not in {"CRDT", "DBIT"} or not currency:
            raise SourceError(
                f"{path.name}: balance {kind} of {amount.text} {currency} has the indicator {side!r}; it needs a"
                " currency, and CRDT or DBIT",
                source=source.name,
            )
        found = (
            -value if side == "DBIT" else value,
            currency,
            _day(_first(balance, "Dt/Dt", "Dt/DtTm")),
        )
        if kind == "ITBD":
            pages.append(found)
        elif kind in balances and balances[kind] != found and kind in {"OPBD", "CLBD"}:
            raise SourceError(f"{path.name}: account {account} has two balances {kind}", source=source.name)
        else:
            balances.setdefault(kind, found)
    closing = balances.get("CLBD") or (pages[-1] if pages else None)
    opening = balances.get("OPBD") or balances.get("PRCD")
    if opening is None and pages and (len(pages) > 1 or closing != pages[0]):
        opening = pages[0]
    known = {balance[1] for balance in (opening, closing) if balance} | set(one.moved)
    if len(known) > 1:
        raise SourceError(
            f"{path.name}: the statement of account {account} mixes currencies: {', '.join(sorted(known))}",
            source=source.name,
        )
    return Statement(
        account=account,
        currency=next(iter(known), None),
        opening=None if opening is None else opening[0],
        closing=None if closing is None else closing[0],
        first_line=one.first,
        last_line=last,
        opening_day=None if opening is None else opening[2],
        closing_day=None if closing is None else closing[2],
        moved=sum(one.moved.values(), Decimal(0)),
        number=_number(_first(element, "LglSeqNb", "ElctrncSeqNb")),
        page=_number(_first(element, "StmtPgntn/PgNb")),
    )


def _totals(path: Path, source: Source, one: _Open, last: int) -> Iterator[Check]:
    """The number and the sum of entries that a statement gives for itself, of its booked entries."""
    summary = one.element.find("TxsSummry")
    if summary is None or one.unbooked:  # a summary may or may not count what is not booked
        return
    account = _account(one.element)
    for tag, words, count, total in (
        ("TtlNtries", "entries", sum(one.counts), sum(one.booked, Decimal(0))),
        ("TtlCdtNtries", "credit entries", one.counts[0], one.booked[0]),
        ("TtlDbtNtries", "debit entries", one.counts[1], one.booked[1]),
    ):
        number, amount = _first(summary, f"{tag}/NbOfNtries"), _first(summary, f"{tag}/Sum")
        if number and (_number(number) != count):
            message = f"{path.name}: account {account}: {words} are {number} by TxsSummry, and {count} were read"
            yield Check("count", False, message, last)
        if amount and _unsigned(amount) != total:
            message = f"{path.name}: account {account}: {words} make {total:,}, and TxsSummry says {amount}"
            yield Check("balance", False, message, last)


def _account(statement: Element) -> str | None:
    return _first(statement, "Acct/Id/IBAN", "Acct/Id/Othr/Id", "Acct/Id/PrtryAcct/Id") or None


def _counterparty(transactions: list[Element], credit: bool) -> str | None:
    """The other side: the debtor of a credit, the creditor of a debit."""
    role = "Dbtr" if credit else "Cdtr"
    return _all(transactions, f"RltdPties/{role}/Nm", f"RltdPties/{role}/Pty/Nm") or _all(
        transactions, *(f"RltdPties/{side}/{name}" for side in ("Dbtr", "Cdtr") for name in ("Nm", "Pty/Nm"))
    )


def _code(entry: Element) -> str | None:
    """The bank transaction code: domain, family and subfamily, or the bank's own."""
    domain = [_first(entry, f"BkTxCd/Domn/{path}") for path in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    return "/".join(filter(None, domain)) or _first(entry, "BkTxCd/Prtry/Cd") or None


def _first(element: Element, *paths: str) -> str:
    for path in paths:
        text = (element.findtext(path) or "").strip()
        if text:
            return text
    return ""


def _all(elements: Iterable[Element], *paths: str, without: str = "") -> str | None:
    texts = ((found.text or "").strip() for element in elements for path in paths for found in element.findall(path))
    return " ".join(text for text in Counter(texts) if text and text != without) or None


def _amount_text(entry: Element) -> str:
    amount = entry.find("Amt")
    return "" if amount is None else f"{amount.text} {amount.get('Ccy', '')}".strip()


def _unsigned(text: str) -> Decimal | None:
    return None if text.startswith("-") else exact(text)


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def _day(text: str) -> datetime.date | None:
    """The day of a date or of a timestamp, which is local to the bank."""
    try:
        return datetime.date.fromisoformat(text[:10])
    except ValueError:
        return None
