"""Module loader: invalid modules raise typed errors; compiled code is cached."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from florecon_build.host import (
    CompiledCache,
    ContractMismatch,
    HasImports,
    LoadError,
    MissingExport,
    NotAWasm,
    Workspace,
    load,
)
from florecon_build.host.runtime.module import RECENT
from tests.support.wat_modules import compiled, solver

MEMORY = '(memory (export "memory") 1)'


@pytest.fixture(autouse=True)
def no_recent_modules() -> None:
    RECENT.clear()


def entry_of(cache: CompiledCache) -> Path:
    (entry,) = cache.folder.glob("*.cwasm")
    return entry


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(NotAWasm, match=r"nowhere\.wasm: cannot be read: No such file"):
        load("/nowhere.wasm")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "starts with nothing"),
        (b"PK\x03\x04 a zip", "starts with 50 4b 03 04"),
        (b"(module)", "starts with 28 6d 6f 64"),
        (b"\0asm\x0d\0\x01\0", "component"),
        (b"\0asm\x01\0\0\0\xff\xff\xff", "not a valid WebAssembly module"),
    ],
)
def test_a_file_that_is_no_wasm(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "solver.wasm"
    path.write_bytes(data)
    with pytest.raises(NotAWasm, match=message) as caught:
        Workspace(path)
    assert str(path) in str(caught.value)
    assert isinstance(caught.value, LoadError)


def test_a_truncated_module() -> None:
    with pytest.raises(NotAWasm, match="not a valid WebAssembly module"):
        load(solver()[:-20])


def test_imports_are_refused_and_named() -> None:
    wasm = solver(extra='(import "wasi_snapshot_preview1" "fd_write" (func (param i32)))')
    with pytest.raises(
        HasImports, match=r"imports wasi_snapshot_preview1\.fd_write; a solver module must import nothing"
    ):
        Workspace(wasm)


def test_many_imports_are_counted() -> None:
    wasm = solver(extra="".join(f'(import "env" "f{n}" (func))' for n in range(9)))
    with pytest.raises(HasImports, match=r"env\.f4 and 4 more"):
        load(wasm)


def test_another_abi_version() -> None:
    with pytest.raises(ContractMismatch, match="speaks florecon ABI version 7, this host version 1") as caught:
        Workspace(solver(abi=7))
    assert caught.value.code == "contract_mismatch"


def test_a_module_without_exports() -> None:
    with pytest.raises(MissingExport, match="no memory is exported"):
        load(compiled("(module)"))


def test_a_missing_function() -> None:
    with pytest.raises(MissingExport, match="the function 'abi_version' is not exported"):
        load(compiled(f"(module {MEMORY})"))


def test_another_signature() -> None:
    wat = f'(module {MEMORY} (func (export "abi_version") (param i64) (result i32) i32.const 1))'
    with pytest.raises(MissingExport, match=r"'abi_version' has the signature \(i64\) -> i32, not \(\) -> i32"):
        load(compiled(wat))


def test_what_a_build_returns_is_a_module(tmp_path: Path) -> None:
    @dataclass
    class Artifact:
        wasm: Path

    path = tmp_path / "solver.wasm"
    path.write_bytes(solver())
    assert Workspace(Artifact(path)).about.domain == "test.plain"
    assert load(str(path)).digest == load(path).digest


def test_the_second_load_comes_from_the_cache(tmp_path: Path) -> None:
    cache, wasm = CompiledCache(tmp_path / "modules"), solver()
    first = load(wasm, cache=cache)
    entry = entry_of(cache)
    written = entry.stat().st_mtime_ns
    RECENT.clear()
    assert load(wasm, cache=cache).code == first.code
    assert entry.stat().st_mtime_ns == written
    assert Workspace(wasm, cache=cache).about.domain == "test.plain"


@pytest.mark.parametrize("damage", ["flipped", "truncated", "emptied", "foreign"])
def test_a_damaged_entry_is_found_and_rebuilt(tmp_path: Path, damage: str) -> None:
    cache, wasm = CompiledCache(tmp_path / "modules"), solver()
    code = load(wasm, cache=cache).code
    entry = entry_of(cache)
    good = entry.read_bytes()
    bad = {
        "flipped": good[:500] + bytes([good[500] ^ 1]) + good[501:],
        "truncated": good[:-100],
        "emptied": b"",
        "foreign": b"something else entirely" * 10,
    }
    entry.write_bytes(bad[damage])
    RECENT.clear()
    assert load(wasm, cache=cache).code == code
    assert entry.read_bytes() == good


def test_an_entry_of_another_compiler_is_rebuilt(tmp_path: Path) -> None:
    cache, wasm = CompiledCache(tmp_path / "modules"), solver()
    load(wasm, cache=cache)
    good = entry_of(cache).read_bytes()
    cache.of("interruptible").put(wasm, b"well kept, but no compiled code of this compiler")
    RECENT.clear()
    load(wasm, cache=cache)
    assert entry_of(cache).read_bytes() == good


def test_a_folder_that_others_may_write_to_is_not_trusted(tmp_path: Path) -> None:
    folder = tmp_path / "modules"
    cache, wasm = CompiledCache(folder), solver()
    load(wasm, cache=cache)
    folder.chmod(0o777)
    assert cache.of("interruptible").get(wasm) is None
    cache.put(b"another", b"code")
    assert not cache.path(b"another").exists()


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert load(solver(), cache=CompiledCache(tmp_path / "file" / "modules")).code


def test_old_entries_are_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("florecon_build.host.runtime.compiled_cache.KEEP_ENTRIES", 3)
    cache = CompiledCache(tmp_path)
    for number in range(6):
        cache.put(b"%d" % number, b"code")
    assert len(list(tmp_path.iterdir())) == 3


def test_faster_code_that_cannot_be_stopped(tmp_path: Path) -> None:
    cache, wasm = CompiledCache(tmp_path / "modules"), solver()
    ws = Workspace(wasm, cache=cache, interruptible=False)
    ws.solve()
    Workspace(wasm, cache=cache).solve()
    assert len(list(cache.folder.iterdir())) == 2
    with pytest.raises(ValueError, match="a timeout needs"):
        Workspace(wasm, interruptible=False, timeout=1)
