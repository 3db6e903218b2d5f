"""Resolutions of open items: the checks and entries that a workspace and a book share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from florecon_build.host.decisions.errors import PeriodClosed
from florecon_build.host.decisions.members import body_of
from florecon_build.host.decisions.store.body import Id, Member
from florecon_build.host.decisions.store.entry import Draft
from florecon_build.host.decisions.store.ledger import Book, Decision
from florecon_build.host.errors import BadCommand, UnknownAllocation, UnknownId
from florecon_build.host.report.resolved import Resolved
from florecon_build.wire import UNMATCHED

Drafted = Callable[[Any, Mapping[str, Any], str | None], Draft]
"""Makes the draft of a kind, a body and a reason: it knows who decides, and on which rows."""


def asked(book: Book) -> dict[Id, Decision]:
    """The resolution of each row, in force or waiting for a second person."""
    return {each.members[0].id: each for each in book.pending() if each.kind == "resolve"} | book.resolutions


def resolving(
    book: Book, ids: Iterable[Id], code: str, reason: str, *, open_part: Callable[[Id], Member], draft: Drafted
) -> dict[Id, Draft]:
    """The entries that resolve items.

    Parameters: `open_part` is the open part of a row, of amount 0 where it is not open; it raises for no row.
    Errors: `UnknownCode`; `UnknownAllocation` for a row that is not open; `BadCommand` for one that has a code already,
    and without a reason.
    """
    if not reason.strip():
        raise BadCommand("an item is resolved for a reason; give it in a few words")
    effect, others = book.code(code).effect, asked(book)
    drafts: dict[Id, Draft] = {}
    for row_id in dict.fromkeys(ids):
        member = open_part(row_id)
        if row_id in others:
            other = others[row_id].entry
            raise BadCommand(f"row {row_id} was resolved as {other.body['code']!r} by {other.who}; unresolve it first")
        if not member.amount:
            raise UnknownAllocation(f"row {row_id} is not open, so there is nothing to resolve", id=row_id)
        body = {**body_of([member], UNMATCHED, None), "code": code, "effect": effect}
        drafts[row_id] = draft("resolve", body, reason)
    return drafts


def unresolving(book: Book, ids: Iterable[Id], why: str | None, *, draft: Drafted) -> list[Draft]:
    """The entries that take resolutions back.

    Errors: `PeriodClosed` for a row that a closed period cleared; `UnknownId` for one that has no code.
    """
    known = asked(book)
    closed = {
        each.members[0].id for each in book.decisions.values() if (each.kind, each.status) == ("resolve", "closed")
    }
    drafts: list[Draft] = []
    for row_id in dict.fromkeys(ids):
        if row_id not in known and row_id in closed:
            raise PeriodClosed(
                f"row {row_id} was cleared in a closed period; reopen that period to change it", id=row_id
            )
        if row_id not in known:
            raise UnknownId(f"row {row_id!r} has no reason code", id=row_id)
        drafts.append(draft("unresolve", {"target": known[row_id].seq}, why))
    return drafts


def resolved_of(resolutions: Mapping[Id, Decision], placed: Mapping[int, int]) -> Resolved:
    """Resolutions in force for a report; `placed` has the group of each that clears its item and fits."""
    cleared: dict[int, tuple[str, str | None]] = {}
    carried: dict[Id, tuple[str, str | None]] = {}
    for row_id, decision in resolutions.items():
        label = (decision.entry.body["code"], decision.entry.why)
        if decision.entry.body["effect"] == "carried":
            carried[row_id] = label
        elif decision.seq in placed:
            cleared[placed[decision.seq]] = label
    return Resolved(cleared, carried)
