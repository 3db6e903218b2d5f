"""The frozen character tables are those of Unicode, within what may differ by version."""

from __future__ import annotations

import unicodedata

from florecon_build.interpreter.text_tables import FOLD, LOWER, UPPER

CASED = [*range(0x590), *range(0x1E00, 0x2000)]
# Unicode 16 gave these an upper case; the tables are older
YOUNGER = {0x19B, 0x264}


def test_case_is_that_of_unicode() -> None:
    for code in CASED:
        char = chr(code)
        assert LOWER.get(code, char) == char.lower()
        if code not in YOUNGER:
            assert UPPER.get(code, char) == char.upper()


def test_nothing_else_is_mapped() -> None:
    assert set(UPPER) | set(LOWER) <= set(CASED)
    assert set(FOLD) <= {*CASED, *range(0xFF00, 0xFFF0)}


def test_folding_is_decomposition_without_marks_in_lower_case() -> None:
    for code in [*CASED, *range(0xFF00, 0xFFF0)]:
        if 0x300 <= code < 0x370:
            continue
        bare = "".join(part for part in unicodedata.normalize("NFKD", chr(code)) if not 0x300 <= ord(part) < 0x370)
        assert FOLD.get(code, chr(code)) == bare.translate(LOWER) or not bare
