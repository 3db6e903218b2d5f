"""Facts of a column: what its cells can be read as, before anything is decided."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from florecon_build.sources import dates
from florecon_build.sources.amounts import Evidence, Mark, evidence, parse
from florecon_build.sources.words import AMOUNT, BALANCE, CREDIT, DEBIT, NOT_AMOUNT, words

MAX_ROWS = 1_000_000
PLACES = 18
MARKS: tuple[Mark, Mark] = (".", ",")
Numbers = Sequence[Decimal | None]


@dataclass(frozen=True, slots=True)
class Facts:
    """One column of a file.

    ``formats`` are the forms in which every filled cell is a day; ``numbers`` the amounts by the decimal mark under
    which every filled cell is one; ``currencies`` what stands beside them. ``texts`` are the cells as texts.
    """

    header: str
    texts: Sequence[str | None]
    formats: tuple[str, ...] = ()
    typed_day: bool = False
    numbers: Mapping[Mark, Numbers] = field(default_factory=dict[Mark, Numbers])
    marks: Evidence = field(default_factory=Evidence)
    currencies: frozenset[str] = frozenset()
    dashes: int = 0

    @property
    def filled(self) -> list[str]:
        """The cells that are not empty."""
        return [text for text in self.texts if text is not None and text.strip()]

    @property
    def complete(self) -> bool:
        """Whether no cell is empty."""
        return len(self.filled) == len(self.texts)

    @property
    def words(self) -> set[str]:
        """The words of the header."""
        return words(self.header)

    @property
    def is_day(self) -> bool:
        """Whether every filled cell is a day."""
        return self.typed_day or bool(self.formats)

    @property
    def is_number(self) -> bool:
        """Whether every filled cell is a number, and none is a day."""
        return bool(self.numbers) and not self.is_day

    @property
    def has_marks(self) -> bool:
        """Whether a number has a decimal mark, a currency or a sign, as amounts have."""
        pattern = r"[.,+()\-\u2212]|\d['\u2019]\d|(?i:cr|dr)$"
        return bool(self.currencies) or any(re.search(pattern, text.strip()) for text in self.filled)

    @property
    def unique(self) -> bool:
        """Whether every row has a text of its own."""
        return self.complete and len(set(self.texts)) == len(self.texts) > 0

    @property
    def is_plain_integer(self) -> bool:
        """Whether every filled cell is a whole number without leading zeros that fits into 64 bits."""
        return bool(self.filled) and all(
            re.fullmatch(r"[+-]?(?:0|[1-9]\d{0,17})", cell.strip()) for cell in self.filled
        )

    @property
    def counts_rows(self) -> bool:
        """Whether the cells are the numbers of the rows, upward or downward."""
        if not self.is_plain_integer or not self.complete or len(self.texts) < 2:
            return False
        numbers = [int(text) for text in self.filled]
        steps = {b - a for a, b in pairwise(numbers)}
        return steps in ({1}, {-1})

    @property
    def is_year(self) -> bool:
        """Whether every filled cell is a year of our time."""
        return self.is_plain_integer and all(1900 <= int(text) <= 2100 for text in self.filled)

    @property
    def may_be_balance(self) -> bool:
        """Whether the header says a running balance."""
        return bool(self.words & BALANCE)

    @property
    def may_be_amount(self) -> bool:
        """Whether the column may hold the amounts: numbers that are no ids, years, line numbers or balances."""
        if not self.is_number or self.may_be_balance:
            return False
        if self.words & (AMOUNT | CREDIT | DEBIT):
            return self.has_marks or not self.words & NOT_AMOUNT
        return not (self.words & NOT_AMOUNT or self.counts_rows or self.is_year or not self.has_marks)


def facts_of(batches: Sequence[pa.RecordBatch], header: str) -> Facts:
    """The facts of the cells below a header."""
    column = pa.chunked_array([batch.column(header) for batch in batches])
    kind = column.type
    if pt.is_date(kind) or pt.is_timestamp(kind):
        return Facts(header, [None if cell is None else str(cell) for cell in column.to_pylist()], typed_day=True)
    if pt.is_decimal(kind) or pt.is_integer(kind) or pt.is_floating(kind):
        texts = column.cast(pa.string()).to_pylist()
        values = [None if cell is None else Decimal(cell) for cell in texts]
        exact = all(value is None or value.is_finite() for value in values)
        return Facts(header, texts, numbers={".": values, ",": values} if exact else {})
    if not pt.is_string(kind):
        return Facts(header, [None if cell is None else str(cell) for cell in column.to_pylist()])
    texts = pc.utf8_trim_whitespace(column.combine_chunks())
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    formats = _plausible(dates.formats_of(texts), texts)
    if formats:
        return Facts(header, texts.to_pylist(), formats=formats)
    dashes: int = pc.sum(pc.equal(texts, "-")).as_py() or 0
    cells = pc.if_else(pc.equal(texts, "-"), "", texts)
    numbers: dict[Mark, Numbers] = {}
    currencies: set[str] = set()
    for mark in MARKS:
        read = parse(cells, mark, scale=PLACES)
        if not read.refused and read.values.null_count < len(read.values):
            numbers[mark] = read.values.to_pylist()
            currencies |= set(filter(None, read.currency.unique().to_pylist()))
    said = evidence(cells) if numbers else Evidence()
    return Facts(
        header, texts.to_pylist(), numbers=numbers, marks=said, currencies=frozenset(currencies), dashes=dashes
    )


def _plausible(formats: tuple[str, ...], texts: pa.Array) -> tuple[str, ...]:
    """Forms of days but for those of bare digits that are numbers as likely: days of eight digits are near our time."""
    if "%Y%m%d" not in formats:
        return formats
    days: list[datetime.date | None] = dates.parse(texts, "%Y%m%d").values.to_pylist()
    return formats if all(day is None or 1950 <= day.year <= 2100 for day in days) else ()
