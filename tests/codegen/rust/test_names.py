"""Names and constants that need escaping in Rust."""

from __future__ import annotations

import dataclasses

import pytest

from florecon_build.codegen.rust.crate import crate_name
from florecon_build.codegen.rust.literals import int_literal, real_literal, text_literal
from florecon_build.codegen.rust.names import KEYWORDS, Names, camel, escape, snake
from tests.codegen.strategies import smallest


@pytest.mark.parametrize("word", sorted(KEYWORDS))
def test_a_keyword_is_escaped(word: str) -> None:
    assert escape(word) in (f"r#{word}", f"{word}_")


@pytest.mark.parametrize("word", ["self", "Self", "super", "crate", "_"])
def test_what_cannot_be_raw_gets_an_underscore(word: str) -> None:
    assert escape(word) == f"{word}_"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Amount", "amount"),
        ("glDate", "gl_date"),
        ("__x__y__", "x_y"),
        ("größe", "grosse"),
        ("日本", "lane"),
        ("r#", "r"),
        ("2nd key", "lane_2nd_key"),
        ("a" * 80, "a" * 32),
    ],
)
def test_any_text_becomes_a_snake_case_name(text: str, name: str) -> None:
    assert snake(text) == name


def test_names_never_collide() -> None:
    names = Names(taken=["flow"])
    given = [names.fresh(snake(text)) for text in ("A", "a", "flow", "a_2", "A ", "type", "TYPE", "self")]
    assert given == ["a", "a_2", "flow_2", "a_2_2", "a_3", "r#type", "type_2", "self_"]


def test_a_child_scope_sees_outer_names_and_adds_none() -> None:
    outer = Names(taken=["a"])
    assert outer.child().fresh("a") == "a_2"
    assert outer.fresh("a") == "a_2"


def test_type_and_crate_names() -> None:
    ir = smallest().data
    assert camel("every-node", "Strategy") == "EveryNode"
    assert crate_name(ir) == "acme-smallest-solver"
    assert crate_name(dataclasses.replace(ir, id="florecon")) == "florecon-solver"
    assert crate_name(dataclasses.replace(ir, id="Std")) == "std-solver"


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("plain", '"plain"'),
        ('say "{hi}"\n', '"say \\"{hi}\\"\\n"'),
        ("back\\slash\t\0", '"back\\\\slash\\t\\0"'),
        ("größe", '"größe"'),
        ("日本", '"\\u{65e5}\\u{672c}"'),
        ("\u202eevil\u200b", '"\\u{202e}evil\\u{200b}"'),
        ("e\u0301", '"e\\u{301}"'),
    ],
)
def test_text_literals(text: str, literal: str) -> None:
    assert text_literal(text) == literal


@pytest.mark.parametrize("number", [0.1, -1.5, 1e-6, 1e22, 5e-324, 1.7976931348623157e308, 0.30000000000000004])
def test_a_real_literal_reads_back_exactly(number: float) -> None:
    assert float(real_literal(number)) == number


def test_long_integers_are_grouped() -> None:
    assert [int_literal(n) for n in (0, 9999, -12345, 2**63 - 1)] == [
        "0",
        "9999",
        "-12_345",
        "9_223_372_036_854_775_807",
    ]
