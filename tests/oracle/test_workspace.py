"""The workspace of the oracle and that of the interpreter through random sequences of verbs."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest

import florecon_build as fb
from florecon_build import interpreter
from florecon_build.interpreter import ModelError, RowId, ledger
from florecon_build.interpreter.ingest import Row
from florecon_build.interpreter.ledger import Book
from tests.oracle.compare import bag, case, opposite, plain_flow
from tests.oracle.oracle import Line
from tests.oracle.values import Refused
from tests.oracle.workspace import Held, Workspace
from tests.support.random_strategies import ROWS

pytestmark = pytest.mark.slow

SEQUENCES, VERBS, ROWS_AT_MOST = 40, 60, 7


def splitting_plugin(rng: random.Random) -> fb.Plugin:
    """A strategy that often leaves a part of a row."""
    strategy = rng.choice([plain_flow(rng), fb.seq(plain_flow(rng), plain_flow(rng))])
    return fb.Plugin("test.split", "1.0.0", rows=ROWS, numeraire=ROWS.amount, strategy=strategy)


class Pair:
    """One workspace of each, given the same verbs; groups are named by their place in the report."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.plugin = splitting_plugin(self.rng).data if self.rng.random() < 0.7 else case(seed).plugin
        self.ours = Workspace(self.plugin)
        self.theirs = interpreter.Workspace(self.plugin)
        self.ids: list[Any] = []

    def both(self, ours: Callable[[Workspace], object], theirs: Callable[[], object]) -> None:
        """One verb on both: the same effect and reply, or the same refusal."""
        assert self.oracle(ours) == self.interpreter(theirs)
        assert [(held.pinned, held.line) for held in self.ours.report] == self.lines()

    def oracle(self, verb: Callable[[Workspace], object]) -> object:
        """The reply or the error code."""
        try:
            return self.ours.do(verb)
        except Refused as refused:
            return refused.code

    def interpreter(self, verb: Callable[[], object]) -> object:
        """The reply or the error code."""
        try:
            return verb()
        except ModelError as refused:
            return refused.code

    def lines(self) -> list[tuple[bool, Line]]:
        """The interpreter's report."""
        report = self.theirs.report()
        members: dict[int, list[tuple[Any, int]]] = {}
        for part in report.allocations:
            members.setdefault(part.group_id, []).append((part.id, part.amount))
        return [
            (one.pinned, (one.origin, one.reason, one.node, one.unique, tuple(members[one.group_id])))
            for one in report.groups
        ]

    def broken(self, verb: Callable[[], list[int]]) -> Any:
        """A verb that replies with groups that are gone: with their members."""
        members: dict[int, list[tuple[Any, int]]] = {}
        for part in self.theirs.report().allocations:
            members.setdefault(part.group_id, []).append((part.id, part.amount))
        return sorted(tuple(members[group]) for group in verb())

    def step(self) -> None:
        """One random verb."""
        verbs = [self.upsert, *[self.solve] * 4, self.merge, self.singletons, self.clean]
        if self.ours.groups:
            verbs += [self.pin, self.pin, self.unpin, self.detach, self.dissolve, self.remove]
            verbs += [self.hold_rest, self.merge_rest]
        self.rng.choice(verbs)()

    def upsert(self) -> None:
        """New rows, and old ones with the same or another amount."""
        rows = bag(self.plugin, self.rng)[:5]
        places = self.rng.sample(range(ROWS_AT_MOST), len(rows))
        for row, place in zip(rows, places, strict=True):
            row["row_id"] = place if isinstance(row["row_id"], int) else f"r{place}"
            known = self.ours.rows.get(row["row_id"])
            if known and self.rng.random() < 0.4:
                row["amount"] = known[0]["amount"]
        if self.rng.random() < 0.1:
            rows += rows[:1]
        self.both(
            lambda ours: sorted(ours.upsert(rows)),
            lambda: self.broken(lambda: self.theirs.upsert(rows)),
        )
        self.ids = [*self.ours.rows]

    def remove(self) -> None:
        """Rows out."""
        ids = self.some_ids()
        self.both(lambda ours: sorted(ours.remove(ids)), lambda: self.broken(lambda: self.theirs.remove(ids)))
        self.ids = [*self.ours.rows]

    def solve(self) -> None:
        """The strategy."""
        self.both(lambda ours: ours.solve(), self.theirs.solve)

    def some_ids(self) -> list[Any]:
        """A few rows, now and then one that there is not, or one twice."""
        ids = self.rng.sample(self.ids, min(len(self.ids), self.rng.randrange(4)))
        return [*ids, *([self.rng.choice([*self.ids, 999])] if self.rng.random() < 0.2 else [])]

    def group(self, pinned: bool) -> tuple[int, int]:
        """The place of a group in our report, and its id in theirs; one that is pinned or not, if there is one."""
        report = self.ours.report
        wanted = [place for place, held in enumerate(report) if held.pinned is pinned]
        place = self.rng.choice(wanted if wanted and self.rng.random() < 0.9 else range(len(report)))
        return place, self.theirs.report().groups[place].group_id

    def pin(self) -> None:
        """One group kept."""
        place, group = self.group(pinned=False)
        self.both(lambda ours: ours.pin(ours.report[place]), lambda: self.theirs.pin(group))

    def unpin(self) -> None:
        """One group handed back."""
        place, group = self.group(pinned=True)
        self.both(lambda ours: ours.unpin(ours.report[place]), lambda: self.theirs.unpin(group))

    def clean(self) -> None:
        """What nets is kept."""
        tol = self.rng.choice([-1, 0, 0, 3])
        self.both(lambda ours: ours.pin_clean(tol), lambda: self.theirs.pin_clean(tol))

    def singletons(self) -> None:
        """What stands alone is kept."""
        ids = self.some_ids()
        self.both(lambda ours: ours.pin_singletons(ids), lambda: self.theirs.pin_singletons(ids))

    def merge(self) -> None:
        """Parts of rows by hand."""
        self.put_together([(id, self.part(id)) for id in self.some_ids()])

    def put_together(self, parts: list[tuple[Any, int]]) -> None:
        """A merge of these parts."""
        self.both(lambda ours: ours.merge(parts, "manual", "so"), lambda: self.merged(parts))

    def merged(self, parts: list[tuple[Any, int]]) -> None:
        """A merge without its reply, the id of the group."""
        self.theirs.merge(parts, "manual", "so")

    def part(self, id: Any) -> int:
        """All of what is proposed of a row, a part of it, or too much."""
        live = sum(held.members[id] for held in self.ours.holding(id) if not held.pinned)
        loose = sum(held.members[id] for held in self.ours.holding(id) if held.loose)
        return self.rng.choice([live, live, loose, loose, live - (live > 0), live // 2, opposite(live), live + 1])

    def detach(self) -> None:
        """Rows out of a group."""
        place, group = self.group(pinned=False)
        members = [*self.ours.report[place].members]
        ids = self.rng.choice([members[:1], members[:2], members[1:], members[:1] * 2, self.some_ids()])
        self.both(lambda ours: ours.detach(ours.report[place], ids), lambda: self.theirs.detach(group, ids))

    def split(self) -> list[Held]:
        """The loose singletons of rows that stand in another group as well."""
        return [
            held for held in self.ours.groups if held.loose for id in held.members if len(self.ours.holding(id)) > 1
        ]

    def merge_rest(self) -> None:
        """What is loose of a split row, or a little more, put together with all of another."""
        for (id, amount), *_ in ([*held.members.items()] for held in self.split()[:1]):
            others = [held for held in self.ours.groups if held.loose and id not in held.members]
            more = self.rng.choice([0, 0, 1 if amount > 0 else -1])
            parts = [(id, amount + more), *(member for held in others[:1] for member in held.members.items())]
            self.both(
                lambda ours, parts=parts: ours.merge(parts, "manual", "so"), lambda parts=parts: self.merged(parts)
            )

    def hold_rest(self) -> None:
        """The loose singleton of a split row is kept while its group is broken up, and then handed back."""
        split = self.split()
        if not split:
            return
        rest = self.rng.choice(split)
        (id,) = rest.members
        others = [held for held in self.ours.holding(id) if held is not rest and not held.pinned]
        for verb, held in (("pin", rest), *(("dissolve", held) for held in others[:1]), ("unpin", rest)):
            number = held.number
            place = next(place for place, one in enumerate(self.ours.report) if one.number == number)
            group = self.theirs.report().groups[place].group_id
            self.both(
                lambda ours, verb=verb, place=place: getattr(ours, verb)(ours.report[place]),
                lambda verb=verb, group=group: getattr(self.theirs, verb)(group),
            )

    def dissolve(self) -> None:
        """A group broken up."""
        place, group = self.group(pinned=False)
        self.both(lambda ours: ours.dissolve(ours.report[place]), lambda: self.theirs.dissolve(group))


def run(seeds: range) -> None:
    """A sequence of verbs for each seed."""
    for seed in seeds:
        pair = Pair(seed)
        for _ in range(VERBS):
            pair.step()


@pytest.mark.parametrize("first", range(0, SEQUENCES, 10))
def test_verbs_have_the_same_effect(first: int) -> None:
    run(range(first, first + 10))


def others_first(self: Book, id: RowId, amount: int) -> None:
    """Mass taken from the groups of the solver before the loose singleton."""
    for held in [held for held in self.holders(id) if not held.pinned and not held.is_loose]:
        if held.origin != "manual":
            self.release(held)
    take(self, id, amount)


def never_joined(self: Book, held: ledger.Held) -> None:
    """An unpinned singleton that stays apart from the loose one."""
    held.pinned = False


def left_alone(self: Book, held: ledger.Held, ids: Iterable[RowId]) -> None:
    """A group of which one member may be left."""
    for id in dict.fromkeys(ids) if not held.is_loose else ():
        self.free(id, held.members.pop(id))
        self.places[id].discard(held.id)


def always_broken(self: Book, row: Row) -> list[int]:
    """A replaced row that breaks up its groups, whatever its amount."""
    for held in self.holders(row.id) if row.id in self.rows else ():
        self.release(held)
    return put(self, row)


take, put = Book.take, Book.put
MUTANTS = {"take": others_first, "unpin": never_joined, "detach": left_alone, "put": always_broken}


@pytest.mark.parametrize("move", MUTANTS)
def test_a_mutant_of_the_interpreter_is_found(move: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Book, move, MUTANTS[move])
    with pytest.raises((AssertionError, LookupError, ValueError)):
        run(range(SEQUENCES))
