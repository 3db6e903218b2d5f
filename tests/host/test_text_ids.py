"""Text ids: accepted by every method, and used in every result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from florecon_build.host import BadSnapshot, DuplicateId, FloreconError, Store, UnknownId, Workspace, verify
from tests.host.golden.plugins import built
from tests.host.golden.script import LEDGER, line, table

pytestmark = pytest.mark.cargo


@pytest.fixture(scope="module")
def wasm() -> Path:
    return built("text").wasm


@pytest.fixture
def ws(wasm: Path) -> Workspace:
    return solved(wasm)


def solved(wasm: Path) -> Workspace:
    workspace = Workspace(wasm)
    workspace.upsert(table(LEDGER, textual=True))
    workspace.solve()
    return workspace


def groups(ws: Workspace) -> set[tuple[str, frozenset[tuple[str, int]]]]:
    """Each group by its members, with its status."""
    report = ws.report()
    members: dict[int, set[tuple[str, int]]] = {}
    for place in report.allocations.to_pylist():
        members.setdefault(place["group_id"], set()).add((place["id_text"], place["amount"]))
    return {(group["status"], frozenset(members[group["group_id"]])) for group in report.groups.to_pylist()}


def group_of(ws: Workspace, row_id: str) -> int:
    found = {row["id_text"]: row["group_id"] for row in ws.report().rows.to_pylist()}
    return found[row_id]


def test_tables_carry_the_texts(ws: Workspace) -> None:
    report = ws.report()
    wanted = [f"L{number:03}" for number in range(1, 11)]
    assert report.rows["id_text"].to_pylist() == wanted
    assert [place["id_text"] for place in report.to_json()["allocations"]] == [
        place["id_text"] for place in report.allocations.to_pylist()
    ]
    assert set(report.primary_assignments()["id_text"].to_pylist()) == set(wanted)
    assert set(report.connected_components()["id_text"].to_pylist()) == set(wanted)
    found = report.sql("select id_text from allocations join groups using (group_id) where origin = 'exact_1to1'")
    assert found["id_text"].to_pylist() == ["L001", "L002"]


def test_verbs_take_texts(ws: Workspace) -> None:
    ws.merge({"L003": 500, "L004": -500}, label="agreed")
    ws.pin_singletons(["L005", "L010"])
    ws.detach(group_of(ws, "L006"), ["L008"])
    ws.remove(["L009"])
    assert {
        ("pinned", frozenset({("L003", 500), ("L004", -500)})),
        ("pinned", frozenset({("L005", 300)})),
        ("pinned", frozenset({("L010", 0)})),
    } <= groups(ws)
    ws.solve()
    assert ("pinned", frozenset({("L003", 500), ("L004", -500)})) in groups(ws)
    assert "L009" not in ws.report().rows["id_text"].to_pylist()


def test_a_removed_row_leaves_nothing_of_its_id_and_comes_again_under_a_new_number(ws: Workspace, wasm: Path) -> None:
    def numbers() -> dict[str, int]:
        rows = ws.report().rows
        return dict(zip(rows["id_text"].to_pylist(), rows["id"].to_pylist(), strict=True))

    before = numbers()
    again = table([entry for entry in LEDGER if entry["row_id"] == 9], textual=True)
    assert b"L009" in ws.snapshot()
    ws.remove([before["L009"]])  # by its number
    assert "L009" not in numbers()
    assert b"L009" not in ws.snapshot()
    restored = Workspace.restore(wasm, ws.snapshot())
    for each in (ws, restored):
        each.upsert(again)
        rows = each.report().rows.to_pylist()
        assert {row["id_text"]: row["id"] for row in rows} == {**before, "L009": len(before)}


REFUSED: dict[str, tuple[Callable[[Workspace], object], type[FloreconError], str]] = {
    "no row": (lambda ws: ws.remove(["L099"]), UnknownId, "L099"),
    "a row of another group": (lambda ws: ws.detach(group_of(ws, "L003"), ["L001"]), FloreconError, "L001"),
    "twice in a merge": (lambda ws: ws.merge([("L003", 1), ("L003", -1)]), DuplicateId, "L003"),
    "twice in a batch": (lambda ws: ws.upsert(table([line(50, "1.00")] * 2, textual=True)), DuplicateId, "L050"),
    "nothing left of it": (lambda ws: ws.merge({"L010": 1, "L004": -1}), FloreconError, "L010"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_error_names_the_row_by_its_text(ws: Workspace, case: str) -> None:
    act, kind, row_id = REFUSED[case]
    before = groups(ws)
    with pytest.raises(kind) as caught:
        act(ws)
    assert caught.value.id == row_id
    assert row_id in str(caught.value)
    assert groups(ws) == before


def test_explain(ws: Workspace) -> None:
    one, two = ws.explain("L005"), ws.explain("L003", "L005")
    assert "L005" in str(one)
    assert {step.row for step in one.steps} == {"L005"}
    assert {"L003", "L005"} & {str(step.row) for step in two.steps}
    with pytest.raises(UnknownId, match="L099"):
        ws.explain("L099")


def test_tags_and_the_portable_file(ws: Workspace, wasm: Path, tmp_path: Path) -> None:
    ws.merge({"L003": 500, "L004": -500}, label="agreed")
    ws.tag(["L005", "L001"], "Needs review")
    path = ws.save(tmp_path / "desk.json")
    again = solved(wasm)
    assert again.load(path) == ()
    assert again.tags.rows("needs review") == ("L001", "L005")
    assert again.tags.of("L005") == ("Needs review",)
    again.solve()
    ws.solve()
    assert groups(again) == groups(ws)


def test_a_store_keeps_decisions_by_text(wasm: Path, tmp_path: Path) -> None:
    def desk(rows: list[dict[str, Any]]) -> Any:
        return Workspace.open(Store(tmp_path / "recon.sqlite"), wasm, table(rows, textual=True), who="anna")

    ws = desk(LEDGER)
    ws.merge({"L003": 500, "L004": -500}, label="agreed", why="by telephone")
    ws.pin(group_of(ws, "L001"))
    ws.tag(["L008"], "FX")
    ws.solve()
    again = desk([line(0, "0.00", account="Z"), *reversed(LEDGER)])  # other ordinals, the same texts
    assert groups(again) - groups(ws) == {("proposed", frozenset({("L000", 0)}))}
    assert groups(ws) <= groups(again)
    assert again.unfit == ()
    assert again.tags.rows("FX") == ("L008",)
    fewer = desk([entry for entry in LEDGER if entry["row_id"] != 4])
    assert [(unfit.id, unfit.reason) for unfit in fewer.unfit] == [("L004", "row L004 is gone")]
    assert verify(again.store).ok


def test_a_snapshot_of_another_strategy_is_refused(ws: Workspace, wasm: Path) -> None:
    foreign = Workspace(built("integer").wasm)
    foreign.upsert(table(LEDGER, textual=False))
    with pytest.raises(BadSnapshot):
        Workspace.restore(wasm, foreign.snapshot())
    assert groups(Workspace.restore(wasm, ws.snapshot())) == groups(ws)
