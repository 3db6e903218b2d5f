"""Periods of a book in shards: entry by entry what the same book in one workspace records."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import florecon_build as fb
from florecon_build.host import BookWorkspace, RunMismatch, SamePerson, StaleRun, verify
from florecon_build.host.decisions.store.entry import Draft, Entry
from florecon_build.scale import divide
from florecon_build.scale.book_input import BookInput
from florecon_build.wire import UNMATCHED

LEDGER = fb.columns(
    line=fb.text(id=True), currency=fb.text(), account=fb.text(), day=fb.date(), ref=fb.text(), amount=fb.money(scale=2)
)
SMALL = fb.param("small", 5, doc="cents up to which an open row is written off")
STEPS = fb.seq(
    fb.labeled("exact", fb.exact_1to1(LEDGER.account, order=LEDGER.day)),
    fb.labeled("payments", fb.flow(penalty=100, match_keys=[LEDGER.account], cost=1.0)),
    fb.labeled("reference", fb.signal_group(fb.tokens(LEDGER.ref, min_length=2), tol=2)),
    fb.labeled("rounding", fb.soak_small(SMALL, origin="rounding")),
)
PLUGIN = fb.Plugin(
    "test.periods", "1.0.0", rows=LEDGER, numeraire=LEDGER.amount, strategy=STEPS, currency=LEDGER.currency
)
PERIODS = ("2026-01", "2026-02", "2026-03")
ON_ROWS = ("pin", "merge", "detach", "dissolve", "resolve", "unresolve", "approve", "codes", "policy")


def lines(randomly: random.Random, month: int) -> pa.Table:
    """Rows of a month: few amounts, in accounts of a few rows each, so that rows are matched in part."""
    rows = [
        {
            "line": f"{randomly.choice('zé')}{month}-{number}",
            "currency": randomly.choice(["EUR", "EUR", "JPY"]),
            "account": f"a{account}",
            "day": date(2026, month, randomly.randint(1, 28)),
            "ref": f"r{account // 2}n{randomly.randrange(4)}",
            "amount": randomly.choice([0.03, 1.0, 2.5, 4.0, 7.5]) * randomly.choice([1, -1]),
        }
        for number, account in enumerate(randomly.choices(range(12), k=40))
    ]
    return pa.Table.from_pylist(rows)


@dataclass(frozen=True)
class Books:
    """The same book twice: in one workspace, and in shards."""

    whole: fb.Book
    parts: fb.Book
    folder: Path

    def run(self, period: str, rows: pa.Table | None, *, again: int = 0, **how: Any) -> BookWorkspace:
        """Runs a period in both."""
        ran = fb.reconcile_period(
            self.parts,
            period,
            PLUGIN,
            rows,
            who="anna",
            out=self.folder / f"{period}-{again}",
            workers=1,
            certify=True,
            **how,
        )
        assert ran.done.certified is not None
        workspace = self.whole.run(period, PLUGIN, rows, who="anna", **how)
        assert ran.outcome.as_data() | {"head": ""} == workspace.outcome.as_data() | {"head": ""}
        assert [each.decision.seq for each in ran.unfit] == [each.decision.seq for each in workspace.unfit]
        assert [each.reason for each in ran.unfit] == [each.reason for each in workspace.unfit]
        return workspace

    def copy_decisions(self) -> None:
        """Gives the book in shards what was decided in the workspace of the other."""
        for entry in list(self.whole.store.entries())[len(self.parts.store) :]:
            if entry.kind in ON_ROWS:
                kind: Any = entry.kind
                draft = Draft(
                    who=entry.who, kind=kind, body=entry.body, why=entry.why, input=entry.input, strategy=entry.strategy
                )
                self.parts.store.append(draft)

    def same(self) -> bool:
        """Every entry of one is that of the other: rows, runs with their tables, decisions, closes."""
        one, other = ([_told(each) for each in book.store.entries()] for book in (self.whole, self.parts))
        return one == other and self.whole.open_items().equals(self.parts.open_items())


def _told(entry: Entry) -> tuple[object, ...]:
    body = {name: value for name, value in entry.body.items() if name != "head"}
    return entry.seq, entry.who, entry.kind, entry.why, entry.input, body


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Books]:
    monkeypatch.setattr(divide, "LEAST_ROWS", 8)
    with fb.Book(tmp_path / "whole.db") as whole, fb.Book(tmp_path / "parts.db") as parts:
        yield Books(whole, parts, tmp_path)


def decide(randomly: random.Random, ws: BookWorkspace) -> None:
    """Decisions of all kinds about rows, some across components."""
    report = ws.report()
    proposed = report.groups.filter(pa.compute.equal(report.groups["status"], "proposed"))
    matched = [line["group_id"] for line in proposed.to_pylist() if line["origin"] != UNMATCHED]
    members: dict[int, list[str]] = {}
    for line in report.allocations.to_pylist():
        members.setdefault(line["group_id"], []).append(line["id_text"])
    for group, verb in zip(randomly.sample(matched, 3), ("pin", "dissolve", "detach"), strict=True):
        if verb == "detach":
            ws.detach(group, members[group][:1])
        else:
            getattr(ws, verb)(group)
    opened = {line["id_text"]: line["residual"] for line in ws.report().rows.to_pylist() if line["residual"]}
    chosen = randomly.sample(sorted(opened.keys() - ws.resolutions.keys()), min(8, len(opened) // 2))
    if len(chosen) > 5:
        ws.merge({row_id: opened[row_id] for row_id in chosen[:3]})
        ws.resolve(chosen[3:4], "write_off", "by chance")
        ws.resolve(chosen[4:6], "timing", "next month")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_book_in_shards_is_the_whole_book(books: Books, seed: int) -> None:
    """Carried and partly matched rows, decisions across shards, codes, params, a row restated, a decision that no
    longer fits; period by period.
    """
    randomly = random.Random(seed)
    for number, period in enumerate(PERIODS, 1):
        rows = lines(randomly, number)
        workspace = books.run(period, rows, params={"small": number}, explain=5)
        decide(randomly, workspace)
        workspace.solve()
        books.copy_decisions()
        ran = fb.reconcile_period(
            books.parts, period, PLUGIN, None, who="anna", out=books.folder / f"{number}", workers=1, explain=5
        )
        assert ran.outcome.recorded
        assert books.same(), period
        workspace.close()
        changed = rows.set_column(5, "amount", pa.array([9.0, *rows["amount"].to_pylist()[1:]]))
        books.run(period, changed, again=1, restate=True, explain=5).close()
        assert books.same(), period
        for book in (books.whole, books.parts):
            book.close(period, who="ben", allow_open=True)
            assert verify(book).ok
        assert books.whole.period(period).balances == books.parts.period(period).balances
    assert len(list((books.folder / "2026-03-0" / "rows").iterdir())) > 2


def test_a_run_of_the_same_rows_records_nothing(books: Books) -> None:
    """In shards, and then in one workspace; a page of the book is made without the run's folder."""
    rows = lines(random.Random(7), 1)
    out = books.folder / "out"
    first = fb.reconcile_period(books.parts, "2026-01", PLUGIN, rows, who="anna", out=out, workers=1, explain=3)
    assert (first.outcome.recorded, first.outcome.new, first.done.shards > 2) == (True, 40, True)
    again = fb.reconcile_period(
        books.parts, "2026-01", PLUGIN, rows, who="anna", out=books.folder / "again", workers=2, explain=3
    )
    assert (again.outcome.recorded, again.outcome.known) == (False, 40)
    with books.parts.run("2026-01", PLUGIN, None, who="anna", explain=3) as workspace:
        assert not workspace.outcome.recorded
        row = next(line["id_text"] for line in workspace.report().rows.to_pylist() if line["residual"])
        told, whole = first.done.explain(row), workspace.explain(row)
    assert [step.text.partition(", one of ")[0] for step in told.steps] == [
        step.text.partition(", one of ")[0] for step in whole.steps
    ]
    assert len(books.parts.reasons()) == 3
    assert books.parts.report().rows.num_rows == 40


