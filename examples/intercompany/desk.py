"""Random source of the intercompany generator: deals, amounts, dates, references and typing errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from examples.arrow import Array as Text
from examples.arrow import pa, pc

Ints: TypeAlias = npt.NDArray[np.int64]

PAIRS = (
    ("DE01", "FR01"),
    ("DE01", "UK01"),
    ("DE01", "US01"),
    ("FR01", "NL01"),
    ("NL01", "UK01"),
    ("NL01", "US01"),
    ("PL01", "DE01"),
    ("UK01", "US01"),
)
CURRENCIES = ("EUR", "USD", "GBP")
CURRENCY_ODDS = (0.5, 0.35, 0.15)
FIRST_DAY = 20_454  # 2026-01-01
DAYS = 90  # January to March
MONTH_STARTS = np.array([0, 31, 59, 90], dtype=np.int64)
RECEIVABLE, PAYABLE, POOL = "1310.010", "2310.010", "1810.900"
ACCOUNTS = (RECEIVABLE, PAYABLE, POOL)
LEADS = (
    "",
    "IC recharge",
    "Payment",
    "services",
    "goods",
    "re:",
    "mgmt fee",
    "royalty",
    "Zahlung",
    "cost share",
    "ref",
)
TAILS = (
    "",
    "Q1",
    "as agreed",
    "see mail",
    "approved",
    "freight",
    "March run",
    "2nd reminder",
    "urgent",
    "w/o VAT",
    "part",
)
POOL_MEMOS = ("NETTING 2026-01", "NETTING 2026-02", "NETTING 2026-03")
IDLE = (
    "manual accrual",
    "reclass",
    "unidentified receipt",
    "adjustment",
    "suspense",
    "bank correction",
    "to be clarified",
)


@dataclass(frozen=True, slots=True)
class Deals:
    """One entry per deal; ``side`` is the company of the pair that is the creditor."""

    key: Ints
    pair: Ints
    currency: Ints
    side: Ints
    cents: Ints
    day: Ints

    def __len__(self) -> int:
        return len(self.key)


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of one kind: deal, side (0 creditor, 1 debtor) and answer of each."""

    kind: str
    deals: Deals
    deal: Ints
    teller: Ints
    cents: Ints
    day: Ints
    account: Ints
    memo: Text
    grouped: npt.NDArray[np.bool_]


