"""The vectors against the four implementations; every word of the vocabulary of the wire occurs in them.

A difference here means that the contract with other hosts changed. If it was meant to: docs/wire.md, then
`python -m tests.host.golden.generate`, then read the difference.
"""

from __future__ import annotations

import copy
from typing import Any

import pyarrow as pa
import pytest

from florecon_build.host.errors import codes
from florecon_build.wire import (
    ARGUMENTS,
    ERROR_CODES,
    ERROR_FIELDS,
    EXTENSIONS,
    OPS,
    PINS,
    REPLIES,
    STATUSES,
    TABLE_NAMES,
    TABLES,
)
from tests.host.golden.modules import Interpreter, by_engine, by_native, by_wasm
from tests.host.golden.plugins import PLUGINS, Built, built
from tests.host.golden.vectors import FOLDER, answered, kept, replayed

# a strategy keeps what it is given by construction, so no module can be made to say this
UNREACHABLE = {"conservation_violated"}
WIRE_ONLY = {"bad_table", "missing_column", "wrong_type", "null_value", "bad_amount", "bad_snapshot", "bad_strategy"}
# what only a module takes whose strategy is sent to it
ENGINE_ONLY = [name for name in EXTENSIONS if name.endswith(".strategy")]


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


@pytest.mark.parametrize("name", PLUGINS)
def test_engine(name: str) -> None:
    for number, (vector, now) in enumerate(replayed(name, by_engine(PLUGINS[name].data))):
        if "strategy" not in vector["command"]:
            assert now == vector, f"{name}/vectors.jsonl:{number + 1}"


def test_a_snapshot_of_the_engine_is_that_of_the_module(plugin: tuple[str, Built]) -> None:
    name, forms = plugin
    taken: list[list[bytes]] = []
    for dispatch in (by_wasm(forms), by_engine(forms.ir)):
        snapshots: list[bytes] = []

        def kept_aside(command: bytes, rows: bytes, dispatch: Any = dispatch, kept: Any = snapshots) -> bytes:
            answer = dispatch(command, rows)
            if answer.startswith(b"FLORSNAP"):
                kept.append(answer)
            return answer

        assert list(replayed(name, kept_aside))
        taken.append(snapshots)
    assert taken[0]
    assert taken[0] == taken[1]


def test_interpreter(plugin: tuple[str, Built]) -> None:
    name, forms = plugin
    model, snapshot = Interpreter(forms.ir), None
    replayed_steps = 0
    for number, vector in enumerate(kept(name)):
        where = f"{name}/vectors.jsonl:{number + 1}"
        command = vector["command"]
        if isinstance(command, str) or is_of_the_wire(vector) or command["op"] in ("explain", "shard_keys", "changes"):
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


def carried_out(name: str) -> list[dict[str, Any]]:
    """The vectors of commands that were carried out."""
    return [
        vector
        for vector in kept(name)
        if isinstance(vector["command"], dict) and vector.get("reply", {"ok": True})["ok"]
    ]


@pytest.mark.parametrize("name", PLUGINS)
def test_every_command_argument_and_choice_of_the_wire_occurs(name: str) -> None:
    taken: list[dict[str, Any]] = [vector["command"] for vector in carried_out(name)]
    assert {command["op"] for command in taken} == set(OPS)
    for op, arguments in ARGUMENTS.items():
        sent = {key for command in taken if command["op"] == op for key in command}
        assert sent - {"op", "reply"} == set(arguments) - {"strategy"}, op
    assert {command["by"] for command in taken if command["op"] == "pin"} == set(PINS)
    assert {command["what"] for command in taken if command["op"] == "fetch"} == set(TABLE_NAMES)
    assert {command.get("reply", "report") for command in taken} == set(REPLIES)


@pytest.mark.parametrize("name", PLUGINS)
def test_every_table_has_the_columns_of_the_wire(name: str) -> None:
    arrow = {"utf8": "string"}
    for vector in carried_out(name):
        if "table" in vector:
            what = vector["command"].get("what", vector["command"]["op"])
            columns = {column: arrow.get(type, type) for column, type in TABLES[what].items()}
            if name == "text" and "id" in columns:
                columns["id_text"] = "string"
            if vector["command"].get("keys"):
                columns["key"] = "string"
            assert vector["table"]["columns"] == columns, what


@pytest.mark.parametrize("name", PLUGINS)
def test_every_status_of_the_wire_occurs(name: str) -> None:
    reports = [vector["reply"].get("report", {}) for vector in carried_out(name) if "reply" in vector]
    assert {group["status"] for report in reports for group in report.get("groups", [])} == set(STATUSES)


@pytest.mark.parametrize("name", PLUGINS)
def test_every_error_of_the_wire_occurs_and_names_what_it_may(name: str) -> None:
    said: dict[str, set[str]] = {}
    for vector in kept(name):
        error: dict[str, Any] | None = vector.get("reply", {}).get("error")
        if error is not None:
            named = {"id" if key == "id_text" else key for key in error if key != "code"}
            said.setdefault(error["code"], set()).update(named)
    assert said == {code: set(ERROR_FIELDS[code]) for code in ERROR_CODES if code not in UNREACHABLE}
    assert set(ERROR_CODES) <= codes().keys()


@pytest.mark.parametrize("name", PLUGINS)
def test_the_description_lists_the_extensions(name: str) -> None:
    described = next(vector["reply"] for vector in kept(name) if vector["command"] == "describe")
    assert described["extensions"] == [name for name in EXTENSIONS if name not in ENGINE_ONLY]


@pytest.mark.parametrize("name", PLUGINS)
def test_a_dry_run_is_answered_as_the_merge(name: str) -> None:
    merges = [vector for vector in kept(name) if "dry_run" in vector["command"] and vector["reply"]["ok"]]
    tried, carried = (
        merges[0],
        next(vector for vector in kept(name) if vector["command"] == without(merges[0]["command"])),
    )
    assert tried["reply"] == carried["reply"]


def without(command: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in command.items() if key != "dry_run"}


def test_a_moved_code_or_a_renamed_field_is_seen() -> None:
    """The comparison itself: whatever is not the message counts."""
    one = b'{"ok":false,"error":{"code":"unknown_id","message":"a","id":7}}'
    assert answered(one) == answered(one.replace(b'"a"', b'"b"'))
    assert answered(one) != answered(one.replace(b"unknown_id", b"unknown_group"))
    assert answered(one) != answered(one.replace(b'"id"', b'"row"'))
