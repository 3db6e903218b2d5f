"""Four implementations behind one function: command and rows in, reply out."""

from __future__ import annotations

import hashlib
import json
import struct
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import fields
from decimal import Decimal
from typing import Any

import pyarrow as pa

from florecon_build.host import load
from florecon_build.host.runtime.engine_module import engine_path
from florecon_build.host.runtime.instance import Instance
from florecon_build.host.runtime.journal import Blob
from florecon_build.host.runtime.limits import Deadline, Limits
from florecon_build.interpreter import ModelError
from florecon_build.interpreter import Workspace as Model
from florecon_build.ir.json_format import dumps
from florecon_build.ir.nodes import PluginIr
from tests.host.golden.plugins import Built
from tests.host.golden.vectors import Dispatch


def by_wasm(built: Built) -> Dispatch:
    """The module, without a host's help."""
    instance = Instance(load(built.wasm), Limits())

    def dispatch(command: bytes, rows: bytes) -> bytes:
        if command == b"describe":
            return instance.describe()
        return instance.dispatch(command, Blob(rows) if rows else None, Deadline(None))

    return dispatch


def by_engine(ir: PluginIr) -> Dispatch:
    """The engine module, to which the strategy is sent with every session; described when it has it."""
    instance, idle = Instance(load(engine_path()), Limits()), Instance(load(engine_path()), Limits())
    strategy = json.loads(dumps(ir))
    idle.dispatch(json.dumps({"op": "init", "strategy": strategy}).encode(), None, Deadline(None))

    def dispatch(command: bytes, rows: bytes) -> bytes:
        if command == b"describe":
            said = json.loads(idle.describe())
            said["extensions"] = [name for name in said["extensions"] if not name.endswith(".strategy")]
            return json.dumps(said).encode()
        if any(command.startswith(f'{{"op": "{op}"'.encode()) for op in ("init", "restore")):
            command = json.dumps({"strategy": strategy, **json.loads(command)}).encode()
        return instance.dispatch(command, Blob(rows) if rows else None, Deadline(None))

    return dispatch


