"""Test data generator: one quarter of intercompany postings with a known answer.

    python examples/intercompany/generate.py --out DIR --lines 50000 --seed 1

writes ``ledger.parquet``, the lines as posted by the companies, and ``truth.parquet``, the lines that belong together.
Every deal is posted twice, once in each company's own ledger: the creditor posts a positive, the debtor a negative
amount. The references are free text, typed by people: an invoice, purchase order or settlement number somewhere in the
noise, written in several ways, truncated, or missing. Deterministic by seed and length.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from examples.arrow import Array as Text
from examples.arrow import Table, pa, pc, pq
from examples.intercompany.desk import (
    ACCOUNTS,
    CURRENCIES,
    DAYS,
    FIRST_DAY,
    MONTH_STARTS,
    PAIRS,
    POOL_MEMOS,
    Deals,
    Desk,
    Ints,
    Lines,
    joined,
)

KINDS: dict[str, float] = {  # the share of all lines
    "mirror": 0.42,  # one line on each side, same amount, same invoice number
    "mirror_no_reference": 0.05,  # the debtor's memo says nothing
    "cut_off": 0.05,  # the debtor books after the month's end
    "duplicate": 0.03,  # the creditor booked the invoice twice: the second posting has no partner
    "batch_settled": 0.08,  # many invoices, one payment, one settlement number on all
    "batch_listed": 0.07,  # many invoices, one payment that lists their numbers
    "split": 0.08,  # one invoice paid in instalments
    "crossed": 0.04,  # two invoices, two payments, cut elsewhere
    "rounding": 0.03,  # a cent or two apart
    "fee": 0.02,  # the payer deducted a bank fee
    "exchange": 0.02,  # booked at another day's rate
    "netting": 0.06,  # the pool account: a month's lines net to a few cents
    "write_off": 0.015,  # bagatelles on one side only
    "open_cut_off": 0.01,  # the other side has not booked yet
}
"""What is left up to the number of lines asked for is ``noise``: postings on one side that nothing answers."""


class Maker(Desk):
    """Generator with one method per kind; each takes the approximate number of lines."""

    def mirror(self, lines: int) -> None:
        self.invoice("mirror", self.deals(lines // 2))

    def mirror_no_reference(self, lines: int) -> None:
        deals = self.deals(lines // 2)
        number = self.numbers(len(deals), 1_000_000)
        self.post("mirror_no_reference", deals, 0, self.memo(self.written("INV", number)))
        self.post("mirror_no_reference", deals, 1, self.idle(len(deals)), day=self.soon(deals.day, 10))

    def cut_off(self, lines: int) -> None:
        deals = self.deals(lines // 2)
        end = MONTH_STARTS[1:3][self.draw.integers(0, 2, len(deals))]
        before = replace(deals, day=end - 1 - deals.day % 3)
        self.invoice("cut_off", before, day=end + self.draw.integers(0, 12, len(deals)))

    def duplicate(self, lines: int) -> None:
        deals = self.deals(lines // 3, last_day=DAYS - 15)
        number = self.invoice("duplicate", deals)
        again = deals.day + self.draw.integers(1, 13, len(deals))
        self.post("duplicate", deals, 0, self.memo(self.written("INV", number)), day=again, grouped=False)

    def batch(self, kind: str, lines: int, most: int, refer: Callable[[Ints, Ints], tuple[Text, Text]]) -> None:
        """Two to ``most`` invoices and one payment; ``refer`` writes their references."""
        sizes = self.draw.integers(2, most + 1, max(1, lines * 2 // (most + 4)))
        deals = self.deals(len(sizes), self.cents(len(sizes), 2_000, 900_000))
        whose, part = self.parts(deals.cents, sizes)
        invoices, payment = refer(whose, sizes)
        day = np.maximum(deals.day[whose] - self.draw.integers(0, 12, len(whose)), 0)
        self.post(kind, deals, 0, self.memo(invoices), deal=whose, cents=part, day=day)
        self.post(kind, deals, 1, self.memo(payment), day=self.soon(deals.day, 5))

    def batch_settled(self, lines: int) -> None:
        def refer(whose: Ints, sizes: Ints) -> tuple[Text, Text]:
            run = self.numbers(len(sizes), 80_000_000)
            invoice = self.written("INV", self.numbers(len(whose), 1_000_000))
            return joined(invoice, self.written("SETTLE", run[whose])), self.written("SETTLE", run)

        self.batch("batch_settled", lines, 8, refer)

    def batch_listed(self, lines: int) -> None:
        def refer(whose: Ints, sizes: Ints) -> tuple[Text, Text]:
            invoice = self.written("INV", self.numbers(len(whose), 1_000_000))
            bounds = pa.array(np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32))
            return invoice, pc.binary_join(pa.ListArray.from_arrays(bounds, invoice), " ")

        self.batch("batch_listed", lines, 5, refer)

    def split(self, lines: int) -> None:
        sizes = self.draw.integers(2, 5, max(1, lines // 4))
        deals = self.deals(len(sizes), self.cents(len(sizes), 2_000, 900_000))
        whose, part = self.parts(deals.cents, sizes)
        number = self.numbers(len(deals), 1_000_000)
        order = self.written("PO", self.numbers(len(deals), 4_500_000_000))
        self.post("split", deals, 0, self.memo(joined(self.written("INV", number), order)))
        paid = self.soon(deals.day[whose], 40)
        self.post("split", deals, 1, self.memo(self.written("INV", number[whose])), deal=whose, cents=part, day=paid)

    def crossed(self, lines: int) -> None:
        """Invoices x and y; the first payment settles x and a part of y, the second the rest, so that lines must be
        split.
        """
        count = max(1, lines // 4)
        deals = self.deals(count, self.cents(count, 4_000, 500_000))
        first = np.maximum((deals.cents * self.draw.uniform(0.3, 0.6, count)).astype(np.int64), 1)
        taken = np.maximum(((deals.cents - first) * self.draw.uniform(0.2, 0.8, count)).astype(np.int64), 1)
        one, two = (self.written("INV", self.numbers(count, 1_000_000)) for _ in range(2))
        self.post("crossed", deals, 0, self.memo(one), cents=first)
        self.post("crossed", deals, 0, self.memo(two), cents=deals.cents - first, day=self.soon(deals.day, 6))
        self.post("crossed", deals, 1, self.memo(joined(one, two)), cents=first + taken, day=self.soon(deals.day, 9))
        rest = deals.cents - first - taken
        self.post("crossed", deals, 1, self.memo(two), cents=rest, day=self.soon(deals.day, 20))

    def rounding(self, lines: int) -> None:
        deals = self.deals(lines // 2)
        self.invoice(
            "rounding", deals, off=self.draw.integers(1, 4, len(deals)) * self.draw.choice([-1, 1], len(deals))
        )

    def fee(self, lines: int) -> None:
        deals = self.deals(lines // 2, self.cents(lines // 2, 2_000, 300_000))
        self.invoice("fee", deals, off=self.draw.integers(500, 4_501, len(deals)))

    def exchange(self, lines: int) -> None:
        deals = self.deals(lines // 2, self.cents(lines // 2, 2_000, 300_000))
        self.invoice(
            "exchange", deals, off=(deals.cents * self.draw.uniform(-0.004, 0.004, len(deals))).astype(np.int64)
        )

    def netting(self, lines: int) -> None:
        """Per pair, currency and month a pool to which both sides post; the last posting leaves a few cents."""
        months = len(POOL_MEMOS)
        pools = len(PAIRS) * len(CURRENCIES) * months
        cell = np.arange(pools, dtype=np.int64)
        month = cell % months
        deals = replace(
            self.deals(pools, self.cents(pools, 90_000, 900_000)),
            pair=cell // months % len(PAIRS),
            currency=cell // months // len(PAIRS),
            day=MONTH_STARTS[month],
        )
        whose, part = self.parts(deals.cents, np.full(pools, max(1, lines // pools - 1), dtype=np.int64))
        day = deals.day[whose] + self.draw.integers(0, 28, len(whose))
        label = pa.array(POOL_MEMOS)
        memo = self.memo(label.take(pa.array(month[whose])))
        self.post("netting", deals, 0, memo, deal=whose, cents=part, day=day, account=2)
        cents = deals.cents - self.draw.integers(-9, 10, pools)
        closing = self.memo(label.take(pa.array(month)))
        self.post("netting", deals, 1, closing, cents=cents, day=deals.day + 27, account=2)

    def alone(self, kind: str, deals: Deals, memo: Text) -> None:
        """Postings of either side without a counterpart."""
        sides = self.draw.integers(0, 2, len(deals))
        for teller in (0, 1):
            which = np.flatnonzero(sides == teller).astype(np.int64)
            self.post(kind, deals, teller, memo.take(pa.array(which)), deal=which, grouped=False)

    def write_off(self, lines: int) -> None:
        self.alone("write_off", self.deals(lines, self.draw.integers(1, 500, lines)), self.idle(lines))

    def open_cut_off(self, lines: int) -> None:
        drawn = self.deals(lines, self.cents(lines, 600, 400_000))
        late = replace(drawn, day=DAYS - 1 - drawn.day % 4)
        self.alone("open_cut_off", late, self.memo(self.written("INV", self.numbers(lines, 1_000_000))))

    def noise(self, lines: int) -> None:
        deals = self.deals(lines, self.cents(lines, 600, 400_000))
        memo = self.memo(self.written("INV", self.numbers(lines, 1_000_000)))
        self.alone("noise", deals, pc.if_else(pa.array(self.draw.random(lines) < 0.5), memo, self.idle(lines)))


def generate(lines: int = 50_000, seed: int = 1) -> tuple[Table, Table]:
    """The ledger and its answer.

    ``ledger``: row_id (int64, in order of date), company, icp (its counterparty), objsub (account), currency, amount
    (decimal, major units), gl_date, reference (may be null). ``truth``: row_id, kind, deal; a null ``deal`` says that
    the line has no partner. Exactly ``lines`` lines (at least 2,000).
    """
    if lines < 2_000:
        raise ValueError(f"{lines} lines are too few to hold every kind: ask for 2,000 or more")
    maker = Maker(seed)
    for kind, share in KINDS.items():
        make: Callable[[int], None] = getattr(maker, kind)
        make(int(lines * share))
    made = sum(len(block.deal) for block in maker.blocks)
    maker.noise(lines - made)
    return tables(maker)


def tables(maker: Maker) -> tuple[Table, Table]:
    blocks = maker.blocks

    def column(read: Callable[[Lines], Ints]) -> Ints:
        return np.concatenate([read(block) for block in blocks])

    day = column(lambda b: b.day)
    order = np.lexsort((maker.draw.permutation(len(day)), day))
    pair = column(lambda b: b.deals.pair[b.deal])[order]
    own = column(lambda b: (b.deals.side[b.deal] + b.teller) % 2)[order]
    sides = np.array(PAIRS)
    cents = column(lambda b: b.cents)[order]
    memo = pa.chunked_array([block.memo for block in blocks]).combine_chunks().take(pa.array(order))
    row_id = pa.array(np.arange(1, len(day) + 1, dtype=np.int64))
    ledger = pa.table(
        {
            "row_id": row_id,
            "company": pa.array(sides[pair, own]),
            "icp": pa.array(sides[pair, 1 - own]),
            "objsub": pa.array(np.array(ACCOUNTS)[column(lambda b: b.account)[order]]),
            "currency": pa.array(np.array(CURRENCIES)[column(lambda b: b.deals.currency[b.deal])[order]]),
            "amount": decimals(cents),
            "gl_date": pa.array((FIRST_DAY + day[order]).astype(np.int32)).cast(pa.date32()),
            "reference": memo,
        }
    )
    grouped = np.concatenate([block.grouped for block in blocks])[order]
    kind = np.concatenate([np.full(len(block.deal), block.kind, dtype="U20") for block in blocks])[order]
    deal = pa.array(column(lambda b: b.deals.key[b.deal])[order], mask=~grouped)
    return ledger, pa.table({"row_id": row_id, "kind": pa.array(kind), "deal": deal})


def decimals(cents: Ints) -> Text:
    """Minor units as decimal(18, 2), exactly: the integers are reinterpreted, not divided."""
    wide = np.empty((len(cents), 2), dtype=np.int64)
    wide[:, 0], wide[:, 1] = cents, cents >> 63
    return pa.Array.from_buffers(pa.decimal128(18, 2), len(cents), [None, pa.py_buffer(wide.tobytes())])


def write(folder: Path, lines: int, seed: int) -> tuple[Path, Path]:
    """Writes both tables as Parquet files to ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    ledger, truth = generate(lines, seed)
    pq.write_table(ledger, folder / "ledger.parquet")
    pq.write_table(truth, folder / "truth.parquet")
    return folder / "ledger.parquet", folder / "truth.parquet"


def main() -> None:
    parser = argparse.ArgumentParser(description="Write an intercompany ledger and its answer.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the two files")
    parser.add_argument("--lines", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(*write(given.out, given.lines, given.seed), sep="\n")


if __name__ == "__main__":
    main()
