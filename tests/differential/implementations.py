"""Four implementations of a workspace (interpreter, wasm, native, engine) behind one command interface."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import pyarrow as pa

from florecon_build.host import FloreconError, load
from florecon_build.host.frames import conform, empty
from florecon_build.host.report.tables import read as read_table
from florecon_build.host.runtime.engine_module import engine_path, strategy_of
from florecon_build.host.runtime.limits import Limits
from florecon_build.host.runtime.session import Reading, Session
from florecon_build.interpreter import ModelError
from florecon_build.interpreter import Workspace as Model
from florecon_build.wire import Op
from tests.differential.compare import Native, Outcome, outcome_of, read, stream, table
from tests.differential.suite import Suite
from tests.support.random_ledgers import Row

Fields = Mapping[str, Any]
Reply = dict[str, Any]
Contents = Counter[tuple[object, ...]]
"""Groups by what they are, without the integers that name them."""
REPLIED = ("demoted", "pinned", "group_id")


@dataclass(frozen=True, slots=True)
class Answer:
    """Result of a command: an error code, or the fields of the reply."""

    error: str | None
    reply: tuple[tuple[str, object], ...] = ()


class Implementation(Protocol):
    """A workspace of one implementation."""

    def do(self, op: Op, fields: Fields, rows: Sequence[Row] | None = None) -> Answer:
        """Executes a command."""
        ...

    def state(self) -> tuple[Outcome, tuple[int, ...]]:
        """Report and counters, and separately the group ids in report order."""
        ...


def answer(reply: Reply) -> Answer:
    """The fields of a reply that all implementations have."""
    return Answer(None, tuple((name, _plain(reply[name])) for name in REPLIED if name in reply))


def _plain(value: object) -> object:
    return tuple(cast("list[object]", value)) if isinstance(value, list) else value


class InterpreterWorkspace:
    """The reference interpreter."""

    def __init__(self, suite: Suite, index: int) -> None:
        self._start: Callable[[Mapping[str, Any]], Model] = lambda config: suite.model(index, config)
        self.model = self._start({})

    def do(self, op: Op, fields: Fields, rows: Sequence[Row] | None = None) -> Answer:
        """Executes a command."""
        try:
            return answer(self._do(op, fields, rows or ()))
        except ModelError as error:
            return Answer(error.code)

    def _do(self, op: Op, fields: Fields, rows: Sequence[Row]) -> Reply:
        model = self.model
        match op:
            case "init":
                self.model = self._start(fields["config"])
            case "configure":
                model.configure(fields["config"])
            case "upsert":
                return {"demoted": model.upsert(rows)}
            case "remove":
                return {"demoted": model.remove(fields["ids"])}
            case "solve":
                model.solve()
            case "pin":
                return self._pin(fields)
            case "unpin":
                model.unpin(fields["group_id"])
            case "merge":
                allocations = [(part["id"], part["amount"]) for part in fields["allocations"]]
                return {"group_id": model.merge(allocations, fields["label"], fields.get("reason"))}
            case "detach":
                model.detach(fields["group_id"], fields["ids"])
            case "dissolve":
                model.dissolve(fields["group_id"])
            case _:
                raise AssertionError(op)
        return {}

    def _pin(self, fields: Fields) -> Reply:
        match fields["by"]:
            case "group":
                self.model.pin(fields["group_id"])
                return {}
            case "groups":
                self.model.pin_groups(fields["group_ids"])
                return {}
            case "clean":
                return {"pinned": self.model.pin_clean(fields["tol"])}
            case _:
                self.model.pin_singletons(fields["ids"])
                return {}

    def state(self) -> tuple[Outcome, tuple[int, ...]]:
        """The report, and the ids of its groups."""
        groups = tuple(line.group_id for line in self.model.report().groups)
        return outcome_of(self.model), groups


class WasmWorkspace:
    """The module, through the host's session."""

    def __init__(self, suite: Suite, index: int) -> None:
        self._index = {"strategy": index}
        self._session = Session(load(suite.wasm), Limits(), self._index)
        self._columns = suite.plugins[index].columns
        self._held: list[tuple[Reading, list[pa.Table]]] = []

    def opening(self, config: Mapping[str, Any]) -> Fields:
        """The arguments of `init`."""
        return {"config": {**config, **self._index}}

    def do(self, op: Op, fields: Fields, rows: Sequence[Row] | None = None) -> Answer:
        """Executes a command."""
        if op == "init":
            fields = self.opening(fields["config"])
        about = self._session.about
        for reading, _ in self._held:
            reading.keep()
        try:
            frame = empty(about) if op == "init" else None
            if rows is not None:
                frame = conform(table(self._columns, rows), about)
            if op == "solve":
                self._session.solve(None)
                return Answer(None)
            return answer(self._session.change(op, fields, frame))
        except FloreconError as error:
            return Answer(error.code)

    def state(self) -> tuple[Outcome, tuple[int, ...]]:
        """The report, and the ids of its groups."""
        return as_state(self._session.fetch)

    def changes(self) -> tuple[Contents, Contents]:
        """The groups that the last solve removed and added."""
        return changed(self._session.changes())

    def contents(self) -> Contents:
        """The groups as they are."""
        return contents(self._session.fetch("groups"), self._session.fetch("allocations"))

    def hold(self) -> None:
        """Holds a report as it is, which nobody reads before `look_back`."""
        now = self._session.reading()
        self._held.append((self._session.reading(), [now.table(what) for what in KINDS]))

    def look_back(self) -> None:
        """Every report that was held is still what it was."""
        for reading, expected in self._held:
            assert [reading.table(what) for what in KINDS] == expected
        self._held.clear()

    def close(self) -> None:
        """Frees the module."""
        self._session.close()


