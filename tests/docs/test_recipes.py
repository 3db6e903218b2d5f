"""Recipes: the assertions of docs/recipes.md hold in the interpreter and in the compiled module."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

import florecon_build as fb
from florecon_build.codegen import build_suite
from florecon_build.ir.nodes import PluginIr
from tests.support.pages import DOCS, run

PAGE = (DOCS / "recipes.md").read_text(encoding="utf-8")
RECIPES = [
    "reciprocity",
    "guard",
    "one_payment",
    "composite",
    "buckets",
    "trace",
    "reference",
    "stages",
    "currencies",
    "schedule",
    "write_offs",
    "cut_off",
    "bridging",
    "inside",
    "settled",
    "named",
    "disputed",
    "discount",
    "unambiguous",
    "three_way",
    "whole_lines",
]


@dataclass(frozen=True, slots=True)
class Call:
    """A simulation that the page made."""

    plugin: fb.Plugin
    frame: Any
    config: dict[str, object]
    result: fb.Report


@dataclass(frozen=True, slots=True)
class Ran:
    """What the page left behind: its names and its simulations."""

    names: dict[str, Any]
    calls: list[Call]


@pytest.fixture(scope="module")
def ran() -> Ran:
    found = Ran({}, [])
    simulate = fb.Plugin.simulate

    def record(self: fb.Plugin, frame: Any, config: Any = None) -> fb.Report:
        result = simulate(self, frame, config)
        found.calls.append(Call(self, frame, dict(config or {}), result))
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fb.Plugin, "simulate", record)
        run("recipes.md", PAGE, found.names)
    return found


def test_every_recipe_runs(ran: Ran) -> None:
    """Each asserts its own outcome in the page."""
    assert PAGE.count("\n## ") == len(RECIPES) == 21
    tried = [call.plugin for call in ran.calls]
    assert all(ran.names[name] in tried for name in RECIPES)


def test_recipes_have_no_warnings(ran: Ran) -> None:
    assert {name: ran.names[name].check() for name in RECIPES} == dict.fromkeys(RECIPES, ())


@pytest.mark.cargo
def test_compiled_recipes_equal_the_interpreter(ran: Ran, tmp_path_factory: pytest.TempPathFactory) -> None:
    plugins = [ran.names[name] for name in RECIPES]
    artifact = build_suite(joined([plugin.data for plugin in plugins]), tmp_path_factory.mktemp("recipes"))
    for call in ran.calls:
        workspace = fb.Workspace(artifact.wasm, config={"strategy": plugins.index(call.plugin), **call.config})
        workspace.upsert(call.frame)
        report = workspace.solve()
        assert sets(report) == sets(call.result)


def sets(report: fb.Report) -> list[Any]:
    """Groups by what is in them."""
    pieces: dict[int, list[tuple[int, int]]] = {}
    for part in report.allocations.to_pylist():
        pieces.setdefault(part["group_id"], []).append((part["id"], part["amount"]))
    return sorted(
        (pieces[group["group_id"]], group["origin"], group["reason"] or "") for group in report.groups.to_pylist()
    )


def joined(irs: list[PluginIr]) -> list[PluginIr]:
    """The same strategies over the lanes and params of all: one module has one row."""
    lanes, params = ({item.name: item for ir in irs for item in getattr(ir, part)} for part in ("lanes", "params"))
    assert len(lanes) == len({(lane.name, lane.value) for ir in irs for lane in ir.lanes}), "two lanes of one name"
    return [replace(ir, lanes=tuple(lanes.values()), params=tuple(params.values())) for ir in irs]
