"""Hash functions used to construct colliding texts, implemented from their definitions."""

from __future__ import annotations

WORD = 2**64 - 1
HALF = 2**32 - 1
SEEDS = (0x243F6A8885A308D3, 0x13198A2E03707344)


def fnv1a(text: str) -> int:
    """FNV-1a of 64 bits over UTF-8, which orders equally good flows by their text ids."""
    found = 0xCBF29CE484222325
    for byte in text.encode():
        found = (found ^ byte) * 0x100000001B3 & WORD
    return found


def fx64(text: str) -> int:
    """What rustc-hash 2 makes of a text of 8 to 16 bytes on a machine of 64 bits."""
    left, right, length = _halves(text)
    product = left * right
    mixed = (product & WORD) ^ (product >> 64) ^ length
    found = mixed * 0xF1357AEA2E62A9C5 & WORD
    return (found + 0xFF) * 0xF1357AEA2E62A9C5 & WORD


def fx32(text: str) -> int:
    """The same on a machine of 32 bits, such as wasm."""
    left, right, length = _halves(text)
    first = (left & HALF) * (right >> 32)
    second = (left >> 32) * (right & HALF)
    mixed = first ^ ((second >> 32) | (second << 32) & WORD) ^ length
    found = (mixed & HALF) * 0x93D765DD & HALF
    found = (found + (mixed >> 32)) * 0x93D765DD & HALF
    return (found + 0xFF) * 0x93D765DD & HALF


def _halves(text: str) -> tuple[int, int, int]:
    """The seeds, each mixed with an end of the text, and the text's length."""
    data = text.encode()
    assert 8 <= len(data) <= 16
    first, last = (int.from_bytes(part, "little") for part in (data[:8], data[-8:]))
    return SEEDS[0] ^ first, SEEDS[1] ^ last, len(data)
