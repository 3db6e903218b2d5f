"""Workspace with a store of decisions.

```python
store = Store("recon.sqlite", book="2024-q1")
ws = Workspace.open(store, "dist/solver.wasm", "ledger.parquet", who="anna")
ws.pin_where(lambda g: g.net == 0, why="nets to zero")
ws.close()
```

A verb changes the module and appends to the store in one transaction of the store: both happen, or neither, whatever
interrupts it (see `whole_step`). Others' decisions are taken in before. What is in force in the store is in force in
the workspace, however often it solves; what does not fit the rows is listed in `unfit` and tried again at every solve.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

import pyarrow as pa

from florecon_build.host.decisions import portable_file as portable
from florecon_build.host.decisions.effect import Effect
from florecon_build.host.decisions.group_members import check_ids, proposed, shapes_of, totals_of
from florecon_build.host.decisions.members import body_of, body_of_group, check_held, kind_of, parts_of
from florecon_build.host.decisions.replay import Misfit
from florecon_build.host.decisions.replayer import Replayed, Replayer
from florecon_build.host.decisions.resolutions import resolved_of, resolving, unresolving
from florecon_build.host.decisions.row_digest import of_rows, of_table
from florecon_build.host.decisions.store import Decision, Draft, Entry, Member, Store
from florecon_build.host.decisions.store.ledger import ON_GROUPS, ON_ITEMS
from florecon_build.host.decisions.store.store import Writing
from florecon_build.host.decisions.tags import Tags
from florecon_build.host.decisions.whole_step import WholeSteps
from florecon_build.host.description import Description
from florecon_build.host.errors import BadCommand, UnknownAllocation, UnknownId
from florecon_build.host.explain.explanation import Explanation
from florecon_build.host.frames import Frame, TextAmounts
from florecon_build.host.report.predicate import Predicate
from florecon_build.host.report.report import Report
from florecon_build.host.report.resolved import Resolved
from florecon_build.host.runtime.arguments import Id, Ids, ids_from, integer, pairs_from
from florecon_build.host.runtime.parameters import encode_params
from florecon_build.host.runtime.session import Progress
from florecon_build.wire import MANUAL, UNMATCHED

if TYPE_CHECKING:
    from florecon_build.host.workspace import Change, Workspace

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unfit:
    """A decision in force that does not fit the rows, and why; `id` is the row that it is about, if it is one."""

    decision: Decision
    reason: str
    id: Id | None = None


@dataclass(frozen=True, slots=True)
class _State:
    """A state that all agree on: of the workspace, the replayer, the rows and the params."""

    mark: Any
    replayed: Replayed
    input_digest: str
    params: Mapping[str, Any]


def _whole(verb: Callable[Concatenate[StoredWorkspace, P], T]) -> Callable[Concatenate[StoredWorkspace, P], T]:
    """The verb as a whole step: workspace, store and replayer change together or not at all."""

    @wraps(verb)
    def step(self: StoredWorkspace, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._steps.run(lambda: verb(self, *args, **kwargs))  # pyright: ignore[reportPrivateUsage]

    return step


class StoredWorkspace:
    """A workspace, the store of its decisions, and the replayer that keeps the one at what the other says.

    Parameters: `workspace` to keep, from now on changed only through this object; `store` of the decisions; `rows` to
    begin with, anything that `upsert` takes; `who` makes the decisions (assign to `ws.who` when somebody else takes
    over). It is solved when it is made. A pin that the workspace has and the store does not is given back to the
    solver.

    The verbs are those of `Workspace`; those that decide something take `why`. There is no `apply`: the changes of a
    solve are not those of the decisions that are replayed after it.
    Errors: those of `upsert`, `solve` and the store.
    """

    def __init__(
        self,
        workspace: Workspace,
        store: Store,
        rows: object = None,
        *,
        who: str,
        params: Mapping[str, object] | None = None,
    ) -> None:
        self.who = who
        self._workspace = workspace
        self._store = store
        self._replayer = Replayer(workspace, store)
        self._params: dict[str, Any] = {}
        session = workspace._session  # pyright: ignore[reportPrivateUsage]  # the other half of the same workspace
        start = workspace._mark()  # pyright: ignore[reportPrivateUsage]
        held = workspace.report().rows
        self._input = of_table(held) if held.num_rows else ""
        self._steps = WholeSteps(session, self._state, self._back_to, self._take_in)
        try:
            self._begin(rows, params or {}, is_restored=bool(held.num_rows))
        except BaseException:
            workspace._back_to(start)  # pyright: ignore[reportPrivateUsage]
            raise

    def _begin(self, rows: object, params: Mapping[str, object], *, is_restored: bool) -> None:
        self._follow_params()
        self._set_params(params)
        if rows is not None:
            self.upsert(rows)
        self._store.refresh()
        if self._store.book.standing(*ON_GROUPS, *ON_ITEMS):
            self._workspace.solve()  # proposals for the decisions to be found in
        if is_restored:
            self._replayer.retry()
            self._unpin_undecided()
        self.solve()

    # Parts

    @property
    def workspace(self) -> Workspace:
        """The workspace underneath. Read from it; what is decided on it directly is not kept."""
        self._steps.settle()
        return self._workspace

    @property
    def store(self) -> Store:
        """The store of the decisions."""
        return self._store

    # Decisions in force

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """The decisions about groups that are in force, oldest first."""
        return tuple(self._store.book.standing(*ON_GROUPS))

    @property
    def pending(self) -> tuple[Decision, ...]:
        """The decisions that wait for a second person, oldest first."""
        return tuple(self._store.book.pending())

    @property
    def unfit(self) -> tuple[Unfit, ...]:
        """The decisions in force that do not fit the rows as they are."""
        self._steps.settle()
        known = self._store.book.decisions
        misfits = sorted(self._replayer.misfits.items())
        return tuple(Unfit(known[seq], misfit.reason, misfit.id) for seq, misfit in misfits)

    @property
    def tags(self) -> Tags:
        """The tags on rows, as the store has them."""
        return self._store.book.tags

    @property
    def input_digest(self) -> str:
        """A SHA-256 of the rows: the same rows, handed over in the same steps and order, give the same digest."""
        self._steps.settle()
        return self._input

    def decision_of(self, group_id: int) -> Decision | None:
        """The decision that a pinned group is; None for a group that nobody decided."""
        self._steps.settle()
        return self._replayer.decision_of(group_id)

    @_whole
    def refresh(self) -> None:
        """Takes in what others decided."""
        self._take_in()

    # Module and resources

    @property
    def about(self) -> Description:
        """As `Workspace.about`."""
        return self._workspace.about

    @property
    def rebuilt(self) -> int:
        """As `Workspace.rebuilt`."""
        return self._workspace.rebuilt

    def memory_bytes(self) -> int:
        """As `Workspace.memory_bytes`."""
        return self._workspace.memory_bytes()

    def cancel(self) -> None:
        """As `Workspace.cancel`."""
        self._workspace.cancel()

    def close(self) -> None:
        """As `Workspace.close`. The store stays open: it may serve other workspaces."""
        self._workspace.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def snapshot(self) -> bytes:
        """As `Workspace.snapshot`; `StoredWorkspace(Workspace.restore(...), store, who=...)` goes on from it."""
        return self.workspace.snapshot()

    # Rows

    def upsert(
        self,
        rows: object,
        *,
        columns: Mapping[str, str] | None = None,
        text_amounts: TextAmounts | None = None,
    ) -> Change:
        """As `Workspace.upsert`; decisions whose groups are demoted become unfit."""
        return self._upsert(self._workspace.frame(rows, columns=columns, text_amounts=text_amounts))

    @_whole
    def _upsert(self, frame: Frame) -> Change:
        change = self._workspace.upsert(frame)
        self._input = of_rows(self._input, "upsert", frame, None)
        self._replayer.demoted(change.demoted)
        return change

    @_whole
    def remove(self, ids: Ids) -> Change:
        """As `Workspace.remove`; decisions whose groups are demoted become unfit."""
        wanted = ids_from(ids)
        change = self._workspace.remove(wanted)
        self._input = of_rows(self._input, "remove", None, wanted)
        self._replayer.demoted(change.demoted)
        return change

    # Solving and reading

    @_whole
    def solve(self, *, progress: bool | Progress = False, certify: bool = False) -> Report:
        """As `Workspace.solve`; then what a person broke up is broken up again, and what did not fit is tried again."""
        self._store.refresh()
        self._follow_params()
        self._replayer.retry()
        self._steps.agree()  # a solve that is stopped can go on from here
        certified = self._workspace.solve(progress=progress, certify=certify).certified
        self._replayer.solved()
        report = self.report()
        report.certified = certified
        return report

    @_whole
    def configure(self, **params: object) -> None:
        """As `Workspace.configure`, kept: whoever opens the store next works with the same values."""
        values = encode_params(self.about, params)
        with self._deciding() as writing:
            self._workspace.configure(**params)
            writing.append(self._draft("params", {"values": values}, None))
        self._params |= values
        self._replayer.catch_up()

    def report(self) -> Report:
        """As `Workspace.report`, with resolved items under their codes."""
        report = self.workspace.report()
        resolved = self._resolved()
        return report.mapped(resolved.view) if resolved else report

    def __repr__(self) -> str:
        return f"<stored {repr(self._workspace)[1:]}"

    def _repr_html_(self) -> str:
        """For notebooks, as `Workspace`."""
        return self._workspace._repr_html_()  # pyright: ignore[reportPrivateUsage]

    def explain(self, *ids: Id, apart: bool = False) -> Explanation:
        """As `Workspace.explain`."""
        return self.workspace.explain(*ids, apart=apart)

    def explain_all(self, ids: Ids) -> Generator[Explanation]:
        """As `Workspace.explain_all`."""
        return self.workspace.explain_all(ids)

    def shard_keys(
        self,
        rows: object,
        *,
        columns: Mapping[str, str] | None = None,
        text_amounts: TextAmounts | None = None,
    ) -> pa.ChunkedArray:
        """As `Workspace.shard_keys`."""
        return self.workspace.shard_keys(rows, columns=columns, text_amounts=text_amounts)

    def stages(self) -> pa.Table:
        """As `Workspace.stages`."""
        return self.workspace.stages()

    def sql(self, query: str) -> pa.Table:
        """As `Workspace.sql`."""
        return self.workspace.sql(query)

    # Verbs that decide

    @_whole
    def pin(self, group_id: int, *, why: str | None = None) -> Effect:
        """As `Workspace.pin`, kept; returns an `Effect`."""
        return self._pin([integer(group_id, "a group id")], why)

    @_whole
    def pin_where(self, predicate: Predicate, *, why: str | None = None) -> Effect:
        """As `Workspace.pin_where`, kept; the `Effect` counts those that wait for a second person too."""
        return self._pin(proposed(self.report(), predicate), why)

    @_whole
    def pin_clean(self, tol: int = 0, *, why: str | None = None) -> Effect:
        """As `Workspace.pin_clean`, kept; returns an `Effect`."""
        if integer(tol, "tol") < 0:
            raise BadCommand(f"tol is zero or more minor units, not {tol}")
        return self.pin_where(lambda g: (g.size >= 2) & g.clean(tol), why=why)

    @_whole
    def pin_singletons(self, ids: Ids, *, why: str | None = None) -> Effect:
        """As `Workspace.pin_singletons`, kept; returns an `Effect`."""
        wanted = ids_from(ids)
        self._replayer.catch_up()
        shapes = shapes_of(self._workspace.report())
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
        return self._pin(list(chosen), why)

    @_whole
    def unpin(self, group_id: int, *, why: str | None = None) -> Effect:
        """As `Workspace.unpin`, kept: the decision is taken out of force. Returns an `Effect`."""
        integer(group_id, "a group id")
        with self._deciding() as writing:
            decision = self.decision_of(group_id)
            if decision is None:
                return self._workspace.unpin(group_id)
            entry = writing.append(self._draft("unpin", {"target": decision.seq}, why))
        self._replayer.catch_up()
        waits = self._store.book.decisions[entry.seq].status == "pending"
        ids = [member.id for member in decision.members]
        return Effect(
            1,
            ids=ids,
            groups=() if waits else (group_id,),
            decisions=(entry.seq,),
            pending=(entry.seq,) if waits else (),
        )

    @_whole
    def merge(
        self,
        allocations: Mapping[Id, int] | Iterable[tuple[Id, int]] | Iterable[Mapping[str, Any]],
        label: str = MANUAL,
        reason: str | None = None,
        *,
        dry_run: bool = False,
        why: str | None = None,
    ) -> int:
        """As `Workspace.merge`, kept; returns 0 where the decision waits for a second person."""
        pairs = pairs_from(allocations)
        if dry_run:
            self._replayer.catch_up()
            return self._workspace.merge(pairs, label, reason, dry_run=True)
        with self._deciding() as writing:
            shapes = shapes_of(self._workspace.report())
            members = [Member(row_id, amount, shapes.totals.get(row_id, 0)) for row_id, amount in pairs]
            draft = self._draft("merge", body_of(members, label, reason), why)
            waits = bool(members) and self._store.book.needs_second(draft)
            group_id = self._workspace.merge(pairs, label, reason, dry_run=waits)
            entry = writing.append(draft)
        if waits:
            group_id = 0
        self._replayer.adopt({} if waits else {entry.seq: group_id})
        return group_id

    @_whole
    def detach(self, group_id: int, ids: Ids, *, why: str | None = None) -> Effect:
        """As `Workspace.detach`, kept: the rows are taken out again wherever the same group is proposed.

        Returns an `Effect`.
        """
        rows = ids_from(ids)
        return self._break("detach", group_id, why, rows)

    @_whole
    def dissolve(self, group_id: int, *, why: str | None = None) -> Effect:
        """As `Workspace.dissolve`, kept: the group is broken up again wherever it is proposed. Returns an `Effect`."""
        return self._break("dissolve", group_id, why, [])

    # Open items with a reason

    @_whole
    def resolve(self, ids: Ids, code: str, reason: str) -> Effect:
        """Gives open items a reason code, after which they are no exceptions.

        Parameters: `code` is one of the book's, which says whether the items are carried on or cleared; `reason` is
        for people. An item of which a part is matched is resolved for the open part.
        Returns an `Effect`; those of its decisions that wait for a second person change nothing yet.
        Errors: `UnknownCode`; `UnknownId`; `UnknownAllocation` for a row that is not open; `BadCommand` for one that
        has a code already.
        """
        wanted = list(dict.fromkeys(ids_from(ids)))
        with self._deciding() as writing:
            book = self._store.book
            shapes = shapes_of(self._workspace.report())
            homes = shapes.proposed_of(wanted)
            loose: dict[Id, int] = {}

            def open_part(row_id: Id) -> Member:
                if row_id not in shapes.totals:
                    raise UnknownId(f"no row has the id {row_id!r}", id=row_id)
                alone = [each for each in homes[row_id] if len(each.parts) == 1 and each.origin == UNMATCHED]
                if alone:
                    loose[row_id] = alone[0].group_id
                amount = next((part for shape in alone for _, part in shape.parts), 0)
                return Member(row_id, amount, shapes.totals[row_id])

            drafts = resolving(book, wanted, code, reason, open_part=open_part, draft=self._draft)
            waiting = {row_id for row_id, draft in drafts.items() if book.needs_second(draft)}
            is_cleared = book.code(code).effect == "cleared"
            now = {row_id: loose[row_id] for row_id in wanted if row_id not in waiting and is_cleared}
            self._workspace.pin_groups(now.values())
            entries = {row_id: writing.append(draft).seq for row_id, draft in drafts.items()}
        self._replayer.adopt({entries[row_id]: group for row_id, group in now.items()})
        pending = [entries[row_id] for row_id in wanted if row_id in waiting]
        return Effect(len(wanted), ids=wanted, groups=now.values(), decisions=entries.values(), pending=pending)

    @_whole
    def unresolve(self, ids: Ids, *, why: str | None = None) -> Effect:
        """Takes the reason codes of items back: they are exceptions again, and the solver's.

        Returns an `Effect`. Errors: `UnknownId` for a row that has no code; `PeriodClosed` for one that a closed period
        cleared.
        """
        wanted = list(dict.fromkeys(ids_from(ids)))
        with self._deciding() as writing:
            drafts = unresolving(self._store.book, wanted, why, draft=self._draft)
            entries = [writing.append(draft).seq for draft in drafts]
        self._replayer.catch_up()
        waiting = {each.seq for each in self._store.book.pending()}
        pending = [seq for seq in entries if seq in waiting]
        return Effect(len(wanted), ids=wanted, decisions=entries, pending=pending)

    @property
    def resolutions(self) -> Mapping[Id, Decision]:
        """The resolution in force of each resolved row; one that does not fit the rows is in `unfit`."""
        return self._store.book.resolutions

    # Two persons, and second thoughts

    @_whole
    def approve(self, seq: int, *, why: str | None = None) -> Decision:
        """Puts a pending decision in force. Errors: `NotPending`, `SamePerson`, `UnknownEntry`."""
        return self._answered("approve", seq, why)

    @_whole
    def reject(self, seq: int, *, why: str | None = None) -> Decision:
        """Turns a pending decision down. Errors: as `approve`."""
        return self._answered("reject", seq, why)

    @_whole
    def undo(self, seq: int, *, why: str | None = None) -> Decision:
        """Takes an entry of the store out of force, by another entry; undoing an undo puts it back."""
        return self._answered("undo", seq, why)

    # What is said about rows

    @_whole
    def tag(self, ids: Ids, label: str, *, why: str | None = None) -> Effect:
        """As `Workspace.tag`, kept; returns an `Effect`."""
        rows = self._known(ids)
        entry = self._say("tag", {"ids": rows, "label": label}, why)
        return Effect(len(rows), ids=rows, decisions=(entry.seq,))

    @_whole
    def untag(self, ids: Ids, label: str, *, why: str | None = None) -> Effect:
        """As `Workspace.untag`, kept; returns an `Effect`."""
        rows = ids_from(ids)
        entry = self._say("untag", {"ids": rows, "label": label}, why)
        return Effect(len(rows), ids=rows, decisions=(entry.seq,))

    @_whole
    def comment(self, text: str, *, ids: Ids = (), decision: int | None = None) -> Entry:
        """Says something about rows, about a decision (its number), or about all of it."""
        about = {"ids": self._known(ids)} if ids else {}
        target = {} if decision is None else {"target": decision}
        return self._say("comment", {"text": text, **about, **target}, None)

    @_whole
    def load(self, path: str | os.PathLike[str], *, why: str | None = None) -> tuple[Misfit, ...]:
        """As `Workspace.load`; each decision and tag of the file becomes an entry by `who`."""
        contents = portable.read(path, self.about, totals_of(self._workspace.report()))
        why = why or f"from {os.path.basename(path)}"
        with self._deciding() as writing:
            entries = [
                writing.append(self._draft(kind_of(each.members), body_of(each.members, each.origin, each.reason), why))
                for each in contents.decisions
            ]
            for label, ids in contents.tags.by_label():
                writing.append(self._draft("tag", {"ids": ids, "label": label}, why))
        self._replayer.catch_up()
        misfits = self._replayer.misfits
        return tuple(misfits[entry.seq] for entry in entries if entry.seq in misfits)

    def save(self, path: str | os.PathLike[str], *, meta: Mapping[str, Any] | None = None) -> Path:
        """As `Workspace.save`, with the tags of the store."""
        return portable.write(path, self.about, shapes_of(self._workspace.report()), self.tags, meta or {})

    # How

    @contextmanager
    def _deciding(self) -> Generator[Writing]:
        """A transaction of the store, within a step, over a workspace that has taken in what others decided."""
        with self._store.writing() as writing:
            self._follow_params()
            self._replayer.catch_up()
            self._steps.agree()
            yield writing

    def _take_in(self) -> None:
        self._store.refresh()
        self._follow_params()
        self._replayer.catch_up()

    def _state(self) -> _State:
        mark = self._workspace._mark()  # pyright: ignore[reportPrivateUsage]
        return _State(mark, self._replayer.state, self._input, dict(self._params))

    def _back_to(self, state: _State) -> None:
        self._workspace._back_to(state.mark)  # pyright: ignore[reportPrivateUsage]
        self._input, self._params = state.input_digest, dict(state.params)
        self._replayer.back_to(state.replayed)

    def _set_params(self, given: Mapping[str, object]) -> None:
        """Keeps params that differ from those in force."""
        in_force = {param.name: param.default for param in self.about.params} | self._params
        values = encode_params(self.about, given)
        self._workspace.configure(**values)  # refuses what the module does not take
        if any(name not in in_force or in_force[name] != value for name, value in values.items()):
            self.configure(**given)

    def _follow_params(self) -> None:
        """Gives the module the params of the store, where they are not those that it has from it."""
        known = {param.name for param in self.about.params}
        params = {name: value for name, value in self._kept_params().items() if name in known}
        if params != self._params:
            taken_back = self._params.keys() - params
            gone = {param.name: param.default for param in self.about.params if param.name in taken_back}
            self._workspace.configure(**gone, **params)
            self._params = params

    def _kept_params(self) -> Mapping[str, Any]:
        """The params in force, by name; of those that the module does not know too."""
        return self._store.book.params

    def _resolved(self) -> Resolved:
        """The resolutions in force that fit, for a report."""
        return resolved_of(self._store.book.resolutions, self._replayer.placed)

    def _draft(self, kind: Any, body: Mapping[str, Any], why: str | None) -> Draft:
        return Draft(who=self.who, kind=kind, body=body, why=why, input=self._input, strategy=self.about.strategy)

    def _say(self, kind: str, body: Mapping[str, Any], why: str | None) -> Entry:
        entry = self._store.append(self._draft(kind, body, why))
        self._replayer.catch_up()
        return entry

    def _answered(self, kind: str, seq: int, why: str | None) -> Decision:
        entry = self._say(kind, {"target": seq}, why)
        return self._store.book.decisions[entry.seq]

    def _pin(self, group_ids: list[int], why: str | None) -> Effect:
        with self._deciding() as writing:
            shapes = shapes_of(self._workspace.report())
            for group_id in group_ids:
                if group_id not in shapes.groups:
                    self._workspace.pin(group_id)  # raises the module's own error
            asked = {parts_of(each.members) for each in self._store.book.pending() if each.kind == "pin"}
            named = [shapes.groups[group_id] for group_id in group_ids]
            fresh = [shape for shape in named if not shape.pinned and shape.parts not in asked]
            entries = {
                shape.group_id: writing.append(self._draft("pin", body_of_group(shape, shapes), why)) for shape in fresh
            }
            book = self._store.book.decisions
            now = [group_id for group_id, entry in entries.items() if book[entry.seq].status == "in force"]
            self._workspace.pin_groups(now)
        self._replayer.adopt({entries[group_id].seq: group_id for group_id in now})
        ids = dict.fromkeys(row_id for shape in fresh for row_id, _ in shape.in_order())
        waiting = [entry.seq for group_id, entry in entries.items() if group_id not in now]
        numbers = [entry.seq for entry in entries.values()]
        return Effect(len(fresh), ids=ids, groups=now, decisions=numbers, pending=waiting)

    def _break(self, kind: str, group_id: int, why: str | None, ids: list[Id]) -> Effect:
        integer(group_id, "a group id")
        with self._deciding() as writing:
            shapes = shapes_of(self._workspace.report())
            shape = shapes.groups.get(group_id)
            body = {} if shape is None else body_of_group(shape, shapes)
            draft = self._draft(kind, {**body, "ids": ids} if kind == "detach" else body, why)
            waits = shape is not None and not shape.pinned and self._store.book.needs_second(draft)
            if waits and shape is not None:
                check_held(shape, ids)
            else:
                self._break_now(kind, group_id, ids)
            entry = writing.append(draft)
        self._replayer.adopt(broken=() if waits else (entry.seq,))
        members = [] if shape is None else [row_id for row_id, _ in shape.in_order()]
        return Effect(
            1,
            ids=ids or members,
            groups=() if waits else (group_id,),
            decisions=(entry.seq,),
            pending=(entry.seq,) if waits else (),
        )

    def _break_now(self, kind: str, group_id: int, ids: list[Id]) -> None:
        if kind == "detach":
            self._workspace.detach(group_id, ids)
        else:
            self._workspace.dissolve(group_id)

    def _known(self, ids: Ids) -> list[Id]:
        wanted = ids_from(ids)
        check_ids(self._workspace.report(), wanted)
        return wanted

    def _unpin_undecided(self) -> None:
        """Gives back to the solver the pinned groups of a restored workspace that are no decision of the store."""
        decided = set(self._replayer.placed.values())
        for group_id, shape in shapes_of(self._workspace.report()).groups.items():
            if shape.pinned and group_id not in decided:
                self._workspace.unpin(group_id)
