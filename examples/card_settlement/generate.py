"""Test data generator: one month of card sales and their settlements, from one seed.

python examples/card_settlement/generate.py > examples/card_settlement/sample.csv
"""

from __future__ import annotations

import csv
import datetime
import random
import sys
from dataclasses import dataclass, field

TERMINALS = ("BER-01", "BER-02", "HAM-01", "MUC-01", "MUC-02", "ZRH-01")
TOTALLED = ("ZRH-01",)
"""Terminals that the acquirer settles as one total a day, after its fee."""
FIRST_DAY = datetime.date(2026, 3, 1)
FEE_BPS = 145
Cells = tuple[str, str, str, str, str, str, str, str]


@dataclass(slots=True)
class Month:
    """Generated lines and the random source."""

    rng: random.Random
    lines: list[Cells] = field(default_factory=list[Cells])
    numbers: dict[str, int] = field(default_factory=dict[str, int])

    def add(
        self, book: str, terminal: str, day: datetime.date, cents: int, *, auth: str = "", receipt: str = ""
    ) -> None:
        """Adds one line of one book."""
        number = self.numbers[book] = self.numbers.get(book, 0) + 1
        currency = "CHF" if terminal.startswith("ZRH") else "EUR"
        amount = f"{cents / 100:.2f}"
        self.lines.append(
            (f"{book[0].upper()}{number:05d}", book, terminal, day.isoformat(), currency, amount, auth, receipt)
        )


def month(days: int = 14, sales: int = 3, seed: int = 11) -> list[Cells]:
    """Generates all lines of ``days`` days, with about ``sales`` sales per terminal and day."""
    made = Month(random.Random(seed))
    for offset in range(days):
        day = FIRST_DAY + datetime.timedelta(offset)
        for terminal in TERMINALS:
            count = made.rng.randrange(1, 2 * sales)
            total = sum(sale(made, terminal, day) for _ in range(count))
            if terminal in TOTALLED and total:
                made.add("acquirer", terminal, day, round(total * FEE_BPS / 10_000) - total)
    return made.lines


def sale(made: Month, terminal: str, day: datetime.date) -> int:
    """Generates one sale and its settlement; returns its share of a daily total."""
    rng = made.rng
    cents = rng.randrange(250, 25_000)
    auth = f"{rng.randrange(16**6):06X}"
    receipt = f"{terminal}-{rng.randrange(10**6):06d}"
    made.add("till", terminal, day, cents, auth=auth, receipt=receipt)
    if terminal in TOTALLED:
        return cents
    settled = day + datetime.timedelta(rng.choice((0, 1, 1, 2)))
    match rng.choices(("plain", "lower", "tip", "lost code", "void", "open"), (70, 8, 8, 7, 4, 3))[0]:
        case "plain":
            made.add("acquirer", terminal, settled, -cents, auth=auth)
        case "lower":
            made.add("acquirer", terminal, settled, -cents, auth=f" {auth.lower()}")
        case "tip":
            made.add("acquirer", terminal, settled, -cents - rng.randrange(1, 20) * 50, auth=auth)
        case "lost code":
            made.add("acquirer", terminal, settled, -cents)
        case "void":
            made.add("till", terminal, day, -cents, receipt=receipt)
        case _:
            pass
    return 0


def main() -> None:
    """Writes the CSV to standard output."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("row_id", "book", "terminal", "day", "currency", "amount", "auth", "receipt"))
    writer.writerows(month())


if __name__ == "__main__":
    main()
