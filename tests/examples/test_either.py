"""The examples on the reference interpreter and on their compiled modules: one report, table by table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

import florecon_build as fb
from examples.bank_statement import generate, ledger
from examples.bank_statement.strategy import bank_statement
from examples.card_settlement.strategy import card_settlement
from examples.cash_application.ledger import as_rows, read
from examples.cash_application.strategy import cash_application
from examples.intercompany.strategy import intercompany
from examples.starter.strategy import plugin as starter

pytestmark = pytest.mark.cargo

FOLDER = Path(__file__).resolve().parents[2] / "examples"
ROWS = 250


def sample(name: str, folder: Path) -> Path:
    """The beginning of an example's sample, as a file."""
    lines = (FOLDER / name / "sample.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    path = folder / f"{name}.csv"
    path.write_text("".join(lines[: ROWS + 1]), encoding="utf-8")
    return path


def statement(folder: Path) -> pa.Table:
    generate.write(generate.generate(rows=ROWS, seed=5), folder)
    return ledger.as_table(ledger.read_lines(folder))


EXAMPLES: dict[str, tuple[fb.Plugin, Callable[[Path], object]]] = {
    "bank_statement": (bank_statement, statement),
    "card_settlement": (card_settlement, lambda folder: sample("card_settlement", folder)),
    "cash_application": (cash_application, lambda _: as_rows(read(FOLDER / "cash_application" / "sample.json")[0])),
    "intercompany": (intercompany, lambda folder: sample("intercompany", folder)),
    "starter": (starter, lambda folder: sample("starter", folder)),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_gives_one_report_simulated_and_compiled(name: str, tmp_path: Path) -> None:
    plugin, rows_of = EXAMPLES[name]
    rows = rows_of(tmp_path)
    simulated = plugin.simulate(rows)
    with fb.Workspace(plugin.build(tmp_path / "solver", profile="quick")) as workspace:
        workspace.upsert(rows)
        compiled = workspace.solve().load()
    assert type(simulated) is type(compiled)
    for table in ("groups", "allocations", "rows", "stages"):
        ours, theirs = getattr(simulated, table), getattr(compiled, table)
        assert ours.schema == theirs.schema
        assert ours.to_pylist() == theirs.to_pylist()
    assert simulated.to_json() == compiled.to_json()
    assert simulated.in_units("major", simulated.groups).equals(compiled.in_units("major", compiled.groups))
    assert set(simulated.groups["origin"].to_pylist()) > {"unmatched"}
