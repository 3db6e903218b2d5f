"""Scoring: reported groups as pairs, compared with the known pairs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from examples.arrow import Table
from examples.bank_statement.ledger import BANK, KINDS, MATCHES, Answer, Line

Pair = tuple[str, str]
OPEN = "unmatched"


@dataclass(frozen=True, slots=True)
class Found:
    """One group of the report: stage, rows, and net in minor units."""

    stage: str
    net: int
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Score of one kind: pairs (rows, for ``unmatched``) found, correct, and in the answer."""

    kind: str
    found: int
    right: int
    known: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.known if self.known else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.found + self.known) if self.found + self.known else 0.0


def read_groups(groups: Table, allocations: Table) -> list[Found]:
    """Groups of the report with the text ids of their rows, in report order."""
    rows: dict[int, list[str]] = {}
    for group_id, row_id in zip(allocations["group_id"].to_pylist(), allocations["id_text"].to_pylist(), strict=True):
        rows.setdefault(group_id, []).append(row_id)
    return [
        Found(stage_of(group["origin"], group["reason"]), group["net"], tuple(rows[group["group_id"]]))
        for group in groups.to_pylist()
    ]


def stage_of(origin: str, reason: str | None) -> str:
    """Stage label: the text before the first colon of the reason."""
    return OPEN if origin == OPEN else (reason or origin).split(": ", 1)[0]


def pairs_of(group: Found) -> tuple[str, set[Pair]]:
    """Kind of match of a group, and its pairs: every bank line with every ledger line."""
    bank = [row for row in group.rows if row.startswith(f"{BANK}:")]
    books = sorted(row for row in group.rows if not row.startswith(f"{BANK}:"))
    if not bank:
        return "offset", {(one, other) for one, other in product(books, books) if one < other}
    if len(group.rows) > 2:
        return "batch", set(product(bank, books))
    return ("one_to_one" if group.net == 0 else "amount_mismatch"), set(product(bank, books))


def scores(found: Iterable[Found], lines: list[Line], answer: list[Answer]) -> tuple[list[Score], Score]:
    """Scores by kind, and over all (bank, ledger) pairs of the first three kinds.

    A pair is correct for a kind if the answer has it under that kind, and overall if the answer has it under any of the
    three.
    """
    pairs: dict[str, set[Pair]] = {kind: set() for kind in KINDS}
    matched: set[str] = set()
    for group in found:
        if len(group.rows) > 1:
            kind, made = pairs_of(group)
            pairs[kind] |= made
            matched.update(group.rows)
    known: dict[str, set[Pair]] = {kind: set() for kind in KINDS}
    for entry in answer:
        if entry.right is not None:
            known[entry.kind].add((entry.left, entry.right))
    each = [Score(kind, len(pairs[kind]), len(pairs[kind] & known[kind]), len(known[kind])) for kind in KINDS[:-1]]
    open_rows = {line.row_id.split(":", 1)[1] for line in lines if line.row_id not in matched}
    alone = {entry.left for entry in answer if entry.right is None}
    each.append(Score("unmatched", len(open_rows), len(open_rows & alone), len(alone)))
    all_found, all_known = (set[Pair]().union(*(sets[kind] for kind in MATCHES)) for sets in (pairs, known))
    return each, Score("bank to ledger", len(all_found), len(all_found & all_known), len(all_known))
