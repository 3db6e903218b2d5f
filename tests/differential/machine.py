"""Random command sequences on one workspace in four implementations: equal reports, replies and error codes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from florecon_build.wire import Op
from tests.differential.compare import Native
from tests.differential.implementations import (
    Answer,
    Contents,
    EngineWorkspace,
    Fields,
    InterpreterWorkspace,
    NativeWorkspace,
    WasmWorkspace,
)
from tests.differential.suite import Suite
from tests.support.random_ledgers import EDGE, SHAPES, Row, ledger

PLACES = 9
"""Rows that a workspace can have; one more id is used that never has a row."""
ids = st.integers(0, PLACES)
places = st.integers(0, 60)
"""Which group: its place in the report, counted around; a high one may stand for a group that does not exist."""
SHARES = ("all", "all", "all", "half", "one", "turned", "more", "none")
odd_configs: list[dict[str, Any]] = [{"nonsense": 1}, {"slack": "two"}, {"slack": -1}, {"slack": None}]
no_config: dict[str, Any] = {}
configs = st.one_of(
    st.just(no_config), st.integers(0, 300).map(lambda slack: {"slack": slack}), st.sampled_from(odd_configs)
)


def machine(suite: Suite, native: Native, indices: list[int]) -> type[RuleBasedStateMachine]:
    """The state machine over some strategies of a module."""
    columns = suite.plugins[0].columns
    id_column = next(column for column in columns if column.id)
    amount = next(column.name for column in columns if column.display)
    named: Callable[[int], Any] = (lambda at: f"r{at}") if id_column.type.kind.value == "text" else (lambda at: at)

    class Verbs(RuleBasedStateMachine):
        """Each rule gives one command to all four."""

        @initialize(index=st.sampled_from(indices), seed=st.integers(0, 2**32 - 1), shape=st.sampled_from(SHAPES))
        def start(self, index: int, seed: int, shape: str) -> None:
            note(f"strategy {index}")
            self.model = InterpreterWorkspace(suite, index)
            self.wasm = WasmWorkspace(suite, index)
            self.native = NativeWorkspace(native, suite, index)
            self.engine = EngineWorkspace(suite, index)
            self.sent: dict[Any, Row] = {}
            self.before = self.model.state()
            self.failed = False
            self.accumulated: dict[object, Contents] = {}
            self.upsert(seed, shape, list(range(PLACES - 2)))
            self.do("solve", {})

        def teardown(self) -> None:
            if hasattr(self, "wasm"):
                self.look_back()
                self.wasm.close()
                self.engine.close()

        @rule()
        def hold(self) -> None:
            """A report that is held while the workspace moves on."""
            for held in (self.wasm, self.engine):
                held.hold()

        @rule()
        def look_back(self) -> None:
            """Reports that were held are what they were."""
            for held in (self.wasm, self.engine):
                held.look_back()

        def do(self, op: Op, fields: Fields, rows: list[Row] | None = None) -> Answer:
            """The command to all four, which must answer alike."""
            self.before = self.model.state()
            said = self.model.do(op, fields, rows)
            assert self.wasm.do(op, fields, rows) == said, (op, fields, rows)
            assert self.native.do(op, fields, rows) == said, (op, fields, rows)
            assert self.engine.do(op, fields, rows) == said, (op, fields, rows)
            self.failed = said.error is not None
            if op == "init" and not self.failed:
                self.accumulated.clear()
            if op == "solve" and not self.failed:
                self.accumulate()
            return said

        def accumulate(self) -> None:
            """What the solve changed is the difference of the reports of two solves."""
            for implementation in (self.wasm, self.native, self.engine):
                removed, added = implementation.changes()
                before, now = self.accumulated.get(implementation, Counter()), implementation.contents()
                assert removed == before - now
                assert added == now - before
                self.accumulated[implementation] = before - removed + added

        @invariant()
        def alike(self) -> None:
            """The four report the same down to the ids of groups, and a refused command changed nothing."""
            if not hasattr(self, "model"):
                return
            state = self.model.state()
            for implementation in (self.wasm, self.native, self.engine):
                (said, groups), (expected, ids) = implementation.state(), state
                assert said.groups == expected.groups
                assert said.stages == expected.stages
                assert groups == ids
            assert not self.failed or state == self.before

        def row(self, place: int) -> Any:
            """The id of a row that is there, or for the last place of one that never was."""
            known = sorted(self.sent)
            return known[place % len(known)] if known and place < PLACES else named(PLACES)

        def group(self, place: int) -> int:
            """A group of the report, or one that never was."""
            groups = self.model.state()[1]
            return groups[place % len(groups)] if groups and place < 58 else 10**9 + place

        @rule(seed=st.integers(0, 2**32 - 1), shape=st.sampled_from(SHAPES), at=st.lists(ids, max_size=8, unique=True))
        def upsert(self, seed: int, shape: str, at: list[int]) -> None:
            """New rows and rows in the place of others."""
            rows = ledger(columns, random.Random(seed), shape, len(at))
            rows = [{**row, id_column.name: named(place % PLACES)} for row, place in zip(rows, at, strict=True)]
            self.put(list({row[id_column.name]: row for row in rows}.values()))

        def put(self, rows: list[Row]) -> None:
            """Sends rows and remembers them."""
            if self.do("upsert", {}, rows).error is None:
                self.sent.update((row[id_column.name], row) for row in rows)

        @rule(at=st.lists(ids, min_size=1, max_size=4, unique=True), other=st.integers(-1, 1), seed=st.integers(0, 99))
        def upsert_again(self, at: list[int], other: int, seed: int) -> None:
            """Known rows with the amount that they have, or one near it, and other lanes."""
            chosen = dict.fromkeys(self.row(place) for place in at)
            known = [self.sent[id] for id in chosen if id in self.sent]
            fresh = ledger(columns, random.Random(seed), "tiny", len(known))
            kept = (amount, id_column.name)
            rows = [{**new, **{name: row[name] for name in kept}} for new, row in zip(fresh, known, strict=True)]
            for row in rows:
                now = row[amount]
                row[amount] = now + other if isinstance(now, int) and abs(now + other) <= EDGE else now
            self.put(rows)

        @rule(at=ids, seed=st.integers(0, 99))
        def upsert_twice_in_one_batch(self, at: int, seed: int) -> None:
            """An id that stands twice in a batch."""
            rows = ledger(columns, random.Random(seed), "ordinary", 3)
            self.do(
                "upsert",
                {},
                [{**row, id_column.name: named(place)} for row, place in zip(rows, (at, 0, at), strict=True)],
            )

        @rule(at=st.lists(ids, max_size=3))
        def remove(self, at: list[int]) -> None:
            """Rows that are there, twice perhaps, and rows that are not."""
            gone = [self.row(place) for place in at]
            if self.do("remove", {"ids": gone}).error is None:
                self.sent = {id: row for id, row in self.sent.items() if id not in gone}

        @rule()
        def solve(self) -> None:
            """The strategy over what is not pinned."""
            self.do("solve", {})

        @rule(config=configs)
        def configure(self, config: dict[str, Any]) -> None:
            """Other params, good and bad."""
            self.do("configure", {"config": config})

        @rule(config=configs, now=st.integers(0, 9))
        def init(self, config: dict[str, Any], now: int) -> None:
            """A new session in the place of the old one, now and then."""
            if now == 0 and self.do("init", {"config": config}).error is None:
                self.sent.clear()

        @rule(place=places)
        def pin(self, place: int) -> None:
            """One group."""
            self.do("pin", {"by": "group", "group_id": self.group(place)})

        @rule(at=st.lists(places, max_size=4))
        def pin_groups(self, at: list[int]) -> None:
            """Several groups, all or none."""
            self.do("pin", {"by": "groups", "group_ids": [self.group(place) for place in at]})

        @rule(tol=st.sampled_from([0, 0, 1, 500, -1]))
        def pin_clean(self, tol: int) -> None:
            """What nets."""
            self.do("pin", {"by": "clean", "tol": tol})

        @rule(at=st.lists(ids, max_size=3))
        def pin_singletons(self, at: list[int]) -> None:
            """What stands alone."""
            self.do("pin", {"by": "singletons", "ids": [self.row(place) for place in at]})

        @rule(origin=st.sampled_from(["unmatched", "flow", "agg_net", "manual"]), size=st.integers(1, 3))
        def pin_where(self, origin: str, size: int) -> None:
            """Proposed groups by a predicate over the report, as the host does it."""
            said, groups = self.model.state()
            lines = zip(said.groups, groups, strict=True)
            chosen = [id for line, id in lines if line[:2] == ("proposed", origin) and line[4] >= size]
            self.do("pin", {"by": "groups", "group_ids": chosen})

        @rule(place=places)
        def unpin(self, place: int) -> None:
            """One group."""
            self.do("unpin", {"group_id": self.group(place)})

        @rule(at=st.lists(ids, max_size=4), hows=st.lists(st.sampled_from(SHARES), min_size=4, max_size=4))
        def merge(self, at: list[int], hows: list[str]) -> None:
            """Amounts of any rows: what is there, parts of it, and too much."""
            self.put_together([(self.row(place), how) for place, how in zip(at, hows, strict=False)])

        @rule(at=st.permutations(range(PLACES)), size=st.integers(2, 4), how=st.sampled_from(["all", "half"]))
        def merge_what_is_free(self, at: list[int], size: int, how: str) -> None:
            """Rows that have proposed mass."""
            chosen = dict.fromkeys(self.row(place) for place in at)
            self.put_together([(id, how) for id in chosen if self.share(id, how)][:size])

        @rule(at=st.permutations(range(PLACES)))
        def merge_what_is_held(self, at: list[int]) -> None:
            """A row that is pinned whole, with another."""
            chosen = dict.fromkeys(self.row(place) for place in at)
            self.put_together([(id, "all") for id in chosen if self.share(id, "all")][:1])
            held = [id for id in chosen if not self.share(id, "all")]
            allocations = [{"id": id, "amount": 1} for id in [*held[:1], *chosen][:2]]
            self.do("merge", {"allocations": allocations, "label": "", "reason": None})

        def put_together(self, parts: list[tuple[Any, str]]) -> None:
            """A merge of these shares."""
            allocations = [{"id": id, "amount": self.share(id, how)} for id, how in parts]
            self.do("merge", {"allocations": allocations, "label": "agreed", "reason": "by telephone"})

        def share(self, id: Any, how: str) -> int:
            """An amount of a row."""
            live = sum(part.amount for part, pinned in self.allocations() if part.id == id and not pinned)
            sizes = {"all": live, "half": live // 2, "one": (live > 0) - (live < 0), "turned": -live, "none": 0}
            return sizes.get(how, min(live * 2, EDGE) if live >= 0 else max(live * 2, -EDGE))

        def allocations(self) -> list[tuple[Any, bool]]:
            """Every allocation, and whether its group is pinned."""
            report = self.model.model.report()
            pinned = {line.group_id: line.pinned for line in report.groups}
            return [(part, pinned[part.group_id]) for part in report.allocations]

        @rule(place=places, members=st.lists(st.integers(0, 3), max_size=3), stranger=ids)
        def detach(self, place: int, members: list[int], stranger: int) -> None:
            """Members of a group, and now and then a row that is none."""
            group = self.group(place)
            held = [part.id for part, _ in self.allocations() if part.group_id == group]
            chosen = [held[at] if at < len(held) else self.row(stranger) for at in members]
            self.do("detach", {"group_id": group, "ids": chosen})

        @rule(place=places)
        def dissolve(self, place: int) -> None:
            """One group."""
            self.do("dissolve", {"group_id": self.group(place)})

    return Verbs
