"""Encoding of text of one byte a letter, by how its words look.

No byte is wrong in most of these encodings, so that the right one is the one whose words have letters where words have
letters: no signs between them, and no capitals behind small letters.

>>> [likely_encoding("M\u00fcller caf\u00e9 5,00".encode(name)) for name in ("cp1252", "mac_roman")]
['cp1252', 'mac_roman']
>>> likely_encoding("Obci\u0105\u017cenia wp\u0142yw".encode("cp1250"))
'cp1250'
>>> likely_encoding("\u0421\u0443\u043c\u043c\u0430".encode("cp1251"))
'cp1251'
"""

from __future__ import annotations

from itertools import pairwise

ENCODINGS = ("cp1252", "cp1250", "mac_roman", "cp850")
"""The first one is taken where several fit as well."""
CYRILLIC = "cp1251"


def likely_encoding(data: bytes) -> str:
    """The encoding in which the words of a text look most like words."""
    lines = [line for line in data.splitlines() if not line.isascii()]
    letters = sum(bytes([byte]).isalpha() or byte >= 0x80 for line in lines for byte in line)
    if lines and sum(byte >= 0xC0 for line in lines for byte in line) * 2 > letters:
        return CYRILLIC
    sample = b"\n".join(lines[:1000])
    fitting = [(strange, name) for name in ENCODINGS if (strange := _strange(sample, name)) is not None]
    return min(fitting, key=lambda one: one[0])[1] if fitting else ENCODINGS[0]


def _strange(data: bytes, encoding: str) -> int | None:
    """How many letters look wrong where they stand; None where a byte is no letter of the encoding."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    strange = 0
    for before, letter in pairwise(f" {text} "):
        foreign = not before.isascii() or not letter.isascii()
        if not foreign:
            continue
        if before.isalpha() and letter.isalpha():
            strange += before.islower() and letter.isupper()
        else:
            sign = letter if before.isalpha() else before
            strange += (
                not sign.isascii() and not sign.isspace() and sign not in SIGNS and (before + letter).strip() != sign
            )
    return strange


SIGNS = "\u20ac\u00a3\u00a5\u2019\u2018\u201c\u201d\u201e\u2013\u2014\u2026\u00ab\u00bb\u00b0\u00aa\u00ba\u00b4"
