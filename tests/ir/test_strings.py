"""Strings of an IR: a rule for every position, held by the builder and by JSON, and no string that becomes code."""

from __future__ import annotations

import dataclasses
import json
import random
import re
import types
import typing
from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import florecon_build as fb
from florecon_build.codegen.build.reproduce import verify as rebuild
from florecon_build.codegen.build.wasm import BUILD_SECTION, IR_SECTION
from florecon_build.codegen.build.wasm_sections import HEADER, with_section
from florecon_build.codegen.rust.crate import Crate, crate_name, emit
from florecon_build.frontend.ir_validation import verify
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.json_format import dumps, fingerprint, loads
from florecon_build.ir.strings import RULES, fault, strings
from florecon_build.ir.traversal import NODE_KINDS, VALUE_KINDS
from florecon_build.ir.tree_printer import tree
from tests.codegen.strategies import STRATEGIES
from tests.support.random_strategies import ROWS, random_plugin

ATTACKS = [
    "x\n}\nfn pwned() { std::process::exit(7) }\n//",
    'x"; pwned!(); "',
    "*/ pwned(); /*",
    "x\r\npwned!();",
    "x\u2028pwned!();\u2029",
    "\u202epwned\u2066",
    "\0pwned\x1b[2J\x7f\x9b",
    "\ufeffpwned\u200b",
    "\ud800pwned",
    "{pwned} {0} \\u{70}",
    "pwned.pwned",
    "#![pwned]",
    "",
    " ",
    "_pwned",
]
TEXTS = st.one_of(st.sampled_from(ATTACKS), st.text(st.characters(), max_size=12).map(lambda text: f"pwned{text}"))
LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*', re.DOTALL)
"""A text or a line comment of the generated code, by the rules of Rust's lexer; it has no other text or comment."""
MACROS = {"packed", "export_plugin", "vec", "matches", "include_str", "concat", "format"}
FUNCTIONS = {"domain", "schema", "params", "build", "configure", "columns", "row", "numeraire", "strategy"}
SAMPLES = [made().data for made in STRATEGIES.values()]


def kinds() -> set[type]:
    """Every data class of an IR."""
    return {*VALUE_KINDS, *NODE_KINDS, e.Tolerance, e.Span, n.Column, n.DerivedLane, n.Param, n.PluginIr}


def holds_text(annotation: Any) -> bool:
    """Whether a field of this type can hold a string."""
    if annotation is str:
        return True
    if typing.get_origin(annotation) in {types.UnionType, typing.Union, tuple}:
        parts = [part for part in typing.get_args(annotation) if part is not Ellipsis]
        return any(map(holds_text, parts))
    return False


def fields_with_text() -> Iterator[tuple[type, str]]:
    """Every field of the data classes that can hold a string."""
    for kind in kinds():
        hints = typing.get_type_hints(kind)
        yield from ((kind, field.name) for field in dataclasses.fields(kind) if holds_text(hints[field.name]))


def test_every_position_has_a_rule() -> None:
    assert set(fields_with_text()) == set(RULES)


def replaced(item: object, steps: list[str], text: str) -> Any:
    """The item with another string at a position."""
    if not steps:
        return text
    step, *rest = steps
    if isinstance(item, tuple):
        parts = list(cast("tuple[object, ...]", item))
        parts[int(step)] = replaced(parts[int(step)], rest, text)
        return tuple(parts)
    return dataclasses.replace(cast(Any, item), **{step: replaced(getattr(item, step), rest, text)})


def with_text(ir: n.PluginIr, at: int, text: str) -> n.PluginIr:
    """An IR with another string at one position, and at every position that must agree with it: a name's."""
    positions = sorted(strings(ir), key=lambda position: position.pointer)
    chosen = positions[at % len(positions)]
    same = [chosen]
    if chosen.name == "name":
        same = [one for one in positions if one.name == "name" and one.text == chosen.text]
    for one in same:
        ir = replaced(ir, one.pointer.split("/")[2:], text)
    return ir


