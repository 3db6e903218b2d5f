"""Projections of a report, compared with those of the independent host."""

from __future__ import annotations

import importlib
import random
from typing import Any

import pyarrow as pa
import pytest

from florecon_build.host import BadCommand, SplitRow
from florecon_build.host.report.projections import connected_components, primary_assignments, strict_assignments
from florecon_build.host.report.tables import from_json, rows_of

peer: Any = importlib.import_module("florecon")


def random_report(seed: int, split: bool) -> dict[str, list[dict[str, Any]]]:
    """Rows over groups; amounts all differ in size, so that no tie is left to taste."""
    dice = random.Random(seed)
    sizes = iter(dice.sample(range(1, 10_000), 400))
    places: dict[tuple[int, int], int] = {}
    for row in range(1, 40):
        for group in dice.sample(range(100, 125), dice.choice([1, 1, 2, 3]) if split else 1):
            places[row, group] = next(sizes) * dice.choice([1, -1])
    allocations = [{"id": row, "group_id": group, "amount": amount} for (row, group), amount in places.items()]
    groups = [
        {
            "group_id": group,
            "status": "proposed",
            "origin": "flow",
            "net": dice.choice([0, 5]),
            "size": sum(place["group_id"] == group for place in allocations),
        }
        for group in sorted({place["group_id"] for place in allocations})
    ]
    return {"groups": groups, "allocations": allocations}


def pairs(table: pa.Table) -> list[tuple[int, int]]:
    return list(zip(table.column("id").to_pylist(), table.column("group_id").to_pylist(), strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_strict(seed: int) -> None:
    report = random_report(seed, split=False)
    assert pairs(strict_assignments(from_json(report)["allocations"])) == peer.strict_assignments(report)


def test_strict_names_the_row_that_is_split() -> None:
    allocations = pa.table({"id": [5, 3, 3], "group_id": [1, 9, 2], "amount": [1, 2, 3]})
    with pytest.raises(SplitRow, match=r"row 3 is split over the groups 2, 9; primary_assignments") as caught:
        strict_assignments(allocations)
    assert caught.value.id == 3


@pytest.mark.parametrize("policy", ["largest_abs", "prefer_clean", "first_group"])
@pytest.mark.parametrize("seed", range(5))
def test_primary(seed: int, policy: Any) -> None:
    report = random_report(seed, split=True)
    tables = from_json(report)
    got = primary_assignments(tables["groups"], tables["allocations"], policy)
    assert pairs(got) == peer.primary_assignments(report, policy)


def test_an_unknown_policy() -> None:
    tables = from_json(random_report(1, split=True))
    with pytest.raises(BadCommand, match="one of largest_abs, prefer_clean, first_group, not 'best'"):
        primary_assignments(tables["groups"], tables["allocations"], "best")  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(5))
def test_components(seed: int) -> None:
    report = random_report(seed, split=seed % 2 == 0)
    got = connected_components(from_json(report)["allocations"])
    found: dict[int, tuple[set[int], set[int]]] = {}
    for line in got.to_pylist():
        rows, groups = found.setdefault(line["component"], (set(), set()))
        rows.add(line["id"])
        groups.add(line["group_id"])
    wanted = [(set(part["rows"]), set(part["groups"])) for part in peer.connected_components(report)]
    assert [found[number] for number in sorted(found)] == wanted


def test_empty_reports() -> None:
    tables = from_json({"groups": [], "allocations": []})
    assert strict_assignments(tables["allocations"]).num_rows == 0
    assert primary_assignments(tables["groups"], tables["allocations"]).num_rows == 0
    assert connected_components(tables["allocations"]).num_rows == 0


def test_rows_add_up() -> None:
    report = {
        "groups": [
            {"group_id": 1, "status": "pinned", "origin": "manual", "net": 0, "size": 2},
            {"group_id": 2, "status": "proposed", "origin": "unmatched", "net": 8, "size": 1},
            {"group_id": 3, "status": "proposed", "origin": "unmatched", "net": 0, "size": 1},
        ],
        "allocations": [
            {"id": 7, "group_id": 1, "amount": 5},
            {"id": 8, "group_id": 1, "amount": -5},
            {"id": 7, "group_id": 2, "amount": 8},
            {"id": 9, "group_id": 3, "amount": 0},
        ],
    }
    tables = from_json(report)
    assert rows_of(tables["groups"], tables["allocations"]).to_pylist() == [
        {"id": 7, "group_id": 2, "amount": 13, "matched": 5, "residual": 8},
        {"id": 8, "group_id": 1, "amount": -5, "matched": -5, "residual": 0},
        {"id": 9, "group_id": 3, "amount": 0, "matched": 0, "residual": 0},
    ]
