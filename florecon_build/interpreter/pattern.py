"""Search for patterns: leftmost-longest matches by the position automaton, in time linear in the text.

The sets of positions are the bits of integers. One pass from the end of the text finds the positions from which a match
can still be completed; one from the front, over these alone, never goes on past the end of the longest match.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from florecon_build.ir.automaton import Automaton, automaton_of
from florecon_build.ir.patterns import WORD

Span = tuple[int, int]


def matches(text: str, pattern: str) -> bool:
    """True where some part of the text matches the pattern.

    >>> matches("paid INV-7", "INV-[0-9]+"), matches("paid INV-7", "^INV")
    (True, False)
    """
    return next(_found(text, automaton_of(pattern)), None) is not None


def extract(text: str, pattern: str, group: int) -> str | None:
    """The group of the first match, or the whole match for group 0; None without a match.

    >>> extract("paid INV-007 today", "INV-0*([0-9]+)", 1), extract("paid", "INV", 1)
    ('7', None)
    """
    automaton = automaton_of(pattern)
    match = next(_found(text, automaton), None)
    if match is None:
        return None
    start, end = _group(text, automaton, match) if group else match
    return text[start:end]


def extract_all(text: str | None, pattern: str) -> tuple[str, ...]:
    """The distinct texts of the group in all matches, sorted, without the empty one.

    >>> extract_all("INV-0042 and INV-0043, INV-0042", "INV-([0-9]+)")
    ('0042', '0043')
    """
    automaton = automaton_of(pattern)
    groups = (_group(text or "", automaton, match) for match in _found(text or "", automaton))
    return tuple(sorted({(text or "")[start:end] for start, end in groups} - {""}))


def _found(text: str, automaton: Automaton) -> Iterator[Span]:
    """The matches that follow each other, from left to right."""
    viable = _viable(text, automaton, lambda end: _ends(text, automaton, end))
    at = 0
    while at < len(text):
        here = viable[at] & automaton.first
        if not here or not _starts(text, automaton, at):
            at += 1
            continue
        start, end = at, at
        while here:
            at += 1
            if here & automaton.last and _ends(text, automaton, at):
                end = at
            here = _after(automaton, here, viable[at])
        at = end
        yield start, end


def _group(text: str, automaton: Automaton, match: Span) -> Span:
    """The group in a match: as much as can be stands before it, of the rest as much as can be in it."""
    start, end = match
    opening, closing = automaton.group
    if (opening, closing) == (0, len(automaton.before)):
        return match
    viable = _viable(text[start:end], automaton, lambda at: at == end - start)
    edges = [0]
    came = 0
    for low, high in ((0, opening), (opening, closing)):
        at = edges[-1]
        here = (_after(automaton, came, viable[at]) if at else viable[at] & automaton.first) & _between(low, high)
        while here:
            at, came = at + 1, here
            here = _after(automaton, here, viable[at]) & _between(low, high)
        edges.append(at)
    return start + edges[1], start + edges[2]


def _viable(text: str, automaton: Automaton, accepts: Callable[[int], bool]) -> list[int]:
    """For each place the positions that take its character and from which an accepted end is reached."""
    found = [0] * (len(text) + 1)
    for at in reversed(range(len(text))):
        later, here = found[at + 1], automaton.last if accepts(at + 1) else 0
        while later:
            position = later.bit_length() - 1
            later ^= 1 << position
            here |= automaton.before[position]
        found[at] = here & automaton.accepting[automaton.class_of(text[at])]
    return found


def _after(automaton: Automaton, here: int, viable: int) -> int:
    """The viable positions that may follow those here."""
    found = 0
    for position in range(viable.bit_length()):
        if viable >> position & 1 and automaton.before[position] & here:
            found |= 1 << position
    return found


def _between(low: int, high: int) -> int:
    return (1 << high) - (1 << low)


def _starts(text: str, automaton: Automaton, at: int) -> bool:
    pattern = automaton.pattern
    return (not pattern.at_start or at == 0) and (not pattern.word_start or _is_edge(text, at))


def _ends(text: str, automaton: Automaton, at: int) -> bool:
    pattern = automaton.pattern
    return (not pattern.at_end or at == len(text)) and (not pattern.word_end or _is_edge(text, at))


def _is_edge(text: str, at: int) -> bool:
    """True between a word character and none; the ends of the text are none."""
    before, after = (_is_word(text[place]) if 0 <= place < len(text) else False for place in (at - 1, at))
    return before is not after


def _is_word(char: str) -> bool:
    return any(low <= ord(char) <= high for low, high in WORD)