def is_sound(crate: Crate) -> None:
    """Holds a crate to the promise: a foreign string stands in literals and comments alone, and every character of
    every file prints.
    """
    for text in crate.files.values():
        assert all(char.isprintable() or char == "\n" for char in text)
    code = LITERAL.sub("", crate.files["src/lib.rs"])
    assert not set("\"'#\\`$") & set(code.replace("'_", "").replace("r#", "").replace("#![allow(", ""))
    assert set(re.findall(r"(\w+)!", code)) <= {
        "packed",
        "export_plugin",
        "vec",
        "matches",
        "include_str",
        "concat",
        "format",
    }
    assert set(re.findall(r"\bfn (\w+)", code)) <= FUNCTIONS
    assert "std::" not in code
    nodes = json.loads(crate.files["src/nodes.json"])
    assert [entry["id"] for entry in nodes] == list(range(len(nodes)))


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(SAMPLES), st.integers(0, 10_000), TEXTS)
def test_a_string_is_refused_or_stays_a_string(ir: n.PluginIr, at: int, text: str) -> None:
    """The same verdict for the tree and for its JSON, and what is accepted is harmless wherever it is printed."""
    changed = with_text(ir, at, text)
    wrong = [position for position in strings(changed) if fault(position.kind, position.name, position.text)]
    try:
        accepted = verify(changed)
    except fb.StrategyError:
        with pytest.raises(fb.StrategyError):
            fb.Plugin.from_ir(dumps(changed))
        return
    assert not wrong
    assert fb.Plugin.from_ir(dumps(changed)).data == accepted
    assert tree(accepted).replace("\n", "").isprintable()
    is_sound(emit(accepted, fingerprint(accepted)))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SAMPLES), st.integers(0, 10_000), TEXTS)
def test_the_printer_needs_no_rule(ir: n.PluginIr, at: int, text: str) -> None:
    """Generated Rust is sound for strings that no rule has seen, at every position but those of a grammar."""
    changed = with_text(ir, at, text)
    assume(not any(one.name in ("pattern", "holidays", "weekend") and one.text == text for one in strings(changed)))
    is_sound(emit(changed, "f" * 64))


def test_a_surrogate_is_refused_everywhere() -> None:
    assert [position for position in RULES if not fault(*position, "a\ud800")] == []


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_what_the_builder_makes_is_valid(seed: int) -> None:
    made = random_plugin(random.Random(seed), ROWS, 4).data
    assert [one for one in strings(made) if fault(one.kind, one.name, one.text)] == []


def test_the_id_of_a_plugin_never_reaches_the_generated_rust_as_code() -> None:
    """The reproduction: a doc comment that ended at a line break of the id."""
    evil = 'acme.demo`.\nconst _: () = { /* pwned */ };\nfn main() { std::process::Command::new("sh"); }\n/// `'
    plugin = STRATEGIES["smallest"]()
    document = json.loads(plugin.ir())
    document["plugin"]["id"] = evil
    with pytest.raises(fb.IrError) as raised:
        fb.Plugin.from_ir(document)
    assert [(problem.code, problem.path) for problem in raised.value.problems] == [("bad_name", "/plugin/id")]
    module = with_section(HEADER, BUILD_SECTION, b'{"profile": "quick"}')
    module = with_section(module, IR_SECTION, json.dumps(document).encode())
    with pytest.raises(fb.IrError, match="the id must be identifiers"):
        rebuild(module, validate=verify)
    rows = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2))
    with pytest.raises(fb.StrategyError, match="the id must be identifiers"):
        fb.Plugin(evil, "1.0.0", rows=rows, numeraire=rows.amount, strategy=fb.agg_net())
    crate = emit(dataclasses.replace(plugin.data, id=evil), "")
    assert "Command" not in LITERAL.sub("", crate.files["src/lib.rs"])
    assert re.fullmatch(r"[a-z0-9-]+", crate_name(dataclasses.replace(plugin.data, id=evil)))


@pytest.mark.parametrize("version", ["1.0.0\n", "1.0", "\u0661.0.0", "1.0.0+\u202e"])
def test_versions_that_are_refused(version: str) -> None:
    document = json.loads(STRATEGIES["smallest"]().ir())
    document["plugin"]["version"] = version
    with pytest.raises(fb.IrError, match="version must be"):
        fb.Plugin.from_ir(document)


def test_json_is_escaped_and_means_the_same() -> None:
    plugin = STRATEGIES["awkward_names"]()
    assert "\\u202e" in plugin.ir()
    assert plugin.ir().replace("\n", "").isprintable()
    assert loads(plugin.ir()) == plugin.data
