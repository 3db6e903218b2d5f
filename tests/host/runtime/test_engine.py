"""Engine module: a plugin runs without being compiled, and hostile strategies are refused with the place."""

from __future__ import annotations

import copy
import json
import random
import time
from collections.abc import Callable
from typing import Any

import pytest

import florecon_build as fb
from florecon_build.codegen.rust.crate import nodes_json
from florecon_build.host import BadConfig, BadSnapshot, BadStrategy, Poisoned, Workspace, load
from florecon_build.host.conformance import WorkspaceModule, run
from florecon_build.host.frames import conform
from florecon_build.host.runtime.engine_module import engine_path
from florecon_build.host.runtime.instance import Instance
from florecon_build.host.runtime.limits import Deadline, Limits
from tests.codegen.strategies import STRATEGIES
from tests.host.runtime.hostile_strategies import Document, mutated

ROWS = fb.columns(row_id=fb.integer(id=True), account=fb.text(), day=fb.date(), amount=fb.money(scale=2))
SLACK = fb.param("slack", 0)
PLUGIN = fb.Plugin(
    "acme.engine",
    "1.0.0",
    rows=ROWS,
    numeraire=ROWS.amount,
    strategy=fb.partition_by(ROWS.account, fb.seq(fb.agg_net(tol=SLACK), fb.soak_all("open"))),
)
LINES = [(1, "A", 9.5), (2, "A", -9.5), (3, "B", 7), (4, "B", -6)]
LEDGER = [{"row_id": id, "account": account, "day": 0, "amount": amount} for id, account, amount in LINES]


def document() -> dict[str, Any]:
    return json.loads(PLUGIN.ir())


def opened(json_: object) -> None:
    Workspace(Document(json_)).close()


def test_a_plugin_runs_and_describes_itself() -> None:
    with Workspace(PLUGIN) as ws:
        assert (ws.about.domain, ws.about.strategy) == ("acme.engine", PLUGIN.fingerprint)
        assert ws.about.has("init.strategy")
        assert ws.about.nodes == PLUGIN.description.nodes
        ws.upsert(LEDGER)
        assert ws.solve().groups["origin"].to_pylist() == ["agg_net", "open", "open"]
        ws.configure(slack=100)
        assert ws.solve().groups["origin"].to_pylist() == ["agg_net", "agg_net"]
    with PLUGIN.workspace(slack=100) as ws:
        ws.upsert(LEDGER)
        assert ws.solve().groups["origin"].to_pylist() == ["agg_net", "agg_net"]
    with pytest.raises(BadConfig, match="slak"):
        PLUGIN.workspace(slak=1)


@pytest.mark.parametrize("name", STRATEGIES)
def test_fingerprint_and_nodes_are_those_of_the_frontend(name: str) -> None:
    plugin = STRATEGIES[name]()
    with Workspace(plugin) as ws:
        assert ws.about.strategy == plugin.fingerprint
        assert ws.about.raw["build"]["nodes"] == json.loads(nodes_json(plugin.data.strategy))
        assert ws.about.fields == plugin.description.fields
        assert ws.about.params == plugin.description.params


def test_a_snapshot_comes_back_and_belongs_to_its_strategy() -> None:
    with PLUGIN.workspace(slack=100) as ws:
        ws.upsert(LEDGER)
        before = ws.solve().groups.to_pylist()
        snapshot = ws.snapshot()
    with Workspace.restore(PLUGIN, snapshot) as again:
        assert again.report().groups.to_pylist() == before
        assert again.snapshot() == snapshot
    other = fb.Plugin("acme.other", "1.0.0", rows=ROWS, numeraire=ROWS.amount, strategy=fb.exact_1to1())
    with pytest.raises(BadSnapshot, match=r"acme\.engine"):
        Workspace.restore(other, snapshot)


