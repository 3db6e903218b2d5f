"""Patterns: refusals and their places, sizes of tables, and linear time on patterns made to be slow."""

from __future__ import annotations

import random
from unittest.mock import patch

import pytest

import florecon_build as fb
from florecon_build.interpreter import pattern as search
from florecon_build.interpreter import text
from florecon_build.ir import patterns
from florecon_build.ir.automaton import MAX_TABLE, Automaton, automaton_of
from florecon_build.ir.patterns import PatternError
from tests.interpreter.vectors import random_pattern
from tests.oracle import pattern as oracle
from tests.oracle.text import is_word

REFUSED = {
    # pattern: the piece that is wrong, and a word of what is said
    "": ("", "empty"),
    "a*": ("a*", "empty text"),
    "a||b": ("a||b", "empty text"),
    "a(?=b)": ("(?=", "lookahead"),
    "a(?!b)": ("(?!", "lookahead"),
    "(?<=a)b": ("(?<=", "lookbehind"),
    "(?<!a)b": ("(?<!", "lookbehind"),
    r"(a)\1": (r"\1", "backreference"),
    "(?P<name>a)": ("(?P<", "named group"),
    "(?i)inv": ("(?", "flag"),
    "(?>a)": ("(?>", "atomic"),
    "(a)(b)": ("(", "second group"),
    "(?:a(b))": ("(", "inside of another part"),
    "(a)+": ("(a)+", "repeated"),
    "x|(a)": ("(a)", "alternatives"),
    "a**": ("*", "repeated twice"),
    "a+?": ("?", "lazy"),
    "a++": ("+", "possessive"),
    "a{3,2}": ("{3,2}", "above"),
    "a{": ("{", "count"),
    "a}": ("}", "alone"),
    "*a": ("*", "repeats nothing"),
    "a^b": ("^", "inside"),
    "a$b": ("$", "inside"),
    r"a\bb": (r"\b", "inside"),
    "^a|b": ("|", "anchor"),
    "a|b$": ("|", "anchor"),
    "[z-a]": ("z-a", "ends before"),
    r"[a-\d]": (r"a-\d", "range"),
    "[]": ("[]", "without characters"),
    r"[^\d\D]": (r"[^\d\D]", "without characters"),
    "[[:digit:]]": ("[:", "POSIX"),
    "[ab": ("[", "never closed"),
    "(ab": ("(", "never closed"),
    "(?:ab": ("(", "never closed"),
    "ab)": (")", "closes nothing"),
    "a\\": ("\\", "end of the pattern"),
    r"\x41": (r"\x", "subset"),
    r"\é": (r"\é", "subset"),
    "b(?:a{1000}){1000}": ("a{1000}", "too big"),
    "b(?:a{200}){200}": ("(?:a{200}){200}", "too big"),
    "a{99999999999999999999}": ("{99999999999999999999}", "too big"),
    "a" * 251: ("a" * 251, "too big"),
    "(?:a?){120}b": ("(?:a?){120}b", "bytes"),
    "(?:" * 60 + "a" + ")" * 60: ("(", "nested"),
    "a" * 1_001: ("a", "too long"),
}


@pytest.mark.parametrize("pattern", REFUSED, ids=range(len(REFUSED)))
def test_refused_pattern_names_the_piece_and_the_fix(pattern: str) -> None:
    piece, word = REFUSED[pattern]
    with pytest.raises(PatternError) as caught:
        automaton_of(pattern)
    error = caught.value
    assert (pattern[error.start : error.end], word in error.message) == (piece, True), error.message
    assert error.fix


