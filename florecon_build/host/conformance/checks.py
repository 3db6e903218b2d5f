"""Conformance checks: each runs new sessions on some rows and compares the expected with the actual result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa

from florecon_build.host.conformance.module import Group, Id, Module
from florecon_build.host.errors import FloreconError
from florecon_build.wire import PINNED, ErrorCode

PINNED_AT_ONCE = 4
"""Number of groups that `pin_neutrality` pins."""
NOBODY = -(2**40)
"""A group id that no module assigns."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Expected and actual outcome of a check that failed."""

    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Subject:
    """The module under test: a factory of sessions, and the column that has the row ids."""

    open: Callable[[], Module]
    id_column: str

    @contextmanager
    def session(self) -> Generator[Module]:
        """A fresh session, closed afterwards."""
        module = self.open()
        try:
            yield module
        finally:
            module.close()

    def cold(self, rows: pa.Table) -> list[Group]:
        """The report of a fresh session that got all rows at once."""
        with self.session() as module:
            module.upsert(rows)
            module.solve()
            return module.groups()

    def ids(self, rows: pa.Table) -> list[Id]:
        """The ids of the rows."""
        return rows.column(self.id_column).to_pylist()


Check = Callable[[Subject, pa.Table], Difference | None]


def pick(rows: pa.Table, places: Sequence[int]) -> pa.Table:
    """The rows at these places."""
    return rows.take(pa.array(places, pa.int64()))


def same(one: str, left: Sequence[Group], other: str, right: Sequence[Group]) -> Difference | None:
    """Compares two reports, group ids aside; None where they are equal."""
    if list(left) == list(right):
        return None
    missing, extra = Counter(left) - Counter(right), Counter(right) - Counter(left)
    if not missing and not extra:
        places = [at for at, (ours, theirs) in enumerate(zip(left, right, strict=True)) if ours != theirs]
        at = places[0]
        return Difference(f"{left[at]} at place {at} of the report, as {one} has it", f"{right[at]} there in {other}")
    return Difference(f"{_first(missing)}, as {one} has it", f"{_first(extra)} in {other}")


def _first(groups: Counter[Group]) -> str:
    return str(next(iter(groups), "no such group"))


def solves(subject: Subject, rows: pa.Table) -> Difference | None:
    """The rows are ingested and solved without an error. Runs first: all others would fail with the same error."""
    subject.cold(rows)
    return None


def unique_ids(subject: Subject, rows: pa.Table) -> Difference | None:
    """Every row is reported under its own id, once a group; groups add up; an id twice in one batch is refused."""
    groups = subject.cold(rows)
    numbers = Counter(group.group_id for group in groups)
    sent, found = set(subject.ids(rows)), {id for group in groups for id, _ in group.members}
    for group in groups:
        if numbers[group.group_id] > 1:
            return Difference("one group of each number", f"{numbers[group.group_id]} groups {group.group_id}")
        if len({id for id, _ in group.members}) < len(group.members):
            return Difference("a row at most once in a group", str(group))
        net = sum(amount for _, amount in group.members)
        if (group.size, group.net) != (len(group.members), net):
            told = f"size {group.size} and net {group.net}"
            return Difference(f"size {len(group.members)} and net {net} for {group}", told)
    for id in sorted(sent ^ found, key=str):
        what = "in no group" if id in sent else "a row that was never sent"
        return Difference("exactly the rows that were sent", f"{id!r} is {what}")
    return _refuses_twice(subject, rows)


def _refuses_twice(subject: Subject, rows: pa.Table) -> Difference | None:
    if not rows.num_rows:
        return None
    with subject.session() as module:
        twice = pa.concat_tables([rows, rows.slice(0, 1)])
        expected = f"duplicate_id for row {subject.ids(rows)[0]!r}, twice in one batch"
        try:
            module.upsert(twice)
        except FloreconError as error:
            return None if error.code == "duplicate_id" else Difference(expected, f"{error.code}: {error.message}")
        return Difference(expected, "the batch was taken")


def conservation(subject: Subject, rows: pa.Table) -> Difference | None:
    """Conservation: the allocations of a row add up to its amount, before and after a solve."""
    with subject.session() as module:
        module.upsert(rows)
        before = _totals(module.groups())
        module.solve()
        after = _totals(module.groups())
    for id in sorted(before.keys() | after.keys(), key=str):
        if before.get(id) != after.get(id):
            return Difference(f"{before.get(id, 'nothing')} of row {id!r} after a solve", str(after.get(id, "nothing")))
    return None


def _totals(groups: Sequence[Group]) -> dict[Id, int]:
    totals: dict[Id, int] = {}
    for group in groups:
        for id, amount in group.members:
            totals[id] = totals.get(id, 0) + amount
    return totals


