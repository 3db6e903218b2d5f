"""Several instances answer as one: tables, ids, counters, certificates, errors; and so does every edit afterwards."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import florecon_build as fb
from florecon_build.host import (
    AmountOverflow,
    Cancelled,
    DuplicateId,
    FloreconError,
    MemoryLimit,
    Report,
    TimedOut,
    Trapped,
    Workspace,
)
from florecon_build.host.description import Description
from florecon_build.host.errors import BrokenReply
from florecon_build.host.report.tables import COLUMNS
from florecon_build.host.runtime import division, solve_steps
from florecon_build.host.runtime.instance import Instance
from florecon_build.host.runtime.parallel_instances import ParallelInstances
from florecon_build.wire import Extension
from tests.differential import keyed
from tests.differential.compare import table
from tests.support.random_ledgers import SHAPES, ledger
from tests.support.random_nodes import NodeMaker
from tests.support.random_strategies import ROWS

WRAPPED: tuple[Callable[[fb.Strategy], fb.Strategy], ...] = (
    lambda steps: steps,
    lambda steps: steps,
    lambda steps: fb.labeled("by key", steps),
    lambda steps: fb.coalesce("joined", steps),
    lambda steps: fb.when(ROWS.open, steps),
    lambda steps: fb.seq(fb.soak_small(1), steps, fb.soak_small(3)),
    lambda steps: fb.seq(fb.partition_by(ROWS.day, fb.soak_small(2)), steps),
    lambda steps: fb.fixed_point(steps, max_passes=3),
    lambda steps: fb.trim(fb.abs_tol(2), steps),
    lambda steps: fb.snap(fb.abs_tol(5), steps),
    fb.whole_only,
    lambda steps: fb.reclaim(steps, fb.abs_tol(3)),
    lambda steps: fb.accept_if(lambda g: g.size == 2, steps),
    lambda steps: fb.when(ROWS.open, fb.seq(fb.soak_if(ROWS.checked.fill(False)), fb.identity(), steps)),
)
KEYS: tuple[Callable[[], Any], ...] = (
    lambda: ROWS.account,
    lambda: (ROWS.company, ROWS.icp),
    lambda: ROWS.pair,
    lambda: ROWS.batch,
    lambda: (ROWS.open, ROWS.month),
    lambda: ROWS.exact,
    lambda: ROWS.rate,
    fb.amount_key,
)


def is_divided(ws: Workspace) -> bool:
    return isinstance(ws._session._instances.current, ParallelInstances)  # pyright: ignore[reportPrivateUsage]


def drawn(seed: int) -> tuple[fb.Plugin, pa.Table]:
    """A strategy in which a partition may divide the rows, and a ledger; every third with text ids."""
    rng = random.Random(seed)
    if seed % 3 == 0:
        inner = keyed.STRATEGIES[rng.choice(sorted(keyed.STRATEGIES))]()
        row, key = keyed.ROW, rng.choice([keyed.ROW.other, keyed.ROW.key, (keyed.ROW.units, keyed.ROW.other)])
        strategy = fb.partition_by(key, inner)
    else:
        row = ROWS
        strategy = fb.partition_by(rng.choice(KEYS)(), NodeMaker(rng, row).strategy(1 + seed % 4))
        strategy = rng.choice(WRAPPED)(strategy)
    plugin = fb.Plugin("test.parallel", "1.0.0", rows=row, numeraire=row.amount, strategy=strategy)
    rows = ledger(plugin.data.columns, rng, SHAPES[seed % len(SHAPES)], rng.choice([2, 9, 40]))
    if rng.random() < 0.3:
        rows.sort(key=itemgetter("row_id"))
    return plugin, table(plugin.data.columns, rows)


def tried(act: Callable[[], Any]) -> Any:
    """What an act gives, or its error as data."""
    try:
        return act()
    except FloreconError as error:
        return (type(error), error.message, error.id, error.group_id, error.column, error.row)


def tables(report: Report) -> dict[str, pa.Table]:
    return {**{what: getattr(report, what) for what in COLUMNS}, "added": report.changes.added}


def same(one: Any, other: Any) -> bool:
    """Whether two answers are equal, reports table by table."""
    if isinstance(one, Report) and isinstance(other, Report):
        found, expected = tried(lambda: tables(one)), tried(lambda: tables(other))
        return one.certified == other.certified and found == expected
    return one == other


def act(rng: random.Random, rows: pa.Table, report: Report) -> Callable[[Workspace], Any]:
    """A random edit, question or solve, the same for any workspace in this state."""
    ids = rows["row_id"].to_pylist()
    groups: Any = tried(lambda: report.groups)
    group = rng.choice(groups["group_id"].to_pylist() or [1]) if isinstance(groups, pa.Table) else 1
    some = rng.sample(ids, min(len(ids), 2))
    amount = rng.choice([1, -1, 250])
    batch = rows.take([rng.randrange(len(ids)) for _ in range(1)])
    edits: list[Callable[[Workspace], Any]] = [
        lambda ws: ws.pin(group).groups,
        lambda ws: ws.pin_where(lambda g: g.size >= 2).groups,
        lambda ws: ws.pin_clean(5).groups,
        lambda ws: ws.dissolve(group).ids,
        lambda ws: ws.merge(dict.fromkeys(some, amount), dry_run=rng.random() < 0.3),
        lambda ws: ws.remove(some[:1]),
        lambda ws: ws.upsert(batch),
        lambda ws: ws.upsert(pa.concat_tables([rows, batch])),
        lambda ws: ws.explain(some[0]).data,
        lambda ws: ws.explain(*some, apart=True).data,
        lambda ws: ws.shard_keys(rows),
        lambda ws: ws.snapshot(),
    ]
    return rng.choice(edits)


def life(plugin: fb.Plugin, rows: pa.Table, seed: int, workers: int | None, told: list[bool]) -> list[Any]:
    """All answers of a workspace; reports of the past are held, and read at the end or as they come."""
    found: list[Any] = []
    with Workspace(plugin, workers=workers) as ws:
        found.append(tried(lambda: ws.upsert(rows)))
        found.append(tried(lambda: ws.solve(certify=seed % 2 == 0)))
        told.append(is_divided(ws))
        rng = random.Random(seed)
        report = ws.report()
        if seed % 4:
            found.append(tried(lambda: tables(report)))
        for step in range(4):
            edit = act(random.Random(f"{seed} {step}"), rows, report)
            found.append(tried(lambda edit=edit: edit(ws)))
            found.append(tried(lambda: ws.solve() if rng.random() < 0.7 else ws.report()))
        found.append(tried(lambda: ws.explain(*rows["row_id"].to_pylist(), apart=True).data))
        for answer in found:
            if isinstance(answer, Report):
                tried(lambda answer=answer: tables(answer))
        return [*found, report]


def check(seeds: range) -> int:
    divided: list[bool] = []
    for seed in seeds:
        plugin, rows = drawn(seed)
        expected = life(plugin, rows, seed, 1, [])
        for workers in (2, 3):
            found = life(plugin, rows, seed, workers, divided)
            for at, (one, other) in enumerate(zip(expected, found, strict=True)):
                assert same(one, other), (seed, workers, at, one, other)
    return sum(divided)


def test_a_few_strategies_and_edits() -> None:
    assert check(range(12)) > 6


@pytest.mark.slow
def test_strategies_and_edits() -> None:
    assert check(range(12, 72)) > 50


# One of several instances fails, or all are stopped

LEDGER = fb.columns(row_id=fb.integer(id=True), account=fb.text(), day=fb.date(), amount=fb.money(scale=2))
STEPS = fb.partition_by(
    LEDGER.account,
    fb.seq(
        fb.agg_net(LEDGER.day),
        fb.flow(penalty=30, order=LEDGER.day, window=4, cost=lambda a, b: 1.0 * fb.gap(a.day, b.day)),
    ),
)
PLUGIN = fb.Plugin("test.parallel", "1.0.0", rows=LEDGER, numeraire=LEDGER.amount, strategy=STEPS)


def lines(count: int) -> pa.Table:
    rng = random.Random(count)
    columns: dict[str, pa.Array] = {
        "row_id": pa.array(rng.sample(range(10 * count), count)),
        "account": pa.array([rng.choice("abcdefg") for _ in range(count)]),
        "day": pa.array([rng.randrange(20_000, 20_040) for _ in range(count)], pa.int32()).cast(pa.date32()),
        "amount": pa.array([rng.choice([-7.0, -2.0, -1.0, 1.0, 2.0, 7.0]) for _ in range(count)]),
    }
    return pa.table(columns)


ROWS_OF_LEDGER = lines(300)


@pytest.fixture(scope="module")
def expected() -> dict[str, pa.Table]:
    return solved(1)[0]


def solved(workers: int | None, **how: Any) -> tuple[dict[str, pa.Table], bool]:
    with Workspace(PLUGIN, workers=workers, **how) as ws:
        ws.upsert(ROWS_OF_LEDGER)
        found = tables(ws.solve())
        assert ws.rebuilt == 0
        return found, is_divided(ws)


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes, type[FloreconError]], list[bytes]]:
    """Has the second instance fail at the first command of a kind; what was sent to any instance afterwards."""
    dispatch = Instance.dispatch

    def install(kind: bytes, error: type[FloreconError]) -> list[bytes]:
        after: list[bytes] = []

        def failing(self: Instance, command: bytes, *rest: Any) -> bytes:
            if after:
                after.append(command)
            elif kind in command and threading.current_thread().name == "florecon-instance":
                after.append(command)
                raise error("a fault of a test")
            return dispatch(self, command, *rest)

        monkeypatch.setattr(Instance, "dispatch", failing)
        return after

    return install


@pytest.mark.parametrize("kind", [b'"upsert"', b'"solve"', b'"allocations"', b'"stages"'])
@pytest.mark.parametrize("error", [Trapped, MemoryLimit, BrokenReply, AmountOverflow])
def test_a_failing_instance_leaves_its_work_to_one(
    kind: bytes, error: type[FloreconError], fault: Any, expected: dict[str, pa.Table]
) -> None:
    after = fault(kind, error)
    found, divided = solved(2)
    assert found == expected
    assert not divided
    assert any(b'"op":"upsert"' in command for command in after)


@pytest.mark.parametrize("kind", [b'"upsert"', b'"solve"', b'"allocations"'])
@pytest.mark.parametrize("error", [TimedOut, Cancelled])
def test_what_stops_a_call_is_raised_and_the_next_one_goes_on(
    kind: bytes, error: type[FloreconError], fault: Any, expected: dict[str, pa.Table]
) -> None:
    fault(kind, error)
    with Workspace(PLUGIN, workers=2) as ws:
        stopped = 0
        for act in (lambda: ws.upsert(ROWS_OF_LEDGER), ws.solve, lambda: tables(ws.report())):
            try:
                act()
            except error:
                stopped += 1
                act()
        assert stopped == 1
        assert tables(ws.report()) == expected


def test_memory_is_divided_and_given_to_one_where_a_part_has_too_little(expected: dict[str, pa.Table]) -> None:
    with Workspace(PLUGIN, workers=2) as ws:
        ws.upsert(ROWS_OF_LEDGER)
        both = ws.memory_bytes()
        assert is_divided(ws)
        ws.remove([])
        one = ws.memory_bytes()
        assert not is_divided(ws)
    assert one < both
    assert solved(2, max_memory=both + (4 << 20)) == (expected, True)
    assert solved(2, max_memory=one + (1 << 18)) == (expected, False)


def test_a_solve_that_was_stopped_goes_on_where_it_was(
    monkeypatch: pytest.MonkeyPatch, expected: dict[str, pa.Table]
) -> None:
    monkeypatch.setattr(solve_steps, "FIRST_BUDGET", 1)
    monkeypatch.setattr(solve_steps, "MAX_BUDGET", 1)
    with Workspace(PLUGIN, workers=3) as ws:
        ws.upsert(ROWS_OF_LEDGER)
        told: list[tuple[int, int]] = []

        def cancel(done: int, total: int) -> None:
            told.append((done, total))
            if len(told) in (2, 3):
                ws._session._ask()  # pyright: ignore[reportPrivateUsage] - what Ctrl-C calls

        for _ in range(2):
            with pytest.raises(Cancelled, match="was stopped after"):
                ws.solve(progress=cancel)
        report = ws.solve(progress=cancel)
        assert told == sorted(set(told))
        assert told[-1][0] == told[-1][1]
        assert is_divided(ws)
        assert tables(report) == expected
    with Workspace(PLUGIN) as ws:
        ws.upsert(ROWS_OF_LEDGER)
        totals: list[int] = []
        ws.solve(progress=lambda _, total: totals.append(total))
    assert {total for _, total in told} == set(totals)


def test_a_callback_that_raises_stops_all_instances(expected: dict[str, pa.Table]) -> None:
    def refuse(*_: int) -> None:
        raise ZeroDivisionError

    with Workspace(PLUGIN, workers=2) as ws:
        ws.upsert(ROWS_OF_LEDGER)
        with pytest.raises(ZeroDivisionError):
            ws.solve(progress=refuse)
        assert tables(ws.solve()) == expected


def interrupt(_: Workspace) -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("stop", [Workspace.cancel, interrupt])
def test_a_solve_that_is_cancelled_changes_nothing(
    stop: Callable[[Workspace], None], monkeypatch: pytest.MonkeyPatch, expected: dict[str, pa.Table]
) -> None:
    monkeypatch.setattr(solve_steps, "FIRST_BUDGET", 1)
    monkeypatch.setattr(solve_steps, "MAX_BUDGET", 1)
    with Workspace(PLUGIN, workers=2) as ws:
        ws.upsert(ROWS_OF_LEDGER)

        def once(*_: int) -> None:
            stop(ws)
            time.sleep(0.2)

        with pytest.raises((Cancelled, KeyboardInterrupt)):
            ws.solve(progress=once)
        assert set(ws.report().groups["origin"].to_pylist()) == {"unmatched"}
        assert tables(ws.solve()) == expected


def test_a_change_after_a_stopped_solve_is_made_in_one_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solve_steps, "FIRST_BUDGET", 1)
    found: list[Any] = []
    for workers in (1, 2):
        with Workspace(PLUGIN, workers=workers) as ws:
            ws.upsert(ROWS_OF_LEDGER)

            def stop(done: int, total: int, ws: Workspace = ws) -> None:
                ws._session._ask()  # pyright: ignore[reportPrivateUsage] - what Ctrl-C calls

            with pytest.raises(Cancelled):
                ws.solve(progress=stop)
            found.append([ws.remove(ROWS_OF_LEDGER["row_id"].to_pylist()[:3]), tables(ws.solve())])
            assert not is_divided(ws)
    assert found[0] == found[1]


def test_a_transaction_takes_divided_rows_back() -> None:
    with Workspace(PLUGIN, workers=2) as ws:

        def broken_off() -> None:
            with ws.transaction():
                ws.upsert(ROWS_OF_LEDGER)
                ws.solve()
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            broken_off()
        assert ws.report().rows.num_rows == 0


# What is replayed: the first solve records which rows can meet, so that the edits after it are solved alone


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The commands that were sent to any instance."""
    dispatch, commands = Instance.dispatch, list[bytes]()

    def recording(self: Instance, command: bytes, *rest: Any) -> bytes:
        commands.append(command)
        return dispatch(self, command, *rest)

    monkeypatch.setattr(Instance, "dispatch", recording)
    return commands