def test_refusal_stands_at_the_authors_line() -> None:
    rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
    for refused in (
        lambda: rows.memo.extract("INV(?=-)"),
        lambda: rows.memo.matches("INV(?=-)"),
        lambda: fb.extract_all(rows.memo, "INV(?=-)"),
        lambda: rows.derive(number=fb.rust('|row| row.memo.extract("INV(?=-)", 1)')),
    ):
        with pytest.raises(fb.StrategyError) as caught:
            refused()
        (problem,) = caught.value.problems
        assert (problem.code, caught.value.file) == ("bad_pattern", "tests/ir/test_patterns.py")
        assert "character 4 of the pattern" in problem.message
        assert problem.fix
    with pytest.raises(fb.StrategyError) as caught:
        rows.memo.extract("INV(?=-)")
    assert caught.value.problems[0].excerpt == "    INV(?=-)\n       ^^^"


def test_automata_beside_a_plugin_are_those_of_its_patterns() -> None:
    rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
    row = rows.derive(references=fb.extract_all(rows.memo, "INV-[0-9]+"))
    plugin = fb.Plugin("a", "1.0.0", rows=row, numeraire=row.amount, strategy=fb.signal_group(row.references))
    document = plugin.ir()
    table = automaton_of("INV-[0-9]+").table().hex()
    assert f'"INV-[0-9]+": "{table}"' in document
    assert fb.Plugin.from_ir(document).fingerprint == plugin.fingerprint
    with pytest.raises(fb.StrategyError, match="not the automaton of the pattern"):
        fb.Plugin.from_ir(document.replace(table, table[:-2] + "00"))
    with pytest.raises(fb.StrategyError, match="no expression has this pattern"):
        fb.Plugin.from_ir(document.replace(f'"INV-[0-9]+": "{table}"', f'"INV": "{table}"'))


def test_classes_are_those_of_the_text_functions() -> None:
    def listed(ranges: patterns.Ranges) -> set[int]:
        return {code for low, high in ranges for code in range(low, min(high + 1, 0x10000))}

    assert listed(patterns.SPACE) == set(map(ord, text.SPACES))
    assert listed(patterns.WORD) == {code for code in range(0x10000) if is_word(chr(code))}


def test_interpreter_finds_what_trying_every_part_finds() -> None:
    rng = random.Random(7)
    for _ in range(150):
        pattern = random_pattern(rng)
        for _ in range(3):
            where = "".join(rng.choices("aab1-  .é/c", k=rng.randrange(0, 9)))
            assert search.extract_all(where, pattern) == oracle.extract_all(where, pattern), (pattern, where)
            for group in (0, 1):
                expected = oracle.extract(where, pattern, group)
                assert search.extract(where, pattern, group) == expected, (pattern, where, group)


def test_no_table_is_larger_than_said() -> None:
    rng = random.Random(8)
    sizes = [len(automaton_of(random_pattern(rng)).table()) for _ in range(100)]
    assert max(sizes) <= MAX_TABLE
    with pytest.raises(PatternError, match="bytes"):
        automaton_of("(?:" + "|".join(f"a{chr(0x400 + 2 * at)}" for at in range(60)) + "){2}")


@pytest.mark.parametrize(
    ("pattern", "where"),
    [
        ("(?:a|a)*b", "a"),
        ("(?:(?:a*)*)*b", "a"),
        ("a|a.*b", "a"),
        ("a.*b.*c|a", "ab"),
        ("(?:a|b)*a(?:a|b){20}c", "ab"),
        ("(a*)(?:a*)(?:a*)b", "a"),
        ("a*(a*)a*b", "aaab"),
        ("a{60}b?", "a"),
    ],
)
def test_steps_are_linear_in_the_text(pattern: str, where: str) -> None:
    automaton_of(pattern)

    def steps(length: int) -> int:
        source = (where * length)[:length]
        with (
            patch.object(Automaton, "class_of", autospec=True, side_effect=Automaton.class_of) as classes,
            patch.object(search, "_after", side_effect=search._after) as after,  # pyright: ignore[reportPrivateUsage]
        ):
            search.extract_all(source, pattern)
        return classes.call_count + after.call_count

    assert steps(2_000) <= 2 * steps(1_000) + 100
    assert steps(2_000) <= 10 * 2_000
