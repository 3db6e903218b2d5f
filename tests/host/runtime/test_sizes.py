"""Sizes that a module claims: the host's memory stays bounded by what is there, and compiling by its timeout."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from florecon_build.host import BadDescribe, BrokenReply, TimedOut, Workspace
from florecon_build.host.report.tables import READ, read
from florecon_build.host.runtime.compiled_cache import CompiledCache
from tests.support.wat_modules import ABOUT, HEAP_AT, OK, REPLY_AT, compiled, ok, on, packed, solver

MIB = 1 << 20
ROOM = 256
"""MiB that a hostile reply may make this process grow by; the attacks took gigabytes."""


def stream(table: pa.Table, compression: str | None = None) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def nulls(rows: int) -> bytes:
    """The reply of 832 bytes: columns without buffers, of any length."""
    return stream(pa.table({name: pa.nulls(rows) for name in READ["groups"]}))


def zeros(rows: int, compression: str) -> bytes:
    """A compressed reply that is thousands of times as large uncompressed."""
    column = pa.repeat(pa.scalar(0, pa.int64()), rows)
    return stream(pa.table(dict.fromkeys(READ["allocations"], column)), compression)


def fetching(reply: bytes) -> bytes:
    assert len(reply) < HEAP_AT - REPLY_AT
    return solver(reply=OK + reply, dispatch=on("f", packed(REPLY_AT + len(OK), len(reply)), ok()))


def far(text: bytes) -> bytes:
    """Text repeated over 60 MB of memory by the module itself, as its description."""
    fill = (
        f"(memory.copy (i32.const {HEAP_AT}) (i32.const {REPLY_AT}) (i32.const {len(text)}))"
        f"(loop $more (memory.copy (i32.add (i32.const {HEAP_AT}) (global.get $done)) (i32.const {HEAP_AT})"
        " (global.get $done)) (global.set $done (i32.mul (global.get $done) (i32.const 2)))"
        f" (br_if $more (i32.lt_u (global.get $done) (i32.const {30 * MIB}))))"
    )
    return solver(
        reply=text,
        pages=1100,
        extra=f"(global $done (mut i32) (i32.const {len(text)}))",
        describe=f"{fill} {packed(HEAP_AT, 60 * MIB)}",
    )


ATTACKS: dict[str, tuple[bytes, str]] = {
    "null columns": (fetching(nulls(2_000_000_000)), "BrokenReply"),
    "zstd": (fetching(zeros(30_000_000, "zstd")), "BrokenReply"),
    "lz4": (fetching(zeros(3_000_000, "lz4")[:40_000]), "BrokenReply"),
    "a description of 60 MB": (far(b"[[],[],[],[],[],["), "BadDescribe"),
    "a reply of 60 MB": (solver(pages=1100, dispatch=packed(HEAP_AT, 60 * MIB)), "BrokenReply"),
}
SCRIPT = """
import resource, sys
from pathlib import Path
from florecon_build.host import FloreconError, Workspace
from florecon_build.host.runtime.compiled_cache import CompiledCache

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

for path in sys.argv[2:]:
    before = peak()
    try:
        with Workspace(path, max_memory=256 << 20, timeout=20, cache=CompiledCache(Path(sys.argv[1]))) as ws:
            ws.report().load()
        print("taken", 0)
    except FloreconError as error:
        print(type(error).__name__, peak() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="measures the peak of the resident set")
def test_no_reply_makes_the_host_grow(tmp_path: Path) -> None:
    paths: list[str] = []
    for place, (wasm, _) in enumerate(ATTACKS.values()):
        path = tmp_path / f"{place}.wasm"
        path.write_bytes(wasm)
        paths.append(str(path))
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "cache"), *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [kind for kind, _ in lines] == [kind for _, kind in ATTACKS.values()], done.stdout
    grown = {name: int(line[1]) for name, line in zip(ATTACKS, lines, strict=True)}
    assert max(grown.values()) < ROOM, grown


