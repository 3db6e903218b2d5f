"""Cash application example: the sample and external ledgers."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.cash_application.ledger import Application, as_rows, read
from examples.cash_application.score import Score, applied, score
from examples.cash_application.strategy import cash_application

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "examples" / "cash_application" / "sample.json"
ELSEWHERE = ROOT.parent / "shared" / "data" / "cash_application"


def scored(path: Path) -> tuple[dict[tuple[str, str], int], list[Application], Score]:
    lots, answer = read(path)
    assert answer is not None
    report = cash_application.simulate(as_rows(lots))
    taken: dict[str, int] = {}
    for part in report.allocations.to_pylist():
        taken[part["id_text"]] = taken.get(part["id_text"], 0) + part["amount"]
    assert taken == {lot.row_id: int(lot.amount * 100) for lot in lots}, "every lot is the sum of its pieces"
    made = applied(lots, report)
    return made, answer, score(made, answer)


def test_sample_is_applied_exactly() -> None:
    made, answer, _ = scored(SAMPLE)
    assert made == {(one.payment, one.invoice): int(one.amount * 100) for one in answer}


@pytest.mark.parametrize(("name", "wrong", "missed"), [("n100", 0, 0), ("n300", 2, 1)])
def test_external_ledgers(name: str, wrong: int, missed: int) -> None:
    path = ELSEWHERE / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    _, _, found = scored(path)
    assert found.claimed - found.right <= wrong
    assert found.known - found.right <= missed
    assert found.to_the_cent >= found.right - 1
