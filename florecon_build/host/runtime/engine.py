"""Compiler settings; run as a program, the compiler of one module in a process of its own.

    python engine.py FOLDER-OF-WASMTIME interruptible < module.wasm > compiled

Compiled code compares the engine's epoch with a deadline at every loop and call, so counting the epoch up by one stops
whatever runs in that engine at once. The comparison costs time in tight loops; a module that is trusted to end can do
without it (`interruptible=False`). The compiler itself cannot be stopped, but a process can. The file imports nothing
of the package, so that the process starts quickly.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])

import wasmtime


def new_engine(interruptible: bool = True) -> wasmtime.Engine:
    """An engine with the settings that the cache of compiled code is keyed by."""
    config = wasmtime.Config()
    config.epoch_interruption = interruptible
    config.wasm_threads = False
    config.wasm_memory64 = False
    config.wasm_multi_memory = False
    config.wasm_relaxed_simd = False  # its results differ from machine to machine
    config.wasm_gc = False
    config.cranelift_opt_level = "speed"
    return wasmtime.Engine(config)


def main() -> int:
    """Compiles the module on standard input. Returns 3, with the reason on standard error, where it is none."""
    try:
        module = wasmtime.Module(new_engine(sys.argv[2] == "interruptible"), sys.stdin.buffer.read())
    except wasmtime.WasmtimeError as error:
        sys.stderr.write(str(error))
        return 3
    sys.stdout.buffer.write(bytes(module.serialize()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
