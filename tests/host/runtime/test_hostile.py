"""Hostile modules: each raises its own error; none blocks or crashes the host."""

from __future__ import annotations

import time
from typing import Any

import pyarrow as pa
import pytest

from florecon_build.host import (
    BadDescribe,
    BrokenReply,
    FloreconError,
    MemoryLimit,
    PluginError,
    Poisoned,
    TimedOut,
    Trapped,
    Workspace,
    load,
)
from florecon_build.host.description import parse
from florecon_build.host.runtime import instances
from florecon_build.host.runtime.instance import Instance
from florecon_build.host.runtime.limits import Deadline, Limits
from tests.support.wat_modules import ABOUT, ENDLESS, HEAP_AT, OK, REPLY_AT, ROWS, ok, on, packed, solver

MIB = 1 << 20


def refused(kind: type[FloreconError], message: str, wasm: bytes, **limits: Any) -> None:
    """The module is refused when it is opened, at once."""
    start = time.monotonic()
    with pytest.raises(kind, match=message):
        Workspace(wasm, **limits)
    assert time.monotonic() - start < 5


# Time


def test_an_endless_loop_at_start() -> None:
    wasm = solver(extra=f"(start $go) (func $go {ENDLESS})")
    refused(TimedOut, r"start did not end within 0\.2 seconds", wasm, timeout=0.2)


def test_an_endless_describe() -> None:
    refused(TimedOut, "describe did not end", solver(describe=ENDLESS), timeout=0.2)


def test_an_endless_alloc() -> None:
    refused(TimedOut, "alloc did not end", solver(alloc=ENDLESS), timeout=0.2)


def test_an_endless_dealloc() -> None:
    refused(TimedOut, "dealloc did not end", solver(dealloc=ENDLESS), timeout=0.2)


def test_an_endless_solve() -> None:
    ws = Workspace(solver(dispatch=on("s", ENDLESS, ok())), timeout=0.3)
    start = time.monotonic()
    with pytest.raises(TimedOut, match=r"dispatch did not end within 0\.3 seconds") as caught:
        ws.solve()
    assert 0.25 < time.monotonic() - start < 3
    assert "Nothing is lost" in caught.value.__notes__[0]


def test_a_partial_solve_without_end() -> None:
    reply = b'{"ok":true,"progress":{"done":1,"total":9}}'
    wasm = solver(reply=reply, dispatch=on("s", packed(REPLY_AT, len(reply)), packed(REPLY_AT, len(reply))))
    with pytest.raises(BrokenReply, match="reports no progress"):
        Workspace(wasm).solve()


def test_the_number_of_certified_flows_is_read_strictly() -> None:
    with Workspace(solver(reply=b'{"ok":true,"certified":3}')) as ws:
        assert ws._session.solve(None, certify=True) == 3  # pyright: ignore[reportPrivateUsage]
    for wrong in (b'"3"', b"true", b"3.0", b"[]"):
        wasm = solver(reply=b'{"ok":true,"certified":' + wrong + b"}")
        with Workspace(wasm) as ws, pytest.raises(BrokenReply, match="certified flows"):
            ws.solve(certify=True)


def test_endless_recursion() -> None:
    wasm = solver(dispatch=on("s", "(call $deep) (i64.const 0)", ok()), extra="(func $deep (call $deep) (call $deep))")
    with pytest.raises(Trapped, match="stack"):
        Workspace(wasm).solve()


# Memory

BOMB = "(loop $more (drop (memory.grow (i32.const 64))) (br_if $more (i32.lt_u (memory.size) (i32.const 65000))))"


def test_a_memory_bomb() -> None:
    wasm = solver(dispatch=on("s", f"{BOMB} unreachable", ok()))
    ws = Workspace(wasm, max_memory=32 * MIB, timeout=1)
    with pytest.raises((MemoryLimit, TimedOut)):
        ws.solve()
    assert ws.memory_bytes() <= 32 * MIB


def test_a_module_that_gives_up_for_want_of_memory() -> None:
    grow = "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable"
    ws = Workspace(solver(dispatch=on("s", grow, ok())), max_memory=16 * MIB)
    with pytest.raises(MemoryLimit, match=r"holds 15\.\d MiB and may hold 16\.0 MiB; raise max_memory"):
        ws.solve()


def test_a_module_that_is_born_too_large() -> None:
    refused(MemoryLimit, "needs more than max_memory allows", solver(pages=1000), max_memory=16 * MIB)