def test_the_conformance_kit_passes() -> None:
    rng = random.Random(7)
    rows = [
        {
            "row_id": id,
            "account": rng.choice("ABC"),
            "day": rng.randrange(40),
            "amount": rng.choice((-5, 5, 7.5, -12.5)),
        }
        for id in range(40)
    ]
    strategy = fb.partition_by(
        ROWS.account,
        fb.seq(
            fb.exact_1to1(order=ROWS.day),
            fb.flow(penalty=9, order=ROWS.day, window=20, cost=lambda a, b: 0.1 * fb.gap(a.day, b.day)),
        ),
    )
    plugin = fb.Plugin("acme.kit", "1.0.0", rows=ROWS, numeraire=ROWS.amount, strategy=strategy)
    with Workspace(plugin) as ws:
        table = conform(rows, ws.about).to_table()
    verdict = run("acme.kit", lambda: WorkspaceModule(Workspace(plugin)), table, "row_id")
    assert verdict.ok, str(verdict)
    assert "warm equals cold" in verdict.checks


def test_a_workspace_is_rebuilt_with_its_strategy() -> None:
    with Workspace(PLUGIN) as ws:
        ws.upsert(LEDGER)
        ws._session._instances.current.poisoned = Poisoned("for a test")  # pyright: ignore[reportPrivateUsage]
        assert ws.solve().groups["origin"].to_pylist() == ["agg_net", "open", "open"]
        assert ws.rebuilt == 1


def put(pointer: str, value: object) -> Callable[[dict[str, Any]], None]:
    """A change of the document at a JSON pointer."""

    def change(document: Any) -> None:
        *way, last = pointer.strip("/").split("/")
        for step in way:
            document = document[int(step) if isinstance(document, list) else step]
        document[int(last) if isinstance(document, list) else last] = value

    return change


INTEGER = {"kind": "integer"}
KEY = {"kind": "shard_key", "type": {"kind": "text"}, "binder": 7, "part": None}


def nested(levels: int) -> dict[str, Any]:
    node: dict[str, Any] = {"kind": "identity"}
    for _ in range(levels):
        node = {"kind": "whole_only", "inner": node}
    return node


