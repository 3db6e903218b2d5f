"""``flowbench`` as wasm under wasmtime: the same source, the same instances, what a host adds to a solve."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import wasmtime

TARGET = "wasm32-wasip1"  # as a module, but with files and a clock


class WasmBench:
    """A compiled ``flowbench.wasm``; calling it with a file and a number of runs gives the row of that instance."""

    def __init__(self, wasm: Path) -> None:
        config = wasmtime.Config()
        config.cranelift_opt_level = "speed"
        self._engine = wasmtime.Engine(config)
        self._module = wasmtime.Module(self._engine, wasm.read_bytes())
        self._linker = wasmtime.Linker(self._engine)
        self._linker.define_wasi()

    def __call__(self, file: Path, runs: int) -> dict[str, Any]:
        with tempfile.NamedTemporaryFile() as said:
            wasi = wasmtime.WasiConfig()
            wasi.argv = ["flowbench", f"in/{file.name}", "--runs", str(runs)]
            wasi.preopen_dir(str(file.parent), "in")
            wasi.stdout_file = said.name
            store = wasmtime.Store(self._engine)
            store.set_wasi(wasi)
            exports = self._linker.instantiate(store, self._module).exports(store)
            start = exports["_start"]
            assert isinstance(start, wasmtime.Func)
            try:
                start(store)
            except wasmtime.ExitTrap as ended:
                if ended.code != 0:
                    raise RuntimeError(f"flowbench.wasm ended with {ended.code}") from ended
            return json.loads(Path(said.name).read_text())
