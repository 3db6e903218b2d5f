"""Errors of closures: line, column, caret and fix of every refused text."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

import florecon_build as fb
from florecon_build.frontend.closure.errors import ClosureError
from florecon_build.frontend.closure.parser import MAX_DEPTH, MAX_LENGTH
from florecon_build.frontend.closure.terms import MAX_NODES
from florecon_build.frontend.closure.unsupported_syntax import HINTS
from florecon_build.frontend.rows import side, source_of
from florecon_build.ir import expressions as e
from tests.frontend.closure import mistakes
from tests.support.random_strategies import ROWS as row

NOT_A_NAME: dict[str, Any] = {"match": 1}
CASES = [(place, name) for place in ("ROW", "PAIR", "GROUP") for name in getattr(mistakes, place)]


def refused(text: str, place: str = "ROW") -> ClosureError:
    with pytest.raises(ClosureError) as raised:
        elaborated(text, place)
    return raised.value


def elaborated(text: str, place: str) -> fb.Expr:
    closure = fb.rust(text, rows=row)
    if place == "PAIR":
        return closure(side(source_of(row), e.Var.A), side(source_of(row), e.Var.B))
    return closure(fb.Group()) if place == "GROUP" else closure.expression()


@pytest.mark.parametrize(("place", "name"), CASES, ids=[name for _, name in CASES])
def test_a_mistake_is_shown_where_it_is(place: str, name: str, snapshot: SnapshotAssertion) -> None:
    error = refused(getattr(mistakes, place)[name], place)
    assert error.fix
    assert error.file == "tests/frontend/closure/test_errors.py"
    assert error.line == inspect.getsourcelines(elaborated)[1] + 1
    where, said = str(error).split(": ", 1)
    assert where == f"{error.file}:{error.line}"
    assert said == snapshot


def test_every_construct_that_is_left_out_is_shown() -> None:
    said = " ".join(str(refused(text)) for text in mistakes.ROW.values())
    assert [hint.what for hint in HINTS if hint.what not in said] == []


def test_the_caret_stands_under_the_piece_in_a_text_of_many_lines() -> None:
    text = "|row| {\n    let x = row.units;\n    x / 2\n}"
    error = refused(text)
    assert (error.text_line, error.text_column) == (3, 7)
    assert "        x / 2\n          ^\n" in str(error)


def test_a_long_line_is_shown_around_the_piece() -> None:
    text = "|row| " + "row.units + " * 50 + "row.unit + " + "row.units + " * 20 + "1"
    shown = str(refused(text)).splitlines()
    assert max(map(len, shown[1:3])) <= 104
    at = shown[2].index("^")
    assert shown[1][at : at + 4] == "unit"


@pytest.mark.parametrize(
    "text",
    [
        f"|row| {'1 + ' * 3_000}1",
        f"|row| {'!' * 5_000}row.open",
        f"|row| {'--' * 400}row.units",
        f"|row| row.units{' + 1' * 130}",
        f"|row| {'if row.open { 1 } else ' * 110}{{ 2 }}",
        f"|row| {'{ let x = 1; ' * 120}x{'}' * 120}",
        f"|row| {'Some(' * 130}1{')' * 130}",
        f"|row| row{'.lot' * 130}",
        "|row| { let a = row.units + 1; " + "let a = a + a; " * 60 + "a }",
        "|row| { let a = (row.units, 1); " + "let a = (a, a); " * 60 + "a }",
        f"|row| {'x' * (MAX_LENGTH + 1)}",
    ],
    ids=["sum", "nots", "signs", "chain", "ifs", "lets", "somes", "dots", "doubled", "tuples", "long"],
)
def test_what_is_too_large_is_refused_as_any_other_mistake(text: str) -> None:
    assert refused(text).code in {"closure_too_large", "too_large"}


def test_the_caps_are_those_of_the_documentation() -> None:
    documented = fb.rust.__doc__ or ""
    assert f"{MAX_LENGTH:,} characters, {MAX_DEPTH} levels and {MAX_NODES:,} operators" in documented


def test_brackets_alone_are_not_depth() -> None:
    assert elaborated(f"|row| {'(' * 2_000}row.units{')' * 2_000}", "ROW").ir == row.units.ir


def test_a_text_that_is_none_is_refused() -> None:
    with pytest.raises(fb.StrategyError) as raised:
        fb.rust(None)  # pyright: ignore[reportArgumentType]
    assert raised.value.code == "bad_setting"


def test_a_name_of_rusts_own_cannot_be_given() -> None:
    with pytest.raises(fb.StrategyError) as raised:
        fb.rust("|row| row.units", **NOT_A_NAME)
    assert raised.value.code == "bad_name"


@pytest.mark.parametrize(
    "build",
    [
        lambda: fb.when(fb.rust("|row| row.units == 1"), fb.agg_net()),
        lambda: fb.accept_if(fb.rust("|g| g.any(|row| row.units == 1)"), fb.agg_net()),
    ],
    ids=["row", "group"],
)
def test_rows_that_are_not_given_are_asked_for(build: Callable[[], fb.Strategy]) -> None:
    with pytest.raises(fb.StrategyError) as raised:
        build()
    assert raised.value.code == "not_rows"
    assert "fb.rust(.., rows=row)" in raised.value.fix


def test_closures_are_collected_with_the_other_mistakes() -> None:
    def file() -> None:
        with fb.collecting():
            rows = fb.columns(row_id=fb.integer(id=True), units=fb.integer(), amount=fb.money(scale=2))
            fb.when(fb.rust("|row| row.unit == 1", rows=rows), fb.agg_net())
            fb.rust("|row| row.units as f64")
            fb.agg_net(rows.unit)
            fb.flow(penalty=1, match_keys=[rows.units], cost=fb.rust("|a, b| a.units / b.units"))

    with pytest.raises(fb.StrategyError) as raised:
        file()
    first = inspect.getsourcelines(file)[1]
    found = [(problem.code, problem.span.line - first) for problem in raised.value.problems if problem.span]
    assert found == [
        ("unknown_lane", 3),
        ("closure_unsupported", 4),
        ("unknown_lane", 5),
        ("integer_division", 6),
    ]
