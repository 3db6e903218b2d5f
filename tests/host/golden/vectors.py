"""Golden vectors on disk: one JSON line per step, with rows as Arrow IPC streams.

A line has the `command` (an object, or the text that was sent), `rows` (the name of a file under `rows/`, or `snapshot`
for the bytes of the last one), and the answer: `reply`, or `table` where the answer is an Arrow stream, or `bytes` for
a snapshot, whose content is the module's own affair. An error's `message` is for people and is left out, as is a
description's `build`; how much work a solve is, is a runtime's own affair, so `progress` is `done` 0 or 1 of 1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from tests.host.golden.script import RAW, SNAPSHOT, STEPS, spoken, tables

FOLDER = Path(__file__).parent
Dispatch = Callable[[bytes, bytes], bytes]
"""Sends a command and rows to a module and gives its answer; the command `describe` is the export of that name."""


def stream(table: pa.Table) -> bytes:
    """A table as one Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def file_name(rows: str) -> str:
    """`a null day` lies in `a-null-day.arrow`."""
    return re.sub(r"[^a-z0-9]+", "-", rows) + ".arrow"


def payloads(textual: bool) -> dict[str, bytes]:
    """What each name of the script ships, by file name."""
    made = {file_name(rows): stream(table) for rows, table in tables(textual).items()}
    return made | {file_name(rows): data for rows, data in RAW.items()}


def answered(answer: bytes) -> dict[str, Any]:
    """An answer as a vector has it."""
    if answer.startswith(b"{"):
        reply = json.loads(answer)
        if reply.get("ok") is False:
            assert reply["error"].pop("message"), "an error says what happened"
        reply.pop("build", None)
        if "progress" in reply:
            reply["progress"] = in_short(**reply["progress"])
        return {"reply": reply}
    if answer.startswith(b"FLORSNAP"):
        return {"bytes": "snapshot"}
    return {"table": as_json(pa.ipc.open_stream(answer).read_all())}


def in_short(*, done: int, total: int) -> dict[str, int]:
    """Whether the solve is over."""
    assert 0 < done <= total
    return {"done": int(done == total), "total": 1}


def as_json(table: pa.Table) -> dict[str, Any]:
    """A table as its columns' types and its rows; wide decimals, which have no places, as integers."""
    columns = {field.name: str(field.type) for field in table.schema}
    lines = [[int(cell) if isinstance(cell, Decimal) else cell for cell in line.values()] for line in table.to_pylist()]
    return {"columns": columns, "rows": lines}


def played(dispatch: Dispatch, textual: bool) -> list[dict[str, Any]]:
    """The vectors of a module: each step of the script with what it answered."""
    rows_of, snapshot = payloads(textual), b""
    made: list[dict[str, Any]] = []
    for step in STEPS:
        command = spoken(step.command, textual)
        vector: dict[str, Any] = {"command": command}
        data = b""
        if step.rows == SNAPSHOT:
            vector["rows"], data = "snapshot", snapshot
        elif step.rows is not None:
            vector["rows"] = file_name(step.rows)
            data = rows_of[vector["rows"]]
        answer = dispatch(sent(command), data)
        if answer.startswith(b"FLORSNAP"):
            snapshot = answer
        made.append({**vector, **answered(answer)})
    return made


def sent(command: dict[str, Any] | str) -> bytes:
    """A command as it goes over the wire."""
    return command.encode() if isinstance(command, str) else json.dumps(command).encode()


def kept(name: str) -> list[dict[str, Any]]:
    """The vectors of a plugin, as they lie on disk."""
    lines = (FOLDER / name / "vectors.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def replayed(name: str, dispatch: Dispatch) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each vector on disk, and what a module answers now."""
    snapshot = b""
    for vector in kept(name):
        rows = vector.get("rows")
        data = b"" if rows is None else snapshot if rows == "snapshot" else (FOLDER / name / "rows" / rows).read_bytes()
        answer = dispatch(sent(vector["command"]), data)
        if answer.startswith(b"FLORSNAP"):
            snapshot = answer
        asked = {key: vector[key] for key in ("command", "rows") if key in vector}
        yield vector, {**asked, **answered(answer)}
