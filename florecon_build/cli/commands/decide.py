"""``resolve``, ``unresolve``, ``approve``, ``reject`` and ``withdraw`` commands: what people decide in a book."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import pyarrow as pa
import typer

from florecon_build.cli import console
from florecon_build.cli.book_run import open_book
from florecon_build.cli.commands.book import BookFile, BookName, Period, Who
from florecon_build.cli.commands.options import Json
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.host import Book, Decision, Effect

Items = Annotated[list[str], typer.Argument(metavar="ID...", help="The ids of the items.")]
EntryNumber = Annotated[int, typer.Argument(metavar="ENTRY", help="The number of the entry, as `book` prints it.")]
OpenPeriod = Annotated[
    str | None, typer.Option("--period", metavar="PERIOD", help="The period.", show_default="the open one")
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the record.")]
OptionalReason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why, for the record.")]


def resolve(
    items: Items,
    book: BookFile,
    who: Who,
    code: Annotated[str, typer.Option("--code", metavar="CODE", help="A reason code of the book.")],
    reason: Reason,
    period: OpenPeriod = None,
    name: BookName = "default",
    as_json: Json = False,
) -> None:
    """Give open items of a book a reason code.

    The code says whether an item is carried on or cleared. Above an amount that the book sets, a second person has to
    approve. Then run the period again, without files, and close it.
    """
    with open_book(book, name) as opened:
        ids = _ids(opened, items)
        effect = opened.resolve(ids, code, reason, who=who, period=period)
        _print(opened, effect, f"{console.plural(effect.count, 'item')} resolved as {code} by {who}", as_json=as_json)


def unresolve(
    items: Items,
    book: BookFile,
    who: Who,
    reason: OptionalReason = None,
    period: OpenPeriod = None,
    name: BookName = "default",
    as_json: Json = False,
) -> None:
    """Take the reason codes of items back. Then run the period again, without files, and close it."""
    with open_book(book, name) as opened:
        effect = opened.unresolve(_ids(opened, items), who=who, why=reason, period=period)
        _print(opened, effect, f"{console.plural(effect.count, 'item')} without a code again", as_json=as_json)


def approve(
    entry: EntryNumber,
    book: BookFile,
    who: Who,
    reason: OptionalReason = None,
    name: BookName = "default",
    as_json: Json = False,
) -> None:
    """Approve a decision that waits for a second person.

    Nobody approves what he made, under whatever spelling of his name, or after a rename.
    """
    with open_book(book, name) as opened:
        decision = opened.approve(entry, who=who, why=reason)
        _print_answer(opened, decision, f"entry {entry} is approved by {who}", as_json=as_json)


def reject(
    entry: EntryNumber,
    book: BookFile,
    who: Who,
    reason: OptionalReason = None,
    name: BookName = "default",
    as_json: Json = False,
) -> None:
    """Turn down a decision that waits for a second person."""
    with open_book(book, name) as opened:
        decision = opened.reject(entry, who=who, why=reason)
        _print_answer(opened, decision, f"entry {entry} is rejected by {who}", as_json=as_json)


def withdraw(
    book: BookFile,
    period: Period,
    who: Who,
    reason: Reason,
    file: Annotated[
        str | None, typer.Option("--file", metavar="NAME", help="The file: its name, or the beginning of its SHA-256.")
    ] = None,
    row: Annotated[list[str] | None, typer.Option("--row", metavar="ID", help="A single row; repeatable.")] = None,
    name: BookName = "default",
    as_json: Json = False,
) -> None:
    """Take back a file, or rows, that an open period was given by mistake.

    A row that came first in the period is gone, and may come again; one that was restated in it is what it was before.
    What was withdrawn stays in the history. Then run the period again.
    """
    if (file is None) == (not row):
        raise CommandError("what is withdrawn?", "give --file NAME, or --row ID (repeatable)", Exit.USAGE)
    with open_book(book, name) as opened:
        ids = _ids(opened, row) if row else None
        effect = opened.withdraw(period, who=who, reason=reason, input=file, ids=ids)
        _print(opened, effect, f"{console.plural(effect.count, 'row')} withdrawn by {who}", as_json=as_json)


def _ids(opened: Book, texts: Sequence[str]) -> list[int | str]:
    """Ids as the book has them: whole numbers, or texts."""
    items = opened.open_items()
    if "id" not in items.column_names or not pa.types.is_integer(items.schema.field("id").type):
        return list(texts)
    for text in texts:
        if not text.lstrip("-").isdecimal():
            raise CommandError(f"{text!r} is no id: the ids of the book are whole numbers", code=Exit.USAGE)
    return [int(text) for text in texts]


def _print(opened: Book, effect: Effect, what: str, *, as_json: bool) -> None:
    if as_json:
        console.print_json(
            {
                "count": effect.count,
                "ids": list(effect.ids),
                "entries": list(effect.decisions),
                "pending": list(effect.pending),
                "head": opened.head,
            }
        )
        return
    console.print_line(f"{what}; {_entries(effect.decisions)}")
    if effect.pending:
        wait = "waits" if len(effect.pending) == 1 else "wait"
        console.print_line(f"{_entries(effect.pending)} {wait} for a second person: `florecon-build approve ENTRY`")
    if len(effect.pending) < len(effect.decisions):
        console.print_line("run the period again, then close it")
    console.print_line(f"head {opened.head}")


def _print_answer(opened: Book, decision: Decision, what: str, *, as_json: bool) -> None:
    if as_json:
        answer = {"entry": decision.seq, "kind": decision.kind, "status": decision.status, "head": opened.head}
        console.print_json({**answer, "second_person": decision.checker})
        return
    console.print_line(f"{what}: {decision.kind} by {decision.entry.who}")
    if decision.status == "in force":
        console.print_line("run the period again, then close it")
    console.print_line(f"head {opened.head}")


def _entries(numbers: Sequence[int]) -> str:
    listed = ", ".join(map(str, numbers[:10])) + (", ..." if len(numbers) > 10 else "")
    return f"{'entry' if len(numbers) == 1 else 'entries'} {listed}"
