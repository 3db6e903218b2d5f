"""Module loader: a wasm file, validated and compiled.

>>> load(b"PK not a wasm")
Traceback (most recent call last):
    ...
florecon_build.host.errors.NotAWasm: <bytes>: this is no WebAssembly module (it starts with 50 4b 20 6e)
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import wasmtime

from florecon_build.host.errors import HasImports, MissingExport, NotAWasm
from florecon_build.host.runtime.compiled_cache import CompiledCache
from florecon_build.host.runtime.compiler import compiled
from florecon_build.host.runtime.engine import new_engine

ABI_VERSION = 1
CORE_HEADER = b"\0asm\x01\0\0\0"
MAX_WASM_BYTES = 256 << 20
KEEP_IN_MEMORY = 8

SIGNATURES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "abi_version": ((), ("i32",)),
    "alloc": (("i32",), ("i32",)),
    "dealloc": (("i32", "i32"), ()),
    "describe": ((), ("i64",)),
    "dispatch": (("i32", "i32", "i32", "i32"), ("i64",)),
}


@runtime_checkable
class HasWasm(Protocol):
    """Anything with the path of its wasm, such as the artifact of a build."""

    @property
    def wasm(self) -> str | os.PathLike[str]: ...


Source = str | os.PathLike[str] | bytes | HasWasm


@dataclass(frozen=True, slots=True)
class Module:
    """A compiled module that passed every check that needs no running code.

    `code` is compiled for `new_engine(interruptible)`, `name` is the name in messages, `digest` the
    SHA-256 of the wasm in hex.
    """

    code: bytes
    name: str
    digest: str
    interruptible: bool = True


class _Recent:
    """In-process cache (LRU) of compiled modules, so that opening many workspaces validates and compiles once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._code: OrderedDict[tuple[str, bool], bytes] = OrderedDict()

    def get(self, key: tuple[str, bool]) -> bytes | None:
        with self._lock:
            found = self._code.get(key)
            if found is not None:
                self._code.move_to_end(key)
            return found

    def put(self, key: tuple[str, bool], code: bytes) -> None:
        with self._lock:
            self._code[key] = code
            while len(self._code) > KEEP_IN_MEMORY:
                self._code.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._code.clear()


RECENT = _Recent()


def load(
    source: Source, *, cache: CompiledCache | None = None, interruptible: bool = True, timeout: float | None = None
) -> Module:
    """Loads and checks a module.

    Parameters: `source` is a path, the wasm's bytes, or anything with a `.wasm` path; `cache` is where compiled code is
    kept (the user's cache folder unless given); `interruptible=False` compiles code that nothing can stop, and that is
    faster for it; `timeout` is how many seconds compiling may take.
    Errors: `NotAWasm`, `HasImports`, `MissingExport`, `TimedOut`.

    >>> load(b"\\0asm\\x01\\0\\0\\0")
    Traceback (most recent call last):
        ...
    florecon_build.host.errors.MissingExport: ...
    """
    wasm, name = read_wasm(source)
    _check_header(wasm, name)
    digest = hashlib.sha256(wasm).hexdigest()
    key = (digest, interruptible)
    code = RECENT.get(key)
    if code is None:
        variant = "interruptible" if interruptible else "unstoppable"
        code = _compile(wasm, name, (cache or CompiledCache()).of(variant), interruptible, timeout)
        RECENT.put(key, code)
    return Module(code, name, digest, interruptible)


def read_wasm(source: Source) -> tuple[bytes, str]:
    """The bytes of a module, and its name in messages. Errors: `NotAWasm`."""
    if isinstance(source, bytes):
        return source, "<bytes>"
    path = Path(source.wasm if isinstance(source, HasWasm) else source)
    try:
        if path.stat().st_size > MAX_WASM_BYTES:
            raise NotAWasm(f"{path}: a module is at most {MAX_WASM_BYTES >> 20} MiB, this file is larger")
        return path.read_bytes(), str(path)
    except OSError as error:
        raise NotAWasm(f"{path}: cannot be read: {error.strerror or error}") from error


def _check_header(wasm: bytes, name: str) -> None:
    if wasm[:8] == CORE_HEADER:
        return
    if wasm[:4] == CORE_HEADER[:4]:
        raise NotAWasm(f"{name}: this is a WebAssembly component or another version; a core module is needed")
    start = wasm[:4].hex(" ") or "nothing"
    raise NotAWasm(f"{name}: this is no WebAssembly module (it starts with {start})")


def _compile(wasm: bytes, name: str, cache: CompiledCache, interruptible: bool, timeout: float | None) -> bytes:
    """Compiled code of a module that passed the checks, from the cache if it is there."""
    engine = new_engine(interruptible)
    code = cache.get(wasm)
    if code is not None:
        try:
            _check(wasmtime.Module.deserialize(engine, code), name)
            return code
        except wasmtime.WasmtimeError:
            cache.drop(wasm)  # made by another compiler or for another processor
    code = compiled(wasm, name, interruptible, timeout)
    _check(wasmtime.Module.deserialize(engine, code), name)
    cache.put(wasm, code)
    return code


def _check(module: wasmtime.Module, name: str) -> None:
    _check_imports(module, name)
    _check_exports(module, name)


def _check_imports(module: wasmtime.Module, name: str) -> None:
    wanted = [f"{item.module}.{item.name}" for item in module.imports]
    if wanted:
        more = f" and {len(wanted) - 5} more" if len(wanted) > 5 else ""
        raise HasImports(
            f"{name}: the module imports {', '.join(wanted[:5])}{more}; a solver module must import nothing"
            " (build it for wasm32-unknown-unknown, without WASI)"
        )


def _check_exports(module: wasmtime.Module, name: str) -> None:
    exports = {item.name: item.type for item in module.exports}
    memory = exports.get("memory")
    if not isinstance(memory, wasmtime.MemoryType):
        raise MissingExport(f"{name}: no memory is exported under the name 'memory'; this is no florecon module")
    for export, (params, results) in SIGNATURES.items():
        kind = exports.get(export)
        if not isinstance(kind, wasmtime.FuncType):
            raise MissingExport(f"{name}: the function {export!r} is not exported; this is no florecon module")
        found = tuple(str(part) for part in kind.params), tuple(str(part) for part in kind.results)
        if found != (params, results):
            raise MissingExport(f"{name}: {export!r} has the signature {_show(found)}, not {_show((params, results))}")


def _show(signature: tuple[tuple[str, ...], tuple[str, ...]]) -> str:
    params, results = signature
    return f"({', '.join(params)}) -> {', '.join(results) or 'nothing'}"
