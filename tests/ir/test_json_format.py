"""JSON: round trip, canonical text, fingerprint, strict loading, and the published schema."""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

import florecon_build as fb
from florecon_build.ir import json_schema
from florecon_build.ir.json_format import MAX_DEPTH
from florecon_build.ir.traversal import NODE_KINDS, VALUE_KINDS, kind_name
from tests.ir.json_schema import violations
from tests.support.random_strategies import ROWS, random_plugin

ROOT = Path(__file__).parent.parent.parent


def plugin() -> fb.Plugin:
    rows = fb.columns(
        row_id=fb.integer(id=True), account=fb.text(), day=fb.date(), rate=fb.real(), amount=fb.money(scale=2)
    )
    slack = fb.param("slack", 100, doc="cents")
    steps = fb.partition_by_with(
        rows.account,
        lambda k: fb.seq(
            fb.agg_net(tol=fb.rel_tol(10, floor=slack)),
            fb.flow(
                penalty=9.5,
                order=rows.day,
                window=30,
                cost=lambda a, b: fb.tier((a.account == k) & fb.nets(a, b, 5), 0.1 * fb.gap(a.day, b.day)),
            ),
            fb.soak_all(mode="bucket", key=(rows.account, rows.day)),
        ),
    )
    return fb.Plugin("acme.json", "1.0.0", rows=rows, numeraire=rows.amount, strategy=steps)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), depth=st.integers(1, 6))
def test_a_plugin_survives_its_json(seed: int, depth: int) -> None:
    made = random_plugin(random.Random(seed), ROWS, depth)
    again = fb.Plugin.from_ir(made.ir())
    assert again.data == made.data
    assert again.ir() == made.ir()
    assert again.fingerprint == made.fingerprint
    assert fb.Plugin.from_ir(json.loads(made.ir())).data == made.data
    assert not violations(json_schema.json_schema(), json.loads(made.ir()))


def test_the_json_is_what_it_is(snapshot: SnapshotAssertion) -> None:
    assert plugin().ir() == snapshot


def test_the_fingerprint_is_blind_to_where_it_was_written() -> None:
    assert plugin().fingerprint == plugin().fingerprint
    tree = json.loads(plugin().ir())
    moved = {**tree, "source": {pointer: ["else.py", 1] for pointer in tree["source"]}}
    assert fb.Plugin.from_ir(moved).fingerprint == plugin().fingerprint
    assert fb.Plugin.from_ir({key: tree[key] for key in ("florecon_ir", "plugin")}).fingerprint == plugin().fingerprint


def test_the_fingerprint_sees_every_number() -> None:
    count = len(leaves(json.loads(plugin().ir())["plugin"]))
    changed: list[str] = []
    for index in range(count):
        whole = json.loads(plugin().ir())
        holder, key = leaves(whole["plugin"])[index]
        if type(holder[key]) in {int, float} and key != "binder":
            holder[key] += 1
            with contextlib.suppress(fb.StrategyError):
                changed.append(fb.Plugin.from_ir(whole).fingerprint)
    assert plugin().fingerprint not in changed
    assert len(set(changed)) == len(changed) >= 7


@pytest.mark.slow
@pytest.mark.parametrize("seed", ["0", "4242", "random"])
def test_the_fingerprint_is_the_same_in_every_process(seed: str) -> None:
    code = (
        "import random\n"
        "from tests.ir.test_json_format import plugin\n"
        "from tests.support.random_strategies import ROWS, random_plugin\n"
        "print(plugin().fingerprint, *(random_plugin(random.Random(n), ROWS, 4).fingerprint for n in range(6)))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, cwd="/"
    )
    here = [plugin().fingerprint, *(random_plugin(random.Random(n), ROWS, 4).fingerprint for n in range(6))]
    assert result.stdout.split() == here


def test_the_fingerprint_is_of_this_format() -> None:
    """Kept by value, so that it holds under every version of Python that runs this. A change here is a change of the
    format: every stored fingerprint changes with it.
    """
    assert plugin().fingerprint == fb.Plugin.from_ir(plugin().ir()).fingerprint
    assert plugin().fingerprint == "9f094ab4e352fb36748f0df1a519be1e2b9a1d9dfe0def9abe3649b878c81400"


