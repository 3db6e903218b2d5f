"""Instruction counter: WebAssembly instructions that a module executes, independent of caches and of machine load."""

from __future__ import annotations

import ctypes
import json

import wasmtime

from examples.arrow import Table, pa

MOST = 2**62
U32 = 0xFFFF_FFFF


class Counter:
    """A plugin, compiled so that it counts what it executes."""

    def __init__(self, wasm: bytes) -> None:
        config = wasmtime.Config()
        config.consume_fuel = True
        self._engine = wasmtime.Engine(config)
        self._module = wasmtime.Module(self._engine, wasm)

    def of_solve(self, table: Table) -> int:
        """The instructions of a cold solve of these rows."""
        return self.of_ledger(table)["solve"]

    def of_ledger(self, table: Table) -> dict[str, int]:
        """The instructions of each step from these rows to their report."""
        instance = _Instance(self._engine, self._module)
        instance.run("init")
        return {"upsert": instance.run("upsert", _stream(table)), "solve": instance.run("solve")}


class _Instance:
    """Speaks the wire itself: no host stands in between."""

    def __init__(self, engine: wasmtime.Engine, module: wasmtime.Module) -> None:
        self._store = wasmtime.Store(engine)
        self._store.set_fuel(MOST)
        self._exports = wasmtime.Instance(self._store, module, []).exports(self._store)

    def run(self, op: str, rows: bytes = b"") -> int:
        """The instructions that one command takes."""
        before = self._store.get_fuel()
        command = json.dumps({"op": op, "reply": "none"}).encode()
        packed = self._call("dispatch", self._give(command), len(command), self._give(rows), len(rows))
        at, size = packed & U32, (packed >> 32) & U32
        reply = ctypes.string_at(self._address() + at, size)
        if not json.loads(reply)["ok"]:
            raise RuntimeError(f"{op} was refused: {reply.decode()}")
        return before - self._store.get_fuel()

    def _call(self, name: str, *given: int) -> int:
        function = self._exports[name]
        assert isinstance(function, wasmtime.Func)
        return function(self._store, *given)

    def _give(self, data: bytes) -> int:
        at = self._call("alloc", len(data)) & U32
        ctypes.memmove(self._address() + at, data, len(data))
        return at

    def _address(self) -> int:
        memory = self._exports["memory"]
        assert isinstance(memory, wasmtime.Memory)
        return ctypes.addressof(memory.data_ptr(self._store).contents)


def _stream(table: Table) -> bytes:
    """A table as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()
