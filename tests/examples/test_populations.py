"""Two reconciliations of files that nobody here wrote, compared with the scenario of each row."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

import florecon_build as fb
from examples import populations
from examples.bank_and_ledger import run as bank
from examples.bank_and_ledger.strategy import plugin as bank_and_ledger
from examples.marketplace_payouts import run as payouts
from examples.marketplace_payouts.strategy import plugin as marketplace_payouts

pytestmark = pytest.mark.slow

Counts = dict[tuple[str, str], tuple[int, int, int]]


def counted(project: Path, context: str, plugin: fb.Plugin, unmatched: tuple[str, ...] = ()) -> Counts:
    """Rows matched in full, in part and not at all, by scenario and leg; totals of the files as they must be."""
    data = populations.SHARED / context / "data"
    if not data.is_dir():
        pytest.skip(f"{data} is not here")
    readings = populations.read_all(project, data, plugin)
    report = plugin.simulate(pa.concat_tables([reading.table for reading in readings]))
    found = populations.populations(readings, report, populations.scenarios(project, data), unmatched)
    assert sum(one.rows for one in found) == sum(reading.table.num_rows for reading in readings)
    assert all(one.rows == one.full + one.part + one.none for one in found)
    return {(f"{one.source}: {one.scenario}", one.leg): (one.full, one.part, one.none) for one in found}


def test_bank_and_ledger() -> None:
    assert counted(bank.HERE, bank.CONTEXT, bank_and_ledger) == {
        ("bank: bank_statement_match_candidate", ""): (722, 0, 0),
        ("bank: amount_tolerance_candidate", ""): (17, 0, 1),
        ("bank: amount_mismatch_outside_tolerance", ""): (0, 0, 11),
        ("bank: missing_e2e_uses_reference_fallback", ""): (9, 0, 0),
        ("bank: duplicate_bank_line", ""): (2, 0, 28),
        ("bank: bank_fee_only", ""): (0, 0, 50),
        ("bank: bank_only_unmatched", ""): (0, 0, 160),
        ("ledger: ledger_bank_candidate", ""): (750, 0, 110),
        ("ledger: missing_e2e_uses_reference_fallback", ""): (0, 0, 20),
        ("ledger: ledger_only", ""): (0, 0, 120),
        ("adjustments: adjustment_links_to_ledger_and_bank", ""): (0, 0, 500),
        ("adjustments: bank_fee_adjustment", ""): (0, 0, 150),
        ("adjustments: adjustment_only_unmatched", ""): (0, 0, 350),
    }


def test_marketplace_payouts() -> None:
    found = counted(payouts.HERE, payouts.CONTEXT, marketplace_payouts, payouts.CLASSIFIED)
    assert {key: counts for key, counts in found.items() if key[1] != "fee"} == {
        ("orders: order_gateway_payout_candidate", "order"): (797, 0, 83),
        ("orders: order_has_refund", "order"): (53, 0, 4),
        ("orders: order_needs_review", "order"): (29, 0, 2),
        ("orders: order_not_captured_yet", "order"): (1, 0, 31),
        ("gateway: gateway_matches_order", "order"): (805, 0, 0),
        ("gateway: gateway_refunded", "order"): (53, 0, 0),
        ("gateway: gateway_amount_tolerance_candidate", "order"): (22, 0, 0),
        ("gateway: gateway_amount_mismatch", "order"): (0, 0, 12),
        ("gateway: gateway_failed_no_payout", "order"): (0, 0, 28),
        ("gateway: gateway_only_unmatched", "order"): (0, 0, 80),
        ("gateway: gateway_matches_order", "payout"): (443, 325, 37),
        ("gateway: gateway_refunded", "payout"): (34, 18, 1),
        ("gateway: gateway_failed_no_payout", "payout"): (14, 12, 2),
        ("gateway: gateway_amount_tolerance_candidate", "payout"): (15, 7, 0),
        ("gateway: gateway_amount_mismatch", "payout"): (9, 3, 0),
        ("gateway: gateway_only_unmatched", "payout"): (0, 0, 80),
        ("payouts: aggregate_payout_many_orders", "payout"): (208, 42, 0),
        ("payouts: partial_payout_candidate", "payout"): (100, 0, 0),
        ("payouts: refund_adjusted_payout", "payout"): (70, 0, 0),
        ("payouts: payout_only_unmatched", "payout"): (0, 0, 580),
        ("refunds: refund_links_to_gateway_and_order", "payout"): (16, 29, 195),
        ("refunds: refund_only_unmatched", "payout"): (0, 0, 760),
    }
    assert all(counts[:2] == (0, 0) for key, counts in found.items() if key[1] == "fee")


@pytest.mark.parametrize("name", ["bank_and_ledger", "marketplace_payouts"])
def test_strategy_is_short(name: str) -> None:
    text = (bank.HERE.parent / name / "strategy.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 40
    assert "scenario" not in text