def broken(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    tree = json.loads(plugin().ir())
    change(tree)
    return tree


def node(tree: dict[str, Any]) -> dict[str, Any]:
    return tree["plugin"]["strategy"]


def deep(tree: dict[str, Any]) -> None:
    below = node(tree)
    for _ in range(MAX_DEPTH + 5):
        below = {"kind": "whole_only", "inner": below}
    tree["plugin"]["strategy"] = below


BROKEN: dict[str, Callable[[dict[str, Any]], object]] = {
    "version": lambda tree: tree.update(florecon_ir=2),
    "boolean version": lambda tree: tree.update(florecon_ir=True),
    "extra part": lambda tree: tree.update(extra=1),
    "no plugin": lambda tree: tree.pop("plugin"),
    "missing field": lambda tree: node(tree).pop("key"),
    "extra field": lambda tree: node(tree).update(note="x"),
    "unknown kind": lambda tree: node(tree).update(kind="partition_bye"),
    "no kind": lambda tree: node(tree).pop("kind"),
    "value for node": lambda tree: node(tree).update(inner=node(tree)["key"]),
    "node for value": lambda tree: node(tree).update(key=node(tree)["inner"]),
    "null key": lambda tree: node(tree).update(key=None),
    "number as list": lambda tree: node(tree).update(inner={"kind": "seq", "steps": 3}),
    "boolean as integer": lambda tree: node(tree).update(binder=True),
    "real as integer": lambda tree: node(tree).update(binder=0.0),
    "unknown operator": lambda tree: node(tree)["inner"]["steps"][0]["tol"].update(op="rel"),
    "unknown type": lambda tree: node(tree)["key"]["type"].update(kind="string"),
    "money without scale": lambda tree: tree["plugin"]["numeraire"]["type"].pop("scale"),
    "text with scale": lambda tree: node(tree)["key"]["type"].update(scale=2),
    "nullable false": lambda tree: node(tree)["key"]["type"].update(nullable=False),
    "bad position": lambda tree: tree["source"].update({"/plugin": ["a.py"]}),
    "too deep": deep,
    "unknown lane": lambda tree: node(tree)["key"].update(name="acount"),
    "lane of another type": lambda tree: node(tree)["key"].update(type={"kind": "integer"}),
    "nullable lane": lambda tree: node(tree)["key"]["type"].update(nullable=True),
    "unknown param": lambda tree: tree["plugin"].update(params=[]),
    "param twice": lambda tree: tree["plugin"]["params"].append(tree["plugin"]["params"][0]),
    "param default type": lambda tree: tree["plugin"]["params"][0].update(default=1.5),
    "column twice": lambda tree: tree["plugin"]["columns"].append(tree["plugin"]["columns"][1]),
    "no row id": lambda tree: tree["plugin"]["columns"].pop(0),
    "pair in a key": lambda tree: node(tree)["key"].update(var="a"),
    "negative tolerance": lambda tree: node(tree)["inner"]["steps"][0]["tol"]["amount"].update(value=-1),
    "money as tolerance": lambda tree: node(tree)["inner"]["steps"][0]["tol"].update(
        amount={"kind": "lit", "type": {"kind": "money", "scale": 2}, "value": 1}
    ),
    "huge constant": lambda tree: node(tree)["inner"]["steps"][0]["tol"]["amount"].update(value=2**63),
    "text constant": lambda tree: node(tree)["inner"]["steps"][0]["tol"]["amount"].update(value="10"),
    "half a window": lambda tree: node(tree)["inner"]["steps"][1].update(window=None),
    "text window": lambda tree: node(tree)["inner"]["steps"][1].update(order=node(tree)["key"]),
    "null cost": lambda tree: node(tree)["inner"]["steps"][1].update(cost=node(tree)["key"]),
    "integer penalty": lambda tree: node(tree)["inner"]["steps"][1]["penalty"].update(
        type={"kind": "integer"}, value=9
    ),
    "bucket without key": lambda tree: node(tree)["inner"]["steps"][2].update(key=None),
    "real numeraire": lambda tree: tree["plugin"].update(
        numeraire={"kind": "lane", "type": {"kind": "real"}, "var": "item", "name": "rate"}
    ),
    "no steps": lambda tree: node(tree)["inner"].update(steps=[]),
    "empty origin": lambda tree: node(tree)["inner"]["steps"][2].update(origin=""),
    "shard key elsewhere": lambda tree: node(tree).update(
        key={"kind": "shard_key", "type": {"kind": "text"}, "binder": 0, "part": None}
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_plugin_is_refused_with_its_place(name: str, snapshot: SnapshotAssertion) -> None:
    with pytest.raises(fb.IrError) as raised:
        fb.Plugin.from_ir(broken(BROKEN[name]))
    lines = [f"{problem.code} at {problem.path}: {problem.message}" for problem in raised.value.problems]
    assert all(
        problem.path for problem in raised.value.problems if problem.code not in {"lane_taken", "param_taken", "row_id"}
    )
    assert "\n".join(lines) == snapshot


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        b"\xff\xfe",
        '{"florecon_ir": 1, "florecon_ir": 1}',
        '{"florecon_ir": NaN}',
        '{"florecon_ir": 1, "plugin": []}',
        "[" * 100_000,
    ],
)
def test_what_is_no_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(fb.IrError):
        fb.Plugin.from_ir(text)


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_scrambled_plugin_is_refused_or_sound(seed: int) -> None:
    rng = random.Random(seed)
    tree = json.loads(random_plugin(random.Random(seed % 50), ROWS, 3).ir())
    places = list(leaves(tree["plugin"]))
    for _ in range(rng.randrange(1, 3)):
        (holder, key), (other, name) = rng.choice(places), rng.choice(places)
        holder[key] = other[name]
    try:
        again = fb.Plugin.from_ir(tree)
    except fb.IrError:
        return
    assert fb.Plugin.from_ir(again.ir()).data == again.data
    again.tree()
    again.check()


def leaves(tree: Any) -> list[tuple[Any, Any]]:
    """Every place in the JSON: what holds it, and its key or index there."""
    keys: list[Any] = []
    if isinstance(tree, dict):
        keys = list(cast("dict[str, Any]", tree))
    elif isinstance(tree, list):
        keys = list(range(len(cast("list[Any]", tree))))
    found: list[tuple[Any, Any]] = [(tree, key) for key in keys]
    return found + [pair for key in keys for pair in leaves(tree[key])]


def test_every_kind_has_its_definition_in_the_schema() -> None:
    definitions = json_schema.json_schema()["$defs"]
    assert {kind_name(kind) for kind in (*NODE_KINDS, *VALUE_KINDS)} <= set(definitions)


def test_the_published_schema_is_current() -> None:
    """``python -m florecon_build.ir.json_schema > docs/ir.schema.json`` writes it."""
    assert (ROOT / "docs" / "ir.schema.json").read_text(encoding="utf-8") == json_schema.dumps()


@pytest.mark.parametrize(
    "name", ["missing field", "extra field", "unknown kind", "null key", "unknown operator", "version"]
)
def test_the_schema_refuses_what_is_no_plugin(name: str) -> None:
    assert violations(json_schema.json_schema(), broken(BROKEN[name]))
