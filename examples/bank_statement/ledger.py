"""Reader for the bank statement, the general ledger and the answer."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from examples.arrow import Table, pa

BANK, BOOKS = "bank", "gl"
MATCHES = ("one_to_one", "batch", "amount_mismatch")
"""The kinds that pair a bank line with a ledger line."""
KINDS = (*MATCHES, "offset", "unmatched")


class BadFile(Exception):
    """Invalid input file; the message names file, line and reason."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the statement or of the books, as in the file."""

    row_id: str
    book: str
    day: date
    description: str
    ref: str | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Answer:
    """Lines that belong together: kind, and one or two row ids."""

    kind: str
    left: str
    right: str | None


def read_lines(folder: Path) -> list[Line]:
    """Reads and concatenates ``bank.csv`` (id, date, description, amount) and ``gl.csv`` (the same and ref).

    Ids are prefixed with the book, ``bank:B0001``, so that both files may use the same ids.
    """
    return [line for book in (BANK, BOOKS) for line in read_book(folder / f"{book}.csv", book)]


def read_book(path: Path, book: str) -> list[Line]:
    return [line_of(record, book, f"{path}, line {number}") for number, record in records(path)]


def line_of(record: dict[str, str], book: str, where: str) -> Line:
    try:
        return Line(
            row_id=f"{book}:{record['id']}",
            book=book,
            day=date.fromisoformat(record["date"]),
            description=record["description"],
            ref=record.get("ref") or None,
            amount=whole_cents(Decimal(record["amount"].replace(",", ""))),
        )
    except KeyError as missing:
        raise BadFile(f"{where}: there is no column {missing}") from None
    except (ValueError, InvalidOperation):
        raise BadFile(f"{where}: {record['date']!r} or {record['amount']!r} is no date or no amount") from None


def whole_cents(amount: Decimal) -> Decimal:
    cents = amount.quantize(Decimal("0.01"))
    if cents != amount:
        raise ValueError(amount)
    return cents


def read_answer(folder: Path) -> list[Answer] | None:
    """Reads ``truth.csv`` (kind, left_id, right_id); None if there is no such file."""
    path = folder / "truth.csv"
    if not path.exists():
        return None
    return [answer_of(record, f"{path}, line {number}") for number, record in records(path)]


def answer_of(record: dict[str, str], where: str) -> Answer:
    kind, left, right = (record.get(name) or "" for name in ("kind", "left_id", "right_id"))
    if kind in MATCHES:
        return Answer(kind, f"{BANK}:{left}", f"{BOOKS}:{right}")
    if kind == "offset":
        first, second = sorted((left, right))
        return Answer(kind, f"{BOOKS}:{first}", f"{BOOKS}:{second}")
    if kind == "unmatched":
        return Answer(kind, left, None)
    raise BadFile(f"{where}: {kind!r} is none of {', '.join(KINDS)}")


def records(path: Path) -> list[tuple[int, dict[str, str]]]:
    if not path.exists():
        raise BadFile(f"{path} is not there")
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        return [(reader.line_num, record) for record in reader]


def as_table(lines: list[Line]) -> Table:
    """The lines as an Arrow table with the columns of the strategy."""
    columns = {name: [getattr(line, name) for line in lines] for name in Line.__slots__}
    types = {"row_id": pa.string(), "book": pa.string(), "day": pa.date32(), "description": pa.string()}
    types |= {"ref": pa.string(), "amount": pa.decimal128(18, 2)}
    return pa.table({name: pa.array(values, types[name]) for name, values in columns.items()})