def test_rows_that_do_not_fit() -> None:
    ws = Workspace(solver(), max_memory=1 * MIB)
    rows = pa.table({"row_id": range(100_000), "amount": [1] * 100_000, "memo": ["long"] * 100_000})
    with pytest.raises(MemoryLimit, match=r"fewer than the 100,000 rows that were sent fit; fb\.reconcile solves"):
        ws.upsert(rows)
    ws.upsert(ROWS)


def test_a_rebuild_holds_one_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory of the spoiled instance is freed before the fresh one is made, also where that fails again."""
    ws = Workspace(solver(dispatch=on("s", "unreachable", ok())))
    alive: list[int] = []
    real = instances.Instance

    def counted(*given: Any) -> Any:
        alive.append(ws.memory_bytes())
        return real(*given)

    monkeypatch.setattr(instances, "Instance", counted)
    for _ in range(2):
        with pytest.raises(Trapped):
            ws.solve()
    assert ws.upsert(ROWS).rows
    assert alive == [0, 0]
    assert ws.rebuilt == 2
    ws.close()


def test_a_table_bomb() -> None:
    grow = "(loop $more (br_if $more (i32.ne (table.grow $t (ref.null func) (i32.const 100000)) (i32.const -1))))"
    wasm = solver(dispatch=on("s", f"{grow} unreachable", ok()), extra="(table $t 1 funcref)")
    with pytest.raises(Trapped):
        Workspace(wasm, timeout=5).solve()


# Traps and pointers


def test_a_trap() -> None:
    ws = Workspace(solver(dispatch=on("s", "unreachable", ok())))
    with pytest.raises(Trapped, match=r"dispatch trapped \(wasm `unreachable` instruction executed\)"):
        ws.solve()


def test_a_trap_at_start() -> None:
    refused(Trapped, "start trapped", solver(extra="(start $go) (func $go unreachable)"))


@pytest.mark.parametrize(
    ("at", "size"),
    [(4 * 65536 - 1, 2), (4 * 65536, 1), (0xFFFF_FFFF, 0xFFFF_FFFF), (0, 0x7FFF_FFFF), (0x8000_0000, 16)],
)
def test_a_reply_out_of_range(at: int, size: int) -> None:
    wasm = solver(dispatch=f"(i64.or (i64.shl (i64.const {size}) (i64.const 32)) (i64.const {at}))")
    refused(BrokenReply, f"the reply is {size} bytes at {at}, outside the module's memory of 262144 bytes", wasm)


def test_a_description_out_of_range() -> None:
    refused(BrokenReply, "the reply is 100 bytes at 262140", solver(describe=packed(262140, 100)))


@pytest.mark.parametrize("at", [0xFFFF_FFF0, 4 * 65536 - 4, 0x8000_0000])
def test_an_allocation_out_of_range(at: int) -> None:
    refused(BrokenReply, "outside the module's memory", solver(alloc=f"(i32.const {at})"))


def test_an_allocation_that_fails() -> None:
    refused(MemoryLimit, "ran out of memory", solver(alloc="(i32.const 0)"))


def test_an_allocation_over_the_module_itself_harms_only_the_module() -> None:
    ws = Workspace(solver(alloc="(i32.const 1)"))
    with pytest.raises(FloreconError):
        ws.upsert({"row_id": list(range(5000)), "amount": [1] * 5000, "memo": [None] * 5000})


# Replies


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"junk",
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b"{}",
        b'{"ok":1}',
        b'{"ok":"true"}',
        b'{"ok":true',
        b"[" * 40_000,
        b'{"ok":' + b"9" * 10_000 + b"}",
        b"NaN",
    ],
)
def test_a_reply_that_is_no_envelope(reply: bytes) -> None:
    refused(BrokenReply, "a reply of", solver(reply=reply))


def test_megabytes_of_junk() -> None:
    refused(BrokenReply, "a reply of 62914560 bytes", solver(pages=1000, dispatch=packed(HEAP_AT, 60 * MIB)))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (b"null", "unknown"),
        (b"[1]", "unknown"),
        (b'"no"', "unknown"),
        (b'{"code":7}', "unknown"),
        (b'{"code":"made_up","message":"hm"}', "made_up"),
        (b'{"code":"unknown_group","message":5,"id":{},"group_id":"x"}', "unknown_group"),
    ],
)
def test_an_error_that_is_malformed(error: bytes, code: str) -> None:
    with pytest.raises(FloreconError) as caught:
        Workspace(solver(reply=b'{"ok":false,"error":' + error + b"}"))
    assert caught.value.code == code
    assert caught.value.id is None
    assert caught.value.group_id is None
    assert not isinstance(caught.value, Poisoned)


def test_a_code_that_nobody_knows() -> None:
    with pytest.raises(PluginError, match="hm"):
        Workspace(solver(reply=b'{"ok":false,"error":{"code":"made_up","message":"hm"}}'))


@pytest.mark.parametrize("table", [b"ARROW1 is not a stream", b"\xff\xff\xff\xff\x00\x10\x00\x00", b"\x00" * 64])
def test_a_table_that_is_no_arrow(table: bytes) -> None:
    wasm = solver(reply=OK + table, dispatch=on("f", packed(REPLY_AT + len(OK), len(table)), ok()))
    with pytest.raises(BrokenReply, match="table of groups is malformed"):
        _ = Workspace(wasm).report().groups


def test_a_table_with_other_columns() -> None:
    sink = pa.BufferOutputStream()
    table = pa.table({"surprise": [1]})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    data = sink.getvalue().to_pybytes()
    wasm = solver(reply=OK + data, dispatch=on("f", packed(REPLY_AT + len(OK), len(data)), ok()))
    with pytest.raises(BrokenReply, match="table of groups is malformed"):
        _ = Workspace(wasm).report().rows


def test_a_table_with_offsets_out_of_range() -> None:
    sink = pa.BufferOutputStream()
    table = pa.table({"status": pa.array(["proposed", "pinned"])})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    data = sink.getvalue().to_pybytes()
    broken = data.replace((8).to_bytes(4, "little") + (14).to_bytes(4, "little"), b"\xff\xff\xff\x7f" * 2)
    assert broken != data
    wasm = solver(reply=OK + broken, dispatch=on("f", packed(REPLY_AT + len(OK), len(broken)), ok()))
    with pytest.raises(BrokenReply):
        _ = Workspace(wasm).report().groups


# Descriptions


def lying(**changes: Any) -> bytes:
    return solver(about={**ABOUT, **changes})


@pytest.mark.parametrize(
    ("about", "message"),
    [
        (b"", "answered with no JSON"),
        (b"hello", "answered with no JSON"),
        (b"[" * 12_000, "answered with no JSON"),
        (b"[]", "the description is no object"),
        (b"{}", "'input' is no list"),
        (b'{"input":[]}', "no input column"),
        (b'{"input":[7]}', "an entry of 'input' is no object"),
        (b'{"input":[{"type":"i64"}]}', "'name' is no text"),
        (b'{"input":[{"name":"a","type":"decimal"}]}', "has the type 'decimal'"),
        (b'{"input":[{"name":"a","type":"i64"},{"name":"a","type":"i64"}]}', "declared twice"),
        (b'{"input":[{"name":"a","type":"f64","logical":"money","scale":400}]}', "scale of column 'a' is 400"),
        (b'{"input":[{"name":"a","type":"f64","logical":"money","scale":-1}]}', "scale of column 'a' is -1"),
        (b'{"input":[{"name":"a","type":"i64","nullable":"yes"}]}', "'nullable' is neither true nor false"),
        (b'{"abi_version":2,"input":[{"name":"a","type":"i64"}]}', "says ABI version 2"),
        (b'{"abi_version":"1","input":[{"name":"a","type":"i64"}]}', "says ABI version '1'"),
        (b'{"input":[{"name":"a","type":"i64"}],"params":{"x":1}}', "'params' is no list"),
        (b'{"input":[{"name":"a","type":"i64"}],"numeraire":{"scale":true}}', "scale of numeraire"),
    ],
)
def test_a_description_that_lies(about: bytes, message: str) -> None:
    refused(BadDescribe, message, solver(about=about))


def test_a_description_with_too_many_columns() -> None:
    columns = ",".join(f'{{"name":"c{n}","type":"i64"}}' for n in range(5000)).encode()
    with pytest.raises(BadDescribe, match="5000 entries"):
        parse(b'{"input":[' + columns + b"]}", "big")


def test_what_a_description_adds_is_ignored() -> None:
    ws = Workspace(lying(future={"x": [1, 2]}, build={"strategy": "s", "runtime": "9", "nodes": "many"}))
    assert ws.about.nodes == ()


# After the fault


def test_a_poisoned_instance_says_so_and_does_not_run_again() -> None:
    instance = Instance(load(solver(dispatch="unreachable")), Limits())
    with pytest.raises(Trapped):
        instance.dispatch(b"{}", None, Deadline(None))
    with pytest.raises(Poisoned, match=r"unusable since: .* trapped") as caught:
        instance.dispatch(b"{}", None, Deadline(None))
    assert isinstance(caught.value.__cause__, Trapped)
