"""Position automaton of a pattern (Glushkov, "The abstract theory of automata", 1961), and its table of bytes.

The states are the positions: the characters and classes of the pattern with every repetition written out. So an
automaton has no more states than the pattern has characters, whatever the pattern is, and one step costs at most as
much as it has transitions. The table is a function of the pattern alone. The interpreter runs on the same automaton as
generated Rust and the engine module, which have it as a table.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.patterns import (
    MAX_POSITIONS,
    Chars,
    Concat,
    Either,
    Part,
    Pattern,
    PatternError,
    Ranges,
    Repeat,
    parse,
)
from florecon_build.ir.traversal import value_parts, values_in, walk

MAX_TABLE = 3_000
"""Bytes of a table."""
_ASCII = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Automaton:
    """Positions and what may stand before each, as sets of bits: bit ``p`` is position ``p``.

    The positions before ``group[0]`` stand before the group, those from ``group[1]`` on after it. The characters from
    ``edges[i]`` to before ``edges[i + 1]`` are of class ``classes[i]``; ``accepting`` are the positions that take a
    character of a class. ``before`` are the positions that may come directly before a position.
    """

    pattern: Pattern
    edges: tuple[int, ...]
    classes: tuple[int, ...]
    accepting: tuple[int, ...]
    first: int
    last: int
    before: tuple[int, ...]
    group: tuple[int, int]

    def class_of(self, char: str) -> int:
        """The class of a character."""
        return self.classes[bisect_right(self.edges, ord(char)) - 1]

    def table(self) -> bytes:
        """The automaton as the runtime reads it; docs/wire.md has the layout."""
        count, pattern = len(self.before), self.pattern
        flags = (pattern.at_start, pattern.at_end, pattern.word_start, pattern.word_end)
        wide = [(max(edge, _ASCII), kind) for edge, kind, end in self._intervals() if end > _ASCII]
        header = (
            sum(flag << bit for bit, flag in enumerate(flags)),
            count,
            len(self.accepting),
            *self.group,
            len(wide),
        )
        rows = (*self.accepting, self.first, self.last)
        lists = [_bits(positions) for positions in self.before]
        offsets = [sum(map(len, lists[:index])) for index in range(count + 1)]
        return b"".join(
            (
                bytes(header),
                bytes(self.class_of(chr(code)) for code in range(_ASCII)),
                *(edge.to_bytes(3, "little") + bytes([kind]) for edge, kind in wide),
                *(row.to_bytes(-(-count // 64) * 8, "little") for row in rows),
                *(offset.to_bytes(2, "little") for offset in offsets),
                *map(bytes, lists),
            )
        )

    def _intervals(self) -> list[tuple[int, int, int]]:
        ends = (*self.edges[1:], 0x110000)
        return list(zip(self.edges, self.classes, ends, strict=True))


@lru_cache(maxsize=1_024)
def automaton_of(pattern: str) -> Automaton:
    """The automaton of a pattern. Raises ``PatternError`` for one outside the subset, or beyond its limits.

    >>> automaton_of("INV-([0-9]+)").group, len(automaton_of("INV-([0-9]+)").table()) < 300
    ((4, 5), True)
    """
    tree = parse(pattern)
    builder = _Builder()
    parts = [builder.part(part) for part in (tree.before, tree.group, tree.after)]
    whole = builder.concat(parts)
    starts = [part.start for part in parts[1:]]
    found = builder.automaton(tree, whole, (starts[0], starts[1]))
    if any(len(row) > 255 for row in (found.edges, found.accepting)) or len(found.table()) > MAX_TABLE:
        fix = "use fewer different characters, such as a range for a list, or two patterns"
        raise PatternError(f"the automaton is larger than {MAX_TABLE} bytes", 0, len(pattern), fix)
    return found


def patterns_of(plugin: n.PluginIr) -> list[str]:
    """The patterns of a plugin's expressions, each once, in the order of the plugin."""
    return list(dict.fromkeys(_patterns(plugin)))


def _patterns(plugin: n.PluginIr) -> Iterator[str]:
    held = [lane.value for lane in plugin.lanes] + [plugin.numeraire]
    held += [value for place in walk(plugin.strategy) for _, value in value_parts(place.node)]
    for value in (part for whole in held for part in values_in(whole)):
        if isinstance(value, e.TextExtract | e.TextMatches | e.ExtractAll):
            yield value.pattern


