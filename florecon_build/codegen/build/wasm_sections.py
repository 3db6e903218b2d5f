"""Custom sections of a WebAssembly module: named byte strings that do not affect execution.

>>> wasm = with_section(b"\\0asm\\1\\0\\0\\0", "a", b"xy")
>>> section(wasm, "a"), section(wasm, "b")
(b'xy', None)
"""

from __future__ import annotations

from collections.abc import Iterator

from florecon_build.codegen.errors import CodegenError

HEADER = b"\0asm\1\0\0\0"
_CUSTOM = 0


def with_section(wasm: bytes, name: str, content: bytes) -> bytes:
    """The module with a custom section appended."""
    label = name.encode()
    body = _leb(len(label)) + label + content
    return wasm + b"\0" + _leb(len(body)) + body


def section(wasm: bytes, name: str) -> bytes | None:
    """Content of the first custom section with this name; None if there is none.

    Raises ``CodegenError`` for bytes that are not a complete module.
    """
    if wasm[: len(HEADER)] != HEADER:
        raise CodegenError("not a WebAssembly module")
    for kind, start, end in _sections(wasm):
        if kind == _CUSTOM:
            length, at = _read_leb(wasm, start, end)
            if wasm[at : at + length] == name.encode():
                return wasm[at + length : end]
    return None


def _sections(wasm: bytes) -> Iterator[tuple[int, int, int]]:
    """Kind, start and end of each section."""
    at = len(HEADER)
    while at < len(wasm):
        kind = wasm[at]
        length, start = _read_leb(wasm, at + 1, len(wasm))
        if start + length > len(wasm):
            raise CodegenError("the WebAssembly module is truncated")
        yield kind, start, start + length
        at = start + length


def _read_leb(wasm: bytes, at: int, end: int) -> tuple[int, int]:
    """An unsigned LEB128 number of at most 32 bits, and its end."""
    result = 0
    for shift in range(0, 35, 7):
        if at >= end:
            break
        result |= (wasm[at] & 0x7F) << shift
        at += 1
        if not wasm[at - 1] & 0x80:
            return result, at
    raise CodegenError("the WebAssembly module is truncated")


def _leb(number: int) -> bytes:
    result = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        result.append(low | (0x80 if number else 0))
        if not number:
            return bytes(result)
