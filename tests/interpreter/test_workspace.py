"""Workspace: lifecycle, verbs and refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from florecon_build.interpreter import ModelError, Plain, Workspace
from florecon_build.interpreter import workspace as workspace_module
from florecon_build.interpreter.bag import Outcome
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.types import INTEGER, REAL
from tests.interpreter.build import MONEY, abs_tol, agg_net, exact, flow, groups, lane, plugin, real, row, shape, solved

EDGE = 2**63 - 1


def refused(act: Callable[[], object]) -> tuple[str, int | str | None, int | None]:
    """Code, id and group of the refusal."""
    with pytest.raises(ModelError) as error:
        act()
    return error.value.code, error.value.id, error.value.group_id


def of(workspace: Workspace, *ids: int) -> int:
    """The id of the group that holds exactly these rows."""
    held: dict[int, set[int | str]] = {}
    for allocation in workspace.report().allocations:
        held.setdefault(allocation.group_id, set()).add(allocation.id)
    return next(group for group, members in held.items() if members == set(ids))


def three() -> Workspace:
    """A pair and a row alone, solved."""
    return solved(exact(), [row(1, 5), row(2, -5), row(3, 7), row(4, 0)])


def test_a_new_row_is_an_unmatched_singleton_and_solve_gives_fresh_ids() -> None:
    workspace = Workspace(plugin(exact()))
    assert workspace.upsert([row(2, -5), row(1, 5)]) == []
    assert shape(workspace) == [(((1, 5),), "unmatched", None), (((2, -5),), "unmatched", None)]
    workspace.solve()
    first = [line.group_id for line in workspace.report().groups]
    workspace.solve()
    assert min(line.group_id for line in workspace.report().groups) > max(first)
    assert len(workspace) == 2


def test_a_zero_row_has_a_singleton_and_is_never_matched() -> None:
    assert (((4, 0),), "unmatched", None) in shape(three())


def test_a_replaced_row_breaks_its_groups_only_where_its_amount_changed() -> None:
    workspace = three()
    pair = of(workspace, 1, 2)
    workspace.pin(pair)
    assert workspace.upsert([row(1, 5, key="new")]) == []
    assert workspace.upsert([row(1, 6)]) == [pair]
    assert groups(workspace) == []
    workspace.solve()
    assert [line.residual for line in workspace.rows()] == [6, -5, 7, 0]


def test_removing_a_row_breaks_its_groups_and_names_the_pinned() -> None:
    workspace = three()
    pair = of(workspace, 1, 2)
    workspace.pin(pair)
    assert refused(lambda: workspace.remove([1, 9])) == ("unknown_id", 9, None)
    assert len(workspace) == 4
    assert workspace.remove([1, 1]) == [pair]
    assert shape(workspace)[0] == (((2, -5),), "unmatched", None)


def test_pinned_groups_outlive_a_solve_verbatim() -> None:
    workspace = three()
    pair = of(workspace, 1, 2)
    workspace.pin(pair)
    workspace.pin(pair)
    workspace.upsert([row(9, -5), row(8, 5)])
    workspace.solve()
    assert of(workspace, 1, 2) == pair
    assert groups(workspace) == [{1: 5, 2: -5}, {8: 5, 9: -5}]
    workspace.unpin(pair)
    workspace.solve()
    assert of(workspace, 1, 2) > pair
    assert refused(lambda: workspace.pin(pair)) == ("unknown_group", None, pair)


def test_pin_by_predicates() -> None:
    workspace = three()
    assert refused(lambda: workspace.pin_clean(-1))[0] == "bad_command"
    assert workspace.pin_clean(0) == 1
    assert workspace.pin_where(lambda line: line.net == 7) == 1
    assert workspace.pin_where(lambda line: True) == 1
    assert refused(lambda: workspace.pin_groups([of(workspace, 1, 2), 99])) == ("unknown_group", None, 99)


def test_pin_singletons() -> None:
    workspace = three()
    assert refused(lambda: workspace.pin_singletons([3, 9])) == ("unknown_id", 9, None)
    assert refused(lambda: workspace.pin_singletons([3, 1])) == ("unknown_allocation", 1, None)
    assert workspace.pin_singletons([3, 4, 3]) == 2
    assert workspace.pin_singletons([3]) == 0


def test_a_row_has_one_loose_singleton_even_after_unpinning() -> None:
    workspace = solved(exact(), [row(1, 100), row(2, -40)])
    manual = workspace.merge([(1, 40), (2, -40)])
    workspace.pin_singletons([1])
    workspace.unpin(manual)
    workspace.dissolve(manual)
    pinned = next(line.group_id for line in workspace.report().groups if line.pinned)
    workspace.unpin(pinned)
    assert shape(workspace) == [(((1, 100),), "unmatched", None), (((2, -40),), "unmatched", None)]


def test_merge_takes_loose_mass_first_and_breaks_what_loses() -> None:
    workspace = solved(flow(window=5), [row(1, 100), row(2, -60), row(3, -30, day=90), row(4, -10, day=90)])
    assert groups(workspace) == [{1: 60, 2: -60}]
    first = workspace.merge([(1, 30), (3, -30)], label="by hand", reason="mail of Tuesday")
    assert groups(workspace) == [{1: 30, 3: -30}, {1: 60, 2: -60}]
    assert (((1, 30), (3, -30)), "by hand", "mail of Tuesday") in shape(workspace)
    workspace.merge([(1, 15), (4, -10)])
    # 10 were loose, 5 came out of the flow group, which is gone
    assert shape(workspace) == [
        (((1, 15), (4, -10)), "manual", None),
        (((1, 30), (3, -30)), "by hand", "mail of Tuesday"),
        (((1, 55),), "unmatched", None),
        (((2, -60),), "unmatched", None),
    ]
    assert refused(lambda: workspace.dissolve(first)) == ("frozen_group", None, first)
    assert refused(lambda: workspace.merge([(3, -1), (1, 1)])) == ("frozen_member", 3, None)


@pytest.mark.parametrize(
    ("allocations", "code", "id"),
    [
        ([(9, 1), (9, 1)], "unknown_id", 9),
        ([(1, 1), (1, 1), (9, 1)], "duplicate_id", 1),
        ([(1, 0)], "bad_command", 1),
        ([(1, 1)], "degenerate_group", None),
        ([], "degenerate_group", None),
        ([(1, 6), (2, -5)], "insufficient_live_amount", 1),
        ([(1, -1), (2, -5)], "insufficient_live_amount", 1),
        ([(4, 1), (2, -5)], "frozen_member", 4),
    ],
)
def test_a_refused_merge_changes_nothing(allocations: list[tuple[int, int]], code: str, id: int | None) -> None:
    workspace = three()
    before = workspace.report()
    assert refused(lambda: workspace.merge(allocations)) == (code, id, None)
    assert workspace.report() == before


def test_a_merge_whose_net_is_no_amount() -> None:
    workspace = solved(exact(), [row(1, EDGE), row(2, EDGE)])
    assert refused(lambda: workspace.merge([(1, EDGE), (2, EDGE)]))[0] == "amount_overflow"


def test_detach_and_dissolve() -> None:
    rows = [row(1, 9, key="k"), row(2, -4, key="k"), row(3, -5, key="k"), row(4, 1)]
    workspace = solved(agg_net(lane("key")), rows)
    all_three = of(workspace, 1, 2, 3)
    assert refused(lambda: workspace.detach(99, [1])) == ("unknown_group", None, 99)
    assert refused(lambda: workspace.detach(all_three, [1, 9])) == ("unknown_id", 9, None)
    assert refused(lambda: workspace.detach(all_three, [1, 4])) == ("unknown_allocation", 4, all_three)
    workspace.detach(all_three, [2, 2])
    assert groups(workspace) == [{1: 9, 3: -5}]
    workspace.detach(all_three, [1])
    assert groups(workspace) == []
    alone = of(workspace, 1)
    workspace.detach(alone, [1])
    workspace.dissolve(alone)
    assert of(workspace, 1) == alone


def test_a_whole_group_can_be_detached() -> None:
    workspace = three()
    workspace.detach(of(workspace, 1, 2), [1, 2])
    assert groups(workspace) == []


def test_a_failed_solve_leaves_everything() -> None:
    workspace = Workspace(plugin(flow(cost=real(float("nan")))))
    workspace.upsert([row(1, 5), row(2, -5)])
    before = workspace.report()
    assert refused(workspace.solve) == ("bad_cost", 1, None)
    assert workspace.report() == before


def test_a_net_that_is_no_amount_fails_the_solve() -> None:
    soak = n.SoakAll(origin="open", mode=n.SoakMode.BUCKET, key=lane("key"))
    workspace = Workspace(plugin(soak))
    workspace.upsert([row(1, EDGE, key="k"), row(2, 1, key="k")])
    assert refused(workspace.solve) == ("amount_overflow", 1, None)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (row(1, 5) | {"day": None}, "null_value"),
        (row(1, 5) | {"amount": 2**63}, "amount_overflow"),
        (row(1, 5) | {"amount": -(2**63)}, "amount_overflow"),
        (row(1, 5) | {"day": 2**31}, "bad_amount"),
        (row(1, 5) | {"amount": True}, "wrong_type"),
        (row(1, 5) | {"key": 7}, "wrong_type"),
        ({"id": 1}, "missing_column"),
        ({"amount": 1}, "missing_column"),
        (row(2, 5), "duplicate_id"),
    ],
)
def test_a_batch_is_taken_whole_or_not_at_all(given: dict[str, Plain], code: str) -> None:
    workspace = Workspace(plugin(exact()))
    assert refused(lambda: workspace.upsert([row(2, 1), given]))[0] == code
    assert len(workspace) == 0


def with_double(strategy: n.Node) -> Workspace:
    """Two lanes: one that doubles the id, and one made from it."""
    double = e.Arith(type=INTEGER, op=e.ArithOp.MUL, left=lane("id"), right=e.Lit(type=INTEGER, value=2))
    base = plugin(strategy)
    lanes = (n.DerivedLane(name="double", value=double), n.DerivedLane(name="same", value=whole_lane("double")))
    return Workspace(replace(base, lanes=(*base.lanes, *lanes)))


def whole_lane(name: str) -> e.Value:
    """A lane of ``with_double``."""
    return e.Lane(type=INTEGER, var=e.Var.ITEM, name=name)


@pytest.mark.parametrize("name", ["double", "same"])
def test_a_lane_that_overflows_names_the_row(name: str) -> None:
    workspace = with_double(n.AggNet(key=whole_lane(name), tol=abs_tol(0)))
    assert refused(lambda: workspace.upsert([row(2**62, 1)])) == ("amount_overflow", 2**62, None)


def test_a_lane_that_nothing_reaches_is_not_computed() -> None:
    workspace = with_double(exact())
    workspace.upsert([row(2**62, 1)])
    workspace.solve()
    assert len(workspace.report().groups) == 1


SLACK = n.Param(name="slack", type=INTEGER, default=0, doc="minor units a bucket may be off by")
RATE = n.Param(name="rate", type=REAL, default=1, doc="a real")


def test_params_have_defaults_and_can_be_configured() -> None:
    strategy = agg_net(tol=abs_tol(e.ParamRef(type=INTEGER, name="slack")))
    workspace = Workspace(plugin(strategy, [SLACK, RATE]))
    workspace.upsert([row(1, 5), row(2, -4)])
    workspace.solve()
    assert groups(workspace) == []
    workspace.configure({"slack": 1, "rate": 2})
    workspace.solve()
    assert groups(workspace) == [{1: 5, 2: -4}]
    for bad in ({"slck": 1}, {"slack": 1.5}, {"slack": True}, {"slack": -1}, {"rate": "x"}, {"rate": float("nan")}):
        assert refused(lambda bad=bad: workspace.configure(bad))[0] == "bad_config"
        assert refused(lambda bad=bad: Workspace(plugin(strategy, [SLACK, RATE]), bad))[0] == "bad_config"


def test_text_ids() -> None:
    columns = (n.Column(name="id", type=lane("ref").type.with_nullable(False), id=True), *plugin(exact()).columns[1:])
    workspace = Workspace(plugin(exact(), columns=columns))
    named: list[dict[str, Plain]] = [{**row(0, amount), "id": id} for id, amount in (("b", 5), ("a", -5), ("é", 5))]
    workspace.upsert(named)
    workspace.solve()
    assert groups(workspace) == [{"a": -5, "b": 5}]
    assert [line.id for line in workspace.rows()] == ["a", "b", "é"]


def test_rows_show_the_main_group_and_the_residual() -> None:
    workspace = solved(flow(), [row(1, 100), row(2, -60)])
    lines = workspace.rows()
    assert [(line.amount, line.matched, line.residual) for line in lines] == [(100, 60, 40), (-60, -60, 0)]
    assert lines[0].group_id == lines[1].group_id
    assert MONEY.scale == 2


def test_a_strategy_that_loses_money_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = solved(agg_net(), [row(1, 5), row(2, -5)])
    before = workspace.report()

    def losing(*_: object) -> Outcome:
        return Outcome([], [])

    monkeypatch.setattr(workspace_module, "run", losing)
    assert refused(workspace.solve) == ("conservation_violated", 1, None)
    assert workspace.report() == before


def test_a_dry_run_of_a_merge_leaves_the_workspace() -> None:
    workspace = solved(agg_net(), [row(1, 5), row(2, -5), row(3, 7)])
    before = workspace.report()
    group, after = workspace.merge_dry_run([(1, 5), (3, 2)], "desk")
    assert workspace.report() == before
    assert workspace.merge([(1, 5), (3, 2)], "desk") == group
    assert workspace.report() == after.report() != before
    assert refused(lambda: workspace.merge_dry_run([(1, 5)])) == ("degenerate_group", None, None)
