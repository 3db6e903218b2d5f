"""Random command sequences: the interpreter's, the wasm and the native workspace stay equal."""

from __future__ import annotations

import random
from contextlib import suppress

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from florecon_build.host import Workspace
from tests.differential.compare import Native, table
from tests.differential.implementations import EngineWorkspace, InterpreterWorkspace, NativeWorkspace, WasmWorkspace
from tests.differential.keyed import NAMES, keyed_suite
from tests.differential.machine import machine
from tests.differential.suite import Suite, compile_suite, draw
from tests.differential.test_differential import SEED, STRATEGIES
from tests.support.random_ledgers import DAY, Row, ledger

pytestmark = pytest.mark.cargo

EXAMPLES = 25
STEPS = 25


@pytest.mark.parametrize("which", ["integer ids", "text ids"])
def test_random_verbs(which: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "florecon_build.host.runtime.session.EAGER_BYTES", 0
    )  # or held reports were read at each change
    suite: Suite = keyed_suite() if which == "text ids" else compile_suite(draw(SEED, STRATEGIES, depth=6))
    with Native(suite.native) as native:
        run_state_machine_as_test(
            machine(suite, native, list(range(len(suite.plugins)))),
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                derandomize=True,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )


def test_edits_of_rows_that_are_in_several_groups_and_partly_unmatched() -> None:
    suite, index, rng = keyed_suite(), NAMES.index("parts"), random.Random(5)
    with Native(suite.native) as native:
        wasm, engine = WasmWorkspace(suite, index), EngineWorkspace(suite, index)
        model = InterpreterWorkspace(suite, index)
        every = (model, wasm, engine, NativeWorkspace(native, suite, index))
        try:
            for edit in range(120):
                row: Row = {
                    "row_id": f"r{edit * 5 % 8}",
                    "key": rng.choice("ABC"),
                    "other": rng.choice("ABC"),
                    "day": DAY,
                    "units": 1,
                    "amount": rng.randrange(-9, 10),
                    "alt": None,
                }
                for implementation in every:
                    implementation.do("upsert", {}, [row])
                    implementation.do("solve", {})
                    assert implementation.state() == model.state(), (edit, type(implementation).__name__)
        finally:
            wasm.close()
            engine.close()


def tables(ws: Workspace) -> list[pa.Table]:
    report = ws.report()
    return [report.groups, report.allocations, report.rows]


@pytest.mark.parametrize(("before", "after"), [("cascade", "agg_net"), ("agg_net", "cascade"), ("flow", "soak")])
def test_a_strategy_of_another_shape_keeps_pins_through_snapshots_and_rebuilding(
    before: str, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("florecon_build.host.runtime.journal.FLOOR", 1)
    suite = keyed_suite()
    columns = suite.plugins[0].columns
    rows = table(columns, ledger(columns, random.Random(7), "ordinary", 60))
    with Workspace(suite.wasm, config={"strategy": NAMES.index(before)}) as ws:
        ws.upsert(rows)
        ws.solve()
        assert ws.pin_where(lambda g: g.size >= 2)
        ws.configure(strategy=NAMES.index(after))
        for solve in (False, True):
            if solve:
                ws.solve()
            expected = tables(ws)
            with Workspace.restore(suite.wasm, ws.snapshot()) as again:
                assert tables(again) == expected
            for _ in range(3):
                ws.upsert(rows)
            if solve:
                ws.solve()
                expected = tables(ws)
                assert len(ws._session._instances.journal) == 1, "no snapshot has taken its place"  # pyright: ignore[reportPrivateUsage]
            with suppress(InterruptedError), ws.transaction():
                ws.upsert(rows.slice(0, 1))
                raise InterruptedError
            assert tables(ws) == expected
        assert ws.rebuilt == 2
