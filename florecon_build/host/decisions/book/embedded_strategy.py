"""Strategy that a module carries with it: the custom section `florecon.ir` of its WebAssembly."""

from __future__ import annotations

SECTION = b"florecon.ir"
HEADER_BYTES = 8
_CUSTOM = 0


def embedded_strategy(wasm: bytes) -> bytes | None:
    """The IR as JSON; None for a module without it."""
    at = HEADER_BYTES
    while at < len(wasm):
        kind = wasm[at]
        length, start = _number(wasm, at + 1)
        at = start + length
        if kind == _CUSTOM:
            letters, name = _number(wasm, start)
            if wasm[name : name + letters] == SECTION:
                return wasm[name + letters : at]
    return None


def _number(wasm: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128 number, and the place after it; of a module that was compiled, so that it is complete."""
    result = shift = 0
    while True:
        byte = wasm[at]
        result |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return result, at
