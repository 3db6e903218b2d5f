"""Module instance: calls with bytes in and bytes out; every pointer is validated.

A trap, an exceeded limit or a pointer out of range poisons the instance: its memory may be half changed, so each later
call is refused with the first cause.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, NoReturn, Protocol

import pyarrow as pa
import wasmtime

from florecon_build.host.errors import (
    BadDescribe,
    BrokenReply,
    Cancelled,
    ContractMismatch,
    MemoryLimit,
    Poisoned,
    TimedOut,
    Trapped,
)
from florecon_build.host.runtime.engine import new_engine
from florecon_build.host.runtime.large_pages import copied, prefer_large_pages
from florecon_build.host.runtime.limits import LOAD_SECONDS, TABLE_ELEMENTS, Deadline, Limits
from florecon_build.host.runtime.module import ABI_VERSION, Module

U32 = 0xFFFF_FFFF
MIB = 1 << 20
MAX_DESCRIPTION_BYTES = 4 << 20
"""Bytes of a description: as objects they take thirty times the memory."""
WASM32_BYTES = 1 << 32
MEMORY_REFUSED = ("exceeds memory limits", "memory minimum size")


class Payload(Protocol):
    """Rows for a module, written straight into its memory without a copy in the host."""

    @property
    def size(self) -> int:
        """Bytes of the Arrow IPC stream."""
        ...

    def write(self, into: pa.Buffer) -> None:
        """Writes exactly `size` bytes into a mutable buffer of that size."""
        ...


class Instance:
    """A module with its memory; one instance is one session.

    Parameters: `module` as `load` returns it; `limits` for every call.
    Errors: `ContractMismatch`; `Trapped`, `TimedOut`, `MemoryLimit` from the module's start.
    """

    def __init__(self, module: Module, limits: Limits) -> None:
        self.name = module.name
        self.limits = limits
        self.poisoned: Poisoned | None = None
        self._cancelled = False
        self._stoppable = module.interruptible
        self._engine = new_engine(module.interruptible)
        self._store = wasmtime.Store(self._engine)
        self._store.set_limits(
            memory_size=-1 if limits.max_memory is None else limits.max_memory,
            table_elements=TABLE_ELEMENTS,
            instances=1,
        )
        self._memory: wasmtime.Memory | None = None
        self._exports: dict[str, wasmtime.Func] = {}
        deadline = Deadline(limits.timeout or LOAD_SECONDS)
        with deadline.alarm(self._engine.increment_epoch):
            self._run("the module's start", lambda: self._instantiate(module), deadline)
            version = self._call("abi_version", deadline) & U32
        if version != ABI_VERSION:
            raise ContractMismatch(
                f"{module.name}: the module speaks florecon ABI version {version}, this host version {ABI_VERSION};"
                " rebuild the module, or use the host that belongs to it"
            )

    def describe(self) -> bytes:
        """The module's description as JSON bytes. Errors: `BadDescribe` for too many of them."""
        deadline = Deadline(self.limits.timeout or LOAD_SECONDS)
        with deadline.alarm(self._engine.increment_epoch):
            packed = self._call("describe", deadline)
            size = (packed >> 32) & U32
            if size > MAX_DESCRIPTION_BYTES:
                raise BadDescribe(
                    f"{self.name}: describe() answered with {size} bytes, at most {MAX_DESCRIPTION_BYTES} are sensible"
                )
            return self._take(packed, deadline)

    def dispatch(self, command: bytes, rows: Payload | None, deadline: Deadline) -> bytes:
        """Carries out one command.

        Parameters: `command` is JSON; `rows` go with it; `deadline` may span several commands.
        Returns the reply's bytes. Errors: `Trapped`, `TimedOut`, `Cancelled`, `MemoryLimit`, `BrokenReply`, or
        `Poisoned` when an earlier call left the instance unusable.
        """
        with deadline.alarm(self._engine.increment_epoch):
            at = self._give(len(command), lambda into: _copy(command, into), deadline)
            try:
                size = 0 if rows is None else rows.size
                rows_at = 0 if rows is None else self._give(size, rows.write, deadline)
            except MemoryLimit:
                if self.poisoned is None:
                    self._call("dealloc", deadline, at, len(command))
                raise
            packed = self._call("dispatch", deadline, at, len(command), rows_at, size)
            self._call("dealloc", deadline, at, len(command))
            if rows is not None:
                self._call("dealloc", deadline, rows_at, size)
            return self._take(packed, deadline)

    def cancel(self) -> None:
        """Stops what runs now, from another thread; the instance is unusable afterwards."""
        self._cancelled = True
        self._engine.increment_epoch()

    def spoiled(self) -> Poisoned | None:
        """The error that made the instance unusable; None while it is usable."""
        return self.poisoned or (Cancelled(f"{self.name}: the last call was cancelled") if self._cancelled else None)

    def memory_bytes(self) -> int:
        """The size of the module's linear memory, in bytes."""
        return 0 if self._memory is None else self._memory.data_len(self._store)

    def close(self) -> None:
        """Frees the memory; the instance is unusable afterwards."""
        self._memory = None
        self._exports = {}
        self.poisoned = self.poisoned or Poisoned("the instance was closed")
        self._store.close()

    def _instantiate(self, module: Module) -> None:
        compiled = wasmtime.Module.deserialize(self._engine, module.code)
        exports = wasmtime.Instance(self._store, compiled, []).exports(self._store)
        for name in exports:
            item = exports[name]
            if isinstance(item, wasmtime.Func):
                self._exports[name] = item
            elif isinstance(item, wasmtime.Memory) and name == "memory":
                self._memory = item
                # as much as wasmtime keeps free behind it
                prefer_large_pages(self._base(), WASM32_BYTES)

    def _call(self, name: str, deadline: Deadline, *args: int, wanted: int = 0) -> int:
        result = self._run(name, lambda: self._exports[name](self._store, *args), deadline, wanted)
        return result if isinstance(result, int) else 0

    def _run(self, what: str, run: Callable[[], Any], deadline: Deadline, wanted: int = 0) -> Any:
        """Runs code of the module; any fault in it poisons the instance.

        The epoch deadline is set before the two checks: an alarm or a cancel before it is seen by them, one after it by
        the module's own code.
        """
        if self.poisoned is not None:
            raise Poisoned(f"{self.name}: the instance is unusable since: {self.poisoned}") from self.poisoned
        if self._stoppable:
            self._store.set_epoch_deadline(1)
        if self._cancelled or deadline.over():
            self._fail(self._stopped(what, deadline))
        try:
            return run()
        except wasmtime.Trap as trap:
            self._fail(self._explain(what, trap, deadline, wanted), trap)
        except wasmtime.WasmtimeError as error:
            self._fail(self._refused(what, error), error)

    def _fail(self, error: Poisoned, cause: Exception | None = None) -> NoReturn:
        self.poisoned = error
        raise error from cause

    def _stopped(self, what: str, deadline: Deadline) -> Poisoned:
        if self._cancelled:
            return Cancelled(f"{self.name}: {what} was cancelled")
        return TimedOut(f"{self.name}: {what} did not end within {deadline.seconds:g} seconds and was stopped")

    def _explain(self, what: str, trap: wasmtime.Trap, deadline: Deadline, wanted: int) -> Poisoned:
        if trap.trap_code is wasmtime.TrapCode.INTERRUPT:
            return self._stopped(what, deadline)
        if trap.trap_code is wasmtime.TrapCode.UNREACHABLE and self._starved(wanted):
            return self._out_of_memory(what)
        lines = trap.message.strip().splitlines()
        reason = lines[-1].strip().removeprefix("wasm trap: ") if lines else "no reason given"
        return Trapped(f"{self.name}: {what} trapped ({reason}); this is a fault inside the module")

    def _refused(self, what: str, error: wasmtime.WasmtimeError) -> Poisoned:
        text = " ".join(str(error).split())
        if any(mark in text for mark in MEMORY_REFUSED):
            return MemoryLimit(f"{self.name}: {what} needs more than max_memory allows: {text}")
        return Trapped(f"{self.name}: {what} failed: {text}")

    def _out_of_memory(self, what: str) -> MemoryLimit:
        more = "raise max_memory, or use fewer rows" if self._cap() < WASM32_BYTES else "no module can hold more"
        return MemoryLimit(
            f"{self.name}: {what} ran out of memory: the module holds {self.memory_bytes() / MIB:.1f} MiB and may hold"
            f" {self._cap() / MIB:.1f} MiB; {more}"
        )

    def _cap(self) -> int:
        return self.limits.max_memory or WASM32_BYTES

    def _starved(self, wanted: int) -> bool:
        """True when an aborted module was plausibly refused memory.

        A growing buffer asks for twice its size while the old one still lives: three times what it has is too much.
        """
        has = self.memory_bytes()
        return has + max(wanted, 2 * has) > self._cap()

    def _give(self, size: int, write: Callable[[pa.Buffer], None], deadline: Deadline) -> int:
        """Allocates in the module and lets `write` fill it; returns where."""
        if size > U32:
            raise MemoryLimit(f"{size} bytes at once do not fit into a 32-bit module; upsert in several parts")
        at = self._call("alloc", deadline, size, wanted=size) & U32
        if at == 0 and size:
            raise self._out_of_memory(f"alloc({size})")
        self._check(at, size, f"alloc({size})")
        if size:
            write(pa.py_buffer((ctypes.c_ubyte * size).from_address(self._base() + at)))
        return at

    def _take(self, packed: int, deadline: Deadline) -> bytes:
        """Copies a reply out and frees it there."""
        at, size = packed & U32, (packed >> 32) & U32
        self._check(at, size, "the reply")
        reply = copied(self._base() + at, size)
        self._call("dealloc", deadline, at, size)
        return reply

    def _check(self, at: int, size: int, what: str) -> None:
        has = self.memory_bytes()
        if at + size > has:
            where = f"{size} bytes at {at}, outside the module's memory of {has} bytes"
            self._fail(BrokenReply(f"{self.name}: {what} is {where}"))

    def _base(self) -> int:
        if self._memory is None:
            raise Poisoned(f"{self.name}: the instance was closed")
        return ctypes.addressof(self._memory.data_ptr(self._store).contents)


def _copy(data: bytes, into: pa.Buffer) -> None:
    ctypes.memmove(into.address, data, len(data))
