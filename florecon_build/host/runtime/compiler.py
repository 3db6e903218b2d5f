"""Compilation of a module to machine code, within a time limit.

The compiler takes time that grows with what the module's maker wrote, and nothing stops it inside this process. Under a
limit, all but a small module is therefore compiled by a process that is ended when the time is over.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import wasmtime

from florecon_build.host.errors import NotAWasm, TimedOut
from florecon_build.host.runtime.engine import new_engine

SMALL_BYTES = 16 << 10
INVALID = 3
"""Exit code of the compiling process for bytes that are no module."""


def compiled(wasm: bytes, name: str, interruptible: bool, timeout: float | None) -> bytes:
    """The machine code of a module, serialized.

    Parameters: `timeout` in seconds; None for no limit. Errors: `NotAWasm`, `TimedOut`.
    """
    if timeout is not None and len(wasm) > SMALL_BYTES and sys.executable and not getattr(sys, "frozen", False):
        code = _by_process(wasm, name, interruptible, timeout)
        if code is not None:
            return code
    try:
        return bytes(wasmtime.Module(new_engine(interruptible), wasm).serialize())
    except wasmtime.WasmtimeError as error:
        raise _invalid(name, str(error)) from error


def _by_process(wasm: bytes, name: str, interruptible: bool, timeout: float) -> bytes | None:
    """The same from a process of its own; None where no interpreter runs one, as in an embedded Python."""
    package = Path(wasmtime.__file__).parent.parent
    variant = "interruptible" if interruptible else "unstoppable"
    command = [sys.executable, "-I", str(Path(__file__).with_name("engine.py")), str(package), variant]
    try:
        done = subprocess.run(command, input=wasm, capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        raise TimedOut(f"{name}: compiling {len(wasm)} bytes did not end within {timeout:g} seconds") from None
    except OSError:
        return None
    if done.returncode == INVALID:
        raise _invalid(name, done.stderr.decode("utf-8", "replace"))
    if done.returncode < 0:
        raise NotAWasm(f"{name}: the compiler was ended by signal {-done.returncode} over this module")
    return done.stdout if done.returncode == 0 and done.stdout else None


def _invalid(name: str, reason: str) -> NotAWasm:
    return NotAWasm(f"{name}: not a valid WebAssembly module: {' '.join(reason.split())}")
