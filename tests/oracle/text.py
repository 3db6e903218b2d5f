"""Text functions of the oracle, straight from the Unicode database of this Python.

The page freezes the tables at Unicode 14. Of the characters in their ranges only two have changed since.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from itertools import takewhile

SINCE_UNICODE_14 = {0x19B, 0x264}
SPACES = {*range(0x9, 0xE), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}
NO_WORD = (
    range(0xD7, 0xD8),
    range(0xF7, 0xF8),
    range(0x2000, 0x2C00),
    range(0x3000, 0x3040),
    range(0xFE10, 0xFE70),
    range(0xFF00, 0xFF10),
)


def upper(text: str) -> str:
    """Upper case, character by character, of those in the ranges."""
    return "".join(char.upper() if is_cased(char) and ord(char) not in SINCE_UNICODE_14 else char for char in text)


def lower(text: str) -> str:
    """Lower case, character by character, of those in the ranges."""
    return "".join(char.lower() if is_cased(char) else char for char in text)


def is_cased(char: str) -> bool:
    """Whether case mappings apply to a character."""
    return ord(char) < 0x590 or 0x1E00 <= ord(char) <= 0x1FFF


def strip(text: str) -> str:
    """The text from its first to its last character that is no white space."""
    solid = [place for place, char in enumerate(text) if ord(char) not in SPACES]
    return text[solid[0] : solid[-1] + 1] if solid else ""


def digits(text: str) -> str:
    """ASCII digits only."""
    return "".join(char for char in text if "0" <= char <= "9")


def alnum(text: str) -> str:
    """ASCII letters and digits only."""
    return "".join(char for char in text if char.isascii() and char.isalnum())


def is_word(char: str) -> bool:
    """Whether a character is a word character."""
    if char.isascii():
        return char.isalnum()
    return ord(char) >= 0xC0 and not any(ord(char) in gap for gap in NO_WORD)


def words(text: str) -> list[str]:
    """The runs of word characters."""
    return "".join(char if is_word(char) else "\n" for char in text).split("\n")


def normalize(text: str) -> str:
    """Accents, case, punctuation and runs of spaces removed."""
    folded = "".join(
        lower(part)
        for char in text
        if not is_mark(char)
        for part in (unicodedata.normalize("NFKD", char) if is_cased(char) or 0xFF00 <= ord(char) <= 0xFFEF else char)
        if not is_mark(part)
    )
    return strip(" ".join(word for word in words(folded) if word))


def is_mark(char: str) -> bool:
    """Whether a character is one of the combining marks that are dropped."""
    return 0x300 <= ord(char) <= 0x36F


def tokens(text: str | None, min_length: int, with_digit: bool) -> tuple[str, ...]:
    """Distinct upper-case words, sorted."""
    found = set(words(upper(text or ""))) - {""}
    return tuple(sorted(word for word in found if len(word) >= min_length and (digits(word) or not with_digit)))


def windows(text: str, size: int) -> set[str]:
    """Windows of ``size`` characters, or the whole of a shorter text that is not empty."""
    return {text[place : place + size] for place in range(max(len(text) - size, 0) + 1)} - {""}


def ngrams(text: str | None, size: int) -> tuple[str, ...]:
    """Distinct windows of the normalized text, sorted."""
    return tuple(sorted(windows(normalize(text or ""), size)))


def split(text: str, separator: str, index: int) -> str | None:
    """One part of a text, cut at each separator."""
    for _ in range(index):
        before, found, text = text.partition(separator)
        if not found:
            return None
    before, _, _ = text.partition(separator)
    return before


def replace(text: str, old: str, new: str) -> str:
    """Occurrences replaced one after the other from the left."""
    before, found, after = text.partition(old)
    return before + new + replace(after, old, new) if found else text


def similarity(kind: str, left: str, right: str) -> float:
    """The likeness of two texts, 0 to 1."""
    left, right = normalize(left), normalize(right)
    if not left or not right:
        return float(left == right)
    match kind:
        case "dice":
            one, other = (windows(f" {text} ", 3) for text in (left, right))
            return 2 * len(one & other) / (len(one) + len(other))
        case "token_set":
            one, other = (set(text.split(" ")) for text in (left, right))
            return len(one & other) / min(len(one), len(other))
        case "prefix":
            return common(left, right) / min(len(left), len(right))
        case "jaro_winkler":
            alike = jaro(left, right)
            return alike + min(common(left, right), 4) * 0.1 * (1 - alike)
        case _:
            raise ValueError(kind)


def common(left: str, right: str) -> int:
    """The length of the common beginning."""
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False))))


def jaro(left: str, right: str) -> float:
    """Jaro similarity of two texts that are not empty."""
    reach = max(max(len(left), len(right)) // 2 - 1, 0)
    partner: dict[int, int] = {}
    for place, char in enumerate(left):
        free = [at for at in range(len(right)) if abs(at - place) <= reach and at not in partner.values()]
        equal = [at for at in free if right[at] == char]
        if equal:
            partner[place] = equal[0]
    matched = len(partner)
    assert Counter(left[at] for at in partner) == Counter(right[at] for at in partner.values())
    if not matched:
        return 0.0
    apart = sum(left[one] != right[other] for one, other in zip(partner, sorted(partner.values()), strict=True))
    return (matched / len(left) + matched / len(right) + (matched - apart / 2) / matched) / 3
