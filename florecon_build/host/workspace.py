"""Workspace: ingests rows, solves, keeps decisions, and returns reports.

```python
ws = Workspace("dist/solver.wasm", config={"slack": 50})
ws.upsert([{"row_id": 1, "amount": Decimal("12.50"), ...}, ...])
report = ws.solve()
ws.pin_where(lambda g: (g.net == 0) & (g.size == 2))
ws.configure(slack=200)
report = ws.solve(progress=True)
```

Every verb either succeeds or raises a typed error (see `errors`) and leaves the workspace as it was.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self, TypedDict, Unpack, cast

import pyarrow as pa

from florecon_build.host.decisions import portable_file as portable
from florecon_build.host.decisions.effect import Effect
from florecon_build.host.decisions.group_members import check_ids, members_of, proposed, shapes_of, totals_of
from florecon_build.host.decisions.replay import Misfit, place
from florecon_build.host.decisions.store.store import Store
from florecon_build.host.decisions.stored_workspace import StoredWorkspace
from florecon_build.host.decisions.tags import Tags
from florecon_build.host.description import Description
from florecon_build.host.errors import (
    AmountOverflow,
    BadCommand,
    BrokenReply,
    SchemaError,
    UnknownGroup,
    Unsupported,
)
from florecon_build.host.explain.explanation import Explanation
from florecon_build.host.explain.open_rows import ROWS_APART
from florecon_build.host.frames import Frame, TextAmounts, conform
from florecon_build.host.frames.distinct_rows import distinct_rows
from florecon_build.host.report.at_hand import SetAside
from florecon_build.host.report.changes import Changes
from florecon_build.host.report.input_rows import InputRows
from florecon_build.host.report.notebook import facts_html
from florecon_build.host.report.predicate import Predicate, select
from florecon_build.host.report.report import Report
from florecon_build.host.report.row_facts import RowFacts
from florecon_build.host.report.tables import CHANGES
from florecon_build.host.runtime.arguments import Id, Ids, ids_from, integer, pairs_from
from florecon_build.host.runtime.compiled_cache import CompiledCache
from florecon_build.host.runtime.engine_module import HasIr, engine_path, strategy_of
from florecon_build.host.runtime.limits import Limits
from florecon_build.host.runtime.module import Source, load
from florecon_build.host.runtime.parameters import encode_params
from florecon_build.host.runtime.progress import shown
from florecon_build.host.runtime.session import Mark, Progress, Reading, Session
from florecon_build.wire import MANUAL, Op


@dataclass(frozen=True, slots=True)
class Change:
    """The effect of ingesting or removing rows: how many rows, and the ids of the pinned groups that it demoted.

    ``notes`` say what was found in a file and not declared: its encoding, delimiter, decimal mark and form of days.
    """

    rows: int
    demoted: tuple[int, ...] = ()
    notes: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Removal:
    """Rows to remove, in a feed of edits; see `Workspace.apply`."""

    ids: Ids


@dataclass(frozen=True, slots=True)
class _Mark:
    """A point to roll back to: of the session, and of what is kept beside it."""

    session: Mark
    rows: Any
    params: Any
    facts: Any


class Options(TypedDict, total=False):
    """The keyword parameters that every way to make a workspace takes; see `Workspace`."""

    columns: Mapping[str, str] | None
    timeout: float | None
    max_memory: int | None
    text_amounts: TextAmounts | None
    interruptible: bool
    cache: CompiledCache | None
    workers: int | None


class Workspace:
    """A reconciliation over one solver module.

    Parameters
    - `artifact`: a plugin, which the engine module runs without compiling it; or what a build returned, the path of a
      `solver.wasm`, or its bytes.
    - `config`: values for the module's params; the others keep their defaults. Not together with `snapshot`.
    - `snapshot`: bytes of `snapshot()` to begin with; see `restore`.
    - `columns`: declared column name to the header it has in your data, where they differ (`{"amount": "Betrag"}`).
    - `timeout`: seconds one call may take, and compiling the module. `max_memory`: bytes of memory the module may use.
      None: no bound.
    - `text_amounts`: the decimal mark of amounts that come as text, `"point"` or `"comma"`; None refuses such text in a
      table, and takes the mark that a file proves.
    - `interruptible=False` compiles faster code that neither a timeout nor Ctrl-C can stop in the middle; for modules
      you trust to end.
    - `cache`: where compiled modules are kept; the user's cache folder unless given.
    - `workers`: instances of the module among which the first rows may be divided, to be solved in parallel; None for
      as many as there are processors, where that pays, and 1 for a workspace that is edited at once. The answers are
      those of one instance. In parallel are the first `upsert`, the first `solve`, its report and `explain_all`, and
      the instance that has them explains rows; at the first edit the workspace moves to one instance, which ingests and
      solves all rows again, and each edit is then solved alone. `max_memory` is divided among the instances; where that
      is not enough, one instance has all of it.

    Errors: `NotAWasm`, `HasImports`, `MissingExport`, `ContractMismatch`, `BadDescribe`, `BadConfig`, `BadSnapshot`,
    `BadStrategy`;
    `ValueError` for parameters that exclude each other.

    A call that is stopped by a limit or a fault in the module raises `TimedOut`, `MemoryLimit`, `Trapped` or
    `BrokenReply`; the next call rebuilds the workspace from its rows and decisions, and `rebuilt` counts that.

    >>> import tempfile
    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
    >>> steps = fb.exact_1to1(rows.account)
    >>> plugin = fb.Plugin("acme.demo", "1.0.0", rows=rows, numeraire=rows.amount, strategy=steps)
    >>> ws = fb.Workspace(plugin.build(tempfile.mkdtemp(), profile="quick"))
    >>> lines = [(1, "A", 9.5), (2, "A", -9.5), (3, "B", 7), (4, "C", -7)]
    >>> ws.upsert([dict(zip(("row_id", "account", "amount"), line)) for line in lines])
    Change(rows=4, demoted=())
    >>> ws.solve().groups["origin"].to_pylist()
    ['exact_1to1', 'unmatched', 'unmatched']
    >>> ws.pin_where(lambda g: (g.net == 0) & (g.size == 2))
    1
    >>> agreed = ws.merge({3: 700, 4: -700}, label="agreed", reason="by telephone")
    >>> ws.solve().groups.select(["status", "origin"]).to_pylist()
    [{'status': 'pinned', 'origin': 'exact_1to1'}, {'status': 'pinned', 'origin': 'agreed'}]
    >>> ws.unpin(agreed).ids
    (3, 4)
    >>> change = ws.remove([2])
    >>> change.rows, len(change.demoted)
    (1, 1)
    >>> ws.solve().groups["origin"].to_pylist()
    ['unmatched', 'unmatched', 'unmatched']
    >>> ws.close()
    """

    def __init__(
        self,
        artifact: Source | HasIr,
        config: Mapping[str, object] | None = None,
        *,
        snapshot: bytes | None = None,
        columns: Mapping[str, str] | None = None,
        timeout: float | None = None,
        max_memory: int | None = None,
        text_amounts: TextAmounts | None = None,
        interruptible: bool = True,
        cache: CompiledCache | None = None,
        workers: int | None = None,
    ) -> None:
        if workers is not None and workers < 1:
            raise ValueError(f"workers is at least 1, not {workers}")
        if timeout is not None and not interruptible:
            raise ValueError("a timeout needs interruptible=True")
        if snapshot is not None and config is not None:
            raise ValueError("a snapshot has its own params; change them with configure() once it is restored")
        strategy = strategy_of(artifact)
        source = cast(Source, artifact) if strategy is None else engine_path()
        module = load(source, cache=cache, interruptible=interruptible, timeout=timeout)
        if strategy is not None:
            module = replace(module, name=strategy.name)
        limits = Limits(timeout=timeout, max_memory=max_memory)
        taken = None if snapshot is None else bytes(snapshot)
        self._session = Session(module, limits, config, taken, strategy, workers=workers)
        self._columns = dict(columns or {})
        self._text_amounts: TextAmounts | None = text_amounts
        self._readings: list[weakref.ref[Reading]] = []
        self._tags = Tags()
        self._aside: SetAside | None = None
        self._facts = RowFacts(self.about)
        defaults = {param.name: param.default for param in self.about.params}
        self._params = None if snapshot is not None else {**defaults, **encode_params(self.about, config or {})}
        self._input_rows = InputRows(self.about.id_name, complete=snapshot is None)
        self._in_transaction = False

    @staticmethod
    def restore(artifact: Source | HasIr, snapshot: bytes, **how: Unpack[Options]) -> Workspace:
        """The workspace that `snapshot()` returned as bytes: rows, groups, decisions and params, without a solve.

        Parameters: `artifact` must be the module that took the snapshot, or one of the same strategy fingerprint and
        runtime; `how` are the further parameters of a workspace.
        Errors: `BadSnapshot` for bytes that are damaged, no snapshot, or of another module; `Unsupported` for a module
        that takes none.
        """
        return Workspace(artifact, snapshot=snapshot, **how)

    @staticmethod
    def open(
        store: Store,
        artifact: Source | HasIr,
        rows: object = None,
        config: Mapping[str, object] | None = None,
        *,
        who: str,
        **how: Unpack[Options],
    ) -> StoredWorkspace:
        """A workspace whose decisions are kept in a store, over these rows, solved.

        Parameters: `rows` is anything that `upsert` takes; `config` sets params, which the store keeps as `configure`
        does; `who` makes the decisions; `how` are the further parameters of a workspace, of which `workers` is 1 unless
        given: decisions are edits. Decisions of the store that do not fit the rows are in `unfit`. To keep the
        decisions of a workspace that is there already, such as a restored one, wrap it:
        `StoredWorkspace(workspace, store, who=who)`.
        """
        options: Options = {"workers": 1, **how}
        return StoredWorkspace(Workspace(artifact, **options), store, rows, who=who, params=config)

    # Module and resources

    @property
    def about(self) -> Description:
        """The module's description of itself: domain, columns, params, strategy fingerprint."""
        return self._session.about

    @property
    def rebuilt(self) -> int:
        """How often the workspace had to be rebuilt after a limit or a fault."""
        return self._session.rebuilt

    def memory_bytes(self) -> int:
        """The module's linear memory, in bytes."""
        return self._session.memory_bytes()

    def cancel(self) -> None:
        """Stops the call that another thread has running here; that call raises `Cancelled` and changes nothing."""
        self._session.cancel()

    def close(self) -> None:
        """Frees the module's memory; later calls raise `Closed`."""
        self._session.close()

    def __repr__(self) -> str:
        return f"<workspace of {self.about.domain} {self.about.version}>"

    def _repr_html_(self) -> str:
        """For notebooks: what module it runs, and its columns and params."""
        about = self.about
        columns = ", ".join(f"{field.name} ({field.kind})" for field in about.fields[:12])
        params = ", ".join(f"{param.name} = {(self._params or {}).get(param.name, '?')}" for param in about.params[:12])
        facts = {"strategy": about.strategy or "unknown", "columns": columns, "params": params or "none"}
        return facts_html(f"{about.domain} {about.version}", facts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def snapshot(self) -> bytes:
        """The whole workspace as bytes, for `restore`; every group keeps its id.

        A pinned group, a merge and the params are in it; what the host keeps beside the module (column names, limits)
        is not. Errors: `Unsupported` for a module that takes no snapshots, and with amounts that are set aside.
        """
        if self._aside is not None:
            raise Unsupported("a workspace of a book takes no snapshots: the book has its rows and decisions")
        return self._session.snapshot()

    # Rows

    def upsert(
        self,
        rows: object,
        *,
        columns: Mapping[str, str] | None = None,
        text_amounts: TextAmounts | None = None,
    ) -> Change:
        """Inserts rows, or replaces those with the same id; all of them or none.

        Parameters: `rows` is a pyarrow table, batch or reader, a polars, pandas or DuckDB frame, an iterator of
        batches, a list of dicts, a dict of columns, the path of a file that `sources.read` reads (`.csv`, `.xlsx`,
        `.json`, `.parquet`, `.arrow`), or what `frame` returned; columns that are not declared are ignored. `columns`
        and `text_amounts` as for the workspace, for this call.
        Returns a `Change`; its `demoted` names pinned groups that held a row whose amount changed.
        Errors: `BadTable`, `MissingColumn`, `WrongType`, `NullValue`, `BadAmount`, `AmountOverflow`, `DuplicateId`; a
        bad cell is named by column and row, and in a file by its line.
        """
        frame = self.frame(rows, columns=columns, text_amounts=text_amounts)
        change = Change(frame.rows, _demoted(self._change("upsert", {}, frame)), frame.notes)
        self._facts.add(frame)
        self._input_rows.upsert(frame.to_table())
        return change

    def apply(self, batches: Iterable[object]) -> Generator[Changes]:
        """Follows a feed of edits: carries out each batch, solves, and yields what that changed.

        Parameters: each item of `batches` is either what `upsert` takes, or `Removal(ids)`, or a list of these that are
        carried out together before one solve; for a list of dicts, which is one batch of rows, nothing changes.
        Items are read one by one, when the changes before were taken, and their cost follows what they touch. All of an
        item is carried out, or, on an error, none of it.
        Yields `Changes`, one for each item; those of the first solve of a workspace have all its groups.
        Errors: those of `upsert`, `remove` and `solve`; `Unsupported` for a module that does not say changes.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
        >>> steps = fb.exact_1to1(rows.account)
        >>> plugin = fb.Plugin("acme.demo", "1.0.0", rows=rows, numeraire=rows.amount, strategy=steps)
        >>> with fb.Workspace(plugin) as ws:
        ...     feed = [[{"row_id": 1, "account": "A", "amount": 5}], [{"row_id": 2, "account": "A", "amount": -5}]]
        ...     for changes in ws.apply([*feed, fb.Removal([1])]):
        ...         print(changes.removed["origin"].to_pylist(), changes.added["origin"].to_pylist())
        [] ['unmatched']
        ['unmatched'] ['exact_1to1']
        ['exact_1to1'] ['unmatched']
        """
        for batch in batches:
            with self.transaction():
                for edit in _edits(batch):
                    if isinstance(edit, Removal):
                        self.remove(edit.ids)
                    else:
                        self.upsert(edit)
                changes = self.solve().changes
            yield changes

    def remove(self, ids: Ids) -> Change:
        """Deletes rows, all of them or none; a pinned group that loses a row is demoted. Errors: `UnknownId`."""
        wanted = ids_from(ids)
        change = Change(len(set(wanted)), _demoted(self._change("remove", {"ids": wanted})))
        self._input_rows.remove(wanted)
        return change

    def frame(
        self,
        rows: object,
        *,
        columns: Mapping[str, str] | None = None,
        text_amounts: TextAmounts | None = None,
    ) -> Frame:
        """Rows in the module's declared columns and types, checked and not yet ingested.

        Parameters and errors as for `upsert`. A `Frame` is returned as it is.
        """
        if isinstance(rows, Frame):
            return rows
        headers = {**self._columns, **(columns or {})}
        return conform(rows, self.about, columns=headers, text_amounts=text_amounts or self._text_amounts)

    # Solving

    def solve(self, *, progress: bool | Progress = False, certify: bool = False) -> Report:
        """Drops all proposals, runs the strategy on what is not pinned, and returns the new report.

        Parameters: `progress=True` draws a bar; a function is called with (done, total), counted in lots at nodes of
        the strategy. Ctrl-C and `timeout` leave the workspace as it was before the call; as a rule they end it between
        two steps, and then the next `solve` goes on from there, if nothing was changed. `certify=True` checks every
        flow's optimality by its duals, with code that shares nothing with the solver; `Report.certified` says how many.
        Errors: `AmountOverflow`, `BadCost`, `BadConfig`, `ConservationViolated`, `TimedOut`, `MemoryLimit`.
        """
        self._keep_reports()
        with shown(progress, "solving") as tell:
            certified = self._session.solve(tell, certify)
        return self._report(certified)

    def configure(self, **params: object) -> None:
        """New values for params; rows and decisions stay, and the next `solve` uses them. Errors: `BadConfig`."""
        values = encode_params(self.about, params)
        self._change("configure", {"config": values})
        self._params = None if self._params is None else {**self._params, **values}

    def report(self) -> Report:
        """The groups as they are now."""
        return self._report(None)

    def _report(self, certified: int | None) -> Report:
        session, rows, reading = self._session, self._input_rows.at_present(), self._session.reading()

        def changes() -> Changes:
            if reading.solve > 1:
                return Changes.of_lines(reading.table(CHANGES))
            return Changes.of_first(report.groups, report.allocations)

        report = Report(
            self.about, reading.table, certified, self._facts, input=rows, module=session.digest, changes=changes
        )
        self._readings.append(weakref.ref(reading))
        return report if self._aside is None else report.mapped(self._aside.view, whole_rows=False)

    def explain(self, *ids: Id, apart: bool = False) -> Explanation:
        """Explains the outcome of rows, without changing anything.

        Parameters: with one id, that row's path through the strategy: its bucket at each node, the bucket's net, the
        tolerance, and why it was matched or rejected. With two ids, why the two did or did not meet at each node; with
        `apart`, each of them for itself, and so up to 10,000 rows in one call (100 without).
        Returns an `Explanation`: `print` it, or read its `steps` and `data`. Amounts are shown in major units.
        Errors: `UnknownId`; `BadCommand` for too many rows; `Unsupported` for a module that does not explain itself, or
        not rows apart.
        """
        data = self._session.explain(ids_from(ids), apart=apart)
        if self._aside is not None:
            data = self._aside.explained(data)
        return Explanation(self.about, data, self._input_rows.rows(), self._params, apart=apart)

    def explain_all(self, ids: Ids) -> Generator[Explanation]:
        """Explains any number of rows, each for itself, up to 10,000 of them in one explanation.

        The explanations are not in the order of the ids. Instances that have a part of the rows each explain them in
        parallel; see `workers`. Errors: `UnknownId`; `Unsupported` for a module that does not explain rows apart.
        """
        if not self.about.has("explain.apart"):
            raise Unsupported("this module does not explain rows apart: compile the strategy again")
        for data in self._session.explain_apart(ids_from(ids), ROWS_APART):
            told = data if self._aside is None else self._aside.explained(data)
            yield Explanation(self.about, told, self._input_rows.rows(), self._params, apart=True)

    def shard_keys(
        self,
        rows: object,
        *,
        columns: Mapping[str, str] | None = None,
        text_amounts: TextAmounts | None = None,
    ) -> pa.ChunkedArray:
        """Shard keys: a `uint64` for each row, equal for rows that the strategy can put in one group.

        Nothing is ingested. Parameters as for `upsert`. A ledger that is too large for one workspace can be divided by
        it, each part solved in a workspace of its own. `about.divides` says whether the strategy as a whole works on a
        key; where it does not, every row has 0. The keys depend on the rows and the params only, not on the machine.
        Decisions of people may join rows of different keys, which then belong in one workspace.
        Of the rows that are equal in `about.shard_columns`, the first is computed. Errors: those of `upsert` in the
        cells of all rows, except `DuplicateId`, and those of its arithmetic in the rows that are computed;
        `Unsupported` for a module that does not divide a ledger.
        """
        frame = self.frame(rows, columns=columns, text_amounts=text_amounts)
        names = self.about.shard_columns
        found = None if names is None else distinct_rows(frame, names)
        if found is not None:
            first, places = found
            with suppress(SchemaError):  # that of all rows says which row it is
                return self._session.shard_keys(first)["shard_key"].take(places)
        return self._session.shard_keys(frame)["shard_key"]

    def stages(self) -> pa.Table:
        """The counters of each node in the last solve; see `Report.stages`."""
        return self.report().stages

    def sql(self, query: str) -> pa.Table:
        """SQL over the report's tables, with DuckDB; see `Report.sql`."""
        return self.report().sql(query)

    # Decisions

    def pin(self, group_id: int) -> Effect:
        """Pins a proposed group: later solves leave it unchanged. Returns an `Effect`. Errors: `UnknownGroup`."""
        self._change("pin", {"by": "group", "group_id": integer(group_id, "a group id")})
        return self._effect([group_id])

    def pin_groups(self, group_ids: Iterable[int]) -> Effect:
        """Pins proposed groups in one call, all of them or none; returns an `Effect`. Errors: `UnknownGroup`."""
        wanted = [integer(group_id, "a group id") for group_id in group_ids]
        if wanted:
            self._change("pin", {"by": "groups", "group_ids": wanted})
        return self._effect(dict.fromkeys(wanted))

    def pin_where(self, predicate: Predicate) -> Effect:
        """Pins every proposed group that satisfies the predicate, in one call; returns an `Effect`.

        Parameters: `predicate` reads the table of groups: `lambda g: (g.net == 0) & (g.size == 2)`,
        `lambda g: g.clean(5) & g.unique & (g.origin == "flow")`; see `predicate.Groups`. Amounts are minor units.
        Errors: `BadCommand` for a predicate that cannot be evaluated.
        """
        return self.pin_groups(proposed(self.report(), predicate))

    def pin_clean(self, tol: int = 0) -> Effect:
        """Pins every proposed group of two or more rows whose net is within `tol` minor units; returns an `Effect`.

        Errors: `BadCommand` for a negative tolerance.
        """
        before = set(self._pinned_groups())
        self._change("pin", {"by": "clean", "tol": integer(tol, "tol")})
        return self._effect([group_id for group_id in self._pinned_groups() if group_id not in before])

    def pin_singletons(self, ids: Ids) -> Effect:
        """Pins the groups of one row that hold these rows, so that later solves leave them open.

        Returns an `Effect`; a row that was pinned already is not counted.
        Errors: `UnknownId`; `UnknownAllocation` for a row that is in a group with others.
        """
        before = set(self._pinned_groups())
        self._change("pin", {"by": "singletons", "ids": ids_from(ids)})
        return self._effect([group_id for group_id in self._pinned_groups() if group_id not in before])

    def unpin(self, group_id: int) -> Effect:
        """Unpins a group: it is proposed from now on, and the next solve may change it.

        Returns an `Effect`. Errors: `UnknownGroup`.
        """
        if self._aside is not None and group_id in self._aside.groups:
            raise UnknownGroup(f"there is no group {group_id}", group_id=group_id)
        self._change("unpin", {"group_id": integer(group_id, "a group id")})
        return self._effect([group_id])

    def merge(
        self,
        allocations: Mapping[Id, int] | Iterable[tuple[Id, int]] | Iterable[Mapping[str, Any]],
        label: str = MANUAL,
        reason: str | None = None,
        *,
        dry_run: bool = False,
    ) -> int:
        """Makes one pinned group of exact signed amounts; returns its id.

        Parameters: `allocations` is `{id: amount}`, or `(id, amount)` pairs, or `{"id": ..., "amount": ...}` objects,
        amounts in minor units; `label` becomes the group's origin; with `dry_run` nothing is changed: the merge is
        refused, or the id returned, as without it (0 from a module that replies with no id).
        Errors: `UnknownId`, `DuplicateId`, `DegenerateGroup`, `FrozenMember`, `InsufficientLiveAmount`,
        `AmountOverflow`; on any of them nothing changed.
        """
        entries = [{"id": row_id, "amount": amount} for row_id, amount in pairs_from(allocations)]
        given = {} if reason is None else {"reason": reason}
        fields: dict[str, object] = {"allocations": entries, "label": label, **given}
        reply = self._session.dry_run("merge", fields) if dry_run else self._change("merge", fields)
        made = reply.get("group_id")
        if isinstance(made, int):
            return made
        return 0 if dry_run else max(self._pinned_groups())  # a module that does not say the id: ids only grow

    def set_aside(self, amounts: Mapping[Id, int], spare: Id) -> None:
        """Takes amounts out of rows for good, once: what earlier periods matched of them.

        Later solves see the lots that are left, with the rows' own original amounts and columns; reports show the
        amounts at hand.
        Parameters: `amounts` in minor units, signed as the rows; `spare` is the id of a further row, with an amount,
        that is there for this only and is never seen again.
        Errors: those of `merge`; on any of them nothing changed.
        """
        whole = totals_of(self.report())[spare]
        with self.transaction():
            groups = self._set_aside([*amounts.items(), (spare, whole)])
            self._aside = SetAside(tuple(groups), (spare,))

    def _set_aside(self, parts: list[tuple[Id, int]]) -> list[int]:
        """Pinned groups of the parts: one, unless their sum is beyond 64 bits."""
        try:
            return [self.merge(parts, "carried", "matched in a closed period")]
        except AmountOverflow:
            if len(parts) < 4:
                raise
        half = len(parts) // 2
        return self._set_aside(parts[:half]) + self._set_aside(parts[half:])

    def detach(self, group_id: int, ids: Ids) -> Effect:
        """Takes rows out of a proposed group. Returns an `Effect`.

        Errors: `UnknownGroup`, `FrozenGroup`, `UnknownId`, `UnknownAllocation`.
        """
        rows = ids_from(ids)
        self._change("detach", {"group_id": integer(group_id, "a group id"), "ids": rows})
        return Effect(1, ids=rows, groups=[group_id])

    def dissolve(self, group_id: int) -> Effect:
        """Breaks a proposed group up. Returns an `Effect`. Errors: `UnknownGroup`, `FrozenGroup`."""
        held = members_of(self.report(), [integer(group_id, "a group id")])
        self._change("dissolve", {"group_id": group_id})
        return Effect(1, ids=held, groups=[group_id])

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Takes back every change made in the block, group ids included, if the block raises.

        Taking back rebuilds the workspace at the next call, which `rebuilt` counts. Transactions do not nest.
        Errors: `BadCommand` inside another transaction.
        """
        if self._in_transaction:
            raise BadCommand("a transaction of this workspace is open already; transactions do not nest")
        mark = self._mark()
        try:
            self._in_transaction = True
            yield
        except BaseException:
            try:
                self._keep_reports()
            finally:
                self._back_to(mark)
            raise
        finally:
            self._in_transaction = False

    def _mark(self) -> _Mark:
        return _Mark(self._session.mark(), self._input_rows.mark(), self._params, self._facts.mark())

    def _back_to(self, mark: _Mark) -> None:
        """Rolls back what is kept beside the module too; the next call rebuilds the module's state."""
        self._session.back_to(mark.session)
        self._input_rows.back_to(mark.rows)
        self._params = mark.params
        self._facts.back_to(mark.facts)

    # Tags

    @property
    def tags(self) -> Tags:
        """The tags on rows, which the solver never sees; see `tag`."""
        return self._tags

    def tag(self, ids: Ids, label: str) -> Effect:
        """Adds a review tag to rows; it stays through every solve. Returns an `Effect`.

        Errors: `UnknownId`; `BadCommand` for no label.
        """
        wanted = ids_from(ids)
        check_ids(self.report(), wanted)
        self._tags.add(wanted, label)
        return Effect(len(wanted), ids=wanted)

    def untag(self, ids: Ids, label: str) -> Effect:
        """Removes a tag from rows; a row without it is ignored. Returns an `Effect`.

        Errors: `BadCommand` for no label.
        """
        wanted = ids_from(ids)
        self._tags.remove(wanted, label)
        return Effect(len(wanted), ids=wanted)

    # The portable file

    def save(self, path: str | os.PathLike[str], *, meta: Mapping[str, Any] | None = None) -> Path:
        """Writes the pinned groups, by row id, and the tags to a portable file; returns the path.

        Parameters: `meta` is further JSON for the file. Errors: `OSError` where it cannot be written.
        """
        return portable.write(path, self.about, shapes_of(self.report()), self.tags, meta or {})

    def load(self, path: str | os.PathLike[str]) -> tuple[Misfit, ...]:
        """Carries out the decisions and adds the tags of a portable file; returns the misfits, each with its reason.

        Ingest the rows first. The next `solve` works around what was pinned.
        Errors: `BadTable` for what is no such file, or of another domain.
        """
        contents = portable.read(path, self.about, totals_of(self.report()))
        mark = self._mark()
        try:
            misfits = place(self, contents.decisions).misfits
            self._tags.update(contents.tags)
        except BaseException:
            self._back_to(mark)
            raise
        return tuple(misfits)

    def _change(self, op: Op, fields: Mapping[str, object], rows: Frame | None = None) -> dict[str, Any]:
        self._keep_reports()
        return self._session.change(op, fields, rows)

    def _effect(self, group_ids: Iterable[int]) -> Effect:
        """The effect on groups that are still there; their rows are read when they are first asked for."""
        groups = list(group_ids)
        report = self.report() if groups else None
        return Effect(len(groups), ids=lambda: [] if report is None else members_of(report, groups), groups=groups)

    def _keep_reports(self) -> None:
        """Reports that somebody still holds stay as they are when the state moves on."""
        readings, self._readings = self._readings, []
        for reading in (held() for held in readings):
            if reading is not None:
                reading.keep()

    def _pinned_groups(self) -> list[int]:
        groups = self.report().tables()["groups"]
        pinned: list[int] = groups.filter(select(groups, lambda g: g.pinned)).column("group_id").to_pylist()
        return pinned


def unchecked_tables(workspace: Workspace) -> dict[str, pa.Table]:
    """The tables `groups`, `allocations` and `rows` as the module gives them, for tests of the module itself.

    Nothing in them is compared with the rows that were shipped; `Workspace.report` is for everything else.
    """
    return workspace._session.unchecked()  # pyright: ignore[reportPrivateUsage]


def _edits(batch: object) -> list[object]:
    """The edits of an item of a feed: a list of removals and batches of rows, or one of them."""
    if not isinstance(batch, list):
        return [batch]
    items = cast("list[object]", batch)
    return [items] if all(isinstance(item, Mapping) for item in items) else items


def _demoted(envelope: Mapping[str, Any]) -> tuple[int, ...]:
    groups = envelope.get("demoted", [])
    if not isinstance(groups, list) or not all(isinstance(group, int) for group in cast("list[object]", groups)):
        raise BrokenReply("the demoted groups are no list of ids")
    return tuple(cast("list[int]", groups))
