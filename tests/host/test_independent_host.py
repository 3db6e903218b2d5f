"""Independent host: the PyPI package `florecon-host` runs the same wasm to the same report after every command."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from florecon_build.host import FrozenGroup, Workspace
from florecon_build.host.report.tables import from_json
from tests.support.ledger import LINES, for_any_host, group_of, line

peer: Any = importlib.import_module("florecon")


@pytest.fixture
def both(solver_wasm: Path) -> tuple[Workspace, Any]:
    ours, theirs = Workspace(solver_wasm), peer.Workspace(str(solver_wasm))
    ours.upsert(LINES)
    theirs.upsert(for_any_host(LINES))
    ours.solve()
    theirs.solve()
    return ours, theirs


def same(ours: Workspace, theirs: Any) -> None:
    assert ours.report().to_json() == theirs.report()


def test_it_understands_the_description(both: tuple[Workspace, Any]) -> None:
    _, theirs = both
    assert theirs.amount_field == "amount"
    assert theirs.domain["id"] == "florecon.starter"


def test_the_same_report_after_every_verb(both: tuple[Workspace, Any]) -> None:
    ours, theirs = both
    same(ours, theirs)
    steps: list[tuple[str, Callable[[], tuple[Any, ...]]]] = [
        ("pin_clean", lambda: (0,)),
        ("pin_singletons", lambda: ([5],)),
        ("solve", lambda: ()),
        ("unpin", lambda: (group_of(ours, 1),)),
        ("dissolve", lambda: (group_of(ours, 1),)),
        ("detach", lambda: (group_of(ours, 6), [6])),
        ("merge", lambda: ([{"id": 6, "amount": 20000}, {"id": 8, "amount": -20000}], "agreed", "by telephone")),
        ("solve", lambda: ()),
        ("pin", lambda: (group_of(ours, 9),)),
    ]
    for verb, given in steps:
        arguments = given()
        getattr(ours, verb)(*arguments)
        getattr(theirs, verb)(*arguments)
        same(ours, theirs)
    more = [line(1, 12.5, "INV1234"), line(20, -2.5, "INV1234")]
    ours.upsert(more)
    theirs.upsert(for_any_host(more))
    same(ours, theirs)
    ours.remove([5, 9])
    theirs.remove(5, 9)
    same(ours, theirs)


def test_the_same_errors(both: tuple[Workspace, Any]) -> None:
    ours, theirs = both
    group = group_of(ours, 1)
    ours.pin(group)
    theirs.pin(group)
    with pytest.raises(FrozenGroup) as mine:
        ours.dissolve(group)
    with pytest.raises(peer.PluginError) as other:
        theirs.dissolve(group)
    assert (mine.value.code, mine.value.group_id) == (other.value.code, other.value.group_id)
    assert mine.value.message in str(other.value)


def test_config_reaches_it(solver_wasm: Path) -> None:
    ours, theirs = Workspace(solver_wasm, config={"slack": 10}), peer.Workspace(str(solver_wasm), config={"slack": 10})
    ours.upsert(LINES)
    theirs.upsert(for_any_host(LINES))
    ours.solve()
    theirs.solve()
    same(ours, theirs)


def test_tables_by_fetch_equal_tables_from_json(both: tuple[Workspace, Any]) -> None:
    ours, theirs = both
    made = from_json(theirs.report())
    report = ours.report()
    assert made["allocations"].equals(report.allocations)
    assert made["rows"].equals(report.rows)
    known = ["group_id", "status", "origin", "reason", "net", "size", "max_abs", "min_side", "first_id"]
    assert made["groups"].select(known).equals(report.groups.select(known))


def test_projections_agree(both: tuple[Workspace, Any]) -> None:
    ours, theirs = both
    ours.merge([(3, 500), (4, -500)])
    theirs.merge([{"id": 3, "amount": 500}, {"id": 4, "amount": -500}])
    got = ours.report().primary_assignments()
    pairs = list(zip(got.column("id").to_pylist(), got.column("group_id").to_pylist(), strict=True))
    assert pairs == peer.primary_assignments(theirs.report())
