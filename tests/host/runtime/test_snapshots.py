"""Snapshots: serialisation of a workspace, and truncation of the journal by a snapshot."""

from __future__ import annotations

from pathlib import Path

import pytest

from florecon_build.host import BadSnapshot, Trapped, Unsupported, Workspace
from tests.support.ledger import LINES, group_of, line, opened, state
from tests.support.wat_modules import ABOUT, ROWS, ok, on, packed, solver


@pytest.fixture
def ws(solver_wasm: Path) -> Workspace:
    """A ledger with decisions in it."""
    ws = opened(solver_wasm, config={"slack": 50})
    ws.pin(group_of(ws, 1))
    ws.merge({3: 500, 4: -500}, label="agreed", reason="by telephone")
    ws.configure(window=3)
    return ws


def interrupted(ws: Workspace) -> None:
    """Makes the next call rebuild the workspace."""
    ws._session._instances.current.cancel()  # pyright: ignore[reportPrivateUsage]


def steps(ws: Workspace) -> int:
    return len(ws._session._instances.journal)  # pyright: ignore[reportPrivateUsage]


def test_a_restored_workspace_goes_on_like_the_original(ws: Workspace, solver_wasm: Path) -> None:
    copy = Workspace.restore(solver_wasm, ws.snapshot())
    assert state(copy) == state(ws)
    assert copy.snapshot() == ws.snapshot()
    for each in (copy, ws):
        each.upsert([line(11, 12.34), line(12, -12.34, day=9), line(5, 3.01, account="B")])
        each.remove([9])
        each.solve()
        each.dissolve(group_of(each, 6))
    assert state(copy) == state(ws)


def test_a_restored_workspace_survives_a_fault(ws: Workspace, solver_wasm: Path) -> None:
    copy = Workspace.restore(solver_wasm, ws.snapshot())
    copy.solve()
    before = state(copy)
    interrupted(copy)
    assert state(copy) == before
    assert copy.rebuilt == 1


def test_a_snapshot_that_is_none(ws: Workspace, solver_wasm: Path) -> None:
    whole = ws.snapshot()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    for damaged in (b"", b"{}", whole[:-1], whole + b"\0", bytes(flipped)):
        with pytest.raises(BadSnapshot):
            Workspace.restore(solver_wasm, damaged)


def test_the_journal_of_a_long_session_is_cut_back(solver_wasm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("florecon_build.host.runtime.journal.FLOOR", 40)
    ws, twin = opened(solver_wasm), opened(solver_wasm)
    twin._session._compacts = False  # pyright: ignore[reportPrivateUsage]
    longest = 0
    for number in range(30):
        for each in (ws, twin):
            each.upsert([{**entry, "amount": entry["amount"] + number % 3} for entry in LINES])
            each.solve()
            each.pin_clean()
            each.upsert([line(100 + number, 1.5)])
        longest = max(longest, steps(ws))
    assert steps(twin) == 3 + 30 * 4
    assert longest < 40
    before = state(ws)
    assert before == state(twin)
    interrupted(ws)
    assert state(ws) == before
    assert ws.rebuilt == 1


def test_a_journal_that_holds_little_more_than_the_rows_is_kept(
    solver_wasm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("florecon_build.host.runtime.journal.FLOOR", 4)
    ws = Workspace(solver_wasm)
    for start in range(0, 100, 10):
        ws.upsert([line(start + number, 1.0) for number in range(10)])
    assert steps(ws) == 1 + 10


def test_a_module_without_snapshots_keeps_its_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("florecon_build.host.runtime.journal.FLOOR", 4)
    plain = {name: value for name, value in ABOUT.items() if name != "build"}
    refusal = b'{"ok":false,"error":{"code":"bad_command","message":"no op snapshot"}}'
    refuse = packed(16384 + 11, len(refusal))
    for about in (plain, ABOUT):
        reply = b'{"ok":true}' + refusal
        ws = Workspace(solver(about=about, reply=reply, dispatch=on("s", refuse, on("r", refuse, ok()))))
        for _ in range(9):
            ws.upsert(ROWS)
        assert steps(ws) == 10
        with pytest.raises(Unsupported, match="no op snapshot"):
            ws.snapshot()
    with pytest.raises(Unsupported, match="takes no snapshot back"):
        Workspace.restore(solver(reply=refusal, dispatch=packed(16384, len(refusal))), b"...")


def test_a_fault_while_cutting_back_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("florecon_build.host.runtime.journal.FLOOR", 4)
    ws = Workspace(solver(dispatch=on("r", "unreachable", ok())))
    for _ in range(9):
        ws.upsert(ROWS)
    assert steps(ws) == 10
    assert 1 <= ws.rebuilt <= 3
    with pytest.raises(Trapped):
        Workspace.restore(solver(dispatch="unreachable"), b"...")
