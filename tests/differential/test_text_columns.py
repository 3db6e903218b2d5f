"""Texts computed column by column: the compiled module, the engine and the interpreter make the same of them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import florecon_build as fb
from tests.codegen.strategies import text_columns

pytestmark = pytest.mark.cargo

ROWS = 2_300
"""More than two of the stretches in which rows are decoded."""
PIECES = ("", "-", " ", "inv", "INV 7", "paid", "Fee", "tax", "é", "ß", "ŉ", "\u3000", "𐐨", "e\u0301", "00", "-00-")


def ledger(rng: random.Random) -> list[dict[str, object]]:
    """Rows whose texts are made of pieces that the strategy looks for, long and short, empty and null."""

    def text() -> str:
        return "".join(rng.choices(PIECES, k=rng.choice((0, 1, 2, 3, 9))))

    return [
        {
            "row_id": number,
            "account": text(),
            "memo": rng.choice((None, text(), text())),
            "amount": rng.choice((1.0, -1.0)),
        }
        for number in range(ROWS)
    ]


def test_module_engine_and_interpreter_agree(tmp_path: Path) -> None:
    plugin, rows = text_columns(), ledger(random.Random(1))
    artifact = plugin.build(tmp_path, profile="quick")
    with fb.Workspace(artifact.wasm) as compiled, plugin.workspace() as engine:
        compiled.upsert(rows)
        engine.upsert(rows)
        made, expected = compiled.solve(), plugin.simulate(rows)
        assert len(made.groups) > 100
        assert made.groups.equals(expected.groups)
        assert made.allocations.equals(expected.allocations)
        assert engine.solve().groups.equals(expected.groups)
        # a snapshot holds every text of every row
        assert compiled.snapshot() == engine.snapshot()
