"""Patterns: the regular subset of ``extract``, ``matches`` and ``extract_all``, parsed to a tree.

The grammar and its meaning are in docs/semantics.md, under Patterns. ``automaton`` makes a table of the tree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import reduce
from typing import NoReturn

MAX_LENGTH = 1_000
"""Characters of a pattern."""
MAX_DEPTH = 50
"""Nested parentheses of a pattern."""
MAX_POSITIONS = 250
"""Characters and classes of a pattern, with every repetition written out."""
_MAX_COUNT_DIGITS = 9
_LAST = 0x10FFFF

Ranges = tuple[tuple[int, int], ...]
"""A set of characters: ascending ranges of code points that do not touch, both ends included."""


class PatternError(ValueError):
    """A pattern outside the subset: the piece from ``start`` to ``end`` that is wrong, and the fix."""

    def __init__(self, message: str, start: int, end: int, fix: str) -> None:
        super().__init__(message)
        self.message, self.start, self.end, self.fix = message, start, end, fix


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of a set."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Concat:
    """One part after the other; no part is the empty text."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of several parts."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part ``least`` to ``most`` times; None: any number of times from ``least`` on."""

    part: Part
    least: int
    most: int | None


Part = Chars | Concat | Either | Repeat
"""The closed union of the parts of a pattern."""

EMPTY = Concat(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """What stands before the group, in it and after it, and the conditions on both ends of a match.

    Without a group, ``group`` is the whole pattern.
    """

    before: Part = EMPTY
    group: Part
    after: Part = EMPTY
    has_group: bool = False
    at_start: bool = False
    at_end: bool = False
    word_start: bool = False
    word_end: bool = False


def union(*sets: Ranges) -> Ranges:
    """The characters of any of the sets.

    >>> union(((65, 70),), ((68, 72), (74, 74)), ((73, 73),))
    ((65, 74),)
    """
    merged: list[tuple[int, int]] = []
    for low, high in sorted(pair for ranges in sets for pair in ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def complement(ranges: Ranges) -> Ranges:
    """The characters that are not in the set."""
    edges = [-1, *(edge for pair in ranges for edge in pair), _LAST + 1]
    gaps = zip(edges[::2], edges[1::2], strict=True)
    return tuple((low + 1, high - 1) for low, high in gaps if low + 1 <= high - 1)


ANY: Ranges = ((0, _LAST),)
DIGIT: Ranges = ((0x30, 0x39),)
SPACE: Ranges = union(
    ((0x9, 0xD), (0x20, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680)),
    ((0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000)),
)
WORD: Ranges = (
    *((0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x1FFF)),
    *((0x2C00, 0x2FFF), (0x3040, 0xFE0F), (0xFE70, 0xFEFF), (0xFF10, _LAST)),
)
"""Word characters, as in docs/semantics.md."""

_CLASSES = {"d": DIGIT, "s": SPACE, "w": WORD}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r"}
_COUNTS = re.compile(r"\{([0-9]*)(,?)([0-9]*)\}")
_GROUPS = (
    ("(?=", "a lookahead", "extract more than is needed, and take the part in `(..)`"),
    ("(?!", "a lookahead", "say what may follow, as a class such as `[^0-9]`"),
    ("(?<=", "a lookbehind", "write what stands before without the lookbehind, and put `(..)` around the rest"),
    ("(?<!", "a lookbehind", "say what may stand before, as a class such as `[^0-9]`, and put `(..)` around the rest"),
    ("(?P=", "a backreference", "no automaton compares two parts: extract both, and compare them"),
    ("(?P<", "a named group", "write `(..)`: there is one group"),
    ("(?<", "a named group", "write `(..)`: there is one group"),
    ("(?>", "an atomic group", "write `(?:..)`"),
    ("(?#", "a comment", "write it as a comment of Python"),
    ("(?", "a flag", "there are no flags; for any case, match `text.upper()` with capitals"),
)


def positions(part: Part) -> int:
    """The characters and classes of a part with every repetition written out."""
    match part:
        case Chars():
            return 1
        case Concat(parts) | Either(parts):
            return sum(map(positions, parts))
        case Repeat(inner, least, most):
            return positions(inner) * (max(least, 1) if most is None else most)


def is_empty(part: Part) -> bool:
    """True where the part can be the empty text."""
    match part:
        case Chars():
            return False
        case Concat(parts):
            return all(map(is_empty, parts))
        case Either(parts):
            return any(map(is_empty, parts))
        case Repeat(inner, least, _):
            return least == 0 or is_empty(inner)


def parse(text: str) -> Pattern:
    """The tree of a pattern. Raises ``PatternError`` for one outside the subset, or beyond its limits.

    >>> parse("A(B)").has_group, parse("^A").at_start
    (True, True)
    """
    if not text:
        raise PatternError("the pattern is empty", 0, 0, "write what to look for, such as `INV-[0-9]+`")
    if len(text) > MAX_LENGTH:
        fix = f"use at most {MAX_LENGTH} characters; look a long list up with `fb.lookup`"
        raise PatternError("the pattern is too long", MAX_LENGTH, len(text), fix)
    return _Parser(text).pattern()


class _Parser:
    """Recursive descent over the text; ``at`` is the next character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self.group: tuple[int, int] | None = None
        self.bar: int | None = None

    def fail(self, message: str, start: int, end: int, fix: str) -> NoReturn:
        raise PatternError(message, start, end, fix)

    def pattern(self) -> Pattern:
        starts, ends = self._anchors()
        parts, group = self._alternatives()
        if self._more():
            self.fail("`)` closes nothing", self.at, self.at + 1, "open it before, or write `\\)`")
        if self.bar is not None and (starts or ends):
            fix = "write the alternatives in `(?:..)`: `^(?:a|b)`"
            self.fail(
                "an anchor beside alternatives could belong to one of them or to all", self.bar, self.bar + 1, fix
            )
        conditions = {"at_start": "^", "word_start": "\\b"}
        found = Pattern(
            group=_concat(parts) if group is None else parts[group],
            before=EMPTY if group is None else _concat(parts[:group]),
            after=EMPTY if group is None else _concat(parts[group + 1 :]),
            has_group=group is not None,
        )
        found = replace(found, **{name: starts == anchor for name, anchor in conditions.items()})
        found = replace(found, at_end=ends == "$", word_end=ends == "\\b")
        if all(map(is_empty, (found.before, found.group, found.after))):
            fix = "use `+` for `*`, or leave out what may be missing at both ends"
            self.fail("the pattern matches the empty text, which is everywhere", 0, len(self.text), fix)
        self._check_size(_concat((found.before, found.group, found.after)), 0)
        return found

    def _anchors(self) -> tuple[str, str]:
        """Takes the anchor off each end; ``end`` is where the rest stops."""
        starts = next((anchor for anchor in ("^", "\\b") if self.text.startswith(anchor)), "")
        self.at = len(starts)
        ends = next((anchor for anchor in ("$", "\\b") if self.text.endswith(anchor)), "")
        body = self.text[: len(self.text) - len(ends)]
        escapes = len(body) - len(body.rstrip("\\"))
        if not ends or len(body) < self.at or escapes % 2:
            ends = ""
        self.end = len(self.text) - len(ends)
        return starts, ends

    def _more(self) -> bool:
        return self.at < self.end

    def _alternatives(self) -> tuple[list[Part], int | None]:
        """The parts of the only alternative, and which of them is the group; or one part that is the alternation."""
        parts, group = self._sequence()
        if not self._more() or self.text[self.at] != "|":
            return parts, group
        alternatives = [_concat(parts)]
        while self._more() and self.text[self.at] == "|":
            if not self.depth:
                self.bar = self.at
            self.at += 1
            alternatives.append(_concat(self._sequence()[0]))
        if not self.depth and self.group is not None:
            fix = "put the alternatives into `(?:..)`, and the group around what is to be extracted: `(?:A|B)-([0-9]+)`"
            self.fail("the group stands in one of several alternatives", *self.group, fix)
        return [Either(tuple(alternatives))], None

    def _sequence(self) -> tuple[list[Part], int | None]:
        parts: list[Part] = []
        group: int | None = None
        while self._more() and self.text[self.at] not in "|)":
            before, start = self.group, self.at
            part = self._item()
            is_group = before is None and self.group is not None and not self.depth
            repeated = self._repeated(part, start)
            if is_group:
                if repeated is not part:
                    fix = "repeat inside of the group: `((?:..)*)`"
                    self.fail("the group is repeated, so that it would be several texts", start, self.at, fix)
                group = len(parts)
            parts.append(repeated)
        return parts, group

    def _item(self) -> Part:
        char, start = self.text[self.at], self.at
        match char:
            case "(":
                return self._parenthesis()
            case "[":
                return Chars(self._brackets())
            case ".":
                self.at += 1
                return Chars(ANY)
            case "\\":
                return Chars(self._escape(in_brackets=False))
            case "^" | "$":
                fix = f"put it at the {'beginning' if char == '^' else 'end'} of the whole pattern, or write `\\{char}`"
                self.fail(f"`{char}` inside of the pattern", start, start + 1, fix)
            case "*" | "+" | "?":
                fix = f"put it after what is repeated, or write `\\{char}`"
                self.fail(f"`{char}` repeats nothing", start, start + 1, fix)
            case "{" | "}" | "]":
                self.fail(f"`{char}` stands alone", start, start + 1, f"write `\\{char}`")
            case _:
                pass
        self.at += 1
        return Chars(((ord(char), ord(char)),))

    def _parenthesis(self) -> Part:
        start = self.at
        if self.text.startswith("(?:", start):
            self.at += 3
        else:
            for opening, name, fix in _GROUPS:
                if self.text.startswith(opening, start):
                    self.fail(f"{name} is not in the subset", start, start + len(opening), fix)
            if self.group is not None:
                self.fail("a second group", start, start + 1, "write `(?:..)` for what is not extracted")
            if self.depth:
                fix = "write `(?:..)` around the outer part, and the group beside it"
                self.fail("the group stands inside of another part", start, start + 1, fix)
            self.group = (start, start + 1)
            self.at += 1
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail("nested too deeply", start, start + 1, f"use at most {MAX_DEPTH} nested parentheses")
        parts, _ = self._alternatives()
        self.depth -= 1
        if not self._more() or self.text[self.at] != ")":
            self.fail("a parenthesis is never closed", start, start + 1, "close it, or write `\\(`")
        self.at += 1
        if self.group == (start, start + 1):
            self.group = (start, self.at)
        return _concat(parts)

    def _repeated(self, part: Part, start: int) -> Part:
        counts = self._counts()
        if counts is None:
            return part
        least, most = counts
        if self._more() and self.text[self.at] in "?+*{":
            piece, name = self.text[self.at], "repeated twice"
            fix = "leave one out, or write `(?:..)` around the inner one"
            if piece == "?":
                name, fix = "a lazy repetition", "leave `?` out: the longest match counts; bound it by a class: `[^,]*`"
            elif piece == "+":
                name, fix = "a possessive repetition", "leave `+` out"
            self.fail(f"{name} is not in the subset", self.at, self.at + 1, fix)
        made = Repeat(part, least, most)
        self._check_size(made, start)
        return made

    def _counts(self) -> tuple[int, int | None] | None:
        char = self.text[self.at] if self._more() else ""
        if char in ("*", "+", "?"):
            self.at += 1
            return (int(char == "+"), 1 if char == "?" else None)
        if char != "{":
            return None
        start = self.at
        found = _COUNTS.match(self.text, start, self.end)
        if found is None or not (found[1] or found[3]):
            self.fail("`{` begins no count", start, start + 1, "write `{2}`, `{2,}` or `{2,5}`, or `\\{` for the brace")
        self.at = found.end()
        if max(len(found[1]), len(found[3])) > _MAX_COUNT_DIGITS:
            self._too_big(start)
        least = int(found[1] or 0)
        most = (int(found[3]) if found[3] else None) if found[2] else least
        if most is not None and most < least:
            self.fail("the smallest count is above the largest", start, self.at, f"write `{{{most},{least}}}`")
        return least, most

    def _check_size(self, part: Part, start: int) -> None:
        if positions(part) > MAX_POSITIONS:
            self._too_big(start)

    def _too_big(self, start: int) -> NoReturn:
        fix = f"use `*` or `+`, or smaller counts: at most {MAX_POSITIONS} characters with all repetitions written out"
        self.fail("the pattern is too big", start, max(self.at, start + 1), fix)

    def _escape(self, *, in_brackets: bool) -> Ranges:
        start = self.at
        if start + 1 >= len(self.text):
            self.fail("`\\` at the end of the pattern", start, start + 1, "write `\\\\` for the character itself")
        char = self.text[start + 1]
        self.at += 2
        if char.lower() in _CLASSES:
            found = _CLASSES[char.lower()]
            return found if char.islower() else complement(found)
        if char in _CONTROLS:
            char = _CONTROLS[char]
        elif char in "123456789":
            fix = "no automaton compares two parts: extract both, and compare them"
            self.fail("a backreference is not in the subset", start, start + 2, fix)
        elif char == "b" and not in_brackets:
            fix = "put it at the beginning or the end of the whole pattern"
            self.fail("`\\b` inside of the pattern", start, start + 2, fix)
        elif char.isalnum() or not char.isascii():
            fix = "the escapes are \\d \\D \\s \\S \\w \\W \\t \\n \\r, and `\\` before punctuation"
            self.fail(f"`\\{char}` is not in the subset", start, start + 2, fix)
        return ((ord(char), ord(char)),)

    def _brackets(self) -> Ranges:
        start = self.at
        self.at += 1
        negated = self.text.startswith("^", self.at)
        self.at += negated
        found: list[Ranges] = []
        while self.at < self.end and (self.text[self.at] != "]"):
            found.append(self._member())
        if self.at >= self.end:
            self.fail("a bracket is never closed", start, start + 1, "close it, or write `\\[`")
        self.at += 1
        if not found:
            fix = "write `\\]` for the bracket itself, `.` for any character"
            self.fail("a class without characters", start, self.at, fix)
        ranges = union(*found)
        ranges = complement(ranges) if negated else ranges
        if not ranges:
            self.fail("a class without characters", start, self.at, "leave a character for it")
        return ranges

    def _member(self) -> Ranges:
        """A character, an escape or a range in brackets."""
        start = self.at
        if self.text[start : start + 2] in ("[:", "[=", "[."):
            fix = "write the characters, such as `[A-Za-z]`, or `\\[` for the bracket"
            self.fail("a POSIX class is not in the subset", start, start + 2, fix)
        low = self._bound()
        if not self.text.startswith("-", self.at) or self.text[self.at + 1 : self.at + 2] in ("]", ""):
            return low
        self.at += 1
        high = self._bound()
        if not all(len(ranges) == 1 and ranges[0][0] == ranges[0][1] for ranges in (low, high)):
            fix = "a range is between two characters; write `\\-` for the character"
            self.fail("a range of a class", start, self.at, fix)
        if low[0][0] > high[0][0]:
            self.fail("a range that ends before it begins", start, self.at, "turn it round, or write `\\-`")
        return ((low[0][0], high[0][0]),)

    def _bound(self) -> Ranges:
        if self.text[self.at] == "\\":
            return self._escape(in_brackets=True)
        char = self.text[self.at]
        self.at += 1
        return ((ord(char), ord(char)),)


def _concat(parts: list[Part] | tuple[Part, ...]) -> Part:
    """The parts one after the other, without nesting."""
    flat = reduce(lambda before, part: before + (part.parts if isinstance(part, Concat) else (part,)), parts, ())
    return flat[0] if len(flat) == 1 else Concat(flat)
