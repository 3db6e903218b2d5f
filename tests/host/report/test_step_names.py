"""Names of steps: business words for every kind of node, the same in every output."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

import florecon_build as fb
from florecon_build.host.description import Node
from florecon_build.host.explain.open_rows import explain_open_rows
from florecon_build.host.report.step_names import REASON_WORDS, WORDS, plain_reason, step_name, step_names
from florecon_build.wire import LEAVES, NODE_KINDS, REASONS, NodeKind

ROWS = [
    {"line": "A", "account": "x", "currency": "EUR", "amount": 10, "day": 1},
    {"line": "B", "account": "x", "currency": "EUR", "amount": -9, "day": 2},
    {"line": "C", "account": None, "currency": "EUR", "amount": 3, "day": 3},
    {"line": "D", "account": "y", "currency": "EUR", "amount": 5, "day": 9},
]


def plugin() -> fb.Plugin:
    """Every leaf without a label, one kind twice, and combinators around them."""
    row = fb.columns(
        line=fb.text(id=True),
        account=fb.text(nullable=True),
        currency=fb.text(),
        amount=fb.integer(),
        day=fb.integer(),
    )
    steps = fb.seq(
        fb.exact_1to1(key=row.account),
        fb.exact_1to1(key=row.account, order=row.day),
        fb.agg_net(row.account),
        fb.signal_group(row.account),
        fb.running_zero(row.day, key=row.account),
        fb.subset_net(row.account),
        fb.accept_if(lambda g: g.size == 2, fb.flow(penalty=1.0, match_keys=[row.account], cost=lambda a, b: 5.0)),
        fb.soak_small(1),
    )
    return fb.Plugin(
        "acme.names", "1.0.0", rows=row, numeraire=row.amount, strategy=fb.partition_by(row.currency, steps)
    )


def test_no_open_item_is_told_in_the_kinds_of_nodes(snapshot: SnapshotAssertion) -> None:
    workspace = plugin().workspace()
    workspace.upsert(ROWS)
    workspace.solve()
    reasons = explain_open_rows(workspace, ["A", "C", "D"], step_names(workspace.about.nodes))
    assert reasons == snapshot
    machine = {*NODE_KINDS, *REASONS.values()} - {"labeled", "when", "shared reference"}
    assert not [word for text in reasons.values() for word in machine if word in text]


def test_steps_that_do_the_same_have_their_numbers() -> None:
    names = step_names(plugin().workspace().about.nodes)
    steps = ["equal amounts by account (step 1)", "equal amounts by account (step 2)", "net to zero by account"]
    assert [name for name in names.values() if "by account" in name][:3] == steps
    assert len(set(names.values())) == len(names)


@pytest.mark.parametrize("kind", NODE_KINDS)
def test_every_kind_has_words(kind: NodeKind) -> None:
    node = Node(id=0, kind=kind, path=kind, facts={"columns": ["account", None]})
    name = step_name(step_names([node]), 0, kind)
    assert name.startswith(WORDS[kind])
    assert "_" not in name
    assert kind in LEAVES or kind == "labeled" or name != kind
    words = plain_reason(f"a tag: {REASONS[kind]}") if kind in REASONS else None
    assert words is None or words == f"a tag: {REASON_WORDS.get(REASONS[kind], REASONS[kind])}"


def test_origins_and_labels_of_authors_stay() -> None:
    nodes = [
        Node(id=0, kind="seq", path="seq"),
        Node(id=1, kind="labeled", path="seq[0] > labeled", label="near dates"),
        Node(id=2, kind="flow", path="seq[0] > labeled > flow"),
        Node(id=3, kind="soak_all", path="seq[1] > soak_all", label="rounding"),
    ]
    names = step_names(nodes)
    assert [step_name(names, node, origin) for node, origin in ((2, "flow"), (3, "rounding"), (None, "manual"))] == [
        "near dates",
        "rounding",
        "manual",
    ]