@contextmanager
def by_native(built: Built) -> Generator[Dispatch]:
    """The program of this machine, through its pipe."""
    with subprocess.Popen([built.native], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        out, back = process.stdin, process.stdout
        assert out is not None
        assert back is not None

        def dispatch(command: bytes, rows: bytes) -> bytes:
            for part in (command, rows):
                out.write(struct.pack("<I", len(part)) + part)
            out.flush()
            return back.read(struct.unpack("<I", back.read(4))[0])

        yield dispatch
        out.close()


class Interpreter:
    """The reference interpreter behind the wire's commands.

    It has no wire: what a module refuses before it looks at the session, a table or a command, does not come here.
    """

    def __init__(self, ir: PluginIr) -> None:
        self._ir = ir
        self._textual = ir.columns[0].type.kind.value == "text"
        self._model: Model | None = None
        self._ordinals: dict[Any, int] = {}
        self._given = 0

    def answer(self, command: dict[str, Any], rows: pa.Table | None) -> dict[str, Any]:
        """The answer as a vector has it, without a message."""
        before = self._model
        answer = self._answer(command, rows)
        if command.get("dry_run"):
            self._model = before
        return answer

    def _answer(self, command: dict[str, Any], rows: pa.Table | None) -> dict[str, Any]:
        try:
            done = self._carry_out(command, rows)
        except ModelError as error:
            said: dict[str, Any] = {"code": error.code}
            if error.id is not None:
                said |= self._named(error.id)
            if error.group_id is not None:
                said["group_id"] = error.group_id
            return {"reply": {"ok": False, "error": said}}
        if command["op"] == "fetch":
            return {"table": done}
        return {"reply": {"ok": True, **done, **self._shown(command.get("reply", "report"))}}

    def _carry_out(self, command: dict[str, Any], rows: pa.Table | None) -> dict[str, Any]:
        op = command["op"]
        if op == "init":
            model = Model(self._ir, command.get("config") or {})
            before = self._given
            self._given, ordinals = 0, dict[Any, int]()
            try:
                self._ingest(model, rows, ordinals)
            except ModelError:
                self._given = before
                raise
            self._model, self._ordinals = model, ordinals
            return {}
        model = self._model
        if model is None:
            raise ModelError("no_session", "init first")
        match op:
            case "upsert":
                return {"demoted": self._ingest(model, rows, self._ordinals)}
            case "remove":
                demoted = model.remove(command["ids"])
                for row_id in command["ids"]:
                    self._ordinals.pop(row_id, None)
                return {"demoted": demoted}
            case "configure":
                model.configure(command["config"])
            case "solve":
                model.solve()
            case "unpin" | "dissolve":
                getattr(model, op)(command["group_id"])
            case "detach":
                model.detach(command["group_id"], command["ids"])
            case "pin":
                return self._pin(model, command)
            case "merge":
                pairs = [(each["id"], each["amount"]) for each in command["allocations"]]
                label, reason = command.get("label", "manual"), command.get("reason")
                if command.get("dry_run"):
                    group_id, self._model = model.merge_dry_run(pairs, label, reason)
                    return {"group_id": group_id}
                return {"group_id": model.merge(pairs, label, reason)}
            case "fetch":
                whole = self._table(model, command["what"])["rows"]
                if command.get("keys"):
                    whole = [{**line, "key": key} for line, key in zip(whole, _keys(model), strict=True)]
                first = command.get("from", 0)
                return {"rows": whole[first : first + command.get("count", len(whole))]}
            case _:
                pass
        return {}

    def _pin(self, model: Model, command: dict[str, Any]) -> dict[str, Any]:
        match command["by"]:
            case "group":
                model.pin(command["group_id"])
            case "groups":
                model.pin_groups(command["group_ids"])
            case "clean":
                return {"pinned": model.pin_clean(command["tol"])}
            case _:
                model.pin_singletons(command["ids"])
        return {}

    def _ingest(self, model: Model, rows: pa.Table | None, ordinals: dict[Any, int]) -> list[int]:
        lines = [] if rows is None else self._typed(rows)
        demoted = model.upsert(lines)
        for line in lines:
            if line["row_id"] not in ordinals:
                ordinals[line["row_id"]] = self._given
                self._given += 1
        return demoted

    def _typed(self, rows: pa.Table) -> list[dict[str, Any]]:
        """Rows as the interpreter has them: money in minor units, days as numbers."""
        made: list[dict[str, Any]] = []
        for line in rows.select([column.name for column in self._ir.columns]).to_pylist():
            amount, day = line["amount"], line["day"]
            minor = int(Decimal(str(amount)).scaleb(2))
            number = day if isinstance(day, int) else pa.scalar(day, pa.date32()).cast(pa.int32()).as_py()
            made.append(
                {**line, "amount": minor, "day": number, "rate": float(line["rate"]), "open": bool(line["open"])}
            )
        return made

    def _named(self, row_id: Any) -> dict[str, Any]:
        """An error's row: a text has a number too if it is one of the session's."""
        if not self._textual:
            return {"id": row_id}
        known = {"id": self._ordinals[row_id]} if row_id in self._ordinals else {}
        return {**known, "id_text": row_id}

    def _number(self, row_id: Any) -> Any:
        return self._ordinals.get(row_id, row_id) if self._textual else row_id

    def _shown(self, how: str) -> dict[str, Any]:
        assert self._model is not None
        report = self._model.report()
        if how == "none":
            return {}
        if how == "summary":
            pinned = sum(line.pinned for line in report.groups)
            unmatched = sum(row.residual != 0 or row.amount == 0 for row in self._model.rows())
            counts = {
                "rows": len(self._model), "groups": len(report.groups), "allocations": len(report.allocations),
                "proposed": len(report.groups) - pinned, "pinned": pinned, "unmatched_rows": unmatched,
            }  # fmt: skip
            return {"summary": counts}
        groups = [
            {
                "group_id": line.group_id, "status": line.status, "net": line.net, "size": line.size,
                "origin": line.origin, **({} if line.reason is None else {"reason": line.reason}),
            }
            for line in report.groups
        ]  # fmt: skip
        places = [
            {"id": self._number(each.id), "group_id": each.group_id, "amount": each.amount}
            for each in report.allocations
        ]
        return {"report": {"groups": groups, "allocations": places}}

    def _table(self, model: Model, what: str) -> dict[str, Any]:
        """The table without its types: a name and a value for each cell."""
        report = model.report()
        lines: dict[str, list[Any]] = {
            "groups": report.groups, "allocations": report.allocations, "rows": model.rows(), "stages": model.stages(),
        }  # fmt: skip
        return {"rows": [self._line(each) for each in lines[what]]}

    def _line(self, line: Any) -> dict[str, Any]:
        cells = {each.name: getattr(line, each.name) for each in fields(line)}
        if "pinned" in cells:
            cells["status"] = "pinned" if cells.pop("pinned") else "proposed"
        if "id" in cells and self._textual:
            cells["id_text"] = cells["id"]
        return {name: self._number(cell) if name in ("id", "first_id") else cell for name, cell in cells.items()}


def _keys(model: Model) -> list[str]:
    """The keys of the groups, by the rule of the wire page."""
    report = model.report()
    members: dict[int, list[str]] = {group.group_id: [] for group in report.groups}
    for part in report.allocations:
        members[part.group_id].append(f"{part.amount}:{len(str(part.id).encode())}:{part.id}")
    return [hashlib.blake2b("".join(each).encode(), digest_size=16).hexdigest() for each in members.values()]
