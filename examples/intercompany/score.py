"""Scoring: counts and amounts per stage from a report, compared with the known answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from examples.arrow import Table, pa, pc
from examples.intercompany.desk import Ints

CLASSIFIED = "write-off"
"""The stage that closes lines alone: classified, not matched."""
OPEN = "unmatched"


@dataclass(frozen=True, slots=True)
class Names:
    """A dictionary-encoded text column: codes, and the text of each code."""

    codes: Ints
    names: list[str]

    def at(self, place: int) -> str:
        return self.names[int(self.codes[place])]

    def code(self, name: str) -> int:
        """The code of a name; -1 if it does not occur."""
        return self.names.index(name) if name in self.names else -1

    def take(self, places: Ints) -> Names:
        return Names(self.codes[places], self.names)


@dataclass(frozen=True, slots=True)
class Solved:
    """Ledger, answer and report as arrays in minor units: the first four by line, the next by allocation, the last by
    group.
    """

    cents: Ints
    currency: Names
    kind: Names
    deal: Ints  # 0: no partner
    piece_line: Ints  # place of the line
    piece_group: Ints  # place of the group
    piece_cents: Ints
    group_stage: Names
    group_size: Ints


def ints(column: object) -> Ints:
    return np.asarray(column, dtype=np.int64)


def minor(amounts: Table) -> Ints:
    """A decimal column with two places as integers, exactly."""
    flat = amounts.combine_chunks() if hasattr(amounts, "combine_chunks") else amounts
    wide = pc.multiply(flat.cast(pa.decimal128(20, 2)), pa.scalar(100, pa.decimal128(3, 0)))
    return ints(wide.cast(pa.int64()))


def named(column: Table) -> Names:
    """Dictionary encoding of a text column, in alphabetical order."""
    encoded = pc.dictionary_encode(column.combine_chunks() if hasattr(column, "combine_chunks") else column)
    names = [str(name) for name in encoded.dictionary.to_pylist()]
    order = sorted(names)
    place = np.array([order.index(name) for name in names], dtype=np.int64)
    return Names(place[ints(encoded.indices)] if names else ints(encoded.indices), order)


def stage_names(groups: Table) -> Names:
    """Stage label of each group: the text before the first colon of its reason."""
    reason, origin = groups["reason"], groups["origin"]
    label = pc.list_element(pc.split_pattern(pc.coalesce(reason, origin), ": ", max_splits=1), 0)
    return named(pc.if_else(pc.equal(origin, OPEN), OPEN, label))


def solved(ledger: Table, truth: Table, groups: Table, allocations: Table) -> Solved:
    """The four tables as arrays, after a check that they have the same lines. Row ids are those of the ledger, in its
    order.
    """
    row_id, group_id = ints(ledger["row_id"]), ints(groups["group_id"])
    order = np.argsort(group_id, kind="stable")
    stages, sizes = stage_names(groups).take(order), ints(groups["size"])[order]
    return Solved(
        cents=minor(ledger["amount"]),
        currency=named(ledger["currency"]),
        kind=named(truth["kind"]),
        deal=ints(pc.fill_null(truth["deal"], 0)),
        piece_line=np.searchsorted(row_id, ints(allocations["id"])),
        piece_group=np.searchsorted(group_id[order], ints(allocations["group_id"])),
        piece_cents=ints(allocations["amount"]),
        group_stage=stages,
        group_size=sizes,
    )


@dataclass(frozen=True, slots=True)
class StageLine:
    """Totals of one stage: groups, lines, and the sum of absolute amounts by currency."""

    stage: str
    groups: int
    lines: int
    value: dict[str, int]


def stage_lines(data: Solved, order: list[str]) -> list[StageLine]:
    """Totals by stage in the given ``order``, open items last."""
    taken: list[StageLine] = []
    currency, stages = data.currency.codes[data.piece_line], data.group_stage.codes
    pieces = stages[data.piece_group]
    for stage in [*order, OPEN]:
        code = data.group_stage.code(stage)
        mine = pieces == code
        size, whose = np.abs(data.piece_cents[mine]), currency[mine]
        value = {name: int(size[whose == place].sum()) for place, name in enumerate(data.currency.names)}
        taken.append(
            StageLine(
                stage, int((stages == code).sum()), int(np.count_nonzero(np.bincount(data.piece_line[mine]))), value
            )
        )
    return taken


@dataclass(frozen=True, slots=True)
class Balance:
    """Net amounts of one currency, in minor units."""

    currency: str
    put_in: int
    matched: int
    classified: int
    left_open: int

    @property
    def holds(self) -> bool:
        return self.put_in == self.matched + self.classified + self.left_open


def balances(data: Solved) -> list[Balance]:
    """Net of the lines, and net of the allocations by result, for each currency."""
    stage, currency = data.group_stage.codes[data.piece_group], data.currency.codes[data.piece_line]
    is_open, is_classified = stage == data.group_stage.code(OPEN), stage == data.group_stage.code(CLASSIFIED)
    made: list[Balance] = []
    for code, name in enumerate(data.currency.names):
        here = currency == code
        left = int(data.piece_cents[here & is_open].sum())
        classified = int(data.piece_cents[here & is_classified].sum())
        matched = int(data.piece_cents[here & ~is_open & ~is_classified].sum())
        made.append(Balance(name, int(data.cents[data.currency.codes == code].sum()), matched, classified, left))
    return made


def lines_conserved(data: Solved) -> int:
    """Number of lines that are exactly the sum of their allocations."""
    total = np.zeros(len(data.cents), dtype=np.int64)
    np.add.at(total, data.piece_line, data.piece_cents)
    return int((total == data.cents).sum())


@dataclass(frozen=True, slots=True)
class KindScore:
    """Counts of the lines of one kind.

    ``partnered`` have a partner in the answer, ``alone`` have none. ``matched`` are in a group; ``pure`` of these only
    with lines of their deal; ``whole`` with all lines of their deal.
    """

    kind: str
    partnered: int
    alone: int
    matched: int
    pure: int
    whole: int


def membership(data: Solved) -> Ints:
    """Index of the matched group of each line, -1 for none. Groups that share a line are joined."""
    stages = data.group_stage
    alone = np.isin(stages.codes, [stages.code(OPEN), stages.code(CLASSIFIED)])
    counted = (data.group_size >= 2) & ~alone
    mine = counted[data.piece_group]
    line, group = data.piece_line[mine], data.piece_group[mine]
    root = np.arange(len(data.group_size), dtype=np.int64)
    while True:
        found = np.full(len(data.cents), len(root), dtype=np.int64)
        np.minimum.at(found, line, root[group])
        lower = root.copy()
        np.minimum.at(lower, group, found[line])
        if np.array_equal(lower, root):
            return np.where(found == len(root), -1, found)
        root = lower


def extremes(label: Ints, value: Ints) -> tuple[Ints, Ints]:
    """Smallest and largest ``value`` among the lines with the same ``label``, for each line."""
    _, place = np.unique(label, return_inverse=True)
    low, high = np.full(len(label), np.iinfo(np.int64).max), np.full(len(label), np.iinfo(np.int64).min)
    np.minimum.at(low, place, value)
    np.maximum.at(high, place, value)
    return low[place], high[place]


def kind_scores(data: Solved) -> list[KindScore]:
    """Scores by kind, in the order of their number of lines; the last entry is the total."""
    found = membership(data)
    matched, partnered = found >= 0, data.deal > 0
    low, high = extremes(found, data.deal)
    pure = matched & (low == high) & (low > 0)
    low, high = extremes(data.deal, found)
    whole = partnered & (low == high) & (low >= 0)
    counts = np.bincount(data.kind.codes, minlength=len(data.kind.names))
    kinds = [int(code) for code in np.argsort(-counts, kind="stable")]

    def score(name: str, mine: npt.NDArray[np.bool_]) -> KindScore:
        def count(what: npt.NDArray[np.bool_]) -> int:
            return int((what & mine).sum())

        return KindScore(name, count(partnered), count(~partnered), count(matched), count(pure), count(whole))

    each = [score(data.kind.names[code], data.kind.codes == code) for code in kinds]
    return [*each, score("all lines", np.ones(len(data.cents), dtype=np.bool_))]


@dataclass(frozen=True, slots=True)
class OpenPiece:
    """Open amount of one line, in minor units of its currency."""

    line: int  # place in the ledger
    cents: int
    part: bool  # some of the line was matched


def largest_open(data: Solved, count: int) -> list[OpenPiece]:
    """The ``count`` largest open amounts by absolute value, in minor units of any currency."""
    places = np.flatnonzero(data.group_stage.codes[data.piece_group] == data.group_stage.code(OPEN))
    top = places[np.argsort(-np.abs(data.piece_cents[places]), kind="stable")[:count]]
    return [
        OpenPiece(int(line), int(cents), bool(cents != data.cents[line]))
        for line, cents in zip(data.piece_line[top], data.piece_cents[top], strict=True)
    ]
