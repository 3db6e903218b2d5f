"""MT940 (SWIFT, with the national dialects of field 86): one row for each statement line (:61:).

A reversal (RC, RD) has the opposite sign of what it reverses. The sum of the lines is checked against the opening and
the closing balance of each statement. Field 86 is divided where it is structured: by the subfields ?00 to ?63 of German
banks with the keywords of SEPA in them, or by the keywords /EREF/, /REMI/ and so on; the whole is in ``information``.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from florecon_build.sources.cells import Cells, Skipped, Statement
from florecon_build.sources.declaration import Source
from florecon_build.sources.errors import SourceError
from florecon_build.sources.readers.entries import Row, Value, day_of, decimals_of, entry_batches, short_day, typed
from florecon_build.sources.readers.text_lines import encoding_of, text_lines

HEADERS: dict[str, pa.DataType | None] = {
    "account": pa.string(),
    "currency": pa.string(),
    "day": pa.date32(),
    "value_day": pa.date32(),
    "amount": None,
    "reference": pa.string(),
    "bank_reference": pa.string(),
    "end_to_end_id": pa.string(),
    "counterparty": pa.string(),
    "remittance": pa.string(),
    "information": pa.string(),
    "type": pa.string(),
    "reversal": pa.string(),
    "statement": pa.string(),
}
MAX_FIELD_LINES = 10_000
_TAG = re.compile(r":([0-9]{2}[A-Z]?|NS):(.*)", re.ASCII)
_LINE = re.compile(r"([0-9]{6})([0-9]{4})?(R?[CD])([A-Z])?([0-9]{1,15},[0-9]{0,15})([A-Z][A-Z0-9 ]{3})(.*)", re.ASCII)
_BALANCE = re.compile(r"([CD])([0-9]{6})([A-Z]{3})([0-9]{1,15},[0-9]{0,15})\s*", re.ASCII)
_SEPA = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|IBAN|BIC|COAM|OAMT|PURP)\+")
_SLASHED = re.compile(
    r"/(EREF|REMI|NAME|IBAN|BIC|CNTP|MARF|CSID|TRTP|PREF|ORDP|BENM|ISDT|ADDR|SVCL|RTRN|PURP|ULTD|ULTB)/"
)
_INTERIM = frozenset({"34F", "90D", "90C"})
_KNOWN = frozenset({"20", "21", "25", "25P", "28", "28C", "13D", "64", "65", "NS"})


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of a message: its tag, its lines, and where it begins."""

    tag: str
    lines: list[str]
    line: int


@dataclass(slots=True)
class _Open:
    """The statement that is being read."""

    line: int
    account: str = ""
    name: str = ""
    opening: tuple[Decimal, str, datetime.date] | None = None
    closing: tuple[Decimal, str, datetime.date] | None = None
    moved: Decimal = Decimal(0)
    last: int = 0

    @property
    def numbers(self) -> tuple[int | None, int | None]:
        """The number of the statement and of its page, as field 28C gives them."""
        found = re.match(r"([0-9]{1,9})(?:/([0-9]{1,9}))?", self.name)
        if found is None:
            return None, None
        return int(found[1]), None if found[2] is None else int(found[2])


