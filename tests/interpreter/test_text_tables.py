"""Frozen character tables: equal to those of Unicode, but for differences between its versions."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from florecon_build.interpreter.text_tables import FOLD, LOWER, UPPER
from scripts.generate_text_tables import (
    DATA_FILE,
    PYTHON_FILE,
    RUST_FILE,
    characters_of_this_python,
    data_text,
    generate,
    read_characters,
)

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


@pytest.mark.parametrize("path", [PYTHON_FILE, RUST_FILE], ids=["python", "rust"])
def test_both_tables_are_generated_from_the_committed_data(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == generate(DATA_FILE.read_text(encoding="utf-8"))[path]


def test_the_data_file_is_written_as_it_is_read() -> None:
    text = DATA_FILE.read_text(encoding="utf-8")
    version = text.split()[2].removesuffix(":")
    assert data_text(read_characters(text), version) == text


def test_the_data_is_that_of_the_unicode_database() -> None:
    committed = read_characters(DATA_FILE.read_text(encoding="utf-8"))
    current = characters_of_this_python()
    differing = {code for code in committed | current if committed.get(code) != current.get(code)}
    assert differing <= YOUNGER