def edited(ws: Workspace, row: int) -> tuple[dict[str, pa.Table], pa.Table, int]:
    """The report after the removal of a row, what it changed, and in how many steps it was solved."""
    ws.remove([ROWS_OF_LEDGER["row_id"][row].as_py()])
    steps: list[int] = []
    report = ws.solve(progress=lambda done, _: steps.append(done))
    return tables(report), report.changes.removed, len(steps)


def test_edits_after_several_instances_are_solved_alone(monkeypatch: pytest.MonkeyPatch, sent: list[bytes]) -> None:
    monkeypatch.setattr(solve_steps, "FIRST_BUDGET", 1)
    found: dict[int, list[Any]] = {}
    for workers in (1, 2):
        with Workspace(PLUGIN, workers=workers) as ws:
            ws.upsert(ROWS_OF_LEDGER)
            ws.solve()
            sent.clear()
            found[workers] = [edited(ws, row) for row in (3, 50, 90)]
            assert any(b'"links"' in command for command in sent) == (workers == 2)
    assert [one[:2] for one in found[1]] == [one[:2] for one in found[2]]
    assert [steps for *_, steps in found[2]] == [1, 1, 1]
    assert found[1][0][2] > 1


def test_a_rebuilt_workspace_solves_its_edits_alone(sent: list[bytes]) -> None:
    with Workspace(PLUGIN, workers=1) as ws, Workspace(PLUGIN, workers=1) as twin:
        for each in (ws, twin):
            each.upsert(ROWS_OF_LEDGER)
            each.solve()
        for edits in range(3):
            sent.clear()
            ws._session._instances.current.cancel()  # pyright: ignore[reportPrivateUsage]
            assert ws.report().groups == twin.report().groups
            solves = [b'"links"' in command for command in sent if b'"op":"solve"' in command]
            assert solves == [edits > 0] + [False] * edits
            assert edited(ws, edits)[:2] == edited(twin, edits)[:2]
        assert ws.rebuilt == 3


