"""OFX, versions 1 (SGML) and 2 (XML), of banks and cards: one row for each transaction (STMTTRN).

Amounts have their sign; a comma is a decimal comma, as the standard allows. Balances: a statement whose ledger balance
is at its end must follow from the one before, and a closing statement (CLOSING) from its own opening balance; a single
ledger balance is proved where the opening balance is expected (``expect``). No DTD is read, no entity is expanded.
"""

from __future__ import annotations

import datetime
import html
import re
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pyarrow as pa

from florecon_build.sources.cells import Cells, Skipped, Statement
from florecon_build.sources.checks import own_balances
from florecon_build.sources.declaration import Source
from florecon_build.sources.errors import SourceError
from florecon_build.sources.readers.entries import Row, Value, day_of, entry_batches, exact, typed
from florecon_build.sources.readers.text_lines import encoding_of, text_lines
from florecon_build.sources.readers.xml_events import MAX_DEPTH, MAX_LETTERS, elements

HEADERS: dict[str, pa.DataType | None] = {
    "account": pa.string(),
    "currency": pa.string(),
    "day": pa.date32(),
    "value_day": pa.date32(),
    "amount": None,
    "id": pa.string(),
    "reference": pa.string(),
    "check_number": pa.string(),
    "counterparty": pa.string(),
    "remittance": pa.string(),
    "type": pa.string(),
    "corrects": pa.string(),
}
_STATEMENTS = {"STMTRS", "CCSTMTRS"}
_INVESTMENTS = "INVSTMTRS"
_ENTRY = "STMTTRN"
_MAY_BE_EMPTY = (
    "MEMO NAME CHECKNUM REFNUM SIC PAYEEID CORRECTFITID CORRECTACTION SRVRTID DTUSER DTAVAIL ORG FID INTU.BID "
    "INTU.USERID ADDR1 ADDR2 ADDR3 CITY STATE POSTALCODE COUNTRY PHONE BRANCHID ACCTKEY MKTGINFO MESSAGE LANGUAGE "
    "DTPROFUP DTACCTUP CLTCOOKIE TRNUID USERKEY SESSCOOKIE EXTDNAME"
)
"""Leaves of version 1 that may stand without a text, and so look like the beginning of an aggregate."""
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9_.:-]{0,63})>", re.ASCII)
_STAMP = re.compile(
    r"([0-9]{8})(?:([0-9]{2})([0-9]{2})(?:([0-9]{2})(?:\.[0-9]{1,6})?)?)?(?:\s*\[([+-]?[0-9]{1,2})(?:\.([0-9]{1,2}))?"
    r"(?::[A-Za-z0-9 /_+-]*)?\])?",
    re.ASCII,
)
_CHARSETS = {"1252": "cp1252", "ISO-8859-1": "latin-1", "8859-1": "latin-1", "UTF-8": "utf-8-sig", "NONE": "ascii"}

Kind = Literal["open", "leaf", "close"]
Event = tuple[Kind, str, str, int]
"""The beginning of an aggregate, a leaf with its text, or the end of an aggregate; the name; the text; the line."""


@dataclass(slots=True)
class _Open:
    """The statement that is being read. ``days`` are the sums of its days."""

    line: int
    account: str = ""
    currency: str = ""
    start: datetime.date | None = None
    end: datetime.date | None = None
    balance: Decimal | None = None
    as_of: datetime.date | None = None
    last: int = 0
    days: dict[datetime.date, Decimal] = field(default_factory=dict[datetime.date, Decimal])
    foreign: int = 0


