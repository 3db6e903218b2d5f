"""The vectors against the three implementations, and that they leave nothing of the wire page out.

A difference here means that the contract with other hosts changed. If it was meant to: docs/wire.md, then
`python -m tests.host.golden.generate`, then read the difference.
"""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from florecon_build.host.errors import codes
from tests.host.golden.modules import Interpreter, by_native, by_wasm
from tests.host.golden.plugins import PLUGINS, Built, built
from tests.host.golden.vectors import FOLDER, answered, kept, replayed

WIRE = (Path(__file__).resolve().parents[3] / "docs" / "wire.md").read_text(encoding="utf-8")
# a strategy keeps what it is given by construction, so no module can be made to say this
UNREACHABLE = {"conservation_violated"}
WIRE_ONLY = {"bad_table", "missing_column", "wrong_type", "null_value", "bad_amount", "bad_snapshot"}


@pytest.fixture(scope="module", params=list(PLUGINS))
def plugin(request: pytest.FixtureRequest) -> tuple[str, Built]:
    return request.param, built(request.param)


def test_wasm(plugin: tuple[str, Built]) -> None:
    name, forms = plugin
    for number, (vector, now) in enumerate(replayed(name, by_wasm(forms))):
        assert now == vector, f"{name}/vectors.jsonl:{number + 1}"


def test_native(plugin: tuple[str, Built]) -> None:
    name, forms = plugin
    with by_native(forms) as dispatch:
        for number, (vector, now) in enumerate(replayed(name, dispatch)):
            assert now == vector, f"{name}/vectors.jsonl:{number + 1}"


def test_interpreter(plugin: tuple[str, Built]) -> None:
    name, forms = plugin
    model, snapshot = Interpreter(forms.ir), None
    replayed_steps = 0
    for number, vector in enumerate(kept(name)):
        where = f"{name}/vectors.jsonl:{number + 1}"
        command = vector["command"]
        if isinstance(command, str) or is_of_the_wire(vector) or command["op"] in ("explain", "shard_keys"):
            continue
        if command["op"] == "snapshot":
            snapshot = copy.deepcopy(model)
            continue
        if command["op"] == "restore":
            assert snapshot is not None
            model = snapshot
            command = {"op": "report", "reply": command["reply"]}
        if vector.get("reply", {}).get("progress", {}).get("done") == 0:
            command = {"op": "report", "reply": command.get("reply", "report")}  # the model solves at once
        assert model.answer(command, rows_of(name, vector)) == expected(vector), where
        replayed_steps += 1
    assert replayed_steps > 60


def is_of_the_wire(vector: dict[str, Any]) -> bool:
    """Whether a module refuses this by looking at the command or the rows alone."""
    error = vector.get("reply", {}).get("error", {})
    if error.get("code") == "bad_command":
        return "id" not in error
    return error.get("code") in WIRE_ONLY or (error.get("code") == "amount_overflow" and "rows" in vector)


def rows_of(name: str, vector: dict[str, Any]) -> pa.Table | None:
    file = vector.get("rows")
    if file is None or file == "snapshot":
        return None
    return pa.ipc.open_stream((FOLDER / name / "rows" / file).read_bytes()).read_all()


def expected(vector: dict[str, Any]) -> dict[str, Any]:
    """The vector as the interpreter says it: without counts of work and proofs, and cells by name instead of types."""
    if "table" in vector:
        columns = list(vector["table"]["columns"])
        lines = [dict(zip(columns, row, strict=True)) for row in vector["table"]["rows"]]
        return {"table": {"rows": [named(line) for line in lines]}}
    return {"reply": {key: value for key, value in vector["reply"].items() if key not in ("progress", "certified")}}


def named(line: dict[str, Any]) -> dict[str, Any]:
    return {**line, "label": line["label"] or ""} if "label" in line else line


@pytest.mark.parametrize("name", PLUGINS)
def test_every_command_of_the_wire_page_occurs(name: str) -> None:
    commands = WIRE[WIRE.index("## Commands") : WIRE.index("### How `shard_keys`")]
    table = commands[: commands.index("Reply:")]
    wanted = {op for cell in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for op in re.findall(r"`(\w+)`", cell)}
    wanted |= set(re.findall(r"^- `(\w+)`", commands, re.MULTILINE)) | {"restore"}
    assert len(wanted) > 13
    taken: list[dict[str, Any]] = [
        vector["command"]
        for vector in kept(name)
        if isinstance(vector["command"], dict) and vector.get("reply", {"ok": True})["ok"]
    ]
    assert wanted - {"reply"} == {command["op"] for command in taken}
    whats = {command["what"] for command in taken if command["op"] == "fetch"}
    assert whats == {"groups", "allocations", "rows", "stages"}


@pytest.mark.parametrize("name", PLUGINS)
def test_every_error_of_the_wire_page_occurs_and_is_a_type_here(name: str) -> None:
    section = WIRE[WIRE.index("## Error codes") :]
    wanted = set(re.findall(r"`([a-z]+_[a-z_]+)`", section.split("A message names")[0]))
    assert len(wanted) == 20
    said = {vector["reply"]["error"]["code"] for vector in kept(name) if "error" in vector.get("reply", {})}
    assert wanted - UNREACHABLE == said
    assert wanted <= codes().keys()


def test_a_moved_code_or_a_renamed_field_is_seen() -> None:
    """The comparison itself: whatever is not the message counts."""
    one = b'{"ok":false,"error":{"code":"unknown_id","message":"a","id":7}}'
    assert answered(one) == answered(one.replace(b'"a"', b'"b"'))
    assert answered(one) != answered(one.replace(b"unknown_id", b"unknown_group"))
    assert answered(one) != answered(one.replace(b'"id"', b'"row"'))