def read(path: Path, source: Source) -> Cells:
    """The statement lines of all statements; lines are those of the file.

    Raises ``SourceError`` for a file without statements, or a line that the format does not allow.
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

    def refusal(self, line: int, reason: str, fix: str = "") -> SourceError:
        return SourceError(f"{self.path.name}:{line}: {reason}", source=self.source.name, fix=fix)

    def rows(self, encoding: str) -> Iterator[Row]:
        statement: _Open | None = None
        entry: tuple[int, list[Value]] | None = None  # until its field 86 is read
        for one in self.fields(encoding):
            if one.tag == "86" and entry is not None:
                yield entry[0], _informed(entry[1], one.lines)
                entry = None
                continue
            if entry is not None:
                yield entry
                entry = None
            if one.tag == "20":
                self.close(statement)
                statement = _Open(one.line)
                continue
            if statement is None:
                raise self.refusal(one.line, f"field {one.tag} before a statement (:20:): it is no MT940")
            if one.tag == "61":
                entry = one.line, self.entry(one, statement)
            else:
                self.take(one, statement)
        if entry is not None:
            yield entry
        if statement is None:
            raise SourceError(f"{self.path.name} has no statement (:20:): it is no MT940", source=self.source.name)
        self.close(statement)

    def take(self, one: _Field, statement: _Open) -> None:
        """A field of a statement that is no entry."""
        text = one.lines[0].strip()
        match one.tag:
            case "25" | "25P":
                statement.account = text
            case "28" | "28C":
                statement.name = text
            case "60F" | "60M":
                if statement.opening is not None:
                    raise self.refusal(one.line, "a second opening balance (:60:) in one statement")
                statement.opening = self.balance(one)
            case "62F" | "62M":
                if statement.closing is not None:
                    raise self.refusal(one.line, "a second closing balance (:62:) in one statement")
                statement.closing = self.balance(one)
                statement.last = max(statement.last, one.line)
            case "86":
                self.cells.skipped.append(
                    Skipped(self.path.name, one.line, "about the statement (:86:)", " ".join(one.lines))
                )
            case tag if tag in _INTERIM:
                raise self.refusal(one.line, f"field {tag}: it is an MT942, a report within the day")
            case tag if tag not in _KNOWN:
                self.cells.skipped.append(
                    Skipped(self.path.name, one.line, f"field {tag}, which an MT940 does not have", " ".join(one.lines))
                )
            case _:
                pass

    def fields(self, encoding: str) -> Iterator[_Field]:
        """The fields of the messages, without their envelopes."""
        found: _Field | None = None
        for number, line in text_lines(self.path, self.source, encoding):
            text = line.rstrip()
            if text.startswith("{") and found is None:
                text = text.rpartition("{4:")[2] if "{4:" in text else ""
            tag = _TAG.match(text)
            if tag is not None:
                if found is not None:
                    yield found
                found = _Field(tag[1], [tag[2]], number)
            elif text == "-" or text.startswith("-}") or (text.startswith("{") and "{1:" in text):
                if found is not None:
                    yield found
                found = None
            elif found is not None:
                found.lines.append(text)
                if len(found.lines) > MAX_FIELD_LINES:
                    raise self.refusal(found.line, f"a field of more than {MAX_FIELD_LINES:,} lines")
            elif text:
                self.cells.skipped.append(Skipped(self.path.name, number, "outside of a message", text))
        if found is not None:
            yield found

    def entry(self, one: _Field, statement: _Open) -> list[Value]:
        if statement.opening is None:
            raise self.refusal(one.line, "an entry (:61:) before the opening balance (:60F:)")
        if statement.closing is not None:
            raise self.refusal(one.line, "an entry (:61:) behind the closing balance (:62F:)")
        parts = _LINE.fullmatch(one.lines[0])
        value_day = None if parts is None else short_day(parts[1])
        if parts is None or value_day is None:
            raise self.refusal(
                one.line,
                f"no statement line: {one.lines[0][:60]!r}",
                "it is value date, entry date, C, D, RC or RD, amount with a comma, type and reference",
            )
        _, entry_day, mark, _, amount, kind, rest = parts.groups()
        day = value_day if entry_day is None else _nearest(entry_day, value_day)
        if day is None:
            raise self.refusal(one.line, f"entry date {entry_day!r} is no day")
        value = _amount(amount, statement.opening[1])
        signed = value if mark in {"C", "RD"} else -value
        statement.moved += signed
        statement.last = one.line
        reference, _, bank = rest.partition("//")
        return [
            statement.account,
            statement.opening[1],
            day,
            value_day,
            signed,
            _given(reference),
            _given(bank),
            None,
            None,
            None,
            _given(" ".join(one.lines[1:])),
            kind,
            "true" if mark.startswith("R") else "false",
            statement.name or None,
        ]

    def balance(self, one: _Field) -> tuple[Decimal, str, datetime.date]:
        parts = _BALANCE.fullmatch(one.lines[0])
        day = None if parts is None else short_day(parts[2])
        if parts is None or day is None:
            raise self.refusal(one.line, f"no balance: {one.lines[0][:60]!r}", "it is C or D, date, currency, amount")
        value = _amount(parts[4], parts[3])
        return (value if parts[1] == "C" else -value), parts[3], day

    def close(self, statement: _Open | None) -> None:
        if statement is None:
            return
        if statement.opening is None or statement.closing is None:
            what = "opening balance (:60F:)" if statement.opening is None else "closing balance (:62F:)"
            raise self.refusal(statement.line, f"the statement that begins here has no {what}: is the file cut off?")
        (opening, currency, opening_day), (closing, last, closing_day) = statement.opening, statement.closing
        if currency != last:
            raise self.refusal(statement.line, f"a statement that opens in {currency} and closes in {last}")
        number, page = statement.numbers
        self.cells.statements.append(
            Statement(
                account=statement.account,
                currency=currency,
                opening=opening,
                closing=closing,
                first_line=statement.line,
                last_line=statement.last,
                moved=statement.moved,
                opening_day=opening_day,
                closing_day=closing_day,
                number=number,
                page=page,
            )
        )


def _amount(text: str, currency: str) -> Decimal:
    """An amount with at least the decimals of its currency: ``1000,`` is 1000.00 in euro."""
    whole, _, places = text.partition(",")
    return Decimal(f"{whole}.{places.ljust(decimals_of(currency), '0')}")


def _nearest(month_and_day: str, near: datetime.date) -> datetime.date | None:
    """The day of a year that is nearest to another day: the entry date has no year."""
    found = [day for year in (near.year - 1, near.year, near.year + 1) if (day := day_of(f"{year}{month_and_day}"))]
    return min(found, key=lambda day: abs(day - near), default=None)


def _given(text: str) -> str | None:
    clean = text.strip()
    return None if clean in {"", "NONREF"} else clean


def _informed(row: list[Value], lines: list[str]) -> list[Value]:
    """An entry with what its field 86 says; a reference of the line itself stays."""
    given = dict(zip(HEADERS, row, strict=True))
    for name, text in _structured(lines).items():
        if name == "information":
            given[name] = f"{given[name] or ''} {text}".strip()
        elif text and given[name] is None:
            given[name] = text
    return list(given.values())


def _structured(lines: list[str]) -> dict[str, str]:
    """The headers that field 86 fills."""
    whole = "".join(lines)
    german = re.match(r"[0-9]{3}([^0-9A-Za-z\s])(?=[0-9]{2})", whole)
    if german is not None:
        return {"information": whole, **_german(whole, german[1])}
    if whole.startswith("/") and _SLASHED.search(whole):
        return {"information": whole, **_slashed(whole)}
    joined = " ".join(filter(None, (line.strip() for line in lines)))
    return {"remittance": joined, "information": joined}


def _german(text: str, mark: str) -> dict[str, str]:
    """Subfields: 20 to 29 and 60 to 63 the purpose in pieces of 27 letters, 32 and 33 the name of the other side."""
    parts: dict[str, str] = {}
    for part in text[4:].split(mark):
        parts[part[:2]] = parts.get(part[:2], "") + part[2:]
    purpose = before = ""
    for code in (*range(20, 30), *range(60, 64)):
        piece = parts.get(str(code), "")
        broken = len(before) >= 27 and not _SEPA.match(piece)  # a word goes on in the next piece
        purpose += piece if broken else f" {piece}"
        before = piece
    keys = _divided(purpose, _SEPA)
    return {
        "counterparty": " ".join(filter(None, (parts.get("32", "").strip(), parts.get("33", "").strip()))),
        "end_to_end_id": _end_to_end(keys.get("EREF", "")),
        "reference": keys.get("KREF", ""),
        "remittance": keys.get("SVWZ") or purpose.strip(),
    }


def _slashed(text: str) -> dict[str, str]:
    """Keywords between slashes; CNTP holds account, bank, name and city, REMI a kind before the text."""
    keys = _divided(text, _SLASHED)
    party = keys.get("CNTP", "").split("/")
    remittance = re.sub(r"^(?:USTD|STRD)/(?:/|CUR/)?", "", keys.get("REMI", ""))
    return {
        "counterparty": keys.get("NAME", "") or (party[2] if len(party) > 2 else ""),
        "end_to_end_id": _end_to_end(keys.get("EREF", "")),
        "remittance": remittance.strip("/ ") or text,
    }


def _divided(text: str, keyword: re.Pattern[str]) -> dict[str, str]:
    """The text behind each keyword, up to the next one; of a keyword that stands twice the first."""
    found = list(keyword.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)] * bool(found)
    parts: dict[str, str] = {}
    for match, end in zip(found, ends, strict=True):
        parts.setdefault(match[1], text[match.end() : end].strip("/ "))
    return parts


def _end_to_end(text: str) -> str:
    return "" if text in {"NOTPROVIDED", "NONREF"} else text
