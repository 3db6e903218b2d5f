"""Test data generator: one quarter of invoices and payments of a few customers, from one seed.

python examples/starter/generate.py > examples/starter/sample.csv
"""

from __future__ import annotations

import csv
import datetime
import random
import sys

CUSTOMERS = ("Aster Ltd", "Birch & Co", "Cedar GmbH", "Dahlia SA", "Elm Partners")
FIRST_DAY = datetime.date(2026, 1, 5)
Line = tuple[str, datetime.date, int, str]


def lines(invoices: int = 120, seed: int = 7) -> list[Line]:
    """Customer, day, cents and memo of every line, by day."""
    rng = random.Random(seed)
    found = [line for number in range(1, invoices + 1) for line in deal(rng, f"INV{20260000 + number}")]
    return sorted(found, key=lambda line: (line[1], line[0], line[2]))


def deal(rng: random.Random, number: str) -> list[Line]:
    """One invoice and its payment: in full, in two parts, without a number, short, or missing."""
    customer = rng.choice(CUSTOMERS)
    day = FIRST_DAY + datetime.timedelta(rng.randrange(75))
    paid = day + datetime.timedelta(rng.randrange(3, 30))
    cents = rng.randrange(5_000, 900_000)
    invoice = (customer, day, cents, f"Invoice {number}")
    match rng.choices(("full", "parts", "silent", "short", "part", "open"), (60, 12, 14, 4, 5, 5))[0]:
        case "full":
            return [invoice, (customer, paid, -cents, f"payment {number}")]
        case "parts":
            half = cents // 2
            later = paid + datetime.timedelta(7)
            return [invoice, (customer, paid, -half, number.lower()), (customer, later, half - cents, f"rest {number}")]
        case "silent":
            return [invoice, (customer, paid, -cents, "")]
        case "short":
            return [invoice, (customer, paid, rng.randrange(1, 40) - cents, f"{number} less bank charges")]
        case "part":
            return [invoice, (customer, paid, -(cents // 3), f"first part of {number}")]
        case _:
            return [invoice]


def main() -> None:
    """Writes the CSV to standard output."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("row_id", "customer", "day", "amount", "memo"))
    for row_id, (customer, day, cents, memo) in enumerate(lines(), 1):
        writer.writerow((row_id, customer, day.isoformat(), f"{cents / 100:.2f}", memo))


if __name__ == "__main__":
    main()
