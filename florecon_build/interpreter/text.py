"""Text functions over fixed tables, so that no Unicode update of Python or Rust changes what matches."""

from __future__ import annotations

import re

from florecon_build.interpreter.text_tables import FOLD, LOWER, UPPER

SPACES = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029"
    "\u202f\u205f\u3000"
)
"""The white space that ``strip`` takes off."""

_WORD = re.compile(
    "[0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u1fff\u2c00-\u2fff\u3040-\ufe0f\ufe70-\ufeff\uff10-\U0010ffff]+"
)
_MARKS: dict[int, None] = dict.fromkeys(range(0x300, 0x370))
_DIGITS = frozenset("0123456789")
_ALNUM = _DIGITS | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


def upper(text: str) -> str:
    """Each character in upper case.

    >>> upper("straße")
    'STRASSE'
    """
    return text.translate(UPPER)


def lower(text: str) -> str:
    """Each character in lower case.

    >>> lower("ÉCART")
    'écart'
    """
    return text.translate(LOWER)


def strip(text: str) -> str:
    """Without white space at both ends."""
    return text.strip(SPACES)


def digits(text: str) -> str:
    """The ASCII digits alone.

    >>> digits("INV-0042/7")
    '00427'
    """
    return "".join(char for char in text if char in _DIGITS)


def alnum(text: str) -> str:
    """The ASCII letters and digits alone.

    >>> alnum("A-1 b é")
    'A1b'
    """
    return "".join(char for char in text if char in _ALNUM)


def normalize(text: str) -> str:
    """Case, spaces, punctuation and accents folded.

    >>> normalize("  Crédit--Agricole S.A. ")
    'credit agricole s a'
    """
    return strip(" ".join(_WORD.findall(text.translate(_MARKS).translate(FOLD))))


def left(text: str, count: int) -> str:
    """The first ``count`` characters."""
    return text[:count]


def right(text: str, count: int) -> str:
    """The last ``count`` characters.

    >>> right("abc", 2), right("abc", 0), right("abc", 9)
    ('bc', '', 'abc')
    """
    return text[max(len(text) - count, 0) :]


def replace(text: str, old: str, new: str) -> str:
    """Every ``old``, which is not empty, replaced by ``new``, left to right."""
    return text.replace(old, new)


def concat(*texts: str) -> str:
    """The texts joined without a separator."""
    return "".join(texts)


def contains(text: str, other: str) -> bool:
    """True where ``other`` occurs in the text."""
    return other in text


def starts_with(text: str, other: str) -> bool:
    """True where the text begins with ``other``."""
    return text.startswith(other)


def ends_with(text: str, other: str) -> bool:
    """True where the text ends with ``other``."""
    return text.endswith(other)


def split(text: str, separator: str, index: int) -> str | None:
    """Part ``index`` of the text cut at every ``separator``; None where there is no such part.

    >>> split("a/b//", "/", 3), split("a/b//", "/", 4)
    ('', None)
    """
    parts = text.split(separator)
    return parts[index] if index < len(parts) else None


def strip_left(text: str, characters: str) -> str:
    """The text without the characters that it begins with.

    >>> strip_left("00420", "0")
    '420'
    """
    return text.lstrip(characters)


def to_integer(text: str) -> int | None:
    """The integer that the text is; None where it is none of 64 bits.

    >>> to_integer(" -007 "), to_integer("7.0"), to_integer("9" * 19)
    (-7, None, None)
    """
    found = re.fullmatch("[+-]?[0-9]+", strip(text))
    number = int(found[0]) if found else None
    return number if number is not None and -(2**63) <= number < 2**63 else None


def tokens_keeping(text: str | None, min_length: int, with_digit: bool, keep: str) -> tuple[str, ...]:
    """As ``tokens``, of words that may have the characters ``keep`` inside.

    >>> tokens_keeping("inv-0042, PO/7-", 1, False, "-/")
    ('INV-0042', 'PO/7')
    """
    pieces = re.findall(f"(?:{_WORD.pattern}|[{re.escape(keep)}])+", upper(text or ""))
    words = {piece.strip(keep) for piece in pieces} - {""}
    return tuple(sorted(w for w in words if len(w) >= min_length and (not with_digit or not _DIGITS.isdisjoint(w))))


def tokens(text: str | None, min_length: int, with_digit: bool) -> tuple[str, ...]:
    """The distinct upper-case words of at least ``min_length`` characters, with a digit where asked; sorted.

    >>> tokens("inv-4711 of acme, po4711x", 4, True)
    ('4711', 'PO4711X')
    """
    words: set[str] = set(_WORD.findall(upper(text or "")))
    return tuple(sorted(w for w in words if len(w) >= min_length and (not with_digit or not _DIGITS.isdisjoint(w))))


def windows(text: str, size: int) -> set[str]:
    """The runs of ``size`` characters; a shorter text that is not empty is one run."""
    if len(text) < size:
        return {text} if text else set()
    return {text[at : at + size] for at in range(len(text) - size + 1)}


def ngrams(text: str | None, size: int) -> tuple[str, ...]:
    """The distinct runs of ``size`` characters of the normalized text; sorted.

    >>> ngrams("A.B-C", 3)
    (' b ', 'a b', 'b c')
    """
    return tuple(sorted(windows(normalize(text or ""), size)))


def overlaps(keys: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """True where two lists share an element."""
    return not set(keys).isdisjoint(others)


def has(keys: tuple[str, ...], text: str) -> bool:
    """True where a list holds a text."""
    return text in keys


def size(keys: tuple[str, ...]) -> int:
    """The number of elements of a list."""
    return len(keys)


def sorted_pair(left: str, right: str) -> tuple[str, str]:
    """The two texts in ascending order."""
    return (left, right) if left <= right else (right, left)
