"""Injection test: a closure's text reaches the generated Rust as constants or not at all."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import florecon_build as fb
from florecon_build.frontend.closure.errors import Piece, Source
from florecon_build.frontend.closure.literals import read_text, write_text
from florecon_build.ir.errors import StrategyError
from tests.support.random_strategies import ROWS as row

EVIL = "pwned"
TEXTS = [
    '"; std::process::exit(1); let pwned = "',
    '"#; pwned!(); r#"',
    '\\"; pwned(); //',
    "\\u{22}; pwned(); //",
    "\\x22; pwned(); //",
    "*/ pwned(); /*",
    "// pwned\npwned();",
    "\r\npwned();\r\n",
    "{pwned} {} {{pwned}}",
    "${pwned}",
    "\u202epwned\u202c\u2066",
    "\0pwned\x1b[31m\x7f",
    "'pwned' \u2028 \u2029 pwned",
    'concat!("pwned")',
    "\\",
    '"',
]
PLACES: list[tuple[str, Any]] = [
    ("operand", "|row| row.company == {0}"),
    ("receiver", "|row| {0}.contains(row.company)"),
    ("argument", "|row| concat(row.company, {0}) == row.account"),
    ("replace", "|row| row.company.replace({0}, {0}) == row.account"),
    ("split", "|row| row.company.split({0}).nth(0).is_none()"),
    ("pattern", "|row| match row.company {{ {0} => true, _ => false }}"),
    ("result", "|row| (match row.units {{ 1 => {0}, _ => {0} }}) == row.company"),
    ("default", "|row| row.memo.unwrap_or({0}) == row.company"),
    ("let", "|row| {{ let x = {0}; x == row.company }}"),
    ("tuple", "|row| (row.company, {0}) == (row.account, {0})"),
    ("list", "|row| row.tokens.contains({0})"),
    ("similarity", "|row| row.company.dice({0}) > 0.5"),
]


def generated(text: str) -> str:
    test = fb.rust(text, rows=row)
    plugin = fb.Plugin("test.x", "1.0.0", rows=row, numeraire=row.amount, strategy=fb.when(test, fb.agg_net()))
    return plugin.rust()["src/lib.rs"]


LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*', re.DOTALL)
"""A text or a comment of the generated code, by the rules of Rust's lexer."""


def constants(rust: str) -> set[str]:
    """The values of the string literals of the generated code."""
    found = (literal[0] for literal in LITERAL.finditer(rust) if literal[0].startswith('"'))
    return {read_text(Source(literal, None), Piece(0, len(literal))) for literal in found}


@pytest.mark.parametrize(("place", "frame"), PLACES, ids=[place for place, _ in PLACES])
def test_a_text_stays_a_constant(place: str, frame: str) -> None:
    for text in TEXTS:
        rust = generated(frame.format(write_text(text)))
        assert text in constants(rust)
        assert EVIL not in LITERAL.sub("", rust)
        assert all(char.isprintable() or char == "\n" for char in rust)


@pytest.mark.parametrize(
    "text",
    [
        '|row| row["company\\"]; pwned(); //"] == "x"',
        '|row| row["pwned"] == 1',
        "|pwned| row.units == 1",
        "|row| row.units == pwned",
        "|row| pwned(row.units)",
        "|row| row.units.pwned()",
        "|row| pwned!()",
        "|row| row.units == 1; pwned()",
        "|row| { pwned(); row.open }",
        "|row| row.units == 1 } fn pwned() {",
        '|row| include_str!("/etc/passwd") == row.company',
        "|row| std::process::exit(1)",
        "|row| unsafe { pwned() }",
        "|row| #![pwned] true",
        "|row| 1 as pwned == 1",
        "|row| 1_pwned == 1",
        "|row| 0xpwned == 1",
        '|row| r"pwned" == row.company',
        "|row| b'p' == 1",
        "|row| None::<pwned>.is_none()",
        "|row| minor(1, 2) + pwned",
    ],
)
def test_what_is_no_constant_is_no_text_at_all(text: str) -> None:
    with pytest.raises(StrategyError):
        generated(text)


@pytest.mark.skipif(shutil.which("rustfmt") is None, reason="rustfmt does not come with this compiler")
def test_hostile_texts_leave_the_generated_rust_well_formed(tmp_path: Path) -> None:
    files = [tmp_path / f"{index}.rs" for index in range(len(TEXTS))]
    for file, text in zip(files, TEXTS, strict=True):
        file.write_text(generated(f"|row| row.company == {write_text(text)}"), encoding="utf-8")
    command = ["rustfmt", "--check", "--edition", "2024", "--config", "max_width=120", *map(str, files)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")
