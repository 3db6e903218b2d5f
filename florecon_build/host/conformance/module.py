"""Module interface of the conformance kit, with its two implementations."""

from __future__ import annotations

import json
import struct
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import pyarrow as pa

from florecon_build.host.description import Description, parse
from florecon_build.host.errors import BrokenReply, from_wire
from florecon_build.host.frames import conform, empty
from florecon_build.host.report.tables import from_json
from florecon_build.host.workspace import Workspace, unchecked_tables

Id: TypeAlias = int | str


@dataclass(frozen=True, slots=True)
class Group:
    """A group of a report. Equality ignores the group id."""

    status: str
    origin: str
    reason: str | None
    net: int
    size: int
    members: tuple[tuple[Id, int], ...]
    group_id: int = field(compare=False, default=0)

    def __str__(self) -> str:
        members = ", ".join(f"{id}: {amount}" for id, amount in self.members)
        why = f" ({self.reason})" if self.reason else ""
        return f"the {self.status} group {self.origin}{why} {{{members}}}"


class Module(Protocol):
    """One fresh session. Every verb raises `FloreconError` where the module refuses."""

    def upsert(self, rows: pa.Table) -> None: ...
    def remove(self, ids: Sequence[Id]) -> None: ...
    def solve(self) -> None: ...
    def pin(self, group_id: int) -> None: ...
    def unpin(self, group_id: int) -> None: ...
    def dissolve(self, group_id: int) -> None: ...
    def merge(self, allocations: Sequence[tuple[Id, int]]) -> None: ...
    def groups(self) -> list[Group]: ...
    def close(self) -> None: ...


class WorkspaceModule:
    """A module driven through a `Workspace`; reports of modules without `fetch` are read as JSON."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._texts: dict[str, None] = {}
        """Text ids in order of first arrival: the ordinals by which a module without `id_text` reports them."""

    def upsert(self, rows: pa.Table) -> None:
        """Inserts or replaces rows."""
        self._workspace.upsert(rows)
        name = self._workspace.about.id_name
        if name is not None and pa.types.is_string(rows.column(name).type):
            self._texts.update(dict.fromkeys(rows.column(name).to_pylist()))

    def remove(self, ids: Sequence[Id]) -> None:
        """Deletes rows."""
        self._workspace.remove(list(ids))

    def solve(self) -> None:
        """Runs the strategy."""
        self._workspace.solve()

    def pin(self, group_id: int) -> None:
        """Pins a group."""
        self._workspace.pin(group_id)

    def unpin(self, group_id: int) -> None:
        """Unpins a group."""
        self._workspace.unpin(group_id)

    def dissolve(self, group_id: int) -> None:
        """Breaks a group up."""
        self._workspace.dissolve(group_id)

    def merge(self, allocations: Sequence[tuple[Id, int]]) -> None:
        """Makes a pinned group."""
        self._workspace.merge(allocations)

    def groups(self) -> list[Group]:
        """The report as the module gives it, which the checks are to judge."""
        tables = unchecked_tables(self._workspace)
        return as_groups(tables["groups"], tables["allocations"], list(self._texts))

    def close(self) -> None:
        """Frees the session."""
        self._workspace.close()


class Program:
    """A native build that serves one session over its standard input and output (`florecon::sdk::serve`)."""

    def __init__(self, program: str | Path, config: Mapping[str, object] | None = None) -> None:
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.about: Description = parse(self._send(b"describe", b""), str(program))
        self._do({"op": "init", "config": dict(config or {})}, bytes(_stream(empty(self.about).to_table())))

    def upsert(self, rows: pa.Table) -> None:
        """Inserts or replaces rows."""
        self._do({"op": "upsert"}, _stream(conform(rows, self.about).to_table()))

    def remove(self, ids: Sequence[Id]) -> None:
        """Deletes rows."""
        self._do({"op": "remove", "ids": list(ids)})

    def solve(self) -> None:
        """Runs the strategy."""
        self._do({"op": "solve"})

    def pin(self, group_id: int) -> None:
        """Pins a group."""
        self._do({"op": "pin", "by": "group", "group_id": group_id})

    def unpin(self, group_id: int) -> None:
        """Unpins a group."""
        self._do({"op": "unpin", "group_id": group_id})

    def dissolve(self, group_id: int) -> None:
        """Breaks a group up."""
        self._do({"op": "dissolve", "group_id": group_id})

    def merge(self, allocations: Sequence[tuple[Id, int]]) -> None:
        """Makes a pinned group."""
        parts = [{"id": id, "amount": amount} for id, amount in allocations]
        self._do({"op": "merge", "allocations": parts, "label": "manual"})

    def groups(self) -> list[Group]:
        """The report."""
        tables = {what: self._fetch(what) for what in ("groups", "allocations")}
        return as_groups(tables["groups"], tables["allocations"])

    def close(self) -> None:
        """Ends the program."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait(timeout=10)

    def _fetch(self, what: str) -> pa.Table:
        reply = self._send(json.dumps({"op": "fetch", "what": what}).encode(), b"")
        if not reply.startswith(b"{"):
            return pa.ipc.open_stream(reply).read_all()
        return from_json(self._do({"op": "report"})["report"])[what]

    def _do(self, command: dict[str, Any], rows: bytes = b"") -> dict[str, Any]:
        if command["op"] != "report":
            command["reply"] = "none"
        envelope = json.loads(self._send(json.dumps(command).encode(), rows))
        if envelope["ok"]:
            return envelope
        raise from_wire(envelope["error"])

    def _send(self, command: bytes, rows: bytes) -> bytes:
        to, back = self._process.stdin, self._process.stdout
        if to is None or back is None:
            raise BrokenReply("the program has no pipes")
        to.write(struct.pack("<I", len(command)) + command + struct.pack("<I", len(rows)) + rows)
        to.flush()
        head = back.read(4)
        if len(head) < 4:
            raise BrokenReply("the program ended in the middle of a call")
        return back.read(struct.unpack("<I", head)[0])


def as_groups(groups: pa.Table, allocations: pa.Table, texts: Sequence[str] = ()) -> list[Group]:
    """The tables of a report as groups in report order; `texts` are the text ids that plain numbers stand for."""
    members: dict[int, list[tuple[Id, int]]] = {}
    name = "id_text" if "id_text" in allocations.column_names else "id"
    for line in allocations.to_pylist():
        id: Id = line[name]
        if texts and isinstance(id, int) and 0 <= id < len(texts):
            id = texts[id]
        members.setdefault(line["group_id"], []).append((id, line["amount"]))
    return [
        Group(
            line["status"],
            line["origin"],
            line["reason"],
            line["net"],
            line["size"],
            tuple(members.get(line["group_id"], ())),
            line["group_id"],
        )
        for line in groups.to_pylist()
    ]


def _stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()
