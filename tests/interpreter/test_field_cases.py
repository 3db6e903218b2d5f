"""Groups that a controller expects of field cases, by the nodes and facts made for them."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import florecon_build as fb

CASES = Path(__file__).resolve().parents[3] / "shared" / "data" / "field_cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="../shared/data/field_cases is not there")
ROWS = fb.columns(row_id=fb.text(id=True), customer=fb.text(), amount=fb.money(scale=2))


def solved(case: str, strategy: fb.Strategy) -> tuple[dict[str, Any], list[list[str]], dict[str, int]]:
    """What the case expects, the groups of several rows by their ids, and the net of each by its last id."""
    folder = next(CASES.glob(f"{case}-*"))
    with (folder / "input.csv").open(encoding="utf-8", newline="") as file:
        lines = [
            {"row_id": line["row_id"], "customer": line["customer"], "amount": Decimal(line["amount"])}
            for line in csv.DictReader(file)
        ]
    plugin = fb.Plugin("acme.field", "1.0.0", rows=ROWS, numeraire=ROWS.amount, strategy=strategy)
    report = plugin.simulate(lines)
    members: dict[int, list[str]] = {}
    for part in report.allocations.to_pylist():
        members.setdefault(part["group_id"], []).append(part["id_text"])
    nets = dict(zip(report.groups["group_id"].to_pylist(), report.groups["net"].to_pylist(), strict=True))
    several = {group: sorted(ids) for group, ids in members.items() if len(ids) > 1}
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    return expected, sorted(several.values()), {ids[-1]: nets[group] for group, ids in several.items()}


def test_a_discount_over_several_invoices_is_within_a_share_of_their_sum() -> None:
    expected, groups, nets = solved("09", fb.agg_net(ROWS.customer, tol=fb.rel_side_tol(bps=300)))
    assert groups == sorted(expected["groups"])
    assert nets == {last: int(Decimal(net) * 100) for last, net in expected["nets"].items()}


def test_a_payment_of_one_of_two_equal_invoices_stays_open() -> None:
    expected, groups, _ = solved("13", fb.accept_if(lambda g: g.unique, fb.exact_1to1(ROWS.customer)))
    assert groups == sorted(expected["groups"])


def test_a_payment_of_all_invoices_but_two_is_found() -> None:
    expected, groups, nets = solved("10", fb.subset_net(ROWS.customer, anchor=ROWS.amount < 0, max_left_out=2))
    assert len(expected["groups"]) == len(groups) == 1
    assert len(groups[0]) == 35
    assert not set(groups[0]) & set(expected["open"])
    assert set(nets.values()) == {0}


def test_the_closest_subset_is_taken_and_one_of_two_is_not() -> None:
    closest = fb.subset_net(ROWS.customer, tol=fb.rel_side_tol(bps=100), anchor=ROWS.amount < 0)
    expected, groups, _ = solved("26", fb.accept_if(lambda g: g.unique, closest))
    assert groups == sorted(expected["groups"])
