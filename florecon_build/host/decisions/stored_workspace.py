"""Workspace with a store of decisions.

```python
store = Store("recon.sqlite", book="2024-q1")
ws = Workspace.open(store, "dist/solver.wasm", "ledger.parquet", who="anna")
ws.pin_where(lambda g: g.net == 0, why="nets to zero")
ws.close()
```

A verb changes the module and appends to the store in one transaction of the store: both happen, or neither. Others'
decisions are taken in before. What stands in the store stands in the workspace, however often it solves; what does not
fit the rows is listed in `unfit` and tried again at every solve.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from florecon_build.host.decisions import portable_file as portable
from florecon_build.host.decisions.group_members import shapes_of, totals_of
from florecon_build.host.decisions.members import body_of, body_of_group, check_held, kind_of, parts_of
from florecon_build.host.decisions.merge_check import try_merge
from florecon_build.host.decisions.replay import Misfit, Wanted, misfit_of, place, wanted_of, withhold
from florecon_build.host.decisions.row_digest import of_rows
from florecon_build.host.decisions.store import Decision, Draft, Entry, Member, Store
from florecon_build.host.decisions.store.ledger import ON_GROUPS
from florecon_build.host.decisions.store.store import Writing
from florecon_build.host.decisions.tags import Tags
from florecon_build.host.errors import BadCommand, UnknownAllocation, UnknownId
from florecon_build.host.frames import Frame
from florecon_build.host.report.predicate import Predicate
from florecon_build.host.report.report import Report
from florecon_build.host.runtime.arguments import Id, Ids, ids_from, integer, pairs_from
from florecon_build.host.runtime.module import Source
from florecon_build.host.runtime.session import Progress
from florecon_build.host.workspace import Workspace
from florecon_build.wire import Op

PINNING = ("pin", "merge")
BREAKING = ("detach", "dissolve")


@dataclass(frozen=True, slots=True)
class Unfit:
    """A decision in force that does not fit the rows, and why; `id` is the row that it is about, if it is one."""

    decision: Decision
    reason: str
    id: Id | None = None


class KeptWorkspace(Workspace):
    """A workspace over a store; made by `Workspace.open`.

    Parameters: `store` of the decisions; `rows` to begin with, anything that `upsert` takes; `who` makes the decisions
    (assign to `ws.who` when somebody else takes over); all else as for `Workspace`. Verbs take `why`.
    """

    def __init__(
        self, store: Store, artifact: Source, rows: object = None, config: Mapping[str, object] | None = None,
        *, who: str, **how: Any,
    ) -> None:  # fmt: skip
        self.who = who
        self._store = store
        self._seen = ""
        self._placed: dict[int, int] = {}
        self._broken: set[int] = set()
        self._misfits: dict[int, Misfit] = {}
        self._input = ""
        super().__init__(artifact, config, **how)
        if rows is not None:
            self.upsert(rows)
        self._store.refresh()
        if store.book.standing(*ON_GROUPS):
            self._session.solve(None)
        self.solve()

    # What stands

    @property
    def store(self) -> Store:
        """Where the decisions are."""
        return self._store

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """The decisions about groups that are in force, oldest first."""
        return tuple(self._store.book.standing(*ON_GROUPS))

    @property
    def pending(self) -> tuple[Decision, ...]:
        """What waits for a second person, oldest first."""
        return tuple(self._store.book.pending())

    @property
    def unfit(self) -> tuple[Unfit, ...]:
        """The decisions in force that do not fit the rows as they are."""
        known = self._store.book.decisions
        return tuple(Unfit(known[key], misfit.reason, misfit.id) for key, misfit in sorted(self._misfits.items()))

    @property
    def tags(self) -> Tags:
        """The tags on rows, as the store has them."""
        return self._store.book.tags

    @property
    def input_digest(self) -> str:
        """What the rows were: the same rows, handed over in the same steps and order, give the same digest."""
        return self._input

    def decision_of(self, group_id: int) -> Decision | None:
        """The decision that a pinned group is; None for a group that nobody decided."""
        for seq, placed in self._placed.items():
            if placed == group_id:
                return self._store.book.decisions[seq]
        return None

    def refresh(self) -> None:
        """Takes in what others decided."""
        self._store.refresh()
        self._catch_up()

    # Solving

    def solve(self, *, progress: bool | Progress = False, certify: bool = False) -> Report:
        """As `Workspace.solve`; then what a person broke up is broken up again, and what did not fit is tried again."""
        self._store.refresh()
        self._seen = ""
        self._misfits.clear()
        self._catch_up()
        certified = super().solve(progress=progress, certify=certify).certified
        self._broken.clear()
        self._break_standing()
        self._seen = self._store.head
        return self._report(certified)

    # Decisions

    def pin(self, group_id: int, *, why: str | None = None) -> None:
        """As `Workspace.pin`, kept."""
        self._pin([integer(group_id, "a group id")], why)

    def pin_where(self, predicate: Predicate, *, why: str | None = None) -> int:
        """As `Workspace.pin_where`, kept; counts those that wait for a second person too."""
        return self._pin(self._chosen(predicate), why)

    def pin_clean(self, tol: int = 0, *, why: str | None = None) -> int:
        """As `Workspace.pin_clean`, kept."""
        if integer(tol, "tol") < 0:
            raise BadCommand(f"tol is zero or more minor units, not {tol}")
        return self.pin_where(lambda g: (g.size >= 2) & g.clean(tol), why=why)

    def pin_singletons(self, ids: Ids, *, why: str | None = None) -> None:
        """As `Workspace.pin_singletons`, kept."""
        wanted = ids_from(ids)
        self._catch_up()
        shapes = shapes_of(self.report())
        accepted = {row_id for each in shapes.groups.values() if each.pinned and len(each.parts) == 1
                    for row_id, _ in each.parts}  # fmt: skip
        chosen: dict[int, None] = {}
        homes = shapes.proposed_of(wanted)
        for row_id in wanted:
            if row_id not in shapes.totals:
                raise UnknownId(f"no row has the id {row_id!r}", id=row_id)
            alone = [shape.group_id for shape in homes[row_id] if len(shape.parts) == 1]
            if not alone and row_id not in accepted:
                raise UnknownAllocation(
                    f"row {row_id} stands in a group; dissolve it or detach the row first", id=row_id
                )
            chosen.update(dict.fromkeys(alone))
        self._pin(list(chosen), why)

    def unpin(self, group_id: int, *, why: str | None = None) -> None:
        """As `Workspace.unpin`, kept: the decision is taken out of force."""
        integer(group_id, "a group id")
        with self._deciding() as writing:
            decision = self.decision_of(group_id)
            if decision is None:
                super().unpin(group_id)
                return
            writing.append(self._draft("unpin", {"target": decision.seq}, why))
        self._catch_up()

    def merge(
        self,
        allocations: Mapping[Id, int] | Iterable[tuple[Id, int]] | Iterable[Mapping[str, Any]],
        label: str = "manual",
        reason: str | None = None,
        *,
        why: str | None = None,
    ) -> int:
        """As `Workspace.merge`, kept; returns 0 where the decision waits for a second person."""
        pairs = pairs_from(allocations)
        with self._deciding() as writing:
            shapes = shapes_of(self.report())
            members = [Member(row_id, amount, shapes.totals.get(row_id, 0)) for row_id, amount in pairs]
            draft = self._draft("merge", body_of(members, label, reason), why)
            waits = bool(members) and self._store.book.needs_second(draft)
            if waits:
                try_merge(pairs, shapes)
            group_id = 0 if waits else super().merge(pairs, label, reason)
            entry = writing.append(draft)
        if group_id:
            self._placed[entry.seq] = group_id
        self._seen = self._store.head
        return group_id

    def detach(self, group_id: int, ids: Ids, *, why: str | None = None) -> None:
        """As `Workspace.detach`, kept: the rows are taken out again wherever the same group is proposed."""
        rows = ids_from(ids)
        self._break("detach", group_id, why, rows)

    def dissolve(self, group_id: int, *, why: str | None = None) -> None:
        """As `Workspace.dissolve`, kept: the group is broken up again wherever it is proposed."""
        self._break("dissolve", group_id, why, [])

    # Two persons, and second thoughts

    def approve(self, seq: int, *, why: str | None = None) -> Decision:
        """Puts a pending decision in force. Errors: `NotPending`, `SamePerson`, `UnknownEntry`."""
        return self._answered("approve", seq, why)

    def reject(self, seq: int, *, why: str | None = None) -> Decision:
        """Turns a pending decision down. Errors: as `approve`."""
        return self._answered("reject", seq, why)

    def undo(self, seq: int, *, why: str | None = None) -> Decision:
        """Takes an entry of the store out of force, by another entry; undoing an undo puts it back."""
        return self._answered("undo", seq, why)

    # What is said about rows

    def tag(self, ids: Ids, label: str, *, why: str | None = None) -> None:
        """As `Workspace.tag`, kept."""
        self._say("tag", {"ids": self._known(ids), "label": label}, why)

    def untag(self, ids: Ids, label: str, *, why: str | None = None) -> None:
        """As `Workspace.untag`, kept."""
        self._say("untag", {"ids": ids_from(ids), "label": label}, why)

    def comment(self, text: str, *, ids: Ids = (), decision: int | None = None) -> Entry:
        """Says something about rows, about a decision (its number), or about all of it."""
        about = {"ids": self._known(ids)} if ids else {}
        target = {} if decision is None else {"target": decision}
        return self._say("comment", {"text": text, **about, **target}, None)

    def load(self, path: str | os.PathLike[str], *, why: str | None = None) -> tuple[Misfit, ...]:
        """As `Workspace.load`; each decision and tag of the file becomes an entry by `who`."""
        contents = portable.read(path, self.about, totals_of(self.report()))
        why = why or f"from {os.path.basename(path)}"
        with self._deciding() as writing:
            entries = [
                writing.append(self._draft(kind_of(each.members), body_of(each.members, each.origin, each.reason), why))
                for each in contents.decisions
            ]
            for label, ids in contents.tags.by_label():
                writing.append(self._draft("tag", {"ids": ids, "label": label}, why))
        self._catch_up()
        return tuple(self._misfits[entry.seq] for entry in entries if entry.seq in self._misfits)

    # How

    def _change(self, op: Op, fields: Mapping[str, object], rows: Frame | None = None) -> dict[str, Any]:
        envelope = super()._change(op, fields, rows)
        if op in ("upsert", "remove"):
            self._input = of_rows(self._input, op, rows, fields.get("ids"))
        return envelope

    def _took_rows(self, demoted: Sequence[int]) -> None:
        """Decisions whose groups lost a row, or hold one of another amount, no longer fit."""
        if not demoted:
            return
        shapes = shapes_of(self.report())
        for seq in [seq for seq, group_id in self._placed.items() if group_id in set(demoted)]:
            del self._placed[seq]
            members = self._store.book.decisions[seq].members
            self._misfits[seq] = misfit_of(seq, members, shapes) or Misfit(seq, "its group was broken up")

    @contextmanager
    def _deciding(self) -> Generator[Writing]:
        """A transaction of the store; what the module did in it is taken back if the store does not keep it."""
        mark = None
        try:
            with self._store.writing() as writing:
                self._catch_up()
                mark = self._session.mark()
                yield writing
            self._session.keep()
        except BaseException:
            if mark is not None:
                self._session.back_to(mark)
            raise

    def _draft(self, kind: Any, body: Mapping[str, Any], why: str | None) -> Draft:
        return Draft(
            who=self.who, kind=kind, body=body, why=why, input=self._input, strategy=self.about.strategy
        )  # fmt: skip

    def _say(self, kind: str, body: Mapping[str, Any], why: str | None) -> Entry:
        entry = self._store.append(self._draft(kind, body, why))
        self._catch_up()
        return entry

    def _answered(self, kind: str, seq: int, why: str | None) -> Decision:
        entry = self._say(kind, {"target": seq}, why)
        return self._store.book.decisions[entry.seq]

    def _pin(self, group_ids: list[int], why: str | None) -> int:
        with self._deciding() as writing:
            shapes = shapes_of(self.report())
            for group_id in group_ids:
                if group_id not in shapes.groups:
                    super().pin(group_id)  # says so as the module says it
            asked = {parts_of(each.members) for each in self._store.book.pending() if each.kind == "pin"}
            named = [shapes.groups[group_id] for group_id in group_ids]
            fresh = [shape for shape in named if not shape.pinned and shape.parts not in asked]
            drafts = [(shape.group_id, self._draft("pin", body_of_group(shape, shapes), why)) for shape in fresh]
            now = [group_id for group_id, draft in drafts if not self._store.book.needs_second(draft)]
            if now:
                self._plain.pin_groups(now)
            entries = {group_id: writing.append(draft) for group_id, draft in drafts}
        self._placed.update({entries[group_id].seq: group_id for group_id in now})
        self._seen = self._store.head
        return len(fresh)

    def _break(self, kind: str, group_id: int, why: str | None, ids: list[Id]) -> None:
        integer(group_id, "a group id")
        with self._deciding() as writing:
            shapes = shapes_of(self.report())
            shape = shapes.groups.get(group_id)
            body = {} if shape is None else body_of_group(shape, shapes)
            draft = self._draft(kind, {**body, "ids": ids} if kind == "detach" else body, why)
            waits = shape is not None and not shape.pinned and self._store.book.needs_second(draft)
            if waits and shape is not None:
                check_held(shape, ids)
            else:
                self._break_now(kind, group_id, ids)
            entry = writing.append(draft)
        if not waits:
            self._broken.add(entry.seq)
        self._seen = self._store.head

    def _break_now(self, kind: str, group_id: int, ids: list[Id]) -> None:
        if kind == "detach":
            super().detach(group_id, ids)
        else:
            super().dissolve(group_id)

    def _known(self, ids: Ids) -> list[Id]:
        wanted = ids_from(ids)
        self._check_ids(wanted)
        return wanted

    # What stands in the store, in the module

    def _catch_up(self) -> None:
        """Brings the module to what stands; nothing to do while the store is where it was."""
        if self._store.head == self._seen:
            return
        standing = {decision.seq for decision in self._store.book.standing(*ON_GROUPS)}
        for seq in [seq for seq in self._placed if seq not in standing]:
            self._lift(self._store.book.decisions[seq], self._placed.pop(seq))
        for seq in [seq for seq in self._misfits if seq not in standing]:
            del self._misfits[seq]
        self._broken &= standing
        self._place_standing()
        self._break_standing()
        self._seen = self._store.head

    def _lift(self, decision: Decision, group_id: int) -> None:
        super().unpin(group_id)
        if decision.kind == "merge":
            super().dissolve(group_id)

    def _place_standing(self) -> None:
        tried = self._placed.keys() | self._misfits.keys()
        wanted = [wanted_of(each) for each in self._store.book.standing(*PINNING) if each.seq not in tried]
        if wanted:
            self._placed.update(self._place(wanted))

    def _place(self, wanted: list[Wanted]) -> dict[int, int]:
        placed = place(self._plain, wanted, self._placed.values())
        self._misfits.update({misfit.key: misfit for misfit in placed.misfits})
        return placed.groups

    def _break_standing(self) -> None:
        tried = self._broken | self._misfits.keys()
        left = [each for each in self._store.book.standing(*BREAKING) if each.seq not in tried]
        if left:
            misfits = withhold(self._plain, left)
            self._misfits.update({misfit.key: misfit for misfit in misfits})
            self._broken |= {each.seq for each in left} - self._misfits.keys()
