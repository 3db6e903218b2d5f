"""Test data generator: one month of a bank account in two sources, bank statement and general ledger, with the answer.

    python examples/bank_statement/generate.py --out DIR --rows 400 --seed 7

writes ``bank.csv``, ``gl.csv`` and ``truth.csv``. Names in bank lines are truncated, joined or replaced by a
card network's abbreviation. The books have typing errors, voided and reissued cheques, payments batched into one bank
line, wire fees netted on one side, transposed digits, lines that are not on the statement. Deterministic by seed.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

# fmt: off
FIRST = (
    "Alder", "Beacon", "Calder", "Dunmore", "Everglade", "Foxglove", "Garnet", "Hawthorn", "Indigo", "Juniper",
    "Kestrel", "Larkspur", "Marlow", "Nettle", "Orchard", "Peregrine", "Quarry", "Rosewood", "Saltmarsh", "Tamarind",
    "Underhill", "Verdant", "Wexford", "Yarrow", "Zephyr", "Bramble", "Copperfield", "Driftwood",
)
TRADE = (
    "Foods", "Freight", "Printing", "Joinery", "Software", "Catering", "Plumbing", "Instruments", "Textiles", "Media",
    "Security", "Laboratories", "Packaging", "Electrics", "Design", "Recruitment", "Aggregates", "Robotics", "Storage",
    "Publishing",
)
FORM = ("Ltd", "Inc", "LLC", "Corp", "Co", "LLP")
SURNAMES = (
    "Abbott", "Baxter", "Chandler", "Dawson", "Ellery", "Fletcher", "Granger", "Holloway", "Ingram", "Jardine",
)
# fmt: on
FAMILY_FIRMS = ("{} & Sons", "{} Brothers Inc", "The {} Partnership", "{} Consulting Co", "J. {} Advisers LLP")
OUTGOING = ("ACH DEBIT", "POS DEBIT", "E-PAYMENT", "AUTO-PAY")
SHORTHAND = (
    "AMZN MKTP US*{code}",
    "MSFT *CLOUD {number}",
    "DELTA AIR {number}",
    "PAYCHEX E-PAY {number}",
    "SQ *SHOP {code}",
)
WORK = ("Consulting", "Repair works", "Office lease", "Materials", "Licence renewal", "Advertising", "Audit services")
SALES = ("Invoice payment", "Account receivable", "Contract milestone")
BANK_ONLY = (
    ("SERVICE CHARGE", -7500, -1500),
    ("WIRE TRF FEE", -5000, -1500),
    ("INTEREST PAYMENT", 300, 6000),
    ("FOREIGN TXN FEE", -2500, -500),
    ("MONTHLY MAINTENANCE FEE", -5000, -1000),
)
SHARES = {  # of the bank lines asked for; a batch, a correction or a series counts by the bank lines that it makes
    "simple": 0.44,
    "batch": 0.06,
    "reissue": 0.04,
    "correction": 0.10,
    "bounced": 0.06,
    "mismatch": 0.045,
    "twice": 0.08,
    "bank_only": 0.045,
    "books_only": 0.045,
    "voided": 0.035,
    "same_amount": 0.10,
    "namesakes": 0.04,
    "series": 0.06,
    "last_month": 0.025,
}


@dataclass(slots=True)
class Line:
    """One line of the statement or of the books; ``key`` is its index until the final ids are assigned."""

    key: int
    day: date
    description: str
    cents: int
    ref: str = ""


@dataclass(slots=True)
class Ledger:
    """Both sides of the month, and the answer as pairs of line keys."""

    bank: list[Line] = field(default_factory=list[Line])
    books: list[Line] = field(default_factory=list[Line])
    truth: list[tuple[str, str, int, str, int]] = field(default_factory=list[tuple[str, str, int, str, int]])


class Month:
    """Generator of events, each with its lines on both sides and its rows of the answer."""

    def __init__(self, seed: int, year: int = 2026, month: int = 3) -> None:
        self.draw = random.Random(seed)
        self.first = date(year, month, 1)
        self.last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        self.ledger = Ledger()
        self.number = 3000
        self.check = 7000 + self.draw.randrange(500)
        self.names: set[str] = set()

    # -- small draws

    def day(self) -> date:
        return self.first + timedelta(days=self.draw.randrange(self.last.day))

    def later(self, day: date, low: int, high: int, *, workday: bool = True) -> date:
        """A day ``low`` to ``high`` days later, within the month; not on a weekend if ``workday``."""
        moved = day + timedelta(days=self.draw.randint(low, high))
        if workday and moved.weekday() >= 5:
            moved += timedelta(days=7 - moved.weekday())
        return min(max(moved, self.first), self.last)

    def cents(self, low: int = 60, high: int = 90_000) -> int:
        """Random amount with the distribution of prices: often round, often ending in .99 or .50, uniform over
        magnitudes.
        """
        raw = math.exp(self.draw.uniform(math.log(low), math.log(high)))
        style = self.draw.random()
        if style < 0.2:
            step = 100 if raw >= 1000 else 10
            return round(raw / step) * step * 100
        if style < 0.4:
            return round(raw) * 100 + self.draw.choice((-1, 50))
        return round(raw * 100)

    def firm(self) -> str:
        name = f"{self.draw.choice(FIRST)} {self.draw.choice(TRADE)} {self.draw.choice(FORM)}"
        if name in self.names:  # a second house of the same first name
            name = f"{self.draw.choice(SURNAMES)} {name}"
        self.names.add(name)
        return name

    def document(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}-{self.number}"

    def next_check(self) -> int:
        self.check += 1
        return self.check

    # -- how each side writes it

    def printed(self, name: str, cents: int, *, shorthand: float = 0.12) -> str:
        """Text of a bank line: a channel and at most 25 characters of the name, or an abbreviation without a name."""
        if cents < 0 and self.draw.random() < shorthand:
            code = "".join(self.draw.choices("ABCDEFGHKLMNPRSTUVWXYZ23456789", k=8))
            return self.draw.choice(SHORTHAND).format(code=code, number=self.draw.randrange(10**5, 10**7))
        short = name.upper()[:25].rstrip()
        if self.draw.random() < 0.3:
            short = short[: self.draw.randint(12, 20)].rstrip()
            if self.draw.random() < 0.3:
                short = short.replace(" ", "")
        return f"{'ACH CREDIT' if cents > 0 else self.draw.choice(OUTGOING)} {short}"

    def mistyped(self, name: str) -> str:
        """Random typing error: a missing letter or two transposed letters."""
        if self.draw.random() >= 0.15:
            return name
        at = self.draw.randrange(len(name) - 1)
        if self.draw.random() < 0.5:
            return name[:at] + name[at + 1 :]
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]

    def entry(self, name: str, cents: int) -> str:
        work = self.draw.choice(SALES if cents > 0 else WORK)
        return f"{self.mistyped(name)} - {work}, {self.document('INV')}, {self.first:%B %Y}"

    def on_bank(self, day: date, description: str, cents: int) -> Line:
        line = Line(len(self.ledger.bank), day, description, cents)
        self.ledger.bank.append(line)
        return line

    def on_books(self, day: date, description: str, cents: int, ref: str = "") -> Line:
        ref = ref or self.document("AR" if cents > 0 else "AP")
        line = Line(len(self.ledger.books), day, description, cents, ref)
        self.ledger.books.append(line)
        return line

    def answer(self, kind: str, bank: Line, *books: Line) -> None:
        self.ledger.truth.extend((kind, "B", bank.key, "G", line.key) for line in books)

    def offset(self, left: Line, right: Line) -> None:
        self.ledger.truth.append(("offset", "G", left.key, "G", right.key))

    # -- events

    def pay(self, name: str, cents: int, booked: date, cleared: date) -> None:
        books = self.on_books(booked, self.entry(name, cents), cents)
        self.answer("one_to_one", self.on_bank(cleared, self.printed(name, cents), cents), books)

    def signed(self) -> int:
        return self.cents() * (1 if self.draw.random() < 0.33 else -1)

    def simple(self) -> None:
        booked = self.day()
        slow = self.draw.random() < 0.12
        self.pay(self.firm(), self.signed(), booked, self.later(booked, 3, 14) if slow else self.later(booked, 0, 4))

    def last_month(self) -> None:
        booked = self.first - timedelta(days=self.draw.randint(1, 5))
        self.pay(self.firm(), self.signed(), booked, self.first + timedelta(days=self.draw.randrange(5)))

    def same_amount(self) -> None:
        cents, booked = self.signed(), self.day()
        other = self.later(booked, 5, 15, workday=False)
        for day in (booked, other):
            self.pay(self.firm(), cents, day, self.later(day, 0, 4))

    def namesakes(self) -> None:
        surname, day, cents = self.draw.choice(SURNAMES), self.day(), -self.cents(1000, 60_000)
        for pattern in self.draw.sample(FAMILY_FIRMS, 2):
            self.pay(pattern.format(surname), cents, day, day)

    def series(self) -> None:
        name, cents, fixed = self.firm(), self.signed(), self.draw.random() < 0.6
        start = self.first + timedelta(days=self.draw.randrange(7))
        for week in range(4):
            day = start + timedelta(days=7 * week)
            amount = cents if fixed else round(cents * self.draw.uniform(0.95, 1.05))
            self.pay(name, amount, day, self.later(day, 0, 2))

    def batch(self) -> None:
        name, day, sign = self.firm(), self.day(), self.draw.choice((1, -1))
        amounts = [sign * self.cents(800, 90_000) for _ in range(self.draw.randint(2, 5))]
        parts = [self.on_books(self.later(day, -5, 0), self.entry(name, cents), cents) for cents in amounts]
        total = sum(amounts)
        line = self.on_bank(self.later(day, 0, 2), self.printed(name, total, shorthand=0.0), total)
        self.answer("batch", line, *parts)

    def by_check(self, name: str, cents: int, booked: date, what: str) -> None:
        number = self.next_check()
        books = self.on_books(booked, f"{name} - {what}", cents, f"CHK-{number}")
        self.answer("one_to_one", self.on_bank(self.later(booked, 0, 3), f"CHECK #{number}", cents), books)

    def twice(self) -> None:
        name, cents, booked = self.firm(), -self.cents(1000, 60_000), self.day()
        self.by_check(name, cents, booked, f"{self.draw.choice(WORK)}, {self.document('INV')}")
        self.by_check(name, cents, self.later(booked, 3, 10, workday=False), "Second payment of the same amount")

    def voided(self, name: str = "", cents: int = 0) -> tuple[date, int]:
        """A cheque written and cancelled in the books, and not on the bank statement."""
        name, cents = name or self.firm(), cents or -self.cents(1000, 60_000)
        number, booked = self.next_check(), self.day()
        written = self.on_books(booked, f"{name} - {self.draw.choice(WORK)}", cents, f"CHK-{number}")
        day = self.later(booked, 1, 6, workday=False)
        self.offset(written, self.on_books(day, f"VOID - Check #{number} to {name}", -cents, f"CHK-{number}-V"))
        return day, number

    def reissue(self) -> None:
        name, cents = self.firm(), -self.cents(1000, 60_000)
        day, number = self.voided(name, cents)
        again = self.later(day, 1, 5, workday=False)
        self.by_check(name, cents, again, f"Reissued payment (replaces voided #{number})")

    def correction(self) -> None:
        """A payment to a wrong party, its return, and the payment to the right one: three lines on each side, of one
        amount.
        """
        wrong, right, cents, day = self.firm(), self.firm(), -self.cents(1000, 60_000), self.day()
        steps = (
            (wrong, "Payment entered in error (see correction)", cents),
            (wrong, "Reversal of erroneous payment", -cents),
            (right, f"Corrected payment (replaces erroneous to {wrong})", cents),
        )
        for name, what, amount in steps:
            books = self.on_books(day, f"{name} - {what}", amount)
            channel = "ACH CREDIT" if amount > 0 else "ACH DEBIT"
            line = self.on_bank(self.later(day, 0, 2, workday=False), f"{channel} {name.upper()[:25].rstrip()}", amount)
            self.answer("one_to_one", line, books)
            day = self.later(day, 1, 4, workday=False)

    def bounced(self) -> None:
        name, cents, day = self.firm(), self.cents(1000, 90_000), self.day()
        for what, printed, amount in (
            ("Payment received", "DEPOSIT", cents),
            ("NSF return of deposited check", "RETURNED ITEM - NSF", -cents),
        ):
            books = self.on_books(day, f"{name} - {what}", amount)
            self.answer("one_to_one", self.on_bank(self.later(day, 0, 1, workday=False), printed, amount), books)
            day = self.later(day, 3, 10, workday=False)

    def mismatch(self) -> None:
        """A wire booked net of its fee, or with two transposed digits."""
        name, booked, cents = self.firm(), self.day(), self.cents(1000, 200_000)
        booked_cents = cents - self.draw.randint(1000, 5000) if self.draw.random() < 0.5 else self.transposed(cents)
        books = self.on_books(booked, f"{name} - Customer payment", booked_cents)
        printed = f"WIRE TRF IN {self.draw.randrange(10**6, 10**7)} {name.upper()[:15]}"
        self.answer("amount_mismatch", self.on_bank(self.later(booked, 0, 3), printed, cents), books)

    def transposed(self, cents: int) -> int:
        digits = list(str(cents))
        places = [i for i in range(len(digits) - 1) if digits[i] != digits[i + 1]]
        at = self.draw.choice(places or [0])
        digits[at], digits[at + 1] = digits[at + 1], digits[at]
        return int("".join(digits))

    def bank_only(self) -> None:
        description, low, high = self.draw.choice(BANK_ONLY)
        line = self.on_bank(self.day(), description, self.draw.randint(low, high))
        self.ledger.truth.append(("unmatched", "B", line.key, "", 0))

    def books_only(self) -> None:
        cents = self.signed()
        what = "Deposit in transit" if cents > 0 else "Outstanding check"
        line = self.on_books(self.day(), f"{self.firm()} - {what}, {self.document('INV')}", cents)
        self.ledger.truth.append(("unmatched", "G", line.key, "", 0))

    def run(self, rows: int) -> Ledger:
        weights = {"correction": 3, "bounced": 2, "twice": 2, "same_amount": 2, "namesakes": 2, "series": 4}
        for kind, share in SHARES.items():
            event: Callable[[], object] = getattr(self, kind)
            for _ in range(max(1, round(rows * share / weights.get(kind, 1)))):
                event()
        return self.ledger


def generate(rows: int, seed: int) -> Ledger:
    """Generates about ``rows`` bank lines, the book entries and the answer."""
    return Month(seed).run(rows)


def write(ledger: Ledger, folder: Path) -> None:
    """Writes the three files, sorted by date, with ids in that order."""
    folder.mkdir(parents=True, exist_ok=True)
    bank, names_b = numbered(ledger.bank, "B")
    books, names_g = numbered(ledger.books, "G")
    names = {"B": names_b, "G": names_g, "": {0: ""}}
    save(folder / "bank.csv", ("id", "date", "description", "amount"), (row[:4] for row in bank))
    save(folder / "gl.csv", ("id", "date", "description", "amount", "ref"), books)
    truth = ((kind, names[left][at], names[right][to]) for kind, left, at, right, to in ledger.truth)
    save(folder / "truth.csv", ("kind", "left_id", "right_id"), truth)


def numbered(lines: Sequence[Line], prefix: str) -> tuple[list[tuple[str, ...]], dict[int, str]]:
    ordered = sorted(lines, key=lambda line: (line.day, line.key))
    width = max(4, len(str(len(ordered))))
    names = {line.key: f"{prefix}{place:0{width}d}" for place, line in enumerate(ordered, 1)}
    rows = [(names[x.key], x.day.isoformat(), x.description, f"{x.cents / 100:.2f}", x.ref) for x in ordered]
    return rows, names


def save(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, required=True, help="folder for the three files")
    parser.add_argument("--rows", type=int, default=400, help="bank lines, about")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    write(generate(given.rows, given.seed), given.out)


if __name__ == "__main__":
    main()