def test_a_snapshot_of_several_instances_is_that_of_one(sent: list[bytes]) -> None:
    taken: list[bytes] = []
    for workers in (1, 2):
        with Workspace(PLUGIN, workers=workers) as ws:
            ws.upsert(ROWS_OF_LEDGER)
            ws.solve()
            taken.append(ws.snapshot())
    assert taken[0] == taken[1]
    assert not any(b'"links"' in command for command in sent)


@pytest.mark.parametrize("error", [MemoryLimit, TimedOut])
def test_where_links_are_too_much_the_replay_does_without(
    error: type[FloreconError], monkeypatch: pytest.MonkeyPatch, expected: dict[str, pa.Table]
) -> None:
    dispatch, refused = Instance.dispatch, list[bytes]()

    def without_links(self: Instance, command: bytes, *rest: Any) -> bytes:
        if b'"links"' in command:
            refused.append(command)
            raise error("a limit of a test")
        return dispatch(self, command, *rest)

    monkeypatch.setattr(Instance, "dispatch", without_links)
    with Workspace(PLUGIN, workers=2) as ws:
        ws.upsert(ROWS_OF_LEDGER)
        ws.solve()
        ws.remove([])
        assert len(refused) == 1
        assert tables(ws.report())["groups"] == expected["groups"]
        assert ws.rebuilt == 0


