"""Differential runner: one ledger through the interpreter, the wasm module and the native build."""

from __future__ import annotations

import json
import struct
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

import florecon_build as fb
from florecon_build.host.workspace import unchecked_tables
from florecon_build.interpreter import ModelError
from florecon_build.interpreter import Workspace as Model
from florecon_build.interpreter.keys import RowId
from florecon_build.ir.nodes import Column
from florecon_build.ir.types import Kind
from tests.differential.suite import Suite
from tests.support.random_ledgers import Row

ARROW: dict[Kind, pa.DataType] = {
    Kind.INTEGER: pa.int64(),
    Kind.REAL: pa.float64(),
    Kind.TEXT: pa.string(),
    Kind.DATE: pa.date32(),
    Kind.BOOLEAN: pa.bool_(),
}

Group = tuple[str, str, str | None, int, int, int | None, bool | None, tuple[tuple[RowId, int], ...]]
"""status, origin, reason, net, size, node, unique, members"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of a ledger: an error code, or the groups in report order and the stage counters."""

    error: str | None
    groups: tuple[Group, ...] = ()
    stages: tuple[tuple[object, ...], ...] = ()


GROUP = ("status", "origin", "reason", "net", "size", "node", "unique")
STEP = 9
"""Units of work a step of the native build, of the hundreds that a ledger takes."""

STAGE = (
    "node", "items_in", "value_in", "groups", "items_matched", "value_matched",
    "null_key", "too_small", "one_sided", "out_of_tolerance", "over_cap", "out_of_budget",
)  # fmt: skip


def table(columns: Sequence[Column], rows: Sequence[Row]) -> pa.Table:
    """Rows of the interpreter as an Arrow table for a host: money as exact decimals, days as dates."""
    arrays: dict[str, pa.Array] = {}
    for column in columns:
        values: list[Any] = [row[column.name] for row in rows]
        kind = column.type.kind
        if kind is Kind.MONEY:
            scaled = [None if value is None else Decimal(value).scaleb(-column.type.scale) for value in values]
            arrays[column.name] = pa.array(scaled, pa.decimal128(38, column.type.scale))
        elif kind is Kind.DATE:
            arrays[column.name] = pa.array(values, pa.int32()).cast(pa.date32())
        else:
            arrays[column.name] = pa.array(values, ARROW[kind])
    return pa.table(arrays)


def stream(batch: pa.Table) -> bytes:
    """The table as one Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_table(batch)
    return sink.getvalue().to_pybytes()


class Native:
    """The program of a suite at work, spoken to through a pipe."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=10)

    def send(self, command: Mapping[str, object], rows: bytes = b"") -> bytes:
        """One command and its reply."""
        body = json.dumps(command).encode()
        out, back = self._process.stdin, self._process.stdout
        assert out is not None
        assert back is not None
        out.write(struct.pack("<I", len(body)) + body + struct.pack("<I", len(rows)) + rows)
        out.flush()
        (length,) = struct.unpack("<I", back.read(4))
        return back.read(length)

    def run(self, config: Mapping[str, object], batch: pa.Table) -> Outcome:
        """A fresh session, the ledger, a solve in steps: a host's small one is solved in one."""
        commands = [
            ({"op": "solve", "budget": STEP, "reply": "none"}, b""),
            ({"op": "upsert", "reply": "none"}, stream(batch)),
            ({"op": "init", "config": config, "reply": "none"}, b""),
        ]
        while commands:
            command, rows = commands[-1]
            reply = json.loads(self.send(command, rows))
            if not reply["ok"]:
                return Outcome(reply["error"]["code"])
            progress: dict[str, int] = reply.get("progress", {})
            if progress.get("done") == progress.get("total"):
                commands.pop()
        tables = {what: self.fetch(what) for what in ("groups", "allocations", "stages")}
        return read(tables["groups"], tables["allocations"], tables["stages"])

    def fetch(self, what: str) -> pa.Table:
        """One table of the report."""
        return pa.ipc.open_stream(self.send({"op": "fetch", "what": what})).read_all()


def read(groups: pa.Table, allocations: pa.Table, stages: pa.Table) -> Outcome:
    """The tables of a report as plain values, without the integers that name groups."""
    members: dict[int, list[tuple[RowId, int]]] = {}
    name = "id_text" if "id_text" in allocations.column_names else "id"
    for line in allocations.to_pylist():
        members.setdefault(line["group_id"], []).append((line[name], line["amount"]))
    return Outcome(
        None,
        tuple((*(g[name] for name in GROUP), tuple(members[g["group_id"]])) for g in groups.to_pylist()),
        tuple(tuple(int(line[name]) for name in STAGE) for line in stages.to_pylist()),
    )


def run_wasm(workspace: fb.Workspace, batch: pa.Table) -> Outcome:
    """The ledger through an open workspace, empty again afterwards: what earlier ledgers left must not show."""
    try:
        workspace.upsert(batch)
    except fb.FloreconError as error:
        return Outcome(error.code)
    try:
        stages = workspace.solve().stages  # the report is not kept: it would be read whole before the rows are removed
        tables = unchecked_tables(workspace)  # which are compared here, cell by cell
        return read(tables["groups"], tables["allocations"], stages)
    except fb.FloreconError as error:
        return Outcome(error.code)
    finally:
        workspace.remove(batch["row_id"].to_pylist())


def run_interpreter(suite: Suite, index: int, rows: Sequence[Row]) -> Outcome:
    """The same through the reference interpreter."""
    model = suite.model(index)
    try:
        model.upsert(rows)
        model.solve()
    except ModelError as error:
        return Outcome(error.code)
    return outcome_of(model)


def outcome_of(model: Model) -> Outcome:
    """What the interpreter's workspace reports as it is."""
    report = model.report()
    members: dict[int, list[tuple[RowId, int]]] = {}
    for line in report.allocations:
        members.setdefault(line.group_id, []).append((line.id, line.amount))
    return Outcome(
        None,
        tuple((*(getattr(g, name) for name in GROUP), tuple(members[g.group_id])) for g in report.groups),
        tuple(tuple(int(getattr(stage, name)) for name in STAGE) for stage in model.stages()),
    )
