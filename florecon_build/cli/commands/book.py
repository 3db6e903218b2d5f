"""``book``, ``close`` and ``reopen`` commands: the periods of a book."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Protocol

import typer
from rich.text import Text

from florecon_build.cli import console
from florecon_build.cli.book_rules import policy_line, print_codes
from florecon_build.cli.book_run import open_book
from florecon_build.cli.commands.options import Json
from florecon_build.host import Book, Outcome
from florecon_build.host.decisions.balances import Balance, name_of
from florecon_build.host.decisions.book import PeriodView
from florecon_build.host.decisions.codes import DEFAULT_CODES
from florecon_build.host.decisions.store import Decision
from florecon_build.host.report.currencies import format_minor

BookFile = Annotated[
    str, typer.Option("--book", metavar="FILE", help="The book: a SQLite file, or a postgresql:// URL.")
]
BookName = Annotated[str, typer.Option("--book-name", metavar="NAME", help="Which of several books in one database.")]
Period = Annotated[str, typer.Option("--period", metavar="PERIOD", help="The period, such as 2026-03 or 2026-Q1.")]
Who = Annotated[str, typer.Option("--who", metavar="PERSON", help="The person who does it, for the record.")]
LARGEST = 10
HEAD_NOTE = "head {head}\nkeep the head: `close --expect-head` finds a book that was cut off or written anew"


def close(
    book: BookFile,
    period: Period,
    who: Who,
    allow_open: Annotated[
        bool, typer.Option("--allow-open", help="Close with open items that have no reason code.")
    ] = False,
    expect_head: Annotated[
        str | None, typer.Option(metavar="HASH", help="A head of the book that was kept elsewhere.")
    ] = None,
    name: BookName = "default",
    as_json: Json = False,
) -> None:
    """Close a period: prove opening + new - cleared = closing, and freeze it.

    The whole book is verified first. Where the book requires a second person, it is one who did not work on the period.
    """
    with open_book(book, name) as opened:
        view = opened.close(period, who=who, allow_open=allow_open, expect_head=expect_head)
        if as_json:
            console.print_json(view.as_data())
            return
        console.print_line(f"{view.name} is closed by {view.closed_by}, prepared by {view.preparer}")
        _print_balances(view.balances, opened.scale)
        console.print_line(HEAD_NOTE.format(head=view.head))


def reopen(
    book: BookFile,
    period: Period,
    who: Who,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it is reopened, for the record.")],
    name: BookName = "default",
    as_json: Json = False,
) -> None:
    """Open the last closed period again, so that it can be run and closed anew.

    What it was when it was closed stays in the history of the book.
    """
    with open_book(book, name) as opened:
        view = opened.reopen(period, who=who, reason=reason)
        if as_json:
            console.print_json(view.as_data())
            return
        console.print_line(f"{view.name} is open again; run it, then close it")


def book(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The book: a SQLite file, or a postgresql:// URL.")],
    name: BookName = "default",
    as_json: Json = False,
) -> None:
    """Print a book: periods, balances, open items, ageing, and decisions that wait for a second person."""
    with open_book(file, name) as opened:
        if as_json:
            console.print_json(opened.as_data())
            return
        _print_book(opened)


class Unfits(Protocol):
    """A decision that does not fit the rows, and why."""

    @property
    def decision(self) -> Decision: ...
    @property
    def reason(self) -> str: ...


def print_outcome(outcome: Outcome, unfit: Iterable[Unfits], scale: int) -> None:
    """Prints what a run of a period came to: rows by where they came from, balances, and the head."""
    parts = [
        f"{console.plural(outcome.carried, 'item')} carried",
        f"{console.plural(outcome.new, 'row')} new" + (f" ({outcome.late:,} dated before it)" if outcome.late else ""),
        f"{outcome.known:,} known already",
        *([f"{len(outcome.restated):,} restated"] if outcome.restated else []),
    ]
    console.print_line(f"\n{outcome.period}: {', '.join(parts)}")
    _print_balances(outcome.balances, scale)
    unexplained = console.plural(outcome.unexplained, "open item has", "open items have")
    console.print_line(f"{unexplained} no reason code")
    for each in unfit:
        who = each.decision.entry.who
        console.print_line(f"entry {each.decision.seq}, {each.decision.kind} by {who}, does not fit: {each.reason}")
    kept = f"kept as entry {outcome.entry}" if outcome.recorded else f"nothing changed since entry {outcome.entry}"
    console.print_line(f"{kept}; head {outcome.head}")


def _print_book(opened: Book) -> None:
    terminal, scale = console.out(), opened.scale
    terminal.print(Text(f"{opened.plugin}  {console.plural(len(opened.store), 'entry', 'entries')}", style="bold"))
    periods = opened.periods
    lines = [
        [view.name, view.status, view.preparer or "", view.closed_by or "", f"{view.open:,}", f"{view.unexplained:,}"]
        for view in periods
    ]
    terminal.print()
    heads = ["period", "status", "prepared by", "closed by", "open items", "without a code"]
    console.print_unclipped(terminal, console.table(heads, lines, text=(0, 1, 2, 3)))
    last: PeriodView | None = next((view for view in reversed(periods) if view.runs), None)
    if last is not None:
        terminal.print(Text(f"\n{last.name}", style="bold"))
        _print_balances(last.balances, scale)
        _print_ageing(opened.ageing(), scale)
        _print_open(opened, scale)
    if opened.store.book.second_person_from is not None:
        console.print_line(policy_line(opened.store.book.second_person_from, scale))
    if opened.codes != DEFAULT_CODES:
        print_codes(opened.codes, scale)
    for each in opened.store.book.pending():
        console.print_line(f"entry {each.seq}, {each.kind} by {each.entry.who}, waits for a second person")
    console.print_line(f"head {opened.head}")


def _print_balances(balances: Sequence[Balance], scale: int) -> None:
    names = ("opening", "new", "cleared", "closing")
    lines = [
        [name_of(each), *(_amount(getattr(each, name), scale, each.currency) for name in names), f"{each.open_rows:,}"]
        for each in balances
    ]
    heads = ["", "opening", "+ new", "- cleared", "= closing", "open items"]
    console.print_unclipped(console.out(), console.table(heads, lines))
    reasons = [
        [f"{name_of(each)}: {one.reason}", f"{one.groups:,}", f"{one.rows:,}", *(
            _amount(amount, scale, each.currency) for amount in (one.debit, one.credit, one.net)
        )]
        for each in balances
        for one in each.cleared_by
    ]  # fmt: skip
    if reasons:
        heads = ["cleared by", "groups", "rows", "debit", "credit", "net"]
        console.print_unclipped(console.out(), console.table(heads, reasons))


def _amount(minor: int, scale: int, currency: str | None) -> str:
    """An amount with the decimals of its currency; of rows without one, with those of the book."""
    return format_minor(minor, scale, currency or "")


def _print_ageing(buckets: Sequence[dict[str, Any]], scale: int) -> None:
    if not buckets:
        return
    lines = [
        [
            name_of((each["currency"], each["account"])),
            f"{each['bucket']} days",
            f"{each['rows']:,}",
            _amount(each["amount"], scale, each["currency"]),
        ]
        for each in buckets
    ]
    console.print_unclipped(console.out(), console.table(["", "age", "open items", "amount"], lines, text=(0, 1)))


def _print_open(opened: Book, scale: int) -> None:
    items = sorted(opened.open_items().to_pylist(), key=lambda line: -abs(line["remaining"]))
    lines = [
        [
            str(line["id"]),
            line["currency"] or "",
            _amount(line["original"], scale, line["currency"]),
            _amount(line["remaining"], scale, line["currency"]),
            line["first_seen"],
            f"{line['age_days']:,}",
            line["code"] or "",
            line["reason"] or "",
        ]
        for line in items[:LARGEST]
    ]
    if lines:
        heads = ["open item", "", "original", "open", "first seen", "days", "code", "reason"]
        console.print_unclipped(console.out(), console.table(heads, lines, text=(0, 1, 4, 6, 7)))
    if len(items) > LARGEST:
        console.print_line(f"and {len(items) - LARGEST:,} more: --json lists them all")
