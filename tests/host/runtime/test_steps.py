"""Stepwise solve: progress, interruption between steps, and the same report as one call."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pytest

from florecon_build.host import Cancelled, TimedOut, Workspace
from florecon_build.host.runtime import solve_steps

FACTS = ["status", "origin", "reason", "net", "size", "node"]


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps of one unit that never grow."""
    monkeypatch.setattr(solve_steps, "FIRST_BUDGET", 1)
    monkeypatch.setattr(solve_steps, "MAX_BUDGET", 1)


def ledger(size: int) -> pa.Table:
    rng = random.Random(20_261_121)
    lines = [
        {
            "row_id": row_id,
            "account": rng.choice("abc"),
            "amount": rng.choice([-700, -200, -100, -3, 3, 100, 200, 700]) / 100,
            "date": rng.randrange(20_000, 20_020),
            "reference": rng.choice([None, None, "A1001", "B2002", "C3003 D4004"]),
        }
        for row_id in range(1, size + 1)
    ]
    return pa.Table.from_pylist(lines)


def opened(module: Path) -> Workspace:
    ws = Workspace(module)
    ws.upsert(ledger(120))
    return ws


def facts(ws: Workspace) -> list[object]:
    report = ws.report()
    return [
        report.groups.select(FACTS).to_pylist(),
        report.allocations.drop_columns("group_id").to_pylist(),
        report.stages.to_pylist(),
    ]


@pytest.fixture
def expected(solver_wasm: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    with monkeypatch.context() as patch, opened(solver_wasm) as ws:
        patch.setattr(solve_steps, "FIRST_BUDGET", 1 << 40)
        ws.solve()
        return facts(ws)


def test_progress_grows_to_the_total_and_the_report_is_that_of_one_call(
    solver_wasm: Path, expected: list[object]
) -> None:
    told: list[tuple[int, int]] = []
    ws = opened(solver_wasm)
    ws.solve(progress=lambda done, total: told.append((done, total)))
    assert len(told) > 10
    assert len({total for _, total in told}) == 1
    assert told == sorted(set(told))
    assert told[-1][0] == told[-1][1]
    assert facts(ws) == expected


def test_a_cancelled_solve_goes_on_where_it_was(solver_wasm: Path, expected: list[object]) -> None:
    ws = opened(solver_wasm)
    before = facts(ws)
    for stop in (2, 5):
        told: list[int] = []

        def cancel(done: int, _total: int, told: list[int] = told, stop: int = stop) -> None:
            told.append(done)
            if len(told) == stop:
                ws._session._ask()  # pyright: ignore[reportPrivateUsage] - what Ctrl-C calls

        with pytest.raises(Cancelled, match="was stopped after"):
            ws.solve(progress=cancel)
        assert facts(ws) == before
    resumed: list[int] = []
    ws.solve(progress=lambda done, _: resumed.append(done))
    assert resumed[0] > told[-1]
    assert ws.rebuilt == 0
    assert facts(ws) == expected


def test_a_change_between_steps_starts_the_solve_anew(solver_wasm: Path, expected: list[object]) -> None:
    ws = opened(solver_wasm)
    told: list[int] = []

    def cancel(done: int, _: int) -> None:
        told.append(done)
        if len(told) == 5:
            ws._session._ask()  # pyright: ignore[reportPrivateUsage]

    with pytest.raises(Cancelled):
        ws.solve(progress=cancel)
    ws.remove([7])
    ws.upsert(ledger(120).slice(6, 1))
    again: list[int] = []
    ws.solve(progress=lambda done, _: again.append(done))
    assert again[0] == told[0]
    assert facts(ws) == expected


class Clock(solve_steps.Deadline):
    """A deadline that is over when told so."""

    is_over = False

    def over(self) -> bool:
        return self.is_over


def test_a_timeout_between_steps_spares_the_instance(solver_wasm: Path, expected: list[object]) -> None:
    ws, clock = opened(solver_wasm), Clock(9.0)
    told: list[int] = []

    def end(done: int, _: int) -> None:
        told.append(done)
        clock.is_over = len(told) == 3

    with pytest.raises(TimedOut, match="the 9 seconds are over; solve again"):
        ws._session._solve(end, clock)  # pyright: ignore[reportPrivateUsage]
    ws.solve(progress=lambda done, _: told.append(done))
    assert told == sorted(set(told))
    assert ws.rebuilt == 0
    assert facts(ws) == expected


def test_certificates_are_counted_where_they_are_asked_for(solver_wasm: Path) -> None:
    with opened(solver_wasm) as ws:
        plain = ws.solve()
        assert plain.certified is None
        certified = ws.solve(certify=True)
        assert certified.certified == 0, "equal amounts are matched before the flow of this plugin"
        assert ws.report().certified is None
        assert certified.allocations.drop_columns("group_id").equals(plain.allocations.drop_columns("group_id"))
