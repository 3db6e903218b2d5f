"""The oracle's values against the vectors that hold the interpreter and the runtime, and against the page."""

from __future__ import annotations

import json
import math
import re
import struct
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from florecon_build.ir import expressions as e
from florecon_build.ir.types import DATE, REAL, money
from tests.oracle import arbiter, pattern, reading, text
from tests.oracle.values import Refused, Scope, civil, key_text, month_length, value_of

ROOT = Path(__file__).resolve().parents[2]
VECTORS: dict[str, list[Any]] = json.loads((ROOT / "tests/vectors/values.json").read_text(encoding="ascii"))
PAGE = (ROOT / "docs/semantics.md").read_text(encoding="utf-8")
BLOCK = 4096


def bits(value: float) -> str:
    """A real by its bits."""
    return struct.pack(">d", value).hex()


def test_text_functions() -> None:
    for vector in VECTORS["texts"]:
        source = vector["in"]
        for name in ("upper", "lower", "strip", "digits", "alnum", "normalize"):
            assert getattr(text, name)(source) == vector[name], source
        assert [text.replace(source, *pair) for pair in (("a", "bb"), ("aa", ""), (" ", "-"))] == vector["replace"]
        cuts = product((" ", "-", "aa"), (0, 1, 5))
        assert [text.split(source, separator, index) for separator, index in cuts] == vector["split"]
        asked = product((1, 3), (False, True))
        assert [list(text.tokens(source, length, digit)) for length, digit in asked] == vector["tokens"]
        assert [list(text.ngrams(source, size)) for size in (1, 2, 3)] == vector["ngrams"]


def test_readings() -> None:
    for vector in VECTORS["readings"]:
        source = vector[0]
        formats = ("%d/%m/%Y", "%d/%m/%y", "%d%m%y", "%y%%%m%%%d", "%Y-%m-%d")
        assert reading.integer(source) == vector[1], vector
        assert [reading.date(source, format) for format in formats] == vector[2], vector
        assert [reading.money(source, *how) for how in ((2, ","), (2, "."), (0, ","))] == vector[3], vector
        assert list(reading.tokens(source, 2, False, "-/")) == vector[5], vector
        assert list(reading.tokens(source, 1, True, "-")) == vector[6], vector
    for holidays, weekend, days in VECTORS["calendars"]:
        assert [[day, reading.business_day(day, holidays, weekend)] for day, _ in days] == days


def test_patterns() -> None:
    """On short texts only: the oracle tries every part of a text."""
    for vector in VECTORS["patterns"]:
        for where, matches, whole, group, found in vector["found"]:
            if len(where) <= 12:
                source = vector["pattern"]
                assert (pattern.extract(where, source, 0) is not None) == matches
                assert [pattern.extract(where, source, number) for number in (0, 1)] == [whole, group], vector
                assert list(pattern.extract_all(where, source)) == found, vector


def test_similarities() -> None:
    for vector in VECTORS["pairs"]:
        for name in ("dice", "jaro_winkler", "token_set", "prefix"):
            assert bits(text.similarity(name, vector["a"], vector["b"])) == vector[name], (name, vector)


@pytest.mark.parametrize("block", [0, 1, 2, 3, 15])
def test_every_character_of_a_block(block: int) -> None:
    digest = 0xCBF29CE484222325
    for char in map(chr, range(block * BLOCK, (block + 1) * BLOCK)):
        if "\ud800" <= char < "\ue000":
            continue
        padded = f"a{char}1"
        parts = [text.upper(char), text.lower(char), text.strip(char), text.normalize(padded)]
        for byte in "\0".join([*parts, *text.tokens(padded, 1, False)]).encode():
            digest = (digest ^ byte) * 0x100000001B3 % 2**64
    assert f"{digest:016x}" == VECTORS["blocks"][block]


def test_dates() -> None:
    for days, year, month, day, end, written in VECTORS["dates"]:
        assert civil(days) == (year, month, day)
        assert min(days + month_length(year, month) - day, 2**63 - 1) == end
        assert key_text(days, DATE) == written


def test_money() -> None:
    for real, scale, minor in VECTORS["minor_units"]:
        value = math.nan if real == "nan" else struct.unpack(">d", bytes.fromhex(real))[0]
        cast = e.Cast(type=money(scale), op=e.CastOp.MINOR_UNITS, operand=e.Lit(type=REAL, value=value))
        if minor is not None:
            assert value_of(cast, Scope()) == minor
            continue
        with pytest.raises(Refused, match="bad_amount"):
            value_of(cast, Scope())
    for value, scale, written in VECTORS["money_text"]:
        assert key_text(value, money(scale)) == written


def test_the_weights_of_the_page() -> None:
    """The page's table is what its formulas give."""
    lines = re.findall(r"^\| (\S+) \| (\S+) \| (\d{9,}) \| (\d{9,}) \| (\d{9,}) \|$", PAGE, re.MULTILINE)
    assert len(lines) == 4
    for *ids, first, second, third in lines:
        source, sink = (arbiter.tie_key(id.strip("`") if "`" in id else int(id)) for id in ids)
        assert [arbiter.weight(source, sink, turn) for turn in (1, 2, 3)] == [int(first), int(second), int(third)]