STRATEGY = "/plugin/strategy"
TOL = f"{STRATEGY}/inner/steps/0/tol"
WITH = {
    "kind": "partition_by_with",
    "binder": 0,
    "key": {"kind": "lane", "type": {"kind": "text"}, "var": "item", "name": "account"},
}
LOOP = {"kind": "lane", "type": INTEGER, "var": "item", "name": "loop"}
HUGE = {
    "kind": "lookup",
    "type": INTEGER,
    "operand": {"kind": "lane", "type": {"kind": "text"}, "var": "item", "name": "account"},
    "table": [[f"key {number}", number] for number in range(200_000)] + [["key 7", 1]],
    "default": 0,
}
REFUSED: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "another version": (put("/florecon_ir", 2), "at /florecon_ir: this engine reads version 1"),
    "no plugin": (lambda d: d.pop("plugin"), "at /: the field `plugin` is missing"),
    "a field too many": (put("/plugin/surplus", 1), "at /plugin: there is no field `surplus` here"),
    "an unknown node": (put(f"{STRATEGY}/kind", "teleport"), f"at {STRATEGY}/kind: unknown node \"teleport\""),
    "an unknown expression": (put(f"{STRATEGY}/key/kind", "eval"), f"at {STRATEGY}/key/kind: unknown expression"),
    "a lane of another name": (put(f"{STRATEGY}/key/name", "acount"), "unknown lane `acount`"),
    "a lane of another type": (put(f"{STRATEGY}/key/type", INTEGER), "of another type"),
    "a pair's side in a row": (put(f"{STRATEGY}/key/var", "b"), "expected a row expression"),
    "a shard key of nobody": (put(f"{STRATEGY}/key", KEY), "the shard key 7 is used outside of"),
    "a binder bound twice": (
        put(STRATEGY, {**WITH, "inner": {**WITH, "inner": {"kind": "identity"}}}),
        f"at {STRATEGY}/inner/binder: the binder 0 is bound by a node above already",
    ),
    "a lane that reads itself": (
        put("/plugin/lanes", [{"name": "loop", "value": LOOP}]),
        "at /plugin/lanes/0/value: unknown lane `loop`",
    ),
    "two lanes of one name": (put("/plugin/columns/1/name", "day"), "the lane `day` is declared twice"),
    "no id": (put("/plugin/columns/0/id", False), "one column is the row id"),
    "a scale beyond reason": (put("/plugin/columns/3/type/scale", 4_000_000_000), "an integer from 0 to 18"),
    "a type that is none": (put("/plugin/columns/1/type/kind", "blob"), "unknown type \"blob\""),
    "a constant of another type": (
        put(f"{TOL}/amount", {"kind": "lit", "type": INTEGER, "value": "two"}),
        f"at {TOL}/amount/value: \"two\" is no constant of this type",
    ),
    "a constant beyond 64 bits": (
        put(f"{TOL}/amount", {"kind": "lit", "type": INTEGER, "value": 2**80}),
        "is no constant of this type",
    ),
    "a fraction for an integer": (
        put(f"{TOL}/amount", {"kind": "lit", "type": INTEGER, "value": 0.5}),
        "0.5 is no constant of this type",
    ),
    "a division by zero": (
        put(
            f"{TOL}/amount",
            {
                "kind": "arith",
                "type": INTEGER,
                "op": "floor_div",
                "left": {"kind": "lit", "type": INTEGER, "value": 1},
                "right": {"kind": "lit", "type": INTEGER, "value": 0},
            },
        ),
        "the divisor is a positive integer constant",
    ),
    "a row's value as a setting": (
        put(f"{TOL}/amount", {"kind": "lot_amount", "type": INTEGER, "var": "item"}),
        "expected a constant, a param or a shard key",
    ),
    "endless passes": (
        put(f"{STRATEGY}/inner", {"kind": "fixed_point", "inner": {"kind": "identity"}, "max_passes": 10**9}),
        "an integer from 1 to 10000",
    ),
    "a table with a key twice": (put("/plugin/numeraire", HUGE), "the key \"key 7\" stands there twice"),
    "nodes 300 deep": (put(STRATEGY, nested(300)), "nested more than 200 levels deep"),
    "a source that is none": (put("/source", {"/plugin": "here"}), "at /source/~1plugin: expected [file, line]"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_strategy_is_refused_with_its_place(name: str) -> None:
    change, message = REFUSED[name]
    wrong = document()
    change(wrong)
    with pytest.raises(BadStrategy) as caught:
        opened(wrong)
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "NaN", '{"florecon_ir": Infinity}', "[" * 100_000, "null", "7", '"text"'])
def test_what_is_no_strategy_is_refused(text: str) -> None:
    class Raw:
        def ir(self) -> str:
            return text

    with pytest.raises(BadStrategy):
        Workspace(Raw())


def test_a_strategy_nested_without_end_is_refused_before_it_is_read() -> None:
    instance = Instance(load(engine_path()), Limits())
    deep = '{"kind": "whole_only", "inner": ' * 100_000 + '{"kind": "identity"}' + "}" * 100_000
    command = '{"op": "init", "strategy": {"florecon_ir": 1, "plugin": ' + deep + "}}"
    said = json.loads(instance.dispatch(command.encode(), None, Deadline(None)))
    assert said["error"]["code"] == "bad_command"
    assert "levels deep" in said["error"]["message"]


def test_as_deep_as_an_author_may_go_is_taken() -> None:
    value: Any = ROWS.account
    for _ in range(118):
        value = fb.concat("x", value)
    strategy: Any = fb.exact_1to1(value)
    for _ in range(58):
        strategy = fb.seq(strategy)
    plugin = fb.Plugin("acme.deep", "1.0.0", rows=ROWS, numeraire=ROWS.amount, strategy=strategy)
    with Workspace(plugin) as ws:
        ws.upsert(LEDGER)
        assert ws.solve().groups["origin"].to_pylist()[0] == "exact_1to1"


def test_mutated_strategies_are_run_or_refused() -> None:
    rng = random.Random(20_261_127)
    sources = [json.loads(made().ir()) for made in STRATEGIES.values()]
    started, refused = time.process_time(), 0
    for _ in range(150):
        wrong = mutated(copy.deepcopy(rng.choice(sources)), rng)
        try:
            opened(wrong)
        except (BadStrategy, BadConfig):
            refused += 1
    assert refused > 50
    assert time.process_time() - started < 60
