"""QIF (Quicken interchange): one row for each transaction of accounts of banks, cash and cards.

The decimal mark is declared or proved by the amounts of the file; days are texts, whose order of day and month is
declared or proved like that of a CSV file. Checked are splits against their transaction, and the opening balance and
the balance of the account, where the file gives both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from florecon_build.sources import amounts
from florecon_build.sources.amounts import Evidence, Mark
from florecon_build.sources.cells import Cells, Check, Skipped, Statement
from florecon_build.sources.declaration import Source
from florecon_build.sources.errors import SourceError
from florecon_build.sources.readers.entries import Row, Value, entry_batches, typed
from florecon_build.sources.readers.text_lines import encoding_of, text_lines

HEADERS: dict[str, pa.DataType | None] = {
    "account": pa.string(),
    "day": pa.string(),
    "amount": None,
    "reference": pa.string(),
    "counterparty": pa.string(),
    "remittance": pa.string(),
    "category": pa.string(),
    "cleared": pa.string(),
    "type": pa.string(),
    "splits": pa.int64(),
}
PLACES = 6
MAX_FIELDS = 10_000
_TYPES = {"bank": "Bank", "cash": "Cash", "ccard": "CCard", "oth a": "Oth A", "oth l": "Oth L"}
_LISTS = frozenset({"cat", "class", "memorized", "security", "prices", "budget", "tag", "template"})
_DAY = re.compile(r"\s*([0-9]{1,2})([/.-])\s*([0-9]{1,2})([/.'-])\s*([0-9]{2}|[0-9]{4})\s*", re.ASCII)
_PLAIN: dict[Mark, re.Pattern[str]] = {
    ".": re.compile(r"-?(?:[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4})(?:\.[0-9]{1,6})?", re.ASCII),
    ",": re.compile(r"-?(?:[0-9]{1,15}|[0-9]{1,3}(?:\.[0-9]{3}){1,4})(?:,[0-9]{1,6})?", re.ASCII),
}
_AMOUNTS = ("T", "U", "$")
_KNOWN = frozenset("DTUCNPMALF")
_BLOCK = 8192


@dataclass(slots=True)
class _Record:
    """A record: its fields in their order, each with its line."""

    section: str
    line: int
    fields: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])

    def first(self, code: str) -> str:
        return next((text for letter, text, _ in self.fields if letter == code), "")


@dataclass(slots=True)
class _Account:
    name: str
    first: int
    last: int = 0
    opening: Decimal | None = None
    balance: Decimal | None = None
    moved: Decimal = Decimal(0)
    passed: bool = False


def read(path: Path, source: Source) -> Cells:
    """The transactions of all accounts; lines are those of the file.

    Raises ``SourceError`` for what is no QIF, a record without day or amount, and amounts whose decimal mark is not
    decided. Records of investments are refused; lists (categories and so on) are left out, with a note.
    """
    encoding, notes = encoding_of(path, source)
    cells = Cells(tuple(HEADERS), iter(()), notes=notes, typed=typed(HEADERS), amount="amount")
    cells.batches = entry_batches(HEADERS, _Reader(path, source, cells, encoding).rows())
    return cells


class _Reader:
    def __init__(self, path: Path, source: Source, cells: Cells, encoding: str) -> None:
        self.path = path
        self.source = source
        self.cells = cells
        self.encoding = encoding
        self.mark: Mark = "."
        self.centuries = False
        self.unread: dict[str, int] = {}

    def refusal(self, line: int, reason: str, fix: str = "") -> SourceError:
        return SourceError(f"{self.path.name}:{line}: {reason}", source=self.source.name, fix=fix)

    def records(self) -> Iterator[_Record]:
        section = ""
        record: _Record | None = None
        for number, line in text_lines(self.path, self.source, self.encoding):
            text = line.strip()
            if not text:
                continue
            if text.startswith("!"):
                if record is not None and record.fields:
                    raise self.refusal(record.line, "a record without its end (^)")
                name = text[1:].strip()
                if not name.lower().startswith(("option", "clear")):
                    section = name.lower()
                record = None
            elif not section:
                raise self.refusal(number, f"no header (!Type:Bank or the like) before {text[:60]!r}: it is no QIF")
            elif text[0] == "^":
                if record is not None:
                    yield record
                record = None
            else:
                record = record or _Record(section, number)
                record.fields.append((text[0], line.strip()[1:].strip(), number))
                if len(record.fields) > MAX_FIELDS:
                    raise self.refusal(record.line, f"a record of more than {MAX_FIELDS:,} lines")
        if record is not None and record.fields:
            raise self.refusal(record.line, "the last record has no end (^): is the file cut off?")
        if not section:
            raise SourceError(f"{self.path.name} has no header (!Type:Bank or the like)", source=self.source.name)

    def look(self) -> None:
        """A first pass: the decimal mark of the amounts, and whether years are written with an apostrophe."""
        found = Evidence()
        texts: list[str] = []
        for record in self.records():
            for code, text, _ in record.fields:
                if code in _AMOUNTS:
                    texts.append(text)
                self.centuries |= code == "D" and "'" in text
            if len(texts) > _BLOCK:
                found |= amounts.evidence(pa.array(texts, pa.string()))
                texts = []
        found |= amounts.evidence(pa.array(texts, pa.string()))
        if self.source.decimal is not None:
            self.mark = self.source.decimal
            return
        mark = found.mark()
        if mark is None:
            told = (
                f"{found.point_only!r} has a decimal point and {found.comma_only!r} a decimal comma"
                if found.conflict
                else f"{found.undecided!r} may be read with a decimal point or a decimal comma"
            )
            fix = f'declare decimal = "." or "," in [source.{self.source.name}]'
            raise SourceError(f"{self.path.name}: {told}", source=self.source.name, fix=fix)
        self.mark = mark
        proof = found.point_only or found.comma_only
        if proof:
            self.cells.notes.append(f"decimal = {mark!r} (as in {proof!r})")

    def rows(self) -> Iterator[Row]:
        self.look()
        account: _Account | None = None
        name, balance = "", ""
        for record in self.records():
            kind = record.section.removeprefix("type:").strip()
            if record.section == "account":
                self.close(account)
                account = None
                name, balance = record.first("N"), record.first("$")
            elif record.section.startswith("type:") and kind in _TYPES:
                if account is None:
                    account = _Account(name, record.line)
                    account.balance = self.amount(balance, record.line) if balance else None
                yield from self.transaction(record, account, _TYPES[kind])
            elif kind in {"invst", "invitem"}:
                raise self.refusal(record.line, "an investment account (!Type:Invst), which is not read")
            elif kind in _LISTS:
                self.unread[kind] = self.unread.get(kind, 0) + 1
            else:
                raise self.refusal(record.line, f"a record of an unknown section !{record.section}")
        self.close(account)
        for kind, count in self.unread.items():
            records = "1 record" if count == 1 else f"{count:,} records"
            self.cells.notes.append(f"{records} of the list !Type:{kind}: a list has no rows")

    def transaction(self, record: _Record, account: _Account, kind: str) -> Iterator[Row]:
        texts: dict[str, str] = {}
        splits: list[tuple[str, str, str, int]] = []
        address: list[str] = []
        for code, text, line in record.fields:
            if code == "S":
                splits.append((text, "", "", line))
            elif code in "E$%" and splits:
                category, memo, amount, begun = splits[-1]
                if code == "E":
                    splits[-1] = category, text, amount, begun
                elif code == "$":
                    splits[-1] = category, memo, text, begun
            elif code == "A":
                address.append(text)
            elif code not in _KNOWN:
                raise self.refusal(line, f"{code}{text[:40]!s}: a field that a transaction of a bank does not have")
            elif code in texts:
                raise self.refusal(line, f"a second {code} in one record")
            else:
                texts[code] = text
        if "D" not in texts or not (texts.get("T") or texts.get("U")):
            missing = "a day (D)" if "D" not in texts else "an amount (T)"
            raise self.refusal(record.line, f"a record without {missing}")
        amount = self.amount(texts.get("T") or texts["U"], record.line)
        if texts.get("T") and texts.get("U") and self.amount(texts["U"], record.line) != amount:
            raise self.refusal(record.line, f"two amounts: T {texts['T']} and U {texts['U']}")
        parts = [self.amount(part, line) for _, _, part, line in splits if part]
        if parts and sum(parts, Decimal(0)) != amount:
            made = sum(parts, Decimal(0))
            self.cells.checks.append(
                Check(
                    "balance",
                    False,
                    f"{self.path.name}:{record.line}: the splits make {made:,}, and the amount is {amount:,}",
                    record.line,
                )
            )
        account.last = record.line
        transfer = re.fullmatch(r"\[(.*)\]", texts.get("L", ""))
        if texts.get("P", "").lower() == "opening balance" and transfer is not None:
            if account.opening is not None:
                raise self.refusal(record.line, "a second opening balance of one account")
            account.opening = amount
            account.name = account.name or transfer[1]
            shown = f"{texts['D']} {amount}"
            self.cells.skipped.append(Skipped(self.path.name, record.line, "the opening balance of the account", shown))
            return
        account.moved += amount
        account.passed |= account.opening is not None and account.opening + account.moved == account.balance
        common: list[Value] = [account.name or None, self.day(texts["D"], record.line)]
        known: list[Value] = [texts.get("N") or None, texts.get("P") or " ".join(address) or None]
        ends: list[Value] = [texts.get("C") or None, kind, len(splits)]
        if self.source.details and parts:
            for category, memo, part, line in splits:
                value = self.amount(part, line) if part else Decimal(0)
                yield record.line, [*common, value, *known, memo or texts.get("M") or None, category or None, *ends]
        else:
            yield record.line, [*common, amount, *known, texts.get("M") or None, texts.get("L") or None, *ends]

    def amount(self, text: str, line: int) -> Decimal:
        if _PLAIN[self.mark].fullmatch(text):  # what nearly every amount is
            number = text.replace(",", "") if self.mark == "." else text.replace(".", "").replace(",", ".")
            return Decimal(number)
        read = amounts.parse(pa.array([text], pa.string()), self.mark, scale=PLACES)
        value: Decimal | None = read.values[0].as_py()
        if value is None:
            raise self.refusal(line, f"{text!r} {read.refused.get(0, 'is no amount')}")
        return value.quantize(Decimal(1).scaleb(-max(2, -int(value.normalize().as_tuple().exponent))))

    def day(self, text: str, line: int) -> str:
        """A day with a full year: behind an apostrophe one of 2000 to 2099, as Quicken writes it."""
        parts = _DAY.fullmatch(text)
        if parts is None:
            if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
                return text
            raise self.refusal(line, f"{text!r} is no day of a QIF, such as 3/31/2026 or 3/31'26")
        first, mark, second, before_year, year = parts.groups()
        if len(year) == 2:
            year = f"{'19' if self.centuries and before_year != chr(39) else '20'}{year}"
        return f"{first}{mark}{second}{mark}{year}"

    def close(self, account: _Account | None) -> None:
        if account is None:
            return
        if account.passed:  # the balance may be that of an earlier day
            told = f"opening {account.opening:,} and entries make {account.balance:,}, the balance of the account"
            self.cells.checks.append(Check("balance", True, f"{self.path.name}: account {account.name}: {told}"))
            return
        self.cells.statements.append(
            Statement(
                account=account.name,
                currency=None,
                opening=account.opening,
                closing=account.balance,
                first_line=account.first,
                last_line=account.last,
                moved=account.moved,
            )
        )