def read(path: Path, source: Source) -> Cells:
    """The transactions of all statements of banks and cards; lines are those of the file.

    Raises ``SourceError`` for what is no OFX, an aggregate that is not closed, and a transaction without an amount or a
    day. Investment statements are refused.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    version_2 = b"<?xml" in head[:64] or b"<?OFX" in head
    cells = Cells(tuple(HEADERS), iter(()), typed=typed(HEADERS), amount="amount")
    events = _xml(path, source) if version_2 else _sgml(path, source, head, cells)
    cells.batches = entry_batches(HEADERS, _Reader(path, source, cells).rows(events))
    return cells


def _xml(path: Path, source: Source) -> Iterator[Event]:
    """The events of a document of version 2."""
    pending: tuple[str, int] | None = None
    for kind, element, line in elements(path, source, lambda _: True):
        if kind == "start":
            if pending is not None:
                yield "open", pending[0], "", pending[1]
            pending = element.tag, line
        elif pending is not None:
            yield "leaf", element.tag, (element.text or "").strip(), line
            pending = None
        else:
            yield "close", element.tag, "", line


def _sgml(path: Path, source: Source, head: bytes, cells: Cells) -> Iterator[Event]:
    """The events of a document of version 1, whose leaves have no end tags."""
    encoding, notes = _encoding(path, source, head)
    cells.notes += notes
    stack: list[tuple[str, int]] = []
    leaf: tuple[str, list[str], int] | None = None
    begun = False

    def refusal(line: int, reason: str) -> SourceError:
        return SourceError(f"{path.name}:{line}: {reason}", source=source.name)

    for number, text in text_lines(path, source, encoding, MAX_LETTERS):  # some banks write one line
        at = 0
        if not begun:
            at = text.find("<OFX>")
            if at < 0:
                if number > 100:
                    break
                continue
            begun = True
        for match in _TAG.finditer(text, at):
            between = text[at : match.start()]
            leaf = _take_text(between, leaf, number, refusal)
            at = match.end()
            closing, name = match[1] == "/", match[2].upper()
            if leaf is not None:
                tag, parts, line = leaf
                value = html.unescape(" ".join(filter(None, (part.strip() for part in parts))))
                if closing and name == tag:
                    yield "leaf", tag, value, line
                    leaf = None
                    continue
                if value or tag in _MAY_BE_EMPTY.split():
                    yield "leaf", tag, value, line
                else:
                    if len(stack) == MAX_DEPTH:
                        raise refusal(line, f"aggregates in more than {MAX_DEPTH} levels")
                    stack.append((tag, line))
                    yield "open", tag, "", line
                leaf = None
            if not closing:
                leaf = name, [], number
            elif stack and stack[-1][0] == name:
                stack.pop()
                yield "close", name, "", number
            elif stack:
                raise refusal(number, f"</{name}> where <{stack[-1][0]}> of line {stack[-1][1]} is open")
            else:
                raise refusal(number, f"</{name}> closes nothing")
        leaf = _take_text(text[at:], leaf, number, refusal)
    if not begun:
        raise SourceError(f"{path.name} has no <OFX>: it is no OFX", source=source.name)
    if stack or leaf is not None:
        tag, line = stack[-1] if stack else (leaf[0], leaf[2]) if leaf else ("", 0)
        raise refusal(line, f"<{tag}> is never closed: is the file cut off?")


def _take_text(
    text: str, leaf: tuple[str, list[str], int] | None, line: int, refusal: Callable[[int, str], SourceError]
) -> tuple[str, list[str], int] | None:
    """Adds text to the leaf that is open; text elsewhere is refused."""
    if not text.strip():
        return leaf
    if leaf is None or "<" in text:
        raise refusal(line, f"no OFX: {text.strip()[:60]!r}")
    leaf[1].append(text)
    if sum(map(len, leaf[1])) > 1 << 20:
        raise refusal(line, "an element of more text than a bank file has")
    return leaf


def _encoding(path: Path, source: Source, head: bytes) -> tuple[str, list[str]]:
    """The declared encoding, or that of the header; UTF-8 where the bytes are that, whatever the header says."""
    lines = re.findall(r"([A-Z]+):([^\r\n<]*)", head.decode("latin-1").partition("<OFX>")[0])
    header = {key: value.strip() for key, value in lines}
    found, notes = encoding_of(path, source)
    if source.encoding is not None or (notes and "byte order mark" in notes[0]):
        return found, notes
    named = header.get("ENCODING", "").upper()
    told = "utf-8" if named in {"UTF-8", "UNICODE"} else _CHARSETS.get(header.get("CHARSET", "").upper(), "cp1252")
    if found == "utf-8":  # also what is plain ASCII
        return "utf-8-sig", []
    if told in {"utf-8", "utf-8-sig", "ascii"}:
        return found, notes
    return told, []


class _Reader:
    def __init__(self, path: Path, source: Source, cells: Cells) -> None:
        self.path = path
        self.source = source
        self.cells = cells
        self.zone = None if source.timezone is None else zoneinfo.ZoneInfo(source.timezone)
        self.shifted = 0
        self.opposite: list[int] = []
        self.found = 0
        self.closings: list[tuple[dict[str, str], str, str, int]] = []
        self.read: list[_Open] = []

    def refusal(self, line: int, reason: str, fix: str = "") -> SourceError:
        return SourceError(f"{self.path.name}:{line}: {reason}", source=self.source.name, fix=fix)

    def rows(self, events: Iterator[Event]) -> Iterator[Row]:
        names: list[str] = []
        leaves: dict[str, str] = {}  # of a transaction or a closing statement
        begun = 0
        one = _Open(0)
        for kind, name, text, line in events:
            inside = names[-1] if names else ""
            if kind == "open":
                names.append(name)
                if name in _STATEMENTS or name == "STMTENDRS":
                    one = _Open(line)
                elif name == _INVESTMENTS:
                    raise self.refusal(line, "an investment statement (INVSTMTRS), which is not read")
                elif name in {_ENTRY, "CLOSING"}:
                    leaves, begun = {}, line
            elif kind == "close":
                names.pop()
                if name == _ENTRY:
                    yield begun, self.entry(one, leaves, begun, line)
                elif name in _STATEMENTS:
                    self.close(one)
                elif name == "CLOSING":
                    self.closings.append((leaves, one.account, one.currency, line))
            elif _ENTRY in names or inside == "CLOSING":
                key = name if inside in {_ENTRY, "CLOSING"} else f"{inside}/{name}"
                if key in leaves:
                    raise self.refusal(line, f"a second {key} in one transaction")
                leaves[key] = text
            elif name == "SEVERITY" and text == "ERROR":
                raise self.refusal(line, "the bank reports an error (STATUS) instead of a statement")
            else:
                self.about(one, inside, name, text, line)
        if not self.found:
            raise SourceError(
                f"{self.path.name} has no statement of a bank or a card (STMTRS, CCSTMTRS)", source=self.source.name
            )
        self.prove_closings()
        self.tell()

    def about(self, one: _Open, inside: str, name: str, text: str, line: int) -> None:
        """A fact about a statement, or one that is not needed."""
        match inside, name:
            case (("BANKACCTFROM" | "CCACCTFROM"), "ACCTID"):
                one.account = text
            case _, "CURDEF":
                one.currency = text
            case "BANKTRANLIST", "DTSTART":
                one.start = self.day(text, line)
            case "BANKTRANLIST", "DTEND":
                one.end = self.day(text, line)
            case "LEDGERBAL", "BALAMT":
                one.balance = self.amount(text, line)
                one.last = max(one.last, line)
            case "LEDGERBAL", "DTASOF":
                one.as_of = self.day(text, line)
            case _:
                pass

    def entry(self, one: _Open, leaves: dict[str, str], line: int, last: int) -> list[Value]:
        if "TRNAMT" not in leaves or "DTPOSTED" not in leaves:
            missing = "TRNAMT" if "TRNAMT" not in leaves else "DTPOSTED"
            raise self.refusal(line, f"a transaction without {missing}")
        if not one.currency:
            raise self.refusal(line, "a statement without a currency (CURDEF)")
        amount = self.amount(leaves["TRNAMT"], line)
        day = self.day(leaves["DTPOSTED"], line)
        kind = leaves.get("TRNTYPE", "")
        if (kind == "DEBIT" and amount > 0) or (kind == "CREDIT" and amount < 0):
            self.opposite.append(line)
        currency = leaves.get("CURRENCY/CURSYM") or one.currency
        one.last = last
        if currency == one.currency:
            one.days[day] = one.days.get(day, Decimal(0)) + amount
        else:
            one.foreign += 1
        return [
            one.account,
            currency,
            day,
            self.day(leaves["DTAVAIL"], line) if leaves.get("DTAVAIL") else None,
            amount,
            leaves.get("FITID") or None,
            leaves.get("REFNUM") or None,
            leaves.get("CHECKNUM") or None,
            leaves.get("EXTDNAME") or leaves.get("NAME") or leaves.get("PAYEE/NAME") or None,
            leaves.get("MEMO") or None,
            kind or None,
            leaves.get("CORRECTFITID") or None,
        ]

    def amount(self, text: str, line: int) -> Decimal:
        """An amount with a decimal point or comma. Raises ``SourceError`` where the comma may set thousands apart."""
        mark = self.source.decimal
        if re.fullmatch(r"[+-]?[0-9]{1,3},[0-9]{3}", text) and mark != ",":
            raise self.refusal(
                line,
                f"amount {text!r} may be read with a decimal comma or with thousands",
                'declare decimal = "," if it is a decimal comma; OFX has no separator of thousands',
            )
        value = exact(text.replace(",", ".") if "." not in text else text)
        if value is None:
            raise self.refusal(line, f"amount {text!r} is no amount of an OFX")
        return value

    def day(self, text: str, line: int) -> datetime.date:
        """The day of a timestamp as the bank writes it, or in the declared zone."""
        parts = _STAMP.fullmatch(text)
        day = None if parts is None else day_of(parts[1])
        if parts is None or day is None:
            raise self.refusal(line, f"{text!r} is no day of an OFX, such as 20260302 or 20260302120000[-5:EST]")
        if parts[2] is None or parts[5] is None:
            return day
        if self.zone is None:
            self.shifted += 1
            return day
        minutes = round(float(f"0.{parts[6]}") * 60) if parts[6] else 0
        offset = datetime.timedelta(hours=abs(int(parts[5])), minutes=minutes) * (-1 if parts[5].startswith("-") else 1)
        try:
            clock = datetime.time(int(parts[2]), int(parts[3]), int(parts[4] or 0), tzinfo=datetime.timezone(offset))
        except ValueError as error:
            raise self.refusal(line, f"{text!r} is no moment") from error
        return datetime.datetime.combine(day, clock).astimezone(self.zone).date()

    def close(self, one: _Open) -> None:
        self.found += 1
        self.read.append(one)
        if not one.account:
            raise self.refusal(one.line, "a statement without an account (ACCTID)")
        at_end = one.as_of is not None and one.as_of == one.end
        if one.foreign:
            self.cells.notes.append(
                f"account {one.account}: {one.foreign:,} transactions are in another currency, so its balance is not "
                "checked"
            )
        self.cells.statements.append(
            Statement(
                account=one.account,
                currency=one.currency,
                opening=None,
                closing=one.balance if not one.foreign else None,
                first_line=one.line,
                last_line=max(one.last, one.line),
                moved=sum(one.days.values(), Decimal(0)),
                closing_day=one.as_of if at_end else None,
                since=one.start,
            )
        )

    def prove_closings(self) -> None:
        """Closing statements (STMTENDRS) as statements with both balances, over the transactions of their days."""
        for leaves, account, currency, line in self.closings:
            first = self.day(leaves.get("DTOPEN") or leaves.get("DTPOSTSTART", ""), line)
            last = self.day(leaves.get("DTCLOSE") or leaves.get("DTPOSTEND", ""), line)
            opening, closing = leaves.get("BALOPEN", ""), leaves.get("BALCLOSE", "")
            covering = [
                one
                for one in self.read
                if one.account == account and one.start and one.end and one.start <= first and last <= one.end
            ]
            if len(covering) != 1 or not opening or not closing:
                told = f"balances of {first} to {last} (CLOSING), which no transaction list covers"
                self.cells.skipped.append(Skipped(self.path.name, line, told, f"{opening} {closing}".strip()))
                continue
            one = covering[0]
            whole = all(first <= day <= last for day in one.days) and not one.foreign
            if whole and one.balance == self.amount(closing, line):  # the statement itself, with its opening balance
                at = self.read.index(one)
                opened = replace(
                    self.cells.statements[at], opening=self.amount(opening, line), opening_day=first, closing_day=last
                )
                self.cells.statements[at] = opened
                continue
            part = Statement(
                account=account,
                currency=currency,
                opening=self.amount(opening, line),
                closing=self.amount(closing, line),
                first_line=one.line,
                last_line=line,
                moved=sum((amount for day, amount in one.days.items() if first <= day <= last), Decimal(0)),
            )
            self.cells.checks += own_balances(self.path.name, part)

    def tell(self) -> None:
        """Notes on what was found and not declared."""
        if self.shifted:
            self.cells.notes.append("days are those of the bank's own zone; declare timezone for another one")
        if self.opposite:
            self.cells.notes.append(
                f"{len(self.opposite):,} transactions have the sign that their type (DEBIT, CREDIT) does not have, the "
                f"first in line {self.opposite[0]}; the sign of the amount was taken"
            )