@dataclass(frozen=True, slots=True)
class _Piece:
    """The first and last positions of a part; ``start`` is its smallest position."""

    first: frozenset[int]
    last: frozenset[int]
    is_empty: bool
    start: int


@dataclass(slots=True)
class _Builder:
    """Numbers the positions from left to right, and collects what may stand before each."""

    sets: list[Ranges] = field(default_factory=list[Ranges])
    before: list[set[int]] = field(default_factory=list[set[int]])

    def part(self, part: Part) -> _Piece:
        start = len(self.sets)
        match part:
            case Chars(ranges):
                self.sets.append(ranges)
                self.before.append(set())
                return _Piece(frozenset({start}), frozenset({start}), False, start)
            case Concat(parts):
                return self.concat([self.part(inner) for inner in parts])
            case Either(parts):
                pieces = [self.part(inner) for inner in parts]
                first = frozenset[int]().union(*(piece.first for piece in pieces))
                last = frozenset[int]().union(*(piece.last for piece in pieces))
                return _Piece(first, last, any(piece.is_empty for piece in pieces), start)
            case Repeat(inner, least, most):
                return self._repeat(inner, least, most)

    def concat(self, pieces: list[_Piece]) -> _Piece:
        """The pieces one after the other."""
        whole = _Piece(frozenset(), frozenset(), True, pieces[0].start if pieces else len(self.sets))
        for piece in pieces:
            self._join(whole.last, piece.first)
            first = whole.first | piece.first if whole.is_empty else whole.first
            last = whole.last | piece.last if piece.is_empty else piece.last
            whole = _Piece(first, last, whole.is_empty and piece.is_empty, whole.start)
        return whole

    def _repeat(self, inner: Part, least: int, most: int | None) -> _Piece:
        """Copies one after the other. What need not stand is ``x(x(x)?)?``, so that transitions stay few."""
        start, needed = len(self.sets), least if most is not None else max(least, 1)
        pieces = [self.part(inner) for _ in range(needed)]
        if most is None:
            self._join(pieces[-1].last, pieces[-1].first)
        else:
            copies = [self.part(inner) for _ in range(most - least)]
            tail = _Piece(frozenset(), frozenset(), True, len(self.sets))
            for copy in reversed(copies):
                tail = self._optional(self.concat([copy, tail]))
            pieces.append(tail)
        whole = self.concat(pieces)
        is_empty = whole.is_empty or least == 0
        return _Piece(whole.first, whole.last, is_empty, start)

    def _optional(self, piece: _Piece) -> _Piece:
        return _Piece(piece.first, piece.last, True, piece.start)

    def _join(self, lasts: frozenset[int], firsts: frozenset[int]) -> None:
        for position in firsts:
            self.before[position] |= lasts

    def automaton(self, pattern: Pattern, whole: _Piece, group: tuple[int, int]) -> Automaton:
        """The automaton over classes: the characters that the same positions take are one class."""
        assert len(self.sets) <= MAX_POSITIONS
        edges = sorted({0, *(edge for ranges in self.sets for low, high in ranges for edge in (low, high + 1))})
        edges = [edge for edge in edges if edge <= 0x10FFFF]
        takes = [self._taking(edge) for edge in edges]
        accepting = list(dict.fromkeys(takes))
        kept = [index for index in range(len(edges)) if index == 0 or takes[index] != takes[index - 1]]
        return Automaton(
            pattern=pattern,
            edges=tuple(edges[index] for index in kept),
            classes=tuple(accepting.index(takes[index]) for index in kept),
            accepting=tuple(accepting),
            first=_mask(whole.first),
            last=_mask(whole.last),
            before=tuple(map(_mask, self.before)),
            group=group,
        )

    def _taking(self, code: int) -> int:
        return _mask({at for at, ranges in enumerate(self.sets) if any(low <= code <= high for low, high in ranges)})


def _mask(positions: frozenset[int] | set[int]) -> int:
    return sum(1 << position for position in positions)


def _bits(mask: int) -> list[int]:
    """The positions of a set, ascending."""
    return [position for position in range(mask.bit_length()) if mask >> position & 1]
