"""First inputs of each target: small valid ones, from which the search starts."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa

from tests.codegen.strategies import STRATEGIES
from tests.frontend.closure.texts import SEEDS
from tests.fuzzing.targets import module_of, sealed
from tests.support.random_strategies import ROWS, random_plugin
from tests.support.wat_modules import ABOUT

MADE_BY: dict[str, Any] = {"profile": "quick", "generator": "0.1.0", "runtime": {}, "compiler": {}}


def seeds(target: str) -> list[bytes]:
    """The first inputs of a target."""
    match target:
        case "ir_json":
            plugins = [made() for made in STRATEGIES.values()]
            plugins += [random_plugin(random.Random(seed), ROWS, 3) for seed in range(8)]
            return [json.dumps({**json.loads(plugin.ir()), "source": {}}).encode() for plugin in plugins]
        case "describe":
            return [json.dumps(ABOUT).encode()]
        case "reply":
            return [json.dumps(reply).encode() for reply in REPLIES] + [_arrow(stream=True)]
        case "portable":
            return [json.dumps(PORTABLE).encode()]
        case "closure":
            return [text.encode("utf-8", "surrogatepass") for text in SEEDS]
        case "module":
            return [module_of(STRATEGIES["smallest"]().ir().encode(), MADE_BY), json.dumps(MADE_BY).encode()]
        case "arrow":
            return [_arrow(stream=True), _arrow(stream=True, plain=False)]
        case "snapshot":
            return [_snapshot()]
        case _:
            raise ValueError(f"no seeds of {target}")


PORTABLE: dict[str, Any] = {
    "kind": "florecon.workspace",
    "version": 1,
    "domain": "test.fuzzed",
    "decisions": [
        {"origin": "manual", "reason": None, "allocations": [{"id": 1, "amount": 5}, {"id": 2, "amount": -5}]}
    ],
    "tags": {"tags": {"1": ["tag:review"]}, "meta": {"tag:review": {"label": "Review"}}},
    "meta": {},
}
REPLIES: list[dict[str, Any]] = [
    {"ok": True},
    {"ok": False, "error": {"code": "unknown_id", "message": "no row 7", "id": 7}},
    {"ok": True, "progress": {"done": True, "work": 3, "of": 9}, "certified": {"flows": 1, "proved": 1}},
    {
        "ok": True,
        "report": {
            "groups": [{"group_id": 1, "status": "solved", "net": 0, "size": 2, "origin": "a"}],
            "allocations": [],
        },
    },
    {"ok": True, "explain": {"rows": [{"id": 1, "events": [{"node": 0, "event": "formed"}]}]}},
]


def _arrow(*, stream: bool, plain: bool = True) -> bytes:
    table = pa.table({"id": [1, 2], "day": ["2026-01-01", None], "memo": ["a", "bé"], "amount": [1.0, -1.0]})
    if not plain:
        table = pa.table(
            {
                "id": pa.array([1, 2], pa.int32()),
                "day": pa.array([1, None], pa.int32()).cast(pa.date32()),
                "memo": pa.array(["a", "a"]).dictionary_encode(),
                "amount": pa.array([1, -1], pa.int64()).cast(pa.decimal128(38, 2)),
            }
        )
    sink = pa.BufferOutputStream()
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def _snapshot() -> bytes:
    from florecon_build.host import Workspace  # noqa: PLC0415 - it needs a compiled module
    from tests.fuzzing.targets import solver_module  # noqa: PLC0415 - it needs a compiled module
    from tests.support.ledger import LINES  # noqa: PLC0415 - it needs a compiled module

    workspace = Workspace(solver_module())
    workspace.upsert(LINES[:4])
    workspace.solve()
    taken = workspace.snapshot()
    assert sealed(taken[:-8]) == taken
    return taken


CORPUS = Path(__file__).parent / "corpus"


def corpus(target: str) -> list[bytes]:
    """The inputs of a target that are kept in the repository."""
    return [path.read_bytes() for path in sorted((CORPUS / target).glob("*"))]
