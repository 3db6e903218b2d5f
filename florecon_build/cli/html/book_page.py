"""The book's part of the report page: balances, the period before, decisions, first-seen periods, head of the chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from florecon_build.cli.book_rules import plain_amount, policy_line
from florecon_build.host import Book
from florecon_build.host import Decision as BookDecision
from florecon_build.host.decisions.book import PeriodView
from florecon_build.host.decisions.codes import Code, codes_of
from florecon_build.host.report.html import BookPage, Decision, Signing

MAX_ROWS = 6
"""Rows of a decision that the page names."""


def of_book(book: Book, period: str | None, given: Signing) -> tuple[BookPage, Signing]:
    """What a book says of a period (by default of the last that was run), and the title block that it fills in.

    Errors: `WrongPeriod` for a period that the book does not have.
    """
    ran = [view for view in book.periods if view.runs]
    view = book.period(period) if period is not None else ran[-1]
    before = [one for one in book.periods if one.last < view.first and one.runs]
    items = book.open_items(view.name)
    seen = dict(zip(map(str, items["id"].to_pylist()), map(str, items["first_seen"].to_pylist()), strict=True))
    page = BookPage(
        balances=[one.as_data() for one in view.balances],
        before=[one.as_data() for one in before[-1].balances] if before else [],
        before_name=before[-1].name if before else "",
        decisions=[
            Decision(
                what=" ".join(filter(None, (one.kind, str(one.entry.body.get("code") or "")))),
                rows=_subject(one, book.scale),
                who=one.entry.who,
                when=one.entry.at,
                why=one.entry.why or "",
                confirmed_by=one.checker or "",
            )
            for one in book.decisions(view.name)
        ],
        first_seen=seen,
        status=view.status,
        head=view.head or book.head,
    )
    return page, _filled(given, view, book.title)


def of_record(record: Mapping[str, Any]) -> BookPage | None:
    """What `run.json` says of the book that it was a period of; None for a run without one."""
    book = record.get("book")
    if not isinstance(book, dict):
        return None
    said = cast("dict[str, Any]", book)
    return BookPage(balances=said["balances"], head=str(said["head"]))


def _filled(given: Signing, view: PeriodView, title: Mapping[str, Any]) -> Signing:
    return replace(
        given,
        entity=given.entity or str(title.get("entity") or ""),
        account=given.account or str(title.get("account") or ""),
        period=given.period or view.name,
        preparer=given.preparer or view.preparer or "",
        reviewer=given.reviewer or view.closed_by or "",
        prepared_at=given.prepared_at or view.prepared_at or "",
    )


def _subject(one: BookDecision, scale: int) -> str:
    """What a decision is about: its rows, or the rules that it sets."""
    body = one.entry.body
    match one.kind:
        case "withdraw":
            return _withdrawn(body)
        case "policy":
            return policy_line(body["second_person_from"], scale)
        case "codes":
            return ", ".join(_code(name, each, scale) for name, each in sorted(codes_of(body["codes"]).items()))
        case "params":
            return ", ".join(f"{name} = {value}" for name, value in body["values"].items())
        case _:
            return _rows([each.id for each in one.members])


def _code(name: str, code: Code, scale: int) -> str:
    amount = code.second_person_from
    limit = "" if amount is None else f", second person from {plain_amount(amount, scale)}"
    return f"{name} ({code.effect}{limit})"


def _withdrawn(body: Mapping[str, Any]) -> str:
    """The inputs of which rows were withdrawn, each with how many."""
    return ", ".join(f"{each['rows']:,} of {each['name']}" for each in body["inputs"])


def _rows(ids: Sequence[object]) -> str:
    more = len(ids) - MAX_ROWS
    return ", ".join(map(str, ids[:MAX_ROWS])) + (f" and {more} more" if more > 0 else "")
