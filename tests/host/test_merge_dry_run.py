"""Dry run of a merge: the same answer as the merge, and nothing changed, on modules with and without the extension."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from florecon_build.host import BadDescribe, InsufficientLiveAmount, UnknownId, Workspace
from florecon_build.host.description import parse
from tests.support.ledger import group_of, opened, state
from tests.support.wat_modules import ABOUT, solver

PAIR: dict[int | str, int] = {3: 500, 4: -500}


@pytest.fixture(params=["extension", "no extension"])
def ws(request: pytest.FixtureRequest, solver_wasm: Path) -> Workspace:
    workspace = opened(solver_wasm)
    assert workspace.about.has("merge.dry_run")
    if request.param == "no extension":
        session: Any = vars(workspace)["_session"]
        session.about = replace(session.about, extensions=frozenset[str]())
    return workspace


def test_a_dry_run_says_the_group_and_changes_nothing(ws: Workspace) -> None:
    before = state(ws)
    group = ws.merge(PAIR, dry_run=True)
    assert state(ws) == before
    assert ws.merge(PAIR) == group
    assert group_of(ws, 4) == group


def test_a_dry_run_is_refused_as_the_merge_is(ws: Workspace) -> None:
    before = state(ws)
    with pytest.raises(InsufficientLiveAmount) as refused:
        ws.merge({3: 701, 4: -700}, dry_run=True)
    assert refused.value.id == 3
    with pytest.raises(UnknownId):
        ws.merge({3: 1, 77: -1}, dry_run=True)
    assert state(ws) == before
    assert ws.rebuilt == 0


def test_only_a_module_without_the_extension_is_rebuilt(solver_wasm: Path) -> None:
    ws = opened(solver_wasm)
    ws.merge(PAIR, dry_run=True)
    ws.solve()
    assert ws.rebuilt == 0
    plain = Workspace(solver())
    assert plain.merge(PAIR, dry_run=True) == 0
    plain.solve()
    assert plain.rebuilt == 1


def test_extensions_are_read_from_the_description() -> None:
    def about(extensions: object) -> Any:
        return parse(json.dumps({**ABOUT, "extensions": extensions}).encode(), "m")

    assert about(["merge.dry_run", "from a newer runtime"]).has("merge.dry_run")
    assert not about([]).has("merge.dry_run")
    assert not about(None).has("merge.dry_run")
    odd: list[object] = ["merge.dry_run", [1], 1]
    for each in odd:
        with pytest.raises(BadDescribe, match="extensions"):
            about(each)
