"""Mutation of inputs: bytes, and tokens of JSON and source text."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

INTERESTING = (
    0,
    1,
    -1,
    7,
    127,
    128,
    255,
    256,
    2**15,
    2**16,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**53,
    2**63 - 1,
    2**63,
    2**64,
)
TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[-+.\w]+|\s+|.', re.DOTALL)
DICTIONARY = (
    *(str(number).encode() for number in INTERESTING),
    *(b"null", b"true", b"false", b"{}", b"[]", b'""', b"1e400", b"-0.0", b"NaN", b"1.5", b"0x1", b'"\\ud800"'),
    *(b'"\\u0000"', b'"\\u202e"', b'"id"', b'"kind"', b'"type"', b'"value"', b'"nullable"', b"\xff", b"\xed\xa0\x80"),
)


def mutated(rng: random.Random, content: bytes, others: Sequence[bytes], *, textual: bool) -> bytes:
    """The input with one to four mutations; ``others`` are inputs that it may take pieces of."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        if textual and rng.random() < 0.8:
            content = _of_tokens(rng, content, others)
        else:
            content = rng.choice(_BYTES)(rng, content, others)
    return content[: 1 << 16]


def _of_tokens(rng: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    tokens = TOKENS.findall(content) or [b""]
    at, to = rng.randrange(len(tokens)), rng.randrange(len(tokens))
    at, to = min(at, to), min(max(at, to), min(at, to) + 40)
    piece = tokens[at : to + 1]
    match rng.randrange(7):
        case 0:
            tokens[at] = rng.choice(DICTIONARY)
        case 1:
            tokens[at] = rng.choice(TOKENS.findall(rng.choice(others)) or [b""])
        case 2:
            tokens[at : to + 1] = []
        case 3:
            tokens[at:at] = piece
        case 4:
            tokens[at], tokens[to] = tokens[to], tokens[at]
        case 5:
            taken = TOKENS.findall(rng.choice(others)) or [b""]
            start = rng.randrange(len(taken))
            tokens[at : to + 1] = taken[start : start + rng.randrange(1, 40)]
        case _:
            tokens[at:at] = [rng.choice(DICTIONARY)]
    return b"".join(tokens)


def _flip(rng: random.Random, content: bytes, _: Sequence[bytes]) -> bytes:
    changed = bytearray(content or b"\0")
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _number(rng: random.Random, content: bytes, _: Sequence[bytes]) -> bytes:
    width = rng.choice((1, 2, 4, 8))
    number = (rng.choice(INTERESTING) & ((1 << 8 * width) - 1)).to_bytes(width, "little")
    at = rng.randrange(len(content) + 1)
    return content[:at] + number + content[at + (width if rng.random() < 0.8 else 0) :]


def _cut(rng: random.Random, content: bytes, _: Sequence[bytes]) -> bytes:
    at = rng.randrange(len(content) + 1)
    return content[:at] if rng.random() < 0.5 else content[:at] + content[at + rng.randrange(1, 32) :]


def _splice(rng: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    other = rng.choice(others)
    return content[: rng.randrange(len(content) + 1)] + other[rng.randrange(len(other) + 1) :]


_BYTES: tuple[Callable[[random.Random, bytes, Sequence[bytes]], bytes], ...] = (
    _flip,
    _flip,
    _number,
    _number,
    _cut,
    _splice,
)
