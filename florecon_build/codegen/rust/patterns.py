"""Patterns in generated Rust: a static of bytes with the table of the automaton, below the pattern as a comment."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from florecon_build.codegen.rust import ast as r
from florecon_build.codegen.rust.literals import comment
from florecon_build.ir.automaton import automaton_of

_BYTES_PER_LINE = 27


def pattern_name(pattern: str) -> str:
    """The static of a pattern: a function of the pattern alone, so that every expression finds it.

    >>> pattern_name("INV-[0-9]+")
    'PATTERN_87345D2D'
    """
    return f"PATTERN_{hashlib.sha256(pattern.encode()).hexdigest()[:8].upper()}"


def pattern_items(patterns: Iterable[str], trees: Iterable[r.Expression]) -> tuple[r.Item, ...]:
    """The statics of those patterns that the trees read."""
    read = {part.path for tree in trees for part in r.walk(tree) if isinstance(part, r.Path)}
    return tuple(_item(pattern) for pattern in dict.fromkeys(patterns) if pattern_name(pattern) in read)


def _item(pattern: str) -> r.Item:
    table = automaton_of(pattern).table()
    rows = [table[at : at + _BYTES_PER_LINE] for at in range(0, len(table), _BYTES_PER_LINE)]
    lines = ["    " + "".join(f"\\x{byte:02x}" for byte in row) + "\\" for row in rows]
    lines[-1] = lines[-1].removesuffix("\\") + '";'
    head = f'static {pattern_name(pattern)}: &[u8] = b"\\'
    return r.Verbatim((comment(f"Automaton of the pattern {pattern}"), head, *lines))
