"""`ws.explain`: every sentence from a real module, with source lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

import florecon_build as fb
from florecon_build.host import BrokenReply, UnknownId, Unsupported, Workspace
from florecon_build.host.description import Description, Field, Node
from florecon_build.host.explain.context import Context, context_of
from florecon_build.host.explain.explanation import Explanation
from florecon_build.host.explain.sentences import PAIRS, ROWS, Words
from tests.support.four_currencies import plugin, table
from tests.support.ledger import group_of, line, opened, state
from tests.support.wat_modules import ABOUT, ok, on, packed, solver

MORE = [
    line(1, 10.00, "INV1234"),
    line(2, -10.00, "INV1234 paid", 3),
    line(3, 7.00),
    line(4, -7.00, day=30),
    line(5, 3.00, account="B"),
    line(6, 250.00, "PO98765", account="B"),
    line(7, -255.25, "PO98765", account="B"),
    line(8, 12.00, account="D"),
    line(9, 12.00, day=9, account="D"),
    line(10, -12.00, day=5, account="D"),
    line(11, 0.04, account="C"),
]


@pytest.fixture
def ws(solver_wasm: Path) -> Workspace:
    return opened(solver_wasm, MORE)


def test_one_row_through_the_tree(ws: Workspace) -> None:
    before = state(ws)
    told = str(ws.explain(7))
    assert told.startswith("Row 7 of -255.25 is unmatched with -255.25.\n- partition_by")
    assert "3 items with the key `B`, itself among them, net to -2.25" in told
    assert "the 2 items with the key `PO98765` net to -5.25; the limit is 1.00: 4.25 too much" in told
    assert "255.25 is not small; the limit is 0.05: 255.20 too much" in told
    taken = ws.explain(1)
    assert "into a group that nets to 0.00 (shared reference INV1234): row 1 (10.00), row 2 (-10.00)" in str(taken)
    assert [step.event for step in taken.steps if step.kind == "signal_group"] == ["entered", "signals", "taken"]
    reasons = [step.facts["reason"] for step in taken.steps if step.event == "taken"]
    assert reasons == ["shared reference INV1234"]
    assert "taken by itself as write_off" in str(ws.explain(11))
    assert state(ws) == before


def test_two_rows_that_did_not_meet(ws: Workspace) -> None:
    assert "its key is `A`, that of row 5 is `B`" in str(ws.explain(3, 5))
    apart = ws.explain(8, 10)
    assert [step.event for step in apart.meetings if step.kind == "exact_1to1"] == []
    assert "row 9 was already taken" not in str(apart)
    gone = str(ws.explain(1, 3))
    assert "row 1 was already taken at signal_group" in gone
    ws.pin(group_of(ws, 1))
    pinned = str(ws.explain(1, 3))
    assert "Row 1 of 10.00 is pinned by a person in group" in pinned
    assert "row 1 is not in the strategy at all: a person pinned it" in pinned


def test_new_rows_and_rows_that_are_none(ws: Workspace) -> None:
    ws.upsert([line(20, -3.00, account="B")])
    told = str(ws.explain(20))
    assert "Row 20 of -3.00 is unmatched with -3.00. It is new, or was freed, since the last solve." in told
    assert "this is what a solve would do now" in told
    with pytest.raises(UnknownId, match="77"):
        ws.explain(77)


ABOUT_TREE = Description(
    domain="d",
    version="1",
    fields=(Field(name="id", base="i64", kind="integer", is_id=True),),
    nodes=(Node(id=0, kind="agg_net", path="seq[0]", label=None, file="strategy.py", line=31),),
    numeraire_scale=2,
)


def explained(**step: Any) -> str:
    facts = {"node": 0, "kind": "agg_net", "id": 4, **step}
    row: dict[str, Any] = {"id": 4, "amount": -5, "new": False, "places": []}
    data: dict[str, Any] = {"rows": [row], "steps": [facts], "stale": False, "names": {"4": "INV-7"}}
    return str(Explanation(ABOUT_TREE, data))


def test_the_authors_line_is_named() -> None:
    told = explained(event="one_sided", size=3, net=5)
    assert told == (
        "Row INV-7 of -0.05 is nowhere.\n- seq[0] at strategy.py:31: the 3 items that it stands with all have one sign:"
        " there is nothing to match them with"
    )
    assert explained(event="from_a_newer_module").endswith("from a newer module")


FACTS: dict[str, Any] = {
    **{"id": 4, "node": 0},
    **dict.fromkeys(("amount", "size", "net", "slack", "cap", "budget", "alone", "shared", "same", "opposite"), 7),
    **dict.fromkeys(("penalty", "other_penalty", "candidates", "over_cap", "cost", "carriers", "distance"), 7),
    **dict.fromkeys(("width", "from", "inside", "before", "after", "max_size", "best", "split", "matched"), 7),
    **{"key": ["A", 1], "other_key": ["B", 2], "origin": "o", "reason": "r", "members": [{"id": 1, "amount": 7}]},
    **{"taker": 5, "taker_cost": 1, "other_taker": 6, "other_taker_cost": 2},
    **{"whole": 7, "chosen": 2, "score": "matched_items", "scores": [3, 4], "formed": [2, 1]},
}


@pytest.mark.parametrize("event", ROWS)
def test_every_event_of_a_row_has_a_sentence(event: str) -> None:
    for kind in ("agg_net", "accept_if", "whole_only", "reclaim", "coalesce", "trim"):
        said = Words(Context(scale=2)).sentence({**FACTS, "event": event, "kind": kind})
        assert said
        assert "None" not in said
        assert "{" not in said
        pivoted = Words(Context(scale=2)).sentence({**FACTS, "event": event, "kind": kind, "pivoted": 1})
        assert "0.07" not in pivoted


def business_words(event: str, kind: str = "flow", node: int = 7, **facts: Any) -> str:
    """A sentence about two rows of four currencies, 5 days apart, with the facts of a real strategy."""
    about = plugin().description
    step: dict[str, Any] = {**FACTS, "best": 1, "event": event, "kind": kind, "id": 0, "node": node, **facts}
    if event in PAIRS and "key" not in facts:
        step["with"] = 1
    names = {"0": "EUR-d1", "1": "EUR-d2"}
    data: dict[str, Any] = {"rows": [{"id": 0, "amount": 40250}], "steps": [step], "names": names}
    return Words(context_of(about, data, table(), {"lag": 4})).sentence(step)


def test_a_refusal_says_which_condition_failed_and_by_how_much() -> None:
    assert business_words("forbidden") == "not allowed with row EUR-d2: 5 days apart; the limit `lag` is 4"
    said = business_words("all_forbidden", candidates=3)
    assert said == "none of its 3 candidates is allowed; the nearest, row EUR-d2: 5 days apart; the limit `lag` is 4"
    said = business_words("all_forbidden", candidates=1)
    assert said == "its only candidate, row EUR-d2, is not allowed: 5 days apart; the limit `lag` is 4"
    assert business_words("forbidden", node=5) == (
        "not allowed with row EUR-d2: the module does not say which condition forbids it"
    )
    assert business_words("null_key", "agg_net", 5) == "`memo` is empty, so it passes through"
    unknown = Words(context_of(plugin().description, {"rows": [], "steps": []}, None, None))
    said = unknown.sentence({"event": "forbidden", "with": 1, "id": 0, "node": 7, "kind": "flow"})
    assert said == "not allowed with row 1: the condition `fb.gap(a.day, b.day) <= lag` does not hold"


def test_the_engine_names_limits_as_a_compiled_module_does() -> None:
    ws = Workspace(plugin())
    ws.upsert(table())
    ws.solve()
    assert "not allowed with row EUR-d2: 5 days apart; the limit `lag` is 4" in str(ws.explain("EUR-d1", "EUR-d2"))
    ws.configure(lag=3)
    assert "5 days apart; the limit `lag` is 3" in str(ws.explain("EUR-d1", "EUR-d2"))
    restored = Workspace.restore(plugin(), ws.snapshot())  # the host has not seen its rows
    assert "the condition `fb.gap(a.day, b.day) <= lag` does not hold" in str(restored.explain("EUR-d1", "EUR-d2"))


def test_an_older_module_says_that_it_describes_nothing() -> None:
    row: dict[str, Any] = {"id": 4, "amount": -5, "new": False, "places": []}
    data: dict[str, Any] = {"rows": [row], "steps": [], "stale": False}
    older = replace(DATED, nodes=tuple(replace(node, facts={}) for node in DATED.nodes))
    assert "The module is of an older release" in str(Explanation(older, data))
    assert "older" not in str(Explanation(DATED, data))
    assert "older" not in str(Explanation(ABOUT_TREE, data)), "this tree has nothing to describe"


def test_amounts_are_those_of_the_report_where_a_module_names_no_decimals() -> None:
    unnamed = replace(ABOUT_TREE, numeraire_scale=None)
    row: dict[str, Any] = {"id": 4, "amount": -5, "new": False, "places": []}
    assert str(Explanation(unnamed, {"rows": [row], "steps": []})) == "Row 4 of -0.05 is nowhere."


def test_the_sentence_of_each_event(snapshot: SnapshotAssertion) -> None:
    rows = {event: business_words(event, "agg_net", 5, key=["1400", None], slack=2, net=-1500) for event in ROWS}
    pairs = {f"{event} (pair)": business_words(event) for event in PAIRS}
    assert {**rows, **pairs} == snapshot


DATED = Description(
    domain="d",
    version="1",
    fields=(Field(name="id", base="i64", kind="integer", is_id=True),),
    nodes=(
        Node(id=0, kind="partition_by", path="partition_by", facts={"key": ["text", "date", "money:2"]}),
        Node(id=1, kind="windowed", path="partition_by > windowed", facts={"order": "date"}),
        Node(id=2, kind="pivot", path="partition_by > pivot", facts={"amount": "usd", "scale": 2}),
        Node(id=3, kind="agg_net", path="partition_by > pivot > agg_net"),
    ),
    numeraire_scale=2,
)


def test_dates_are_dates_and_amounts_amounts() -> None:
    words = Words(context_of(DATED, {"rows": [], "steps": []}, None, {}))
    said = words.sentence({"event": "bucket", "node": 0, "id": 1, "size": 2, "net": 5, "key": ["A", 20543, 1250]})
    assert said == "2 items with the key `A / 2026-03-31 / 12.50`, itself among them, net to 0.05"
    said = words.sentence({"event": "band", "node": 1, "id": 1, "from": 20540, "width": 4, "size": 3})
    assert said == "compared with 3 items from 2026-03-28 to 2026-03-31"
    said = words.sentence({"event": "outside_window", "node": 1, "id": 1, "with": 2, "distance": 5, "width": 4})
    assert said == "5 days apart from row 2; the limit `window` is 4 days"
    assert words.sentence({"event": "pivot", "node": 2, "id": 1, "amount": 5}) == "compared by 0.05 in `usd`"
    said = words.sentence(
        {"event": "out_of_tolerance", "node": 3, "id": 1, "size": 2, "net": 5, "slack": 2, "pivoted": 1}
    )
    assert said.endswith("net to 0.05 in `usd`; the limit is 0.02 in `usd`: 0.03 in `usd` too much")


def test_amounts_have_the_currency_of_their_row() -> None:
    assert "-1.50 EUR; the limit is 0.002 EUR" in business_words("out_of_tolerance", "agg_net", 5, net=-1500, slack=2)
    about = plugin(partition=False).description
    data = {"rows": [{"id": 0, "amount": 1}], "steps": [], "names": {"0": "EUR-d1"}}
    words = Words(context_of(about, data, table(), {}))
    said = words.sentence({"event": "out_of_tolerance", "id": 0, "node": 4, "size": 2, "net": 5, "slack": 2})
    assert "net to no one amount, being in several currencies" in said


@pytest.mark.parametrize("event", PAIRS)
def test_every_event_of_a_pair_names_the_other(event: str) -> None:
    assert "row 9" in Words(Context(scale=2)).sentence({**FACTS, "event": event, "kind": "flow", "with": 9})


def test_modules_that_do_not_explain() -> None:
    refusal = b'{"ok":false,"error":{"code":"bad_command","message":"no op explain"}}'
    plain = {name: value for name, value in ABOUT.items() if name != "build"}
    ws = Workspace(
        solver(about=plain, reply=b'{"ok":true}' + refusal, dispatch=on("e", packed(16395, len(refusal)), ok()))
    )
    with pytest.raises(Unsupported, match="no op explain"):
        ws.explain(1)
    for reply in (b'{"ok":true,"explain":[]}', b'{"ok":true,"explain":{"rows":[{}],"steps":[]}}'):
        with pytest.raises(BrokenReply):
            Workspace(solver(reply=reply)).explain(1)


OTHER_PAIR = "not the only choice: row 2 (9.00), row 3 (-9.00) would do as well"


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("amount", {1: OTHER_PAIR, 2: OTHER_PAIR, 3: OTHER_PAIR}),
        ("reference", {1: f"{OTHER_PAIR} by the key `BB`", 3: f"{OTHER_PAIR} by the key `BB`"}),
    ],
)
def test_the_rival_of_an_ambiguous_group_is_named(by: str, said: dict[int, str]) -> None:
    """Rows 1 and 3 are matched, and row 2 would have done; rows 4 and 5 have no other choice."""
    lines = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
    leaf = fb.exact_1to1() if by == "amount" else fb.signal_group(fb.tokens(lines.memo, min_length=2))
    plugin = fb.Plugin("acme.rivals", "1.0.0", rows=lines, numeraire=lines.amount, strategy=leaf)
    rows = [(1, "AA", 9), (2, "BB", 9), (3, "AA BB", -9), (4, "CC", 4), (5, "CC", -4)]
    with fb.Workspace(plugin) as workspace:
        workspace.upsert([{"row_id": id, "memo": memo, "amount": amount} for id, memo, amount in rows])
        workspace.solve()
        told = {id: [step.text for step in workspace.explain(id).steps if step.event == "rival"] for id, *_ in rows}
    assert told == {id: [said[id]] if id in said else [] for id, *_ in rows}


def told(strategy: Callable[[Any], fb.Strategy], event: str, *rows: tuple[int, str, int]) -> dict[int, str]:
    """What an event says about each row, in a ledger of notes and amounts."""
    lines = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
    plugin = fb.Plugin("acme.told", "1.0.0", rows=lines, numeraire=lines.amount, strategy=strategy(lines))
    with fb.Workspace(plugin) as workspace:
        workspace.upsert([{"row_id": id, "memo": memo, "amount": amount} for id, memo, amount in rows])
        workspace.solve()
        steps = {id: [step for step in workspace.explain(id).steps if step.event == event] for id, *_ in rows}
    return {id: found[0].text for id, found in steps.items() if found}


def test_the_strategy_that_was_taken_is_told_with_the_scores_of_all() -> None:
    rows = [(1, "A", 500), (2, "A", -500), (3, "A", 20), (4, "A", -15), (5, "A", -5)]
    best = {
        "matched_value": "it matches 1,040.00; strategy 1 matches 1,000.00",
        "matched_items": "it matches 5 rows in 1 group; strategy 1 matches 2 rows in 1 group",
    }
    for score, said in best.items():
        found = told(lambda _, score=score: fb.best_of(score, fb.exact_1to1(), fb.agg_net()), "chosen", *rows)
        assert found == dict.fromkeys(range(1, 6), f"strategy 2 of 2 is the best by {score}: {said}")
    first = told(lambda _: fb.best_of("matched_items", fb.exact_1to1(), fb.identity()), "too_small", *rows)
    assert set(first) == {3, 4, 5}
    assert told(lambda _: fb.best_of("matched_items", fb.agg_net(), fb.exact_1to1()), "too_small", *rows) == {}


def test_the_difference_of_whole_rows_is_told() -> None:
    def whole(tol: int) -> Callable[[Any], fb.Strategy]:
        return lambda lines: fb.reclaim(fb.flow(penalty=9, match_keys=[lines.memo], cost=1.0), tol=tol)

    rows = [(1, "A", 500), (2, "A", -480)]
    kept = "its group takes all of its rows and nets to 20.00: row 1 (500.00), row 2 (-480.00)"
    assert told(whole(2_000), "regrouped", *rows)[1] == kept
    assert told(whole(1_500), "regrouped", *rows)[2] == (
        "with all of its rows its group nets to 20.00; the limit is 15.00: 5.00 too much, so that it is dissolved"
    )


def test_a_refused_subset_and_a_component_above_the_cap_are_told() -> None:
    rows = [(1, "AA", 500), (2, "AA BB", -500), (3, "BB", 100), (4, "BB", 7)]
    refused = told(lambda _: fb.subset_net(accept=lambda g: g.size > 2), "predicate_false", *rows)
    assert refused == dict.fromkeys((1, 2), "the condition `accept` is false for a group that it could be in")
    capped = told(lambda lines: fb.reference_net(fb.tokens(lines.memo, min_length=2), cap=3), "over_cap", *rows)
    assert capped == dict.fromkeys(range(1, 5), "references connect 4 items; the limit `cap` is 3")


def test_the_rival_of_a_subset_is_named() -> None:
    rows = [(1, "A", 50), (2, "A", 30), (3, "A", -80), (4, "A", 20), (5, "A", 60)]
    other = "not the only choice: row 3 (-80.00), row 4 (20.00), row 5 (60.00) would do as well"
    assert told(lambda _: fb.subset_net(), "rival", *rows) == dict.fromkeys((1, 2, 3), other)
    assert told(lambda _: fb.subset_net(), "rival", *rows[:4]) == {}
