"""Random histories of a book: periods of rows, with decisions, withdrawals and reopenings between.

    python -m tests.host.decisions.book.histories --rounds 500

The reference is one workspace over all rows, in which the groups of every closed period are pinned. At each close the
groups of the book are those that the reference proposes, and every balance is computed again with plain integers.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from florecon_build.host import Book, BookWorkspace, Workspace, verify
from florecon_build.host.report.control import check_tables
from florecon_build.wire import PINNED, UNMATCHED
from tests.host.decisions.book.plugin import plugin

MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04")
Row = dict[str, Any]


def rows_of(randomly: random.Random, month: int, first_id: int) -> list[Row]:
    """New rows of a month: references that come again in other months, equal amounts, parts of earlier amounts."""
    return [
        row(
            f"L{first_id + number}",
            randomly.choice([3, 1000, 1000, 2500, 4000, 9350, 37352, 46702]) * randomly.choice([1, -1]),
            currency=randomly.choice(["EUR", "EUR", "JPY"]),
            day=date(2026, month, randomly.randint(1, 28)),
            ref=randomly.choice([None, "a", "b", "c"]),
        )
        for number in range(randomly.randint(0, 9))
    ]


def row(line: str, minor: int, *, currency: str = "EUR", day: date, ref: str | None = None) -> Row:
    """A row of the plugin; its local amount is nine tenths of it."""
    debit, credit = Decimal(max(minor, 0)) / 100, Decimal(max(-minor, 0)) / 100
    local = Decimal(minor * 9 // 10) / 100
    return {
        "line": line,
        "currency": currency,
        "debit": debit,
        "credit": credit,
        "local": local,
        "day": day,
        "ref": ref,
    }


def minor_of(row: Row) -> int:
    """The amount of a row in minor units."""
    return int((row["debit"] - row["credit"]) * 100)


def parts_of(workspace: Workspace | BookWorkspace, *, pinned: bool) -> Counter[tuple[Any, ...]]:
    """The groups of a workspace but loose singletons, each with its label and its parts."""
    report = workspace.workspace.report() if isinstance(workspace, BookWorkspace) else workspace.report()
    members: dict[int, list[tuple[str, int]]] = {}
    for line in report.allocations.to_pylist():
        members.setdefault(line["group_id"], []).append((line["id_text"], line["amount"]))
    return Counter(
        (line["origin"], line["reason"], tuple(sorted(members[line["group_id"]])))
        for line in report.groups.to_pylist()
        if line["origin"] != UNMATCHED and (line["status"] == PINNED) == pinned
    )


def pin_all(workspace: Workspace) -> None:
    """Pins every group but loose singletons."""
    workspace.pin_where(lambda g: g.origin != UNMATCHED)


def history(solver: Path, folder: Path, seed: int) -> dict[str, int]:
    """Plays one history; returns how often each kind of thing happened. Raises `AssertionError`."""
    randomly = random.Random(seed)
    book = Book(folder / f"{seed}.db")
    reference = Workspace(solver)
    seen: Counter[str] = Counter()
    rows_by_id: dict[str, Row] = {}
    cleared_in_all: Counter[str] = Counter()
    for month, period in enumerate(MONTHS[: randomly.randint(2, 4)], 1):
        rows = rows_of(randomly, month, 100 * month)
        opening = {line["id"]: line["remaining"] for line in book.open_items().to_pylist()}
        seen["withdrawn"] += give_wrong_rows(random.Random(seed * 100 + month), book, solver, month)
        half = randomly.randint(0, len(rows))
        book.run(period, solver, rows[:half] or None, who="anna", explain=0).close()
        ws = book.run(period, solver, rows or None, who="anna", explain=0)
        if rows:
            reference.upsert(rows)
        reference.solve()
        rows_by_id |= {each["line"]: each for each in rows}
        assert (ws.outcome.new, ws.outcome.known) == (len(rows) - half, half)
        seen["partly open"] += sum(remaining != minor_of(rows_by_id[line]) for line, remaining in opening.items())
        assert parts_of(ws, pinned=False) == parts_of(reference, pinned=False), (seed, period)
        resolved = decide(randomly, ws, seen)
        items = {line["id"]: line["remaining"] for line in book.open_items().to_pylist()}
        at_hand = {line["id_text"]: line["amount"] for line in ws.report().rows.to_pylist()}
        assert at_hand == {**opening, **{each["line"]: minor_of(each) for each in rows}}, (seed, period)
        report = ws.report()
        check_tables(report.groups, report.allocations, report.rows)
        view = book.close(period, who="ben", allow_open=True)
        new = by_currency(rows_by_id, {each["line"]: minor_of(each) for each in rows})
        for balance in view.balances:
            sums = (by_currency(rows_by_id, opening), new, by_currency(rows_by_id, items))
            expected = tuple(each[str(balance.currency)] for each in sums)
            assert (balance.opening, balance.new, balance.closing) == expected, (seed, period)
            assert balance.opening + balance.new - balance.cleared == balance.closing
            cleared_in_all[str(balance.currency)] += balance.cleared
        pin_all(reference)
        if resolved:
            reference.pin_singletons(resolved)
        if randomly.random() < 0.3:
            seen["reopened"] += 1
            before = (view.balances, book.open_items().to_pylist())
            book.reopen(period, who="ben", reason="again")
            book.run(period, solver, who="anna", explain=0).close()
            again = book.close(period, who="ben", allow_open=True)
            assert (again.balances, book.open_items().to_pylist()) == before, (seed, period)
    closing = by_currency(rows_by_id, {line["id"]: line["remaining"] for line in book.open_items().to_pylist()})
    originals = by_currency(rows_by_id, {line: minor_of(each) for line, each in rows_by_id.items()})
    at_once = Workspace(solver)
    if rows_by_id:
        at_once.upsert(list(rows_by_id.values()))
    whole = at_once.solve().rows.to_pylist()
    for currency in originals:
        assert originals[currency] == cleared_in_all[currency] + closing[currency], (seed, currency)
        ours = [line for line in whole if rows_by_id[line["id_text"]]["currency"] == currency]
        assert originals[currency] == sum(line["matched"] + line["residual"] for line in ours)
    assert verify(book).ok
    reference.close()
    at_once.close()
    book.dispose()
    return seen


def give_wrong_rows(randomly: random.Random, book: Book, solver: Path, month: int) -> int:
    """Gives a month rows that do not belong to it, and withdraws them: it is as if they had never come.

    Returns how many.
    """
    period = MONTHS[month - 1]
    wrong = rows_of(randomly, month, 100 * month + 50)
    if not wrong or randomly.random() < 0.6:
        return 0
    book.run(period, solver, wrong, who="anna", explain=0).close()
    return book.withdraw(period, ids=[each["line"] for each in wrong], who="ben", reason="wrong").count


def by_currency(rows: Mapping[str, Row], amounts: Mapping[str, int]) -> Counter[str]:
    """Sums of amounts of rows by their currencies."""
    sums: Counter[str] = Counter()
    for line, amount in amounts.items():
        sums[rows[line]["currency"]] += amount
    return sums


def decide(randomly: random.Random, ws: BookWorkspace, seen: Counter[str]) -> list[str]:
    """Resolves some open items; returns those that were cleared."""
    cleared: list[str] = []
    open_ids = [line["id_text"] for line in ws.report().rows.to_pylist() if line["residual"]]
    for row_id in open_ids:
        if row_id in ws.resolutions or randomly.random() > 0.25:
            continue
        code = randomly.choice(["write_off", "timing"])
        ws.resolve([row_id], code, "by chance")
        seen[code] += 1
        if code == "write_off":
            cleared.append(row_id)
    ws.solve()
    return cleared


def main() -> None:
    """Plays histories until one fails."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--solver", type=Path)
    given = parser.parse_args()
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        solver = given.solver or plugin.build(Path(folder) / "dist", profile="quick").wasm
        for seed in range(given.seed, given.seed + given.rounds):
            total += Counter(history(solver, Path(folder), seed))
    print(f"{given.rounds} histories of a book: {dict(total)}")


if __name__ == "__main__":
    main()