def test_a_module_that_records_no_links_is_not_asked_to(monkeypatch: pytest.MonkeyPatch, sent: list[bytes]) -> None:
    has = Description.has

    def without(self: Description, name: Extension) -> bool:
        return name != "solve.links" and has(self, name)

    monkeypatch.setattr(Description, "has", without)
    with Workspace(PLUGIN, workers=2) as ws:
        ws.upsert(ROWS_OF_LEDGER)
        ws.solve()
        ws.remove([])
        assert not any(b'"links"' in command for command in sent)


# Where rows are divided


def test_rows_are_divided_where_it_pays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected: dict[str, pa.Table]
) -> None:
    assert not solved(None)[1]
    monkeypatch.setattr(division, "LEAST_ROWS", 100)
    monkeypatch.setattr("florecon_build.host.runtime.instances.processors", lambda: 2)
    assert solved(None) == (expected, True)
    for ws in (Workspace(PLUGIN), PLUGIN.workspace()):
        with ws:
            ws.upsert(ROWS_OF_LEDGER)
            assert is_divided(ws)
    store = fb.Store(tmp_path / "recon.sqlite")
    assert not is_divided(fb.Workspace.open(store, PLUGIN, ROWS_OF_LEDGER, who="anna").workspace)
    monkeypatch.setattr(division, "MOST_OF_ALL", 0.4)
    assert not solved(None)[1]
    monkeypatch.setattr(division, "MOST_OF_ALL", 0.7)
    monkeypatch.setattr(division, "ROWS_A_KEY", 100)
    assert not solved(None)[1]
    monkeypatch.setattr(division, "ROWS_A_KEY", 16)
    monkeypatch.setattr("florecon_build.host.runtime.instances.processors", lambda: 1)
    assert not solved(None)[1]


