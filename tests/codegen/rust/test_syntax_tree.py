"""Syntax tree: parentheses, temporaries in the order of evaluation, names that do not hide others, origins of lines."""

from __future__ import annotations

import florecon_build as fb
from florecon_build.codegen import emit
from florecon_build.codegen.rust import ast as r
from florecon_build.codegen.rust.fallibility import ok, some
from florecon_build.codegen.rust.names import Names
from florecon_build.codegen.rust.printer import BROKEN, Printer, measure, one_line
from florecon_build.codegen.rust.temporaries import settle
from tests.codegen.strategies import intercompany

A, B = r.Name("a"), r.Name("b")
WIDE = r.Call("text::upper", (r.Unary("&", r.Field(A, "a_field_with_a_long_name")),))
CHOICE = r.If(A, r.block(r.Literal("1")), r.block(r.Literal("2")))


def settled(value: r.Expression, column: int = 0) -> list[str]:
    """The lines of ``value`` as the body of a function at ``column``."""
    printer = Printer()
    printer.items((r.Function("fn f()", settle(value, Names(["a", "b"]), column + 4)),))
    return [line.strip() for line in printer.text().splitlines()[1:-1]]


def test_operands_that_bind_less_tightly_get_parentheses() -> None:
    total = r.Binary("+", A, B)
    assert one_line(r.Binary("*", total, B)) == "(a + b) * b"
    assert one_line(r.Binary("-", A, r.Binary("-", A, B))) == "a - (a - b)"
    assert one_line(r.Method(r.Unary("-", A), "abs")) == "(-a).abs()"
    assert one_line(r.Unary("!", r.Binary("==", A, B))) == "!(a == b)"


def test_cast_before_less_than_gets_parentheses() -> None:
    cast = r.Cast(A, "f64")
    assert one_line(r.Binary("<", cast, B)) == "(a as f64) < b"
    assert one_line(r.Binary("<", r.Binary("+", B, cast), B)) == "(b + a as f64) < b"
    assert one_line(r.Binary("<=", cast, B)) == "a as f64 <= b"


def test_choice_has_no_width() -> None:
    assert measure(CHOICE) == BROKEN
    assert measure(r.Call("f", (CHOICE,))) == BROKEN


def test_fallible_operand_is_not_passed_by_a_later_one() -> None:
    first, second = r.Try(r.Call("int::abs", (A,))), r.Try(r.Call("int::mul", (CHOICE, B)))
    assert settled(r.Binary("==", first, second)) == [
        "let size = int::abs(a)?;",
        "let chosen = if a { 1 } else { 2 };",
        "size == int::mul(chosen, b)?",
    ]
    assert settled(r.Binary("==", A, second))[0].startswith("let chosen"), "what cannot fail stays where it is"


def test_right_side_of_logic_is_evaluated_only_where_it_matters() -> None:
    lazy = r.Try(r.Call("int::mul", (CHOICE, B)))
    assert settled(r.Binary("&&", A, r.Binary("==", lazy, B))) == [
        "if a {",
        "let chosen = if a { 1 } else { 2 };",
        "int::mul(chosen, b)? == b",
        "} else {",
        "false",
        "}",
    ]


def test_place_is_not_moved_into_a_temporary() -> None:
    place = r.Field(A, "a_field_with_a_long_name_of_its_own")
    lines = settled(r.Call("f", (r.Unary("&", place), r.Unary("&", place), WIDE)))
    assert lines[0] == "let upper = text::upper(&a.a_field_with_a_long_name);"
    assert not any(line.endswith("= a.a_field_with_a_long_name_of_its_own;") for line in lines)


def test_owner_of_a_view_outlives_it() -> None:
    view = r.Method(r.Call("text::split", (r.Unary("&", WIDE), r.Text("-"))), "as_deref")
    lines = settled(r.Call("f", (view, CHOICE)))
    assert lines[0] == 'let split = text::split(&text::upper(&a.a_field_with_a_long_name), "-");'
    assert lines[-1] == "f(split.as_deref(), chosen)"


def test_results_and_options_go_into_the_branches() -> None:
    fallible = r.Try(r.Call("int::abs", (A,)))
    choice = r.If(A, r.block(fallible), r.block(B))
    made = ok(some(choice))
    assert isinstance(made, r.If)
    assert one_line(made.then) == "int::abs(a).map(Some)"
    assert one_line(made.otherwise) == "Ok(Some(b))"
    assert one_line(ok(fallible)) == "int::abs(a)"


def test_call_with_a_long_closure_is_kept() -> None:
    """The call was left out where its closure had no room beside it, and the crate did not compile."""
    normal = r.Method(r.Call("Real::key", (r.Field(A, "1"),)), "map", (closure("b", r.Tuple((r.Field(A, "0"), B, B))),))
    assert settled(r.Method(A, "and_then", (closure("a", normal),))) == [
        "a.and_then(|a| Real::key(a.1).map(|b| (a.0, b, b)))"
    ]
    wide = r.Name("a_name_so_long_that_it_leaves_no_room_on_its_line_for_all_that_it_is_given")
    assert settled(r.Method(wide, "and_then", (closure("a", normal),))) == [
        wide.name,
        ".and_then(|a| Real::key(a.1).map(|b| (a.0, b, b)))",
    ]


def closure(name: str, body: r.Expression) -> r.Closure:
    """A closure of one parameter."""
    return r.Closure((r.Parameter(r.Name(name)),), r.block(body))


def test_column_named_like_a_generated_variable_is_still_read() -> None:
    rows = fb.columns(row_id=fb.integer(id=True), p1=fb.text(), memo=fb.text(nullable=True), amount=fb.money(scale=2))
    rows = rows.derive(both=(rows.p1, rows.memo))
    plugin = fb.Plugin("acme.p", "1.0.0", rows=rows, numeraire=rows.amount, strategy=fb.agg_net(rows.both))
    assert "(p0, Some(p1)) => Some((p0, p1))," in plugin.rust()["src/lib.rs"]


def test_every_line_below_a_comment_has_its_origin() -> None:
    plugin = intercompany()
    crate = emit(plugin.data, plugin.fingerprint)
    lines = crate.files["src/lib.rs"].splitlines()
    at = {crate.origin("src/lib.rs", number): text for number, text in enumerate(lines, 1)}
    places = {origin.place for origin in at if origin is not None}
    assert {"lane pair", "lane tokens", "partition_by.key", "partition_by > seq[3] > flow.cost"} <= places
    assert "partition_by > seq[3] > flow.match_keys[1]" in places
    gap = next(number for number, text in enumerate(lines, 1) if "int::gap" in text)
    found = crate.origin("src/lib.rs", gap)
    assert found is not None
    assert found.place == "partition_by > seq[3] > flow.cost"
    assert "fb.first_of(" in found.author
    assert crate.origin("src/lib.rs", 1) is None
