"""Patterns of the oracle: every part of the text tried with Python's regular expressions.

Written from the page: a match is the part that begins first, then the longest; the group is what is left when as much
as can be stands before it, then as much as can be in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

from tests.oracle.text import SPACES, is_word

_PIECE = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\(\?:|.", re.DOTALL)


@cache
def _sets() -> dict[str, str]:
    """The classes of the page as members of a class of Python."""
    return {
        "d": _ranges(lambda char: "0" <= char <= "9"),
        "s": _ranges(lambda char: ord(char) in SPACES),
        "w": _ranges(is_word),
        "D": _ranges(lambda char: not "0" <= char <= "9"),
        "S": _ranges(lambda char: ord(char) not in SPACES),
        "W": _ranges(lambda char: not is_word(char)),
    }


def _ranges(holds: Callable[[str], bool]) -> str:
    """The characters of a class as ranges; above U+FFFF they are all alike."""
    parts, start = list[str](), -1
    for code in range(0x10001):
        if holds(chr(code)) is (start < 0):
            if start >= 0:
                parts.append(f"{re.escape(chr(start))}-{re.escape(chr(code - 1))}")
            start = code if start < 0 else -1
    return "".join(parts) + (f"{re.escape(chr(start))}-\U0010ffff" if start >= 0 else "")


def _translated(piece: str) -> str:
    if piece[0] == "[":
        return re.sub(r"\\([dswDSW])", lambda found: _sets()[found[1]], piece)
    if piece[0] == "\\" and piece[1:].lower() in {"d", "s", "w"}:
        return f"[{_sets()[piece[1]]}]"
    return piece


class Pattern:
    """A pattern cut at its group, without its anchors."""

    def __init__(self, text: str) -> None:
        pieces = _PIECE.findall(text)
        self.starts = pieces[0] if pieces[0] in ("^", "\\b") else ""
        self.ends = pieces[-1] if pieces[-1] in ("$", "\\b") and len(pieces) > 1 else ""
        pieces = pieces[len(self.starts and "1") : len(pieces) - len(self.ends and "1")]
        opening = next((at for at, piece in enumerate(pieces) if piece == "("), None)
        closing = len(pieces)
        if opening is not None:
            depth = 0
            for at in range(opening, len(pieces)):
                depth += {"(": 1, "(?:": 1, ")": -1}.get(pieces[at], 0)
                if depth == 0:
                    closing = at
                    break
        cuts = [pieces] if opening is None else [pieces[:opening], pieces[opening + 1 : closing], pieces[closing + 1 :]]
        before, group, after = (
            ["", "".join(map(_translated, cuts[0])), ""]
            if opening is None
            else ["".join(map(_translated, cut)) for cut in cuts]
        )
        self.parts = [re.compile(part, re.DOTALL) for part in (before, group, after)]
        self.whole = re.compile(f"{before}(?:{group}){after}", re.DOTALL)

    def matches(self, text: str) -> Iterator[tuple[int, int]]:
        """The matches that follow each other."""
        at = 0
        while at < len(text):
            ends = [end for end in range(at + 1, len(text) + 1) if self._is_match(text, at, end)]
            if ends:
                yield at, ends[-1]
            at = ends[-1] if ends else at + 1

    def _is_match(self, text: str, start: int, end: int) -> bool:
        conditions = {
            "": True,
            "^": start == 0,
            "$": end == len(text),
        }
        opens = self._is_edge(text, start) if self.starts == "\\b" else conditions[self.starts]
        closes = self._is_edge(text, end) if self.ends == "\\b" else conditions[self.ends]
        return opens and closes and self.whole.fullmatch(text[start:end]) is not None

    def _is_edge(self, text: str, at: int) -> bool:
        return (at > 0 and is_word(text[at - 1])) != (at < len(text) and is_word(text[at]))

    def group(self, match: str) -> str:
        """The group of a match."""
        before, group, after = self.parts
        size = len(match)
        splits = [
            (start, end)
            for start in range(size + 1)
            for end in range(start, size + 1)
            if before.fullmatch(match[:start]) and group.fullmatch(match[start:end]) and after.fullmatch(match[end:])
        ]
        start, end = max(splits)
        return match[start:end]


@cache
def pattern(text: str) -> Pattern:
    """A pattern of the page's grammar."""
    return Pattern(text)


def extract(text: str, of: str, group: int) -> str | None:
    """The group of the first match, or all of it."""
    found = [text[start:end] for start, end in pattern(of).matches(text)]
    if not found:
        return None
    return pattern(of).group(found[0]) if group else found[0]


def extract_all(text: str | None, of: str) -> tuple[str, ...]:
    """The distinct groups of all matches, sorted."""
    whole = text or ""
    found = {pattern(of).group(whole[start:end]) for start, end in pattern(of).matches(whole)}
    return tuple(sorted(found - {""}))