def test_a_partition_that_is_repeated_does_not_divide() -> None:
    def can(strategy: fb.Strategy) -> bool:
        plugin = fb.Plugin("test.parallel", "1.0.0", rows=ROWS, numeraire=ROWS.amount, strategy=strategy)
        with Workspace(plugin) as ws:
            return division.divides(ws.about)

    inner = fb.partition_by(ROWS.day, fb.fixed_point(fb.partition_by(ROWS.company, fb.agg_net()), max_passes=2))
    assert can(inner)
    assert can(fb.seq(fb.labeled("small", fb.soak_small(1)), inner))
    assert not can(fb.fixed_point(inner, max_passes=2))
    assert not can(fb.seq(inner, fb.agg_net()))


def test_rows_that_all_may_meet_stay_together() -> None:
    one_account = ROWS_OF_LEDGER.set_column(1, "account", pa.array(["a"] * 300))
    for rows in (one_account, ROWS_OF_LEDGER.slice(0, 1), ROWS_OF_LEDGER.slice(0, 0)):
        with Workspace(PLUGIN, workers=2) as ws:
            ws.upsert(rows)
            assert not is_divided(ws)


@pytest.mark.parametrize("kind", [pa.string_view(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_texts_of_every_kind_are_divided(kind: pa.DataType, expected: dict[str, pa.Table]) -> None:
    texts = ROWS_OF_LEDGER["account"].cast(pa.string())
    parts = [ROWS_OF_LEDGER.set_column(1, "account", texts.cast(kind)).slice(at, 100) for at in (0, 100, 200)]
    with Workspace(PLUGIN, workers=2) as ws:
        ws.upsert(pa.concat_tables(parts))
        assert tables(ws.solve()) == expected
        assert is_divided(ws)


def test_an_id_that_comes_twice_is_refused_as_by_one_instance() -> None:
    twice = pa.concat_tables([ROWS_OF_LEDGER, ROWS_OF_LEDGER.slice(7, 1).set_column(1, "account", pa.array(["z"]))])
    errors = [tried(lambda workers=workers: Workspace(PLUGIN, workers=workers).upsert(twice)) for workers in (1, 2)]
    assert errors[0] == errors[1]
    assert errors[0][0] is DuplicateId


def test_the_number_of_workers_is_positive() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Workspace(PLUGIN, workers=0)
