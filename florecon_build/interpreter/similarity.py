"""Similarity of two texts, from 0 to 1. The order of the floating-point operations is part of the definition."""

from __future__ import annotations

from florecon_build.interpreter.text import normalize, windows


def _empty_side(left: str, right: str) -> float | None:
    """Two empty texts are alike, an empty and another one are not; None where neither is empty."""
    if left and right:
        return None
    return 1.0 if left == right else 0.0


def dice(left: str, right: str) -> float:
    """Trigram Dice coefficient of the normalized texts, each padded by a space at both ends.

    >>> dice("Acme Ltd", "ACME LTD."), dice("", "x")
    (1.0, 0.0)
    """
    left, right = normalize(left), normalize(right)
    empty = _empty_side(left, right)
    if empty is not None:
        return empty
    grams, others = windows(f" {left} ", 3), windows(f" {right} ", 3)
    return float(2 * len(grams & others)) / float(len(grams) + len(others))


def token_set(left: str, right: str) -> float:
    """The share of the smaller set of words that both normalized texts have.

    >>> token_set("Acme Holding", "holding acme of Europe")
    1.0
    """
    left, right = normalize(left), normalize(right)
    empty = _empty_side(left, right)
    if empty is not None:
        return empty
    words, others = set(left.split(" ")), set(right.split(" "))
    return float(len(words & others)) / float(min(len(words), len(others)))


def prefix(left: str, right: str) -> float:
    """The length of the common prefix of the normalized texts over the length of the shorter one.

    >>> prefix("INV 1", "inv-12")
    1.0
    """
    left, right = normalize(left), normalize(right)
    empty = _empty_side(left, right)
    if empty is not None:
        return empty
    return float(_common_prefix(left, right)) / float(min(len(left), len(right)))


def jaro_winkler(left: str, right: str) -> float:
    """Jaro-Winkler similarity of the normalized texts: prefix scale 0.1, at most 4 characters of prefix, no threshold.

    >>> round(jaro_winkler("MARTHA", "MARHTA"), 3)
    0.961
    """
    left, right = normalize(left), normalize(right)
    empty = _empty_side(left, right)
    if empty is not None:
        return empty
    jaro = _jaro(left, right)
    shared = min(_common_prefix(left, right), 4)
    return jaro + float(shared) * 0.1 * (1.0 - jaro)


def _common_prefix(left: str, right: str) -> int:
    for at, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return at
    return min(len(left), len(right))


def _jaro(left: str, right: str) -> float:
    """Each character of ``left``, in order, takes the first equal free one of ``right`` within reach."""
    reach = max(max(len(left), len(right)) // 2 - 1, 0)
    taken = [False] * len(right)
    left_matched: list[str] = []
    for at, char in enumerate(left):
        for other in range(max(at - reach, 0), min(at + reach + 1, len(right))):
            if not taken[other] and right[other] == char:
                taken[other] = True
                left_matched.append(char)
                break
    if not left_matched:
        return 0.0
    right_matched = [char for char, used in zip(right, taken, strict=True) if used]
    moved = sum(a != b for a, b in zip(left_matched, right_matched, strict=True))
    matched = float(len(left_matched))
    in_order = matched - float(moved) / 2.0
    return (matched / float(len(left)) + matched / float(len(right)) + in_order / matched) / 3.0
