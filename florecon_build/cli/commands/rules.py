"""``codes`` and ``policy`` commands: the reason codes of a book, and the amount from which a second person decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from florecon_build.cli import console
from florecon_build.cli.book_rules import minor_amount, policy_line, print_codes
from florecon_build.cli.book_run import open_book
from florecon_build.cli.commands.book import BookFile, BookName
from florecon_build.cli.commands.options import Json
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.inputs import parse_pairs
from florecon_build.host import Book, Decision
from florecon_build.host.decisions.codes import EFFECTS, Code, codes_of

OptionalWho = Annotated[
    str | None, typer.Option("--who", metavar="PERSON", help="The person who sets them, for the record.")
]
OptionalReason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why, for the record.")]
NOBODY = "none"
SET = "--set NAME=carried, --set NAME=cleared or --set NAME=cleared:AMOUNT"


def codes(
    book: BookFile,
    set_code: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=EFFECT",
            help="Add or change a code: NAME=carried or NAME=cleared, and :AMOUNT for a second person; repeatable.",
        ),
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", metavar="NAME", help="Remove a code; repeatable.")
    ] = None,
    who: OptionalWho = None,
    reason: OptionalReason = None,
    name: BookName = "default",
    as_json: Json = False,
) -> None:
    """Print the reason codes of a book, or set them.

    A code says whether an open item is carried on to the next period or cleared. `write_off=cleared:500.00` lets a
    resolution of at least 500.00 wait for a second person; without an amount, that of `policy` counts. An item keeps
    the code that it was given. Where the book requires a second person, a change of its codes waits for one.
    """
    with open_book(book, name) as opened:
        before = dict(opened.codes)
        wanted = _changed(before, set_code or [], remove or [], opened.scale)
        decision = None
        if wanted != before:
            opened.set_codes(wanted, who=_required(who), why=reason)
            decision = next(each for each in reversed(opened.decisions()) if each.kind == "codes")
        if as_json:
            found = {code: each.as_data() for code, each in opened.codes.items()}
            console.print_json({"codes": found, **_answer(decision), "head": opened.head})
            return
        print_codes(opened.codes, opened.scale)
        _print_decision(opened, decision, asked=bool(set_code or remove))


def policy(
    book: BookFile,
    second_person_from: Annotated[
        str | None,
        typer.Option(metavar="AMOUNT", help="The amount, such as 1000.00, or `none` for no second person."),
    ] = None,
    who: OptionalWho = None,
    reason: OptionalReason = None,
    name: BookName = "default",
    as_json: Json = False,
) -> None:
    """Print or set the amount from which a decision waits for the approval of a second person.

    With an amount, a period is closed by somebody who did not work on it. What one person decides alone about the same
    rows counts together. The amount is in the unit of the amounts, whatever the currency of a row. A change of a policy
    in force waits for a second person.
    """
    with open_book(book, name) as opened:
        decision = None
        if second_person_from is not None:
            nobody = second_person_from.strip().lower() == NOBODY
            amount = None if nobody else minor_amount(second_person_from, opened.scale, "--second-person-from")
            if amount != opened.store.book.second_person_from:
                decision = opened.store.require_second_person(amount, who=_required(who), why=reason)
        now = opened.store.book.second_person_from
        if as_json:
            console.print_json({"second_person_from": now, **_answer(decision), "head": opened.head})
            return
        console.print_line(policy_line(now, opened.scale))
        _print_decision(opened, decision, asked=second_person_from is not None)


def _changed(before: Mapping[str, Code], given: Sequence[str], removed: Sequence[str], scale: int) -> dict[str, Code]:
    """The codes after a change. Errors: `CommandError`, `BadCommand` naming the code."""
    wanted = dict(before)
    for code in removed:
        if code not in wanted:
            listed = ", ".join(sorted(before))
            raise CommandError(f"--remove {code}: there is no such code", f"use one of: {listed}", Exit.USAGE)
        del wanted[code]
    for code, text in parse_pairs(given, "--set").items():
        effect, colon, amount = text.partition(":")
        if effect not in EFFECTS or (colon and not amount.strip()):
            raise CommandError(f"--set {code}={text}: no effect of a code", f"write {SET}", Exit.USAGE)
        limit = minor_amount(amount, scale, f"--set {code}") if colon else None
        wanted.update(codes_of({code: {"effect": effect, "second_person_from": limit}}))
    if not wanted:
        raise CommandError("no code would be left", "keep one, or --set another", Exit.USAGE)
    return wanted


def _required(who: str | None) -> str:
    if who is None:
        raise CommandError("a book keeps who changed it", "add --who NAME", Exit.USAGE)
    return who


def _answer(decision: Decision | None) -> dict[str, object]:
    return {} if decision is None else {"entry": decision.seq, "status": decision.status}


def _print_decision(opened: Book, decision: Decision | None, *, asked: bool) -> None:
    if decision is not None:
        waits = " waits for a second person: `florecon-build approve ENTRY`" if decision.status == "pending" else ""
        console.print_line(f"entry {decision.seq} by {decision.entry.who}{waits}")
    elif asked:
        console.print_line("nothing changed")
    console.print_line(f"head {opened.head}")