class Desk:
    """Random source of deals and their lines, one kind at a time."""

    def __init__(self, seed: int) -> None:
        self.draw = np.random.Generator(np.random.PCG64(seed))
        self.deals_made = 0
        self.numbers_given = 0
        self.blocks: list[Lines] = []

    # -- deals and their amounts

    def cents(self, count: int, low: float = 40, high: float = 400_000) -> Ints:
        """Random amounts, uniform over magnitudes; a fifth of them round."""
        raw = np.exp(self.draw.uniform(np.log(low), np.log(high), count))
        exact = np.rint(raw * 100).astype(np.int64)
        step = np.where(raw >= 1000, 10_000, 1_000)
        round_ones = np.maximum(np.rint(raw * 100 / step), 1).astype(np.int64) * step
        return np.where(self.draw.random(count) < 0.2, round_ones, exact)

    def deals(self, count: int, cents: Ints | None = None, last_day: int = DAYS - 1) -> Deals:
        first = self.deals_made + 1
        self.deals_made += count
        return Deals(
            key=np.arange(first, first + count, dtype=np.int64),
            pair=self.draw.integers(0, len(PAIRS), count),
            currency=self.draw.choice(len(CURRENCIES), count, p=CURRENCY_ODDS).astype(np.int64),
            side=self.draw.integers(0, 2, count),
            cents=self.cents(count) if cents is None else cents,
            day=self.draw.integers(0, last_day + 1, count),
        )

    def soon(self, day: Ints, most: int) -> Ints:
        """A day up to ``most`` days later, within the quarter."""
        return np.minimum(day + self.draw.integers(0, most + 1, len(day)), DAYS - 1)

    def numbers(self, count: int, first: int) -> Ints:
        self.numbers_given += count
        return first + self.numbers_given - count + self.draw.permutation(count).astype(np.int64)

    def parts(self, total: Ints, counts: Ints) -> tuple[Ints, Ints]:
        """Splits each total into the given number of positive parts; returns the index of the total of each part, and
        the parts.
        """
        whose = np.repeat(np.arange(len(total), dtype=np.int64), counts)
        weight = self.draw.uniform(0.2, 1.0, len(whose))
        share = weight / np.add.reduceat(weight, np.cumsum(counts) - counts)[whose]
        part = np.maximum((total[whose] * share).astype(np.int64), 1)
        firsts = np.cumsum(counts) - counts
        part[firsts] += total - np.add.reduceat(part, firsts)
        return whose, part

    # -- what people type

    def written(self, word: str, numbers: Ints) -> Text:
        """Random notation of a number: INV-1000001, INV1000001, inv 1000001, INV#1000001."""
        forms = [f"{word}-", f"{word}-", word, f"{word} ", f"{word}#", f"{word.lower()} "]
        chosen = pa.array(forms).take(pa.array(self.draw.integers(0, len(forms), len(numbers))))
        return joined(chosen, pa.array(numbers).cast(pa.string()), by="")

    def memo(self, reference: Text) -> Text:
        """The reference with other words, sometimes truncated or missing."""
        count = len(reference)
        lead = pa.array(LEADS).take(pa.array(self.draw.integers(0, len(LEADS), count)))
        tail = pa.array(TAILS).take(pa.array(self.draw.integers(0, len(TAILS), count)))
        text = pc.utf8_trim_whitespace(joined(lead, reference, tail))
        fate = self.draw.random(count)
        text = pc.if_else(pa.array(fate < 0.02), pc.utf8_slice_codeunits(text, 0, 14), text)
        return pc.if_else(pa.array(fate > 0.985), pa.scalar(None, pa.string()), text)

    def idle(self, count: int) -> Text:
        return pa.array(IDLE).take(pa.array(self.draw.integers(0, len(IDLE), count)))

    # -- lines

    def post(
        self,
        kind: str,
        deals: Deals,
        teller: int,
        memo: Text,
        *,
        deal: Ints | None = None,
        cents: Ints | None = None,
        day: Ints | None = None,
        account: int | None = None,
        grouped: bool = True,
    ) -> None:
        """Adds one line for each entry of ``deal`` (default: all deals); ``cents`` is positive, the side determines the
        sign.
        """
        which = np.arange(len(deals), dtype=np.int64) if deal is None else deal
        size = deals.cents[which] if cents is None else cents
        self.blocks.append(
            Lines(
                kind=kind,
                deals=deals,
                deal=which,
                teller=np.full(len(which), teller, dtype=np.int64),
                cents=size if teller == 0 else -size,
                day=deals.day[which] if day is None else day,
                account=np.full(len(which), teller if account is None else account, dtype=np.int64),
                memo=memo,
                grouped=np.full(len(which), grouped),
            )
        )

    def invoice(
        self, kind: str, deals: Deals, *, lag: int = 6, off: Ints | None = None, day: Ints | None = None
    ) -> Ints:
        """Simple invoice: both sides quote its number; the debtor posts within ``lag`` days, ``off`` cents less."""
        number = self.numbers(len(deals), 1_000_000)
        self.post(kind, deals, 0, self.memo(self.written("INV", number)))
        less = deals.cents if off is None else deals.cents - off
        later = self.soon(deals.day, lag) if day is None else day
        self.post(kind, deals, 1, self.memo(self.written("INV", number)), cents=less, day=later)
        return number


def joined(*texts: Text, by: str = " ") -> Text:
    return pc.binary_join_element_wise(*texts, by)
