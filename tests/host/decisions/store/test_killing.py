"""Crash test of the store, a few rounds; `make fuzz` runs many."""

from __future__ import annotations

from pathlib import Path

from tests.host.decisions.store.killing import kill_rounds

ROUNDS = 3


def test_what_was_acknowledged_survives_the_writers(solver_wasm: Path, tmp_path: Path) -> None:
    told, kept = kill_rounds(str(tmp_path / "recon.sqlite"), solver_wasm, ROUNDS, seed=20_261_121)
    assert told > 0
    assert kept > 0
