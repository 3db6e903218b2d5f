"""Equality of closures and builder expressions: one tree, one fingerprint, one Rust."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

import florecon_build as fb
from florecon_build.frontend.handles import lift
from florecon_build.frontend.rows import side, source_of
from florecon_build.ir import expressions as e
from tests.frontend.closure.pairs import GROUP, LIMIT, PAIR, ROW, SLACK
from tests.support.random_strategies import ROWS as row


def closure(text: str) -> Any:
    return fb.rust(text, rows=row, slack=SLACK, limit=LIMIT)


@pytest.mark.parametrize(("text", "built"), ROW, ids=[text for text, _ in ROW])
def test_a_row_closure(text: str, built: Any) -> None:
    assert closure(text).expression().ir == lift(built, what="test").ir


@pytest.mark.parametrize(("text", "build"), PAIR, ids=[text for text, _ in PAIR])
def test_a_pair_closure(text: str, build: Any) -> None:
    source = source_of(row)
    a, b = side(source, e.Var.A), side(source, e.Var.B)
    assert closure(text)(a, b).ir == build(a, b).ir


@pytest.mark.parametrize(("text", "build"), GROUP, ids=[text for text, _ in GROUP])
def test_a_group_closure(text: str, build: Any) -> None:
    assert closure(text)(fb.Group()).ir == build(fb.Group()).ir


def as_text(text: str, _: Any, **names: Any) -> Any:
    return fb.rust(text, **names)


def as_built(_: str, built: Any, **names: Any) -> Any:
    return built


Of = Callable[..., Any]


def plugin(of: Of) -> fb.Plugin:
    """One strategy with an expression in every kind of place; ``of(text, built)`` chooses between the two."""
    ledger = fb.columns(
        row_id=fb.integer(id=True),
        book=fb.text(),
        other=fb.text(),
        day=fb.date(),
        amount=fb.money(scale=2),
        memo=fb.text(nullable=True),
    )
    row = ledger.derive(
        pair=of("|row| sorted_pair(row.book, row.other)", fb.sorted_pair(ledger.book, ledger.other)),
        words=of("|r| r.memo.tokens(4, false)", fb.tokens(ledger.memo, min_length=4)),
    )
    slack = fb.param("slack", 5)

    def here(text: str, built: Any) -> Any:
        return of(text, built, rows=row, slack=slack)

    def near(a: Any, b: Any) -> Any:
        return fb.tier(a.words.overlaps(b.words), 1.5)

    def close(g: Any) -> Any:
        return (g.span(row.day) <= slack) & (g.size > 2)

    def even(g: Any) -> Any:
        return g.min_side == 1

    inner = fb.seq(
        fb.agg_net((here("|r| r.book.left(2)", row.book.left(2)), row.day), tol=here("|| slack * 2", slack * 2)),
        fb.exact_1to1(here("|r| r.book", row.book), order=here("|r| r.day.month_end()", row.day.month_end)),
        fb.accept_if(
            here("|g| g.span(|r| r.day) <= slack && g.size > 2", close),
            fb.running_zero(
                here("|r| (r.day, r.book)", (row.day, row.book)),
                accept=here("|g| g.min_side == 1", even),
            ),
        ),
        fb.when(here('|r| r.book == "A"', row.book == "A"), fb.signal_group(here("|r| r.words", row.words))),
        fb.reference_net(here("|r| r.words", row.words), tol=here("|| slack", slack)),
        fb.reclaim(fb.exact_1to1(), tol=here("|| slack + 1", slack + 1)),
        fb.subset_net(anchor=here('|r| r.amount < 0 && r.book == "B"', (row.amount < 0) & (row.book == "B"))),
        fb.flow(
            penalty=here("|r| if r.day.month() == 12 { 50 } else { 9 }", fb.where(row.day.month == 12, 50, 9)),
            match_keys=[here("|r| r.words", row.words), fb.amount_key()],
            cost=here(
                "|a, b| if a.words.overlaps(b.words) { Some(1.5) } else { None }",
                near,
            ),
        ),
        fb.soak_if(here("|r| r.lot.amount.abs() < slack", fb.abs(row.lot.amount) < slack), origin="small"),
    )
    strategy = fb.partition_by_with(
        here("|r| (r.pair, r.day.year())", (row.pair, row.day.year)),
        lambda k: fb.seq(fb.agg_net(tol=of("|| k.clamp(1, 9)", fb.clamp(k[1], 1, 9), k=k[1])), inner),
    )
    numeraire = of("|row| row.amount", row.amount)
    return fb.Plugin("test.same", "1.0.0", rows=row, numeraire=numeraire, strategy=strategy)


def test_in_every_place_a_closure_gives_the_same_plugin() -> None:
    closures, words = plugin(as_text), plugin(as_built)
    assert closures.fingerprint == words.fingerprint
    assert not fb.diff(closures, words)
    assert closures.tree() == words.tree()
    assert unlocated(closures.rust()["src/lib.rs"]) == unlocated(words.rust()["src/lib.rs"])


def unlocated(rust: str) -> str:
    """Generated text without the author's lines; comments that differ in nothing else count once.

    A closure used for several lines of the strategy is under all of them, and ``as_text`` is one line for every place.
    """
    text = re.sub(r"\.py:\d+|\\\"line\\\": ?\d+|\"line\": ?\d+", "", rust)
    return re.sub(r"^( *// .*\n)\1+", r"\1", text, flags=re.MULTILINE)


def test_the_text_of_a_closure_never_enters_the_plugin() -> None:
    first = fb.rust("|row|   row.units+1==2", rows=row)
    second = fb.rust("|r| { let one = 1; r.units + one == 2 }", rows=row)
    plugins = [
        fb.Plugin("test.x", "1.0.0", rows=row, numeraire=row.amount, strategy=fb.when(test, fb.agg_net()))
        for test in (first, second)
    ]
    assert plugins[0].fingerprint == plugins[1].fingerprint


def test_a_param_is_given_by_name() -> None:
    word = fb.param("word", "x")
    test = fb.rust("|row| row.company == w", rows=row, w=word)
    assert test.expression().ir == (row.company == word).ir
    assert {param.name for param in test.expression().uses.params} == {"word"}


def test_a_variable_of_the_calling_code_is_not_visible() -> None:
    word = fb.param("word", "x")
    with pytest.raises(fb.StrategyError, match="no `word` here") as raised:
        fb.rust("|row| row.company == word", rows=row).expression()
    assert "fb.rust(.., word=word)" in raised.value.fix
    assert fb.rust("|row| row.company == word", rows=row, word=word).expression().type.kind.value == "boolean"


def test_other_rows_and_params_in_the_same_file_change_nothing() -> None:
    source = (
        "{other}\n"
        "ledger = fb.columns(row_id=fb.integer(id=True), day=fb.date(), amount=fb.money(scale=2))\n"
        "row = ledger.derive(month=fb.rust('|r| r.day.month_end()'))\n"
        "limit = fb.param('limit', 3)\n"
        "cost = fb.rust('|a, b| if a.day.abs_diff(b.day) < limit {{ Some(1.0) }} else {{ None }}', limit=limit)\n"
        "flow = fb.flow(penalty=1, match_keys=[fb.amount_key()], cost=cost)\n"
        "near = fb.accept_if(fb.rust('|g| g.span(|r| r.day) < limit', rows=row, limit=limit), flow)\n"
        "steps = fb.when(fb.rust('|r| r.month == r.day', rows=row), near)\n"
        "numeraire = fb.rust('|r| r.amount')\n"
        "plugin = fb.Plugin('test.x', '1.0.0', rows=row, numeraire=numeraire, strategy=steps)\n"
    )
    alone: dict[str, Any] = {"fb": fb}
    exec(compile(source.format(other=""), "ledger.py", "exec"), alone)
    beside: dict[str, Any] = {"fb": fb, "limits": fb.param("limit", 9)}
    other = "other = fb.columns(id=fb.integer(id=True), day=fb.integer()); r = g = limit = fb.param('limit', 7)"
    exec(compile(source.format(other=other), "ledger.py", "exec"), beside)
    assert alone["plugin"].ir() == beside["plugin"].ir()
    assert alone["plugin"].rust() == beside["plugin"].rust()


def test_a_closure_is_repeatable_and_immutable() -> None:
    test = closure("|row| row.units > slack")
    assert test.expression().ir == test.expression().ir
    assert test.text == "|row| row.units > slack"
    assert repr(test) == "<closure |row| row.units > slack>"