def idempotent_upsert(subject: Subject, rows: pa.Table) -> Difference | None:
    """Idempotence: upserting the same rows again changes nothing, before and after a solve."""
    with subject.session() as module:
        module.upsert(rows)
        once = module.groups()
        module.upsert(rows)
        found = same("one upsert", once, "the same again", module.groups())
        if found is not None:
            return found
        module.solve()
        solved = module.groups()
        module.upsert(rows)
        found = same("a solve", solved, "the same rows sent again after it", module.groups())
        module.solve()
        return found or same("a solve", solved, "one after the same rows were sent again", module.groups())


def order_independence(subject: Subject, rows: pa.Table) -> Difference | None:
    """The report does not depend on the order of the rows."""
    cold = subject.cold(rows)
    count = rows.num_rows
    for name, order in (("backwards", range(count - 1, -1, -1)), ("dealt out", dealt(count))):
        found = same("the table as it is", cold, f"the same rows {name}", subject.cold(pick(rows, list(order))))
        if found is not None:
            return found
    return None


def batch_independence(subject: Subject, rows: pa.Table) -> Difference | None:
    """The report does not depend on how the rows are split into batches."""
    cold = subject.cold(rows)
    for parts in (2, 3, rows.num_rows):
        step = max(1, -(-rows.num_rows // max(1, min(parts, 50))))
        with subject.session() as module:
            for first in range(0, rows.num_rows, step):
                module.upsert(rows.slice(first, step))
            module.solve()
            found = same("one batch", cold, f"batches of {step}", module.groups())
        if found is not None:
            return found
    return None


def dealt(count: int) -> list[int]:
    """A permutation of the row positions by a fixed stride, which separates neighbours."""
    stride = min(7, max(1, count // 2))
    return [row for first in range(stride) for row in range(first, count, stride)]


def warm_equals_cold(subject: Subject, rows: pa.Table) -> Difference | None:
    """Warm equals cold: a session that was solved, edited and solved again has the report of a fresh one."""
    count = rows.num_rows
    kept, late = pick(rows, [row for row in range(count) if row % 3 != 1]), pick(rows, range(1, count, 3))
    cold, fewer = subject.cold(rows), subject.cold(kept)
    with subject.session() as module:
        module.upsert(kept)
        module.solve()
        module.upsert(late)
        module.solve()
        found = same("a fresh session", cold, "one solved before the last rows came", module.groups())
        if found is not None:
            return found
        module.remove(subject.ids(late))
        module.solve()
        found = same("a session that never had some rows", fewer, "one that lost them", module.groups())
        if found is not None:
            return found
        module.upsert(late)
        module.solve()
        return same("a fresh session", cold, "one that lost rows and got them back", module.groups())


def pin_neutrality(subject: Subject, rows: pa.Table) -> Difference | None:
    """A pinned group is unchanged by a solve; after an unpin and a solve the report is that of a fresh session."""
    with subject.session() as module:
        module.upsert(rows)
        module.solve()
        cold = module.groups()
        chosen = [group for group in cold if group.size > 1][:PINNED_AT_ONCE] or cold[:PINNED_AT_ONCE]
        for group in chosen:
            module.pin(group.group_id)
        module.solve()
        found = _kept(chosen, module.groups())
        if found is not None:
            return found
        for group in chosen:
            module.unpin(group.group_id)
        module.solve()
        return same("a session without pins", cold, "one whose pins were taken back", module.groups())


def _kept(chosen: Sequence[Group], groups: Sequence[Group]) -> Difference | None:
    after = {group.group_id: group for group in groups}
    for group in chosen:
        now = after.get(group.group_id)
        if now is None or now.status != PINNED or (now.members, now.origin) != (group.members, group.origin):
            return Difference(f"{group} pinned under its number after a solve", str(now or "no group of this number"))
    return None


def refusal(subject: Subject, rows: pa.Table) -> Difference | None:
    """A command that is refused leaves the session as it was."""
    with subject.session() as module:
        module.upsert(rows)
        module.solve()
        before = module.groups()
        acts: list[tuple[str, ErrorCode, Callable[[], None]]] = [
            ("pin of a group that is not there", "unknown_group", lambda: module.pin(NOBODY)),
            ("unpin of a group that is not there", "unknown_group", lambda: module.unpin(NOBODY)),
            ("dissolve of a group that is not there", "unknown_group", lambda: module.dissolve(NOBODY)),
            ("merge of no rows", "degenerate_group", lambda: module.merge([])),
        ]
        for what, code, act in acts:
            try:
                act()
                return Difference(f"{code} for a {what}", "it was carried out")
            except FloreconError as error:
                if error.code != code:
                    return Difference(f"{code} for a {what}", f"{error.code}: {error.message}")
            found = same(f"the session before a {what}", before, "the session after its refusal", module.groups())
            if found is not None:
                return found
    return None


def agreement(twin: Subject) -> Check:
    """A check that another build of the module gives the same report."""

    def agrees(subject: Subject, rows: pa.Table) -> Difference | None:
        return same("the native build", twin.cold(rows), "the wasm", subject.cold(rows))

    return agrees