class EngineWorkspace(WasmWorkspace):
    """The engine module with the strategy as data, through the host's session."""

    def __init__(self, suite: Suite, index: int) -> None:
        strategy = strategy_of(suite.strategy(index))
        assert strategy is not None
        self._document = strategy.document
        self._session = Session(load(engine_path()), Limits(), strategy=strategy)
        self._columns = suite.plugins[index].columns
        self._held = []

    def opening(self, config: Mapping[str, Any]) -> Fields:
        """The arguments of `init`."""
        return {"config": config, "strategy": self._document}


class NativeWorkspace:
    """The program, through its pipe."""

    def __init__(self, native: Native, suite: Suite, index: int) -> None:
        self._native = native
        self._index = {"strategy": index}
        self._columns = suite.plugins[index].columns
        self.do("init", {"config": {}})

    def do(self, op: Op, fields: Fields, rows: Sequence[Row] | None = None) -> Answer:
        """Executes a command."""
        if op == "init":
            fields = {"config": {**fields["config"], **self._index}}
        arrow = b"" if rows is None else stream(table(self._columns, rows))
        reply = json.loads(self._native.send({"op": op, **fields, "reply": "none"}, arrow))
        return answer(reply) if reply["ok"] else Answer(reply["error"]["code"])

    def state(self) -> tuple[Outcome, tuple[int, ...]]:
        """The report, and the ids of its groups."""
        return as_state(self._native.fetch)

    def changes(self) -> tuple[Contents, Contents]:
        """The groups that the last solve removed and added."""
        return changed(read_table("changes", self._native.send({"op": "changes"})))

    def contents(self) -> Contents:
        """The groups as they are."""
        return contents(self._native.fetch("groups"), self._native.fetch("allocations"))


FACTS = ("status", "origin", "reason", "node", "unique")
KINDS = ("groups", "allocations", "rows", "stages")


def contents(groups: pa.Table, allocations: pa.Table) -> Contents:
    """The groups of a report: their facts, and their members with amounts."""
    facts = {line["group_id"]: line for line in groups.to_pylist()}
    return _contents([{**facts[line["group_id"]], **line} for line in allocations.to_pylist()])


def changed(table: pa.Table) -> tuple[Contents, Contents]:
    """The removed and the added groups of a table of changes."""
    lines = table.to_pylist()
    removed, added = ([line for line in lines if line["change"] == change] for change in ("removed", "added"))
    return _contents(removed), _contents(added)


def _contents(members: Sequence[Mapping[str, Any]]) -> Contents:
    groups: dict[int, list[Mapping[str, Any]]] = {}
    for line in members:
        groups.setdefault(line["group_id"], []).append(line)
    return Counter(
        (
            tuple(lines[0][name] for name in FACTS),
            tuple((each.get("id_text", each["id"]), each["amount"]) for each in lines),
        )
        for lines in groups.values()
    )


def as_state(fetch: Callable[[str], pa.Table]) -> tuple[Outcome, tuple[int, ...]]:
    """The three tables of a report."""
    groups = fetch("groups")
    return read(groups, fetch("allocations"), fetch("stages")), tuple(groups.column("group_id").to_pylist())
