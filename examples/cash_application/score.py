"""Scoring: applied amounts from the report, compared with the known answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import florecon_build as fb
from examples.cash_application.ledger import INVOICE, Application, Lot


@dataclass(frozen=True, slots=True)
class Score:
    """Pairs of payment and invoice: correct, reported, in the answer; and correct pairs with the exact amount."""

    right: int
    claimed: int
    known: int
    to_the_cent: int

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.claimed + self.known) if self.claimed + self.known else 1.0


def applied(lots: list[Lot], report: fb.Report) -> dict[tuple[str, str], int]:
    """Amount of each payment applied to each invoice, in minor units.

    In a group with one invoice or one payment the pairs are given; a group with several of both is allocated in the
    order of ids.
    """
    open_groups = {group["group_id"] for group in report.groups.to_pylist() if group["origin"] == "unmatched"}
    lot = {one.row_id: one for one in lots}
    members: dict[int, list[tuple[Lot, int]]] = {}
    for part in report.allocations.to_pylist():
        if part["group_id"] not in open_groups:
            members.setdefault(part["group_id"], []).append((lot[part["id_text"]], part["amount"]))
    made: dict[tuple[str, str], int] = {}
    for parts in members.values():
        for payment, number, amount in shares(parts):
            made[payment, number] = made.get((payment, number), 0) + amount
    return made


def shares(parts: list[tuple[Lot, int]]) -> list[tuple[str, str, int]]:
    """A group as payments applied to invoices."""
    made: list[tuple[str, str, int]] = []
    left = {one.document: amount for one, amount in parts if one.kind == INVOICE}
    for one, amount in parts:
        spent = 0 if one.kind == INVOICE else amount
        for number, due in left.items():
            if spent * due < 0:
                taken = min(abs(due), abs(spent)) * (1 if due > 0 else -1)
                made.append((one.document, number, taken))
                left[number] -= taken
                spent += taken
    return made


def score(made: Mapping[tuple[str, str], int], answer: list[Application]) -> Score:
    known = {(one.payment, one.invoice): int(one.amount * 100) for one in answer}
    right = made.keys() & known.keys()
    return Score(len(right), len(made), len(known), sum(made[pair] == known[pair] for pair in right))
