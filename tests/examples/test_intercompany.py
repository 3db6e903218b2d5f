"""Intercompany example: ledger and answer, score, strategy, printed report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from examples.arrow import Array, Table, pa, pc
from examples.intercompany import generate, run, score, sheet
from examples.intercompany.strategy import intercompany

LINES = 4_000
Tables = tuple[Table, Table]


@pytest.fixture(scope="module")
def ledger() -> Tables:
    return generate.generate(LINES, seed=3)


@pytest.fixture(scope="module")
def solved(ledger: Tables) -> tuple[score.Solved, list[str]]:
    report = intercompany.simulate(ledger[0])
    return score.solved(*ledger, report.groups, report.allocations), sheet.order_of_stages(report.stages)


def as_known(truth: Table, ledger: Table) -> Tables:
    """The report of a solver that knows the answer: one group a deal, the others alone."""
    deal, cents = score.ints(pc.fill_null(truth["deal"], 0)), score.minor(ledger["amount"])
    group = np.where(deal > 0, deal, deal.max() + score.ints(truth["row_id"]))
    ids, size = np.unique(group, return_counts=True)
    alone = ids > deal.max()
    groups = pa.table(
        {
            "group_id": ids,
            "origin": np.where(alone, "unmatched", "oracle"),
            "reason": pa.array(["oracle: it knows"] * len(ids), mask=alone),
            "size": size,
        }
    )
    return groups, pa.table({"id": truth["row_id"], "group_id": group, "amount": cents})


def decimals(*cents: int) -> Array:
    return generate.decimals(np.array(cents, dtype=np.int64))


def test_generator_is_deterministic(ledger: Tables) -> None:
    again = generate.generate(LINES, seed=3)
    assert again[0].equals(ledger[0])
    assert again[1].equals(ledger[1])
    assert not generate.generate(LINES, seed=4)[0].equals(ledger[0])


@pytest.mark.parametrize("lines", [2_000, 2_001, 7_919])
def test_ledger_has_the_requested_number_of_lines(lines: int) -> None:
    ledger, truth = generate.generate(lines)
    assert ledger.num_rows == truth.num_rows == lines
    assert ledger["row_id"].to_pylist() == list(range(1, lines + 1))
    assert set(truth["kind"].to_pylist()) == {*generate.KINDS, "noise"}


def test_too_few_lines_are_rejected() -> None:
    with pytest.raises(ValueError, match="too few"):
        generate.generate(100)


def test_every_deal_is_booked_by_both_companies_with_its_net(ledger: Tables) -> None:
    joined = ledger[0].join(ledger[1], "row_id").to_pylist()
    deals: dict[int, list[dict[str, object]]] = {}
    for line in joined:
        if line["deal"] is not None:
            deals.setdefault(line["deal"], []).append(line)
    for lines in deals.values():
        assert len({line["company"] for line in lines}) == 2
        assert len({(line["currency"], frozenset((line["company"], line["icp"]))) for line in lines}) == 1
        net = abs(sum(int(line["amount"] * 100) for line in lines))  # type: ignore[operator]
        most = {"netting": 9, "rounding": 3, "fee": 4_500, "exchange": 120_001}.get(str(lines[0]["kind"]), 0)
        assert net <= most, lines


def test_unpartnered_lines_are_of_unpartnered_kinds(ledger: Tables) -> None:
    alone = ledger[1].filter(pc.is_null(ledger[1]["deal"]))
    assert set(alone["kind"].to_pylist()) == {"duplicate", "noise", "open_cut_off", "write_off"}


def test_amounts_are_exact_decimals_and_never_zero(ledger: Tables) -> None:
    amounts = ledger[0]["amount"]
    assert amounts.type == pa.decimal128(18, 2)
    assert score.minor(amounts).all()
    assert list(map(str, decimals(-1, 0, 12_345).to_pylist())) == ["-0.01", "0.00", "123.45"]


def test_perfect_solver_scores_one(ledger: Tables) -> None:
    data = score.solved(*ledger, *as_known(ledger[1], ledger[0]))
    every = score.kind_scores(data)[-1]
    assert every.whole == every.partnered == every.matched == every.pure
    assert score.lines_conserved(data) == LINES
    assert all(balance.holds for balance in score.balances(data))


def test_wrong_line_lowers_precision_and_missing_line_recall() -> None:
    ledger = pa.table(
        {"row_id": [1, 2, 3, 4], "amount": decimals(10_000, -10_000, 5_000, -5_000), "currency": ["EUR"] * 4}
    )
    truth = pa.table({"row_id": [1, 2, 3, 4], "kind": ["mirror"] * 4, "deal": pa.array([1, 1, 2, 2], pa.int64())})
    groups = pa.table(
        {"group_id": [1, 2], "origin": ["flow", "unmatched"], "reason": ["flow: x", None], "size": [3, 1]}
    )
    pieces = pa.table({"id": [1, 2, 3, 4], "group_id": [1, 1, 1, 2], "amount": [10_000, -10_000, 5_000, -5_000]})
    every = score.kind_scores(score.solved(ledger, truth, groups, pieces))[-1]
    assert (every.partnered, every.matched, every.pure, every.whole) == (4, 3, 0, 2)


def test_groups_that_share_a_line_are_joined() -> None:
    ledger = pa.table({"row_id": [1, 2, 3], "amount": decimals(10_000, -7_000, -3_000), "currency": ["EUR"] * 3})
    truth = pa.table({"row_id": [1, 2, 3], "kind": ["split"] * 3, "deal": pa.array([9, 9, 9], pa.int64())})
    groups = pa.table({"group_id": [4, 7], "origin": ["flow", "flow"], "reason": ["a: x", "b: x"], "size": [2, 2]})
    pieces = pa.table({"id": [1, 2, 1, 3], "group_id": [4, 4, 7, 7], "amount": [7_000, -7_000, 3_000, -3_000]})
    every = score.kind_scores(score.solved(ledger, truth, groups, pieces))[-1]
    assert (every.whole, every.pure) == (3, 3)


def test_strategy_finds_the_answer(solved: tuple[score.Solved, list[str]]) -> None:
    data, _ = solved
    every = score.kind_scores(data)[-1]
    assert every.pure >= 0.985 * every.matched
    assert every.whole >= 0.95 * every.partnered
    assert score.lines_conserved(data) == LINES
    assert all(balance.holds for balance in score.balances(data))


def test_strategy_has_no_warnings() -> None:
    assert intercompany.check() == ()


def test_printed_report_shows_stages_and_conservation(ledger: Tables, solved: tuple[score.Solved, list[str]]) -> None:
    data, order = solved
    screen = Console(width=118, record=True, quiet=False, file=Path("/dev/null").open("w", encoding="utf-8"))  # noqa: SIM115
    screen.print(run.body(ledger[0], data, order))
    text = screen.export_text()
    for words in (*order, "open: exceptions", "exact", f"{LINES:,} of {LINES:,} lines", "all lines"):
        assert words in text
    assert "BROKEN" not in text
    assert max(map(len, text.splitlines())) <= 118


def test_conservation_line_shows_a_lost_cent(ledger: Tables) -> None:
    groups, pieces = as_known(ledger[1], ledger[0])
    amounts = score.ints(pieces["amount"]).copy()
    amounts[0] += 1
    data = score.solved(*ledger, groups, pieces.set_column(2, "amount", pa.array(amounts)))
    assert score.lines_conserved(data) == LINES - 1
    assert sum(not balance.holds for balance in score.balances(data)) == 1
    screen = Console(width=118)
    with screen.capture() as shown:
        screen.print(sheet.conservation(data))
    assert "BROKEN" in shown.get()
