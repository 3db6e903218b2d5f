"""Portable file: exchange with the independent host in both directions."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from florecon_build.host import BadTable, Store, StoredWorkspace, Workspace
from tests.support.ledger import LINES, AnyWorkspace, for_any_host, group_of, opened

peer: Any = importlib.import_module("florecon")
persist: Any = importlib.import_module("florecon.persist")
peer_tags: Any = importlib.import_module("florecon.tags")


def theirs_opened(wasm: Path) -> Any:
    ws = peer.Workspace(str(wasm))
    ws.upsert(for_any_host(LINES))
    ws.solve()
    return ws


def decided(report: dict[str, Any]) -> list[Any]:
    """The pinned groups of a JSON report, whatever their numbers."""
    members: dict[int, list[tuple[int, int]]] = {}
    for place in report["allocations"]:
        members.setdefault(place["group_id"], []).append((place["id"], place["amount"]))
    return sorted(
        [sorted(members[group["group_id"]]), group["origin"], group.get("reason")]
        for group in report["groups"]
        if group["status"] == "pinned"
    )


def decide(ws: Workspace) -> None:
    ws.pin(group_of(ws, 1))
    ws.merge({6: 20000, 8: -20000}, label="agreed", reason="by telephone")
    ws.pin_singletons([5])
    ws.tag([5, 8], "Needs review")
    ws.tag([8], "FX")


def test_they_read_what_we_write(solver_wasm: Path, tmp_path: Path) -> None:
    ours = opened(solver_wasm)
    decide(ours)
    path = ours.save(tmp_path / "desk.json", meta={"period": "2024-01"})
    theirs, tags = theirs_opened(solver_wasm), peer_tags.TagStore()
    summary = persist.load_workspace(path, theirs, tags=tags)
    assert summary == {"groups": 2, "singles": 1, "failed": 0, "errors": []}
    assert decided(theirs.report()) == decided(ours.report().to_json())
    assert tags.tagged("tag:needs review") == [5, 8]
    assert tags.label("tag:fx") == "FX"
    assert tags.dump() == json.loads(path.read_text())["tags"]
    assert json.loads(path.read_text())["meta"]["period"] == "2024-01"


@pytest.mark.parametrize("kept", [False, True])
def test_we_read_what_they_write(solver_wasm: Path, tmp_path: Path, kept: bool) -> None:
    theirs, tags = theirs_opened(solver_wasm), peer_tags.TagStore()
    theirs.pin_clean(0)
    theirs.merge([{"id": 6, "amount": 20000}, {"id": 8, "amount": -20000}], "agreed", "by telephone")
    theirs.pin_singletons([5])
    tags.add(5, tags.ensure_tag("Needs review"))
    path = tmp_path / "desk.json"
    persist.save_workspace(path, theirs.report(), tags=tags, meta={"domain": theirs.domain})
    ours: AnyWorkspace = opened(solver_wasm)
    if kept:
        ours = Workspace.open(Store(tmp_path / "recon.sqlite"), solver_wasm, LINES, who="anna")
    assert ours.load(path) == ()
    assert decided(ours.report().to_json()) == decided(theirs.report())
    assert ours.tags.of(5) == ("Needs review",)
    ours.solve()
    theirs.solve()
    assert decided(ours.report().to_json()) == decided(theirs.report())
    if isinstance(ours, StoredWorkspace):
        assert {each.entry.why for each in ours.decisions} == {"from desk.json"}
        again = Workspace.open(Store(tmp_path / "recon.sqlite"), solver_wasm, LINES, who="ben")
        assert decided(again.report().to_json()) == decided(theirs.report())
        assert again.tags.of(5) == ("Needs review",)


def test_the_file_is_the_same_after_a_round(solver_wasm: Path, tmp_path: Path) -> None:
    ours = opened(solver_wasm)
    decide(ours)
    first = ours.save(tmp_path / "one.json").read_text()
    again = opened(solver_wasm)
    again.load(tmp_path / "one.json")
    assert json.loads(again.save(tmp_path / "two.json").read_text()) == json.loads(first)


def test_what_does_not_fit_is_listed(solver_wasm: Path, tmp_path: Path) -> None:
    ours = opened(solver_wasm)
    decide(ours)
    path = ours.save(tmp_path / "desk.json")
    fewer = opened(solver_wasm, [entry for entry in LINES if entry["row_id"] not in (2, 5)])
    misfits = fewer.load(path)
    assert sorted((misfit.reason, misfit.id) for misfit in misfits) == [("row 2 is gone", 2), ("row 5 is gone", 5)]
    assert len(decided(fewer.report().to_json())) == 1
    store = Store(tmp_path / "recon.sqlite")
    kept = Workspace.open(store, solver_wasm, [entry for entry in LINES if entry["row_id"] != 2], who="anna")
    assert [misfit.reason for misfit in kept.load(path)] == ["row 2 is gone"]
    assert [unfit.reason for unfit in kept.unfit] == ["row 2 is gone"]


FILE: dict[str, Any] = {"kind": "florecon.workspace", "version": 1, "decisions": []}
REFUSED: dict[str, tuple[Any, str]] = {
    "no JSON": ("{", "no workspace file"),
    "a list": ([], "kind is not"),
    "another kind": ({**FILE, "kind": "florecon.result"}, "kind is not"),
    "a later version": ({**FILE, "version": 2}, "version 2, this host reads version 1"),
    "another domain": ({**FILE, "domain": "acme.other"}, "are of 'acme.other'"),
    "decisions of nothing": ({**FILE, "decisions": [{"allocations": []}]}, "malformed"),
    "an amount of text": ({**FILE, "decisions": [{"allocations": [{"id": 1, "amount": "5"}]}]}, "malformed"),
    "decisions of another shape": ({**FILE, "decisions": 7}, "malformed"),
    "tags of another shape": ({**FILE, "tags": {"tags": {"x": ["tag:a"]}}}, "tags of the file are malformed"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_files_that_are_refused(solver_wasm: Path, tmp_path: Path, case: str) -> None:
    content, message = REFUSED[case]
    path = tmp_path / "desk.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    ours = opened(solver_wasm)
    with pytest.raises(BadTable, match=message):
        ours.load(path)
    assert decided(ours.report().to_json()) == []
    with pytest.raises(BadTable, match="No such file"):
        ours.load(tmp_path / "nowhere.json")
