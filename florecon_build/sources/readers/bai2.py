"""BAI2 (cash management balance reporting): one row for each transaction detail (record 16).

Amounts are in minor units of the currency, without a decimal point; credit or debit follows from the type code. Checked
are the control totals and record counts of each account (49), group (98) and file (99), total credits and debits (types
100, 400), and the opening (010) and closing (015) ledger balance against the transactions.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from florecon_build.sources.cells import Cells, Check, CheckKind, Skipped, Statement
from florecon_build.sources.declaration import Source
from florecon_build.sources.errors import SourceError
from florecon_build.sources.readers.entries import Row, Value, decimals_of, entry_batches, short_day, typed
from florecon_build.sources.readers.text_lines import encoding_of, text_lines

HEADERS: dict[str, pa.DataType | None] = {
    "account": pa.string(),
    "currency": pa.string(),
    "day": pa.date32(),
    "value_day": pa.date32(),
    "amount": None,
    "reference": pa.string(),
    "bank_reference": pa.string(),
    "remittance": pa.string(),
    "type": pa.string(),
    "funds": pa.string(),
}
MAX_PIECES = 10_000
OPENING, CLOSING, CREDITS, DEBITS = "010", "015", "100", "400"
_STATES = {"2": "a deletion", "4": "a test"}


@dataclass(slots=True)
class _Record:
    """A record with its continuations (88): the text of each physical record, and the line it begins on."""

    code: str
    pieces: list[str]
    line: int


@dataclass(slots=True)
class _Part:
    """An account, a group or the file: what its control record must say. Amounts are in minor units."""

    name: str
    line: int
    records: int = 0
    children: int = 0
    total: int = 0


@dataclass(slots=True)
class _Account(_Part):
    currency: str = "USD"
    states: dict[str, int] = field(default_factory=dict[str, int])
    credits: int = 0
    debits: int = 0
    entries: int = 0
    last: int = 0


def read(path: Path, source: Source) -> Cells:
    """The transactions of all accounts; lines are those of the file.

    Raises ``SourceError`` for a file that begins with no file header (01), a record out of place, an amount that is no
    whole number, a type code that is neither credit nor debit, and a file that is cut off.
    """
    encoding, notes = encoding_of(path, source)
    cells = Cells(tuple(HEADERS), iter(()), notes=notes, typed=typed(HEADERS), amount="amount")
    cells.batches = entry_batches(HEADERS, _Reader(path, source, cells).rows(encoding))
    return cells


class _Reader:
    def __init__(self, path: Path, source: Source, cells: Cells) -> None:
        self.path = path
        self.source = source
        self.cells = cells
        self.file: _Part | None = None
        self.group: _Part | None = None
        self.account: _Account | None = None
        self.closed = False
        self.day: datetime.date | None = None
        self.currency = ""
        self.assumed = False
        self.held: dict[CheckKind, int] = {"balance": 0, "count": 0}

    def refusal(self, line: int, reason: str, fix: str = "") -> SourceError:
        return SourceError(f"{self.path.name}:{line}: {reason}", source=self.source.name, fix=fix)

    def rows(self, encoding: str) -> Iterator[Row]:
        last = 0
        for record in self.records(encoding):
            last = record.line
            if self.closed:
                raise self.refusal(record.line, "a record behind the end of the file (99)")
            if record.code == "16":
                row = self.detail(record)
                if row is not None:
                    yield record.line, row
                continue
            self.structure(record)
        if self.file is None:
            raise SourceError(f"{self.path.name} has no file header (01): it is no BAI2", source=self.source.name)
        if not self.closed:
            raise self.refusal(last, "the file ends without its control record (99): it is cut off")
        if self.assumed:
            self.cells.notes.append("currency USD, that of the standard, where neither account nor group names one")
        named: dict[CheckKind, str] = {"balance": "control totals", "count": "record counts"}
        for kind, words in named.items():
            if self.held[kind] and all(check.holds for check in self.cells.checks if check.kind == kind):
                message = f"{self.path.name}: {self.held[kind]:,} {words} agree with the records"
                self.cells.checks.append(Check(kind, True, message))

    def records(self, encoding: str) -> Iterator[_Record]:
        """Logical records: a record with its continuations."""
        found: _Record | None = None
        for number, line in text_lines(self.path, self.source, encoding):
            text = line.rstrip()
            if not text:
                continue
            code, comma, rest = text.partition(",")
            if not comma or code not in {"01", "02", "03", "16", "88", "49", "98", "99"}:
                raise self.refusal(number, f"no record of a BAI2 file: {text[:60]!r}")
            if code == "88":
                if found is None:
                    raise self.refusal(number, "a continuation (88) of nothing")
                found.pieces.append(rest)
                if len(found.pieces) > MAX_PIECES:
                    raise self.refusal(found.line, f"a record with more than {MAX_PIECES:,} continuations")
                continue
            if found is not None:
                yield found
            found = _Record(code, [rest], number)
        if found is not None:
            yield found

    def structure(self, record: _Record) -> None:
        """A header or a control record."""
        fields = ",".join(piece.removesuffix("/") for piece in record.pieces).split(",")
        size = len(record.pieces)
        inside = {"01": self.file is None, "02": self.group is None and self.file is not None}
        inside |= {"03": self.account is None and self.group is not None, "49": self.account is not None}
        inside |= {"98": self.account is None and self.group is not None}
        inside |= {"99": self.group is None and self.file is not None}
        if not inside[record.code]:
            raise self.refusal(
                record.line, f"record {record.code} out of place: a header or a control record is missing"
            )
        match record.code:
            case "01":
                self.file = _Part("the file", record.line, records=size)
            case "02":
                self.group = _Part(f"the group of {_at(fields, 1) or _at(fields, 0)}", record.line, records=size)
                self.open_group(record, fields)
            case "03":
                self.account = self.open_account(record, fields, size)
            case "49":
                self.close_account(record, fields, size)
            case "98":
                self.close_group(record, fields, size)
            case _:
                self.close_file(record, fields, size)

    def open_group(self, record: _Record, fields: list[str]) -> None:
        state = _at(fields, 2)
        if state in _STATES:
            raise self.refusal(record.line, f"the group is {_STATES[state]} (status {state}), not a report")
        if state == "3":
            self.cells.notes.append(f"line {record.line}: the group is a correction (status 3) of an earlier report")
        self.day = short_day(_at(fields, 3))
        if self.day is None:
            raise self.refusal(record.line, f"as-of date {_at(fields, 3)!r} is no day of the form YYMMDD")
        self.currency = _at(fields, 5)

    def open_account(self, record: _Record, fields: list[str], size: int) -> _Account:
        one = _Account(
            f"account {fields[0]}", record.line, records=size, currency=_at(fields, 1) or self.currency or "USD"
        )
        self.assumed = self.assumed or not (_at(fields, 1) or self.currency)
        one.last = record.line
        at = 2
        while at < len(fields):
            code, amount, funds = fields[at], _at(fields, at + 1), _at(fields, at + 3)
            if code and not re.fullmatch(r"[0-9]{3}", code):
                raise self.refusal(record.line, f"type code {code!r} of {one.name} is no number of three digits")
            if code and amount:
                value = self.whole(record, amount)
                one.total += value
                one.states[code] = value
            at += 4 + self.funds_size(record, funds, fields, at + 4)
        return one

    def funds_size(self, record: _Record, funds: str, fields: list[str], at: int) -> int:
        """The number of fields that the availability of funds takes, behind its type."""
        match funds:
            case "" | "Z" | "0" | "1" | "2":
                return 0
            case "V":
                return 2
            case "S":
                return 3
            case "D":
                if at >= len(fields):  # in a continuation
                    return 1
                count = _at(fields, at)
                if not re.fullmatch(r"[0-9]{1,2}", count):
                    raise self.refusal(record.line, f"funds type D with {count!r} payments")
                return 1 + 2 * int(count)
            case _:
                raise self.refusal(record.line, f"funds type {funds!r}; it is Z, 0, 1, 2, V, S or D")

    def detail(self, record: _Record) -> list[Value] | None:
        """A transaction; None for information that is no amount (type 890)."""
        one = self.account
        if one is None:
            raise self.refusal(record.line, "a transaction (16) outside of an account (03)")
        one.records += len(record.pieces)
        one.last = record.line
        fields, text, funds = self.divided(record)
        code = fields[0]
        side = _side(code)
        amount = self.whole(record, fields[1]) if fields[1] else 0
        one.total += amount
        if side == 0 and not amount:
            shown = " ".join(filter(None, (code, text)))
            self.cells.skipped.append(Skipped(self.path.name, record.line, "information without an amount", shown))
            return None
        if side == 0 or amount < 0:
            raise self.refusal(record.line, f"type code {code!r} with amount {fields[1]} is neither credit nor debit")
        one.entries += 1
        if side > 0:
            one.credits += amount
        else:
            one.debits += amount
        value_day = None
        if fields[2] == "V":
            value_day = short_day(funds[0])
            if value_day is None:
                raise self.refusal(record.line, f"value date {funds[0]!r} is no day of the form YYMMDD")
        rest = fields[3:]
        return [
            one.name.removeprefix("account "),
            one.currency,
            self.day,
            value_day,
            Decimal(side * amount).scaleb(-decimals_of(one.currency)),
            rest[1].strip() or None,
            rest[0].strip() or None,
            text or None,
            code,
            ",".join([fields[2], *funds]) or None,
        ]

    def divided(self, record: _Record) -> tuple[list[str], str, list[str]]:
        """Type, amount, funds type, bank and customer reference; the text; and the availability of funds.

        The text is the last field: it holds commas, and ends with its record.
        """
        fields: list[str] = []
        text: list[str] = []
        size = 0
        for piece in record.pieces:
            if text:
                text.append(piece.removesuffix("/"))
                continue
            fields += piece.removesuffix("/").split(",")
            size = self.funds_size(record, fields[2], fields, 3) if len(fields) > 2 else 0
            if len(fields) > 5 + size:
                text.append(",".join(fields[5 + size :]))
        if len(fields) < 2:
            raise self.refusal(record.line, f"a transaction of {len(fields)} fields: {record.pieces[0][:60]!r}")
        fields = [*fields[: 5 + size], *[""] * (5 + size - len(fields))]
        joined = " ".join(filter(None, (part.strip() for part in text)))
        return [*fields[:3], *fields[3 + size :]], joined, fields[3 : 3 + size]

    def whole(self, record: _Record, text: str) -> int:
        """An amount in minor units. Raises ``SourceError`` for another text."""
        if not re.fullmatch(r"[+-]?[0-9]{1,20}", text):
            raise self.refusal(
                record.line, f"amount {text!r} is no whole number of minor units, as BAI2 writes amounts"
            )
        return int(text)

    def close_account(self, record: _Record, fields: list[str], size: int) -> None:
        one, group = self.account, self.group
        assert one is not None
        assert group is not None
        one.records += size
        self.agree(one, "control total (49)", (self.told(record, fields, 0), one.total), record.line)
        self.agree(one, "number of records (49)", (self.told(record, fields, 1), one.records), record.line, "count")
        if one.entries:
            for code, words, made in (
                (CREDITS, "total credits (100)", one.credits),
                (DEBITS, "total debits (400)", one.debits),
            ):
                if code in one.states:
                    self.agree(one, words, (one.states[code], made), record.line)
        elif one.states.get(CREDITS) or one.states.get(DEBITS):
            self.cells.skipped.append(
                Skipped(self.path.name, one.line, f"{one.name} has totals, and no transactions", "")
            )
        scale = -decimals_of(one.currency)
        found = {code: Decimal(one.states[code]).scaleb(scale) for code in (OPENING, CLOSING) if code in one.states}
        self.cells.statements.append(
            Statement(
                account=one.name.removeprefix("account "),
                currency=one.currency,
                opening=found.get(OPENING),
                closing=found.get(CLOSING),
                first_line=one.line,
                last_line=one.last,
                moved=Decimal(one.credits - one.debits).scaleb(scale),
                opening_day=self.day,
                closing_day=self.day,
            )
        )
        group.total += self.told(record, fields, 0)
        group.records += one.records
        group.children += 1
        self.account = None

    def close_group(self, record: _Record, fields: list[str], size: int) -> None:
        group, file = self.group, self.file
        assert group is not None
        assert file is not None
        group.records += size
        self.agree(group, "control total (98)", (self.told(record, fields, 0), group.total), record.line)
        self.agree(
            group, "number of accounts (98)", (self.told(record, fields, 1), group.children), record.line, "count"
        )
        self.agree(group, "number of records (98)", (self.told(record, fields, 2), group.records), record.line, "count")
        file.total += self.told(record, fields, 0)
        file.records += group.records
        file.children += 1
        self.group = None

    def close_file(self, record: _Record, fields: list[str], size: int) -> None:
        file = self.file
        assert file is not None
        file.records += size
        self.agree(file, "control total (99)", (self.told(record, fields, 0), file.total), record.line)
        self.agree(file, "number of groups (99)", (self.told(record, fields, 1), file.children), record.line, "count")
        self.agree(file, "number of records (99)", (self.told(record, fields, 2), file.records), record.line, "count")
        self.closed = True

    def told(self, record: _Record, fields: list[str], at: int) -> int:
        return self.whole(record, _at(fields, at))

    def agree(
        self, one: _Part, words: str, told_and_made: tuple[int, int], line: int, kind: CheckKind = "balance"
    ) -> None:
        """Compares what a control record says with what was read; the first break is kept with its line."""
        self.held[kind] += 1
        told, made = told_and_made
        if told == made or not all(check.holds for check in self.cells.checks):
            return
        shown = [f"{number:,}" for number in told_and_made]
        if kind == "balance" and isinstance(one, _Account):
            scale = -decimals_of(one.currency)
            shown = [f"{Decimal(number).scaleb(scale):,} {one.currency}" for number in told_and_made]
        message = f"{self.path.name}:{line}: {one.name}: {words} is {shown[0]}, and the records make {shown[1]}"
        self.cells.checks.append(Check(kind, False, message, line))


def _side(code: str) -> int:
    """1 for a credit, -1 for a debit, 0 for another type code, by the ranges of the standard."""
    if not re.fullmatch(r"[0-9]{3}", code):
        return 0
    number = int(code)
    if 100 <= number <= 399 or 720 <= number <= 759 or 920 <= number <= 959:
        return 1
    return -1 if 400 <= number <= 699 or 760 <= number <= 799 or 960 <= number <= 999 else 0


def _at(fields: list[str], at: int) -> str:
    return fields[at].strip() if at < len(fields) else ""