def test_a_second_person_and_codes(books: Books) -> None:
    """A resolution that waits changes nothing in shards either, and who prepared does not close."""
    rows = lines(random.Random(3), 1)
    for book in (books.whole, books.parts):
        book.run("2026-01", PLUGIN, rows, who="anna", explain=0).close()
        book.set_codes({"fee": {"effect": "cleared", "second_person_from": 1}, "timing": "carried"}, who="ben")
        opened = sorted(book.open_items()["id"].to_pylist())
        effect = book.resolve(opened[:2], "fee", "bank", who="anna")
        assert len(effect.pending) == 2
        book.approve(effect.pending[0], who="ben")
    books.run("2026-01", None, explain=0).close()
    assert books.same()
    waiting = books.parts.store.book.pending()[0].seq
    with pytest.raises(fb.FloreconError, match="waits for a second person"):
        books.parts.close("2026-01", who="cora", allow_open=True)
    with pytest.raises(SamePerson):
        books.parts.approve(waiting, who="Anna")


def test_a_run_that_was_stopped_goes_on_unless_the_book_changed(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, out = lines(random.Random(5), 1), books.folder / "out"

    def interrupt(done: int, total: int) -> None:
        if done > total * 0.85:
            raise KeyboardInterrupt

    def run(**how: Any) -> fb.PeriodRun:
        return fb.reconcile_period(
            books.parts, "2026-01", PLUGIN, rows, who="anna", out=out, workers=1, explain=0, **how
        )

    with pytest.raises(KeyboardInterrupt):
        run(progress=interrupt)
    assert len(books.parts.store) == 0
    finished = {path.name: path.stat().st_mtime_ns for path in (out / "work" / "shards").iterdir()}
    assert finished
    real = BookInput.read

    def meanwhile(folder: Any) -> BookInput:
        if not len(books.parts.store):
            with fb.Book(books.folder / "parts.db") as other:
                other.run("2026-01", PLUGIN, rows.slice(0, 3), who="ben", explain=0).close()
        return real(folder)

    monkeypatch.setattr(BookInput, "read", staticmethod(meanwhile))
    with pytest.raises(StaleRun, match="others changed the book while its shards were solved"):
        run()
    monkeypatch.undo()
    monkeypatch.setattr(divide, "LEAST_ROWS", 8)
    assert run().outcome.known == 3
    more = lines(random.Random(6), 2)
    with pytest.raises(RunMismatch, match="holds a run of other rows or decisions of a book"):
        fb.reconcile_period(books.parts, "2026-01", PLUGIN, more, who="anna", out=out, workers=1, any_date=True)
