"""Test modules in WebAssembly text: valid ones that answer from a script, and hostile ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import wasmtime

DESCRIBE_AT = 4096
REPLY_AT = 16384
HEAP_AT = 65536
OP_LETTER = 7  # in {"op":"solve"... the s stands here
WHAT_LETTER = 22  # in {"op":"fetch","what":"groups"} the g stands here
REPORT = '{"op":"report"}'

ABOUT: dict[str, Any] = {
    "abi_version": 1,
    "report_schema": 1,
    "domain": {"id": "test.plain", "version": "1.0.0"},
    "id": {"name": "row_id", "type": "i64"},
    "input": [
        {"name": "row_id", "type": "i64", "id": True},
        {"name": "amount", "type": "f64", "logical": "money", "scale": 2, "amount": True},
        {"name": "memo", "type": "utf8", "nullable": True},
    ],
    "params": [{"name": "slack", "type": "i64", "default": 100}],
    "numeraire": {"scale": 2},
    "build": {"strategy": "f00d", "runtime": "0.0.0", "nodes": []},
}
ROWS: list[dict[str, Any]] = [{"row_id": 1, "amount": 5, "memo": "a"}, {"row_id": 2, "amount": -5, "memo": None}]
OK = b'{"ok":true}'
BUMP = """
    (local $at i32)
    (local.set $at (global.get $free))
    (global.set $free (i32.and (i32.add (i32.add (global.get $free) (local.get 0)) (i32.const 15)) (i32.const -16)))
    (block $enough
      (loop $more
        (br_if $enough (i32.le_u (global.get $free) (i32.mul (memory.size) (i32.const 65536))))
        (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
        (br $more)))
    (local.get $at)"""
ENDLESS = "(loop $forever (br $forever)) unreachable"


def packed(at: int, size: int) -> str:
    """An expression for a reply at an address."""
    return f"(i64.const {(size << 32) | at})"


def on(letter: str, body: str, otherwise: str) -> str:
    """`body` if the command's op begins with `letter` (s: solve, i: init, u: upsert or unpin, f: fetch)."""
    op = f"(i32.load8_u (i32.add (local.get 0) (i32.const {OP_LETTER})))"
    return f"(if (result i64) (i32.eq {op} (i32.const {ord(letter)})) (then {body}) (else {otherwise}))"


def solver(
    *,
    about: Mapping[str, Any] | bytes = ABOUT,
    reply: bytes = OK,
    abi: int = 1,
    alloc: str = BUMP,
    dealloc: str = "",
    describe: str | None = None,
    dispatch: str | None = None,
    pages: int = 4,
    extra: str = "",
) -> bytes:
    """A module of the florecon ABI that describes itself as `about` and answers `reply`, unless told otherwise."""
    text = about if isinstance(about, bytes) else json.dumps(about).encode()
    wat = f"""(module {extra}
      (memory (export "memory") {pages})
      (global $free (mut i32) (i32.const {HEAP_AT}))
      (data (i32.const {DESCRIBE_AT}) "{_escaped(text)}")
      (data (i32.const {REPLY_AT}) "{_escaped(reply)}")
      (func (export "abi_version") (result i32) (i32.const {abi}))
      (func (export "alloc") (param i32) (result i32) {alloc})
      (func (export "dealloc") (param i32 i32) {dealloc})
      (func (export "describe") (result i64) {describe or packed(DESCRIBE_AT, len(text))})
      (func (export "dispatch") (param i32 i32 i32 i32) (result i64) {dispatch or packed(REPLY_AT, len(reply))}))"""
    return compiled(wat)


def reporting(tables: Mapping[str, pa.Table] | None, report: object = None, **more: Any) -> bytes:
    """A module that takes whatever it is sent, and reports these tables, or this JSON where there are none."""
    fetched = {name[0]: _stream(table) for name, table in (tables or {}).items()}
    refused = b'{"ok":false,"error":{"code":"bad_command","message":"no fetch"}}'
    told = json.dumps({"ok": True, "report": report}).encode()
    data, at = b"", dict[str, tuple[int, int]]()
    for name, reply in {**fetched, "ok": OK, "told": told, "refused": refused}.items():
        at[name] = (REPLY_AT + len(data), len(reply))
        data += reply + bytes(-len(reply) % 64)
    assert REPLY_AT + len(data) <= HEAP_AT
    answer = packed(*at["refused"])
    for letter in fetched:
        what = f"(i32.load8_u (i32.add (local.get 0) (i32.const {WHAT_LETTER})))"
        answer = (
            f"(if (result i64) (i32.eq {what} (i32.const {ord(letter)})) (then {packed(*at[letter])}) (else {answer}))"
        )
    report_only = f"(i32.eq (local.get 1) (i32.const {len(REPORT)}))"
    say = f"(if (result i64) {report_only} (then {packed(*at['told'])}) (else {packed(*at['ok'])}))"
    return solver(reply=data, dispatch=on("f", answer, on("r", say, packed(*at["ok"]))), **more)


def _stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def ok() -> str:
    """The plain good reply."""
    return packed(REPLY_AT, len(OK))


def compiled(wat: str) -> bytes:
    """WebAssembly text as a binary."""
    return bytes(wasmtime.wat2wasm(wat))


def _escaped(data: bytes) -> str:
    return "".join(f"\\{byte:02x}" for byte in data)