@pytest.mark.parametrize("compression", ["zstd", "lz4"])
def test_a_compressed_table_within_the_budget_is_read(compression: str) -> None:
    table = pa.table({name: pa.array(range(1000), pa.int64()) for name in READ["allocations"]})
    assert read("allocations", stream(table, compression)).equals(table)
    with pytest.raises(BrokenReply, match="16 times as many uncompressed"):
        read("allocations", zeros(100_000, compression))


def test_any_damage_to_the_sizes_of_a_table_is_a_broken_reply_or_harmless() -> None:
    table = pa.table({name: pa.array(range(4), pa.int64()) for name in READ["allocations"]})
    for compression in (None, "zstd"):
        whole = stream(table, compression)
        for at in range(len(whole)):
            for value in (0, 0x7F, 0x80, 0xFF):
                damaged = whole[:at] + bytes([value]) + whole[at + 1 :]
                with contextlib.suppress(BrokenReply):
                    assert read("allocations", damaged).num_rows <= len(whole)


@pytest.mark.parametrize(
    "table",
    [
        pa.table({**{name: [1] for name in READ["allocations"]}, "more": pa.array(["a"]).dictionary_encode()}),
        pa.table({name: pa.array([1.0]) for name in READ["allocations"]}),
        pa.table({name: pa.array(["1"]) for name in READ["allocations"]}),
        pa.table({**{name: [1] for name in READ["allocations"]}, **{f"c{at}": [1] for at in range(99)}}),
    ],
)
def test_tables_of_other_columns_are_refused(table: pa.Table) -> None:
    with pytest.raises(BrokenReply, match="table of allocations is malformed"):
        read("allocations", stream(table))


def test_json_is_bounded_by_the_rows_sent() -> None:
    text = json.dumps({"ok": True, "demoted": [1] * 2000}).encode()
    reply = text[:-2] + b",1" * 20 + b"]}"
    with Workspace(solver(reply=reply)) as ws:
        assert ws.upsert([{"row_id": 1, "amount": 1, "memo": None}]).rows == 1
    long = solver(reply=OK, pages=200, dispatch=packed(HEAP_AT, 5 * MIB))
    with pytest.raises(BrokenReply, match="is more than the 4194304"):
        Workspace(long)


def test_a_description_is_bounded() -> None:
    about: dict[str, Any] = {**ABOUT, "more": "x" * 20_000}
    assert Workspace(solver(about={**ABOUT, "more": "x" * 1000})).about.domain == "test.plain"
    with pytest.raises(BadDescribe, match="at most 4194304"):
        Workspace(solver(describe=packed(HEAP_AT, 5 * MIB), pages=200, about={**about, "more": ""}))


def slow(functions: int) -> bytes:
    """A module that takes long to compile: large functions of arithmetic, none of which is ever called."""
    body = "(local.set 0 (i64.mul (i64.xor (local.get 0) (local.get 1)) (i64.rotl (local.get 1) (local.get 0))))" * 4000
    extra = "".join(f"(func (param i64 i64) {body})" for _ in range(functions))
    return solver(extra=extra)


def test_compiling_ends_with_its_timeout(tmp_path: Path) -> None:
    wasm = slow(12)
    start = time.process_time()
    with pytest.raises(TimedOut, match=r"compiling \d+ bytes did not end within 0\.05 seconds"):
        Workspace(wasm, timeout=0.05, cache=CompiledCache(tmp_path))
    assert time.process_time() - start < 3
    assert not list(tmp_path.iterdir())


def test_a_module_compiled_in_a_process_is_the_same(tmp_path: Path) -> None:
    wasm = compiled("(module (memory 1)" + f'(data (i32.const 0) "{"x" * 20_000}"))')
    for timeout in (None, 60.0):
        with pytest.raises(Exception, match="no memory is exported"):
            Workspace(wasm, timeout=timeout, cache=CompiledCache(tmp_path))
    padded = solver(extra=f'(data (i32.const 40000) "{"x" * 20_000}")')
    with Workspace(padded, timeout=60, cache=CompiledCache(tmp_path)) as ws:
        assert ws.about.domain == "test.plain"
    broken = padded[:-1]
    with pytest.raises(Exception, match="not a valid WebAssembly module"):
        Workspace(broken, timeout=60, cache=CompiledCache(tmp_path))
