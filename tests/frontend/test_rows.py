"""Row declarations by keyword and by class, pair views, and partial results of a file with errors."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import florecon_build as fb
from florecon_build.ir import nodes as n
from florecon_build.ir.traversal import values_in

r: Any = fb
"""The library without types, for what pyright would refuse too."""


class Ledger(fb.Rows):
    """A ledger of two companies."""

    row_id = fb.integer(id=True)
    company = fb.text()
    other = fb.text(nullable=True)
    day = fb.date()
    amount = fb.money(scale=2, display=True)

    @fb.lane
    def pair(self) -> fb.TupleExpr:
        """Both companies, in one order."""
        return fb.sorted_pair(self.company, self.other)

    @fb.lane
    def month(self) -> fb.DateExpr:
        return self.day.month_end

    @fb.lane
    def place(self) -> tuple[fb.TupleExpr | fb.TextExpr, fb.DateExpr]:
        return self.company, self.month


class Finer(Ledger):
    @fb.lane
    def short(self) -> fb.TextExpr:
        return fb.prefix(self.company, 3)


def dynamic() -> fb.DynamicRows:
    ledger = fb.columns(
        row_id=fb.integer(id=True),
        company=fb.text(),
        other=fb.text(nullable=True),
        day=fb.date(),
        amount=fb.money(scale=2, display=True),
    )
    months = ledger.derive(pair=fb.sorted_pair(ledger.company, ledger.other), month=ledger.day.month_end)
    return months.derive(place=(months.company, months.month))


def plugin(rows: fb.Rows, strategy: fb.Strategy) -> fb.Plugin:
    return fb.Plugin("acme.rows", "1.0.0", rows=rows, numeraire=rows["amount"], strategy=strategy)


def near(a: Any, b: Any) -> Any:
    return fb.tier(a.company == b.company, 1 + 0.1 * fb.gap(a.month, b.month))


def test_row_class_equals_keyword_declaration() -> None:
    by_class, by_keyword = Ledger(), dynamic()
    assert dir(by_class) == dir(by_keyword)
    made = [
        plugin(rows, fb.seq(fb.agg_net(rows["place"]), fb.flow(penalty=9, order=rows["day"], window=5, cost=near)))
        for rows in (by_class, by_keyword)
    ]
    assert made[0].fingerprint == made[1].fingerprint


def test_derived_row_class_reads_inherited_columns() -> None:
    row = Finer()
    assert repr(row) == "<Finer row_id, company, other, day, amount, pair, month, place, short>"
    both = plugin(row, fb.agg_net((Ledger().month, row.short)))
    assert [lane.name for lane in both.data.lanes] == ["pair", "month", "place", "short"]
    assert [lane.name for lane in plugin(row.derive(late=row.day.year), fb.agg_net()).data.lanes][-1] == "late"
    assert inspect.getdoc(type(row).pair) == "Both companies, in one order."


def test_row_class_with_an_extra_column_is_another_ledger() -> None:
    class Wider(Ledger):
        branch = fb.text()

    assert [column.name for column in plugin(Wider(), fb.agg_net()).data.columns][-1] == "branch"
    with pytest.raises(fb.StrategyError) as raised:
        plugin(Wider(), fb.agg_net(Ledger().company))
    assert raised.value.code == "other_rows"


def test_pair_views_are_instances_of_the_row_class() -> None:
    seen: list[Ledger] = []

    def cost(a: Ledger, b: Ledger) -> fb.RealExpr:
        seen.extend([a, b])
        return fb.tier(fb.nets(a, b) & (a.lot.amount > 5), 0.5 * fb.gap(a.day, b.day))

    row = Ledger()
    fb.flow(penalty=1, match_keys=[row.pair], cost=cost)
    fb.flow(penalty=1, match_keys=[fb.amount_key()], rows=Finer(), cost=cost)
    assert [type(side) for side in seen] == [Ledger, Ledger, Finer, Finer]


def test_pair_views_have_the_columns_of_their_rows() -> None:
    ledger = fb.columns(row_id=fb.integer(id=True), name=fb.text(), side=fb.text(), amount=fb.money())
    row = ledger.derive(short=fb.prefix(ledger.name, 3))
    ledger.derive(elsewhere=ledger.name.upper())
    seen: list[list[str]] = []

    def cost(a: fb.Side, b: fb.Side) -> Any:
        seen.append(dir(a))
        return fb.tier(a.side != b.side, 1.0)

    fb.flow(penalty=1, match_keys=[ledger.name, row.short], cost=cost)
    fb.flow(penalty=1, match_keys=[ledger.name], rows=row, cost=cost)
    fb.flow(penalty=1, match_keys=[ledger.name], cost=cost)
    base = {"row_id", "name", "side", "amount", "lot"}
    assert list(map(set, seen)) == [base | {"short"}, base | {"short"}, base]


def test_untyped_pair_is_resolved_by_the_plugin() -> None:
    row, other = dynamic(), fb.columns(row_id=fb.integer(id=True), amount=fb.money(), units=fb.integer())
    slack = fb.param("slack", 3)

    def cost(a: fb.Side, b: fb.Side) -> Any:
        return fb.tier(fb.nets(a, b, slack), 1 + fb.gap(a.month, b.month))

    waiting = fb.partition_by_with(row.company, lambda k: fb.flow(penalty=9, match_keys=[fb.amount_key()], cost=cost))
    hinted = fb.partition_by_with(
        row.company, lambda k: fb.flow(penalty=9, match_keys=[fb.amount_key()], cost=cost, rows=row)
    )
    made = plugin(row, fb.seq(waiting, waiting))
    assert made.fingerprint == plugin(row, fb.seq(hinted, hinted)).fingerprint
    assert [param.name for param in made.data.params] == ["slack"]
    units = fb.flow(penalty=9, match_keys=[fb.amount_key()], cost=lambda a, b: fb.gap(a.units, b.units))
    assert plugin(other, units).check() == ()


def test_error_in_a_deferred_cost_names_its_line() -> None:
    row = dynamic()
    keys = [fb.amount_key()]
    steps = fb.seq(
        fb.agg_net(row.company),
        fb.flow(
            penalty=1,
            match_keys=keys,
            cost=lambda a, b: fb.gap(a.mnth, b.month),  # 1
        ),
        fb.flow(penalty=1, match_keys=keys, cost=lambda a, b: a.amount),  # 2
        fb.labeled("x", fb.flow(penalty=1, match_keys=keys, cost=lambda a, b: None)),  # pyright: ignore # 3
    )
    with pytest.raises(fb.StrategyError) as raised:
        plugin(row, steps)
    start = inspect.getsourcelines(test_error_in_a_deferred_cost_names_its_line)[1]
    lines = inspect.getsource(test_error_in_a_deferred_cost_names_its_line).splitlines()
    marked = [start + index for index, line in enumerate(lines) if line.endswith(("# 1", "# 2", "# 3"))]
    found = raised.value.problems
    assert [problem.span.line for problem in found if problem.span] == marked
    assert [problem.code for problem in found] == ["unknown_lane", "type_mismatch", "not_an_expression"]
    assert [problem.path for problem in found] == [
        "seq[1] > flow.cost",
        "seq[2] > flow.cost",
        "seq[3] > labeled > flow.cost",
    ]
    assert found[0].fix.startswith("did you mean `month`?")


def test_unresolved_deferred_cost_is_rejected() -> None:
    node = fb.flow(penalty=1, match_keys=[fb.amount_key()], cost=lambda a, b: fb.gap(a.day, b.day)).ir
    assert isinstance(node, n.Flow)
    assert not any(getattr(part, "name", "").isidentifier() for part in values_in(node.cost))


def test_node_rejects_columns_of_two_ledgers() -> None:
    with pytest.raises(fb.StrategyError) as raised:
        fb.flow(penalty=1, match_keys=[Ledger().company, dynamic().company], cost=1.0)
    assert raised.value.code == "other_rows"


def test_conflicting_derived_column_is_rejected() -> None:
    ledger = fb.columns(row_id=fb.integer(id=True), name=fb.text(), amount=fb.money())
    one, two = ledger.derive(key=ledger.name.left(3)), ledger.derive(key=ledger.name.right(3))
    assert plugin(one, fb.agg_net(one.key)).check() == ()
    with pytest.raises(fb.StrategyError, match="another lane `key`"):
        plugin(two, fb.agg_net(one.key))
    assert [lane.name for lane in plugin(two, fb.agg_net(one.name)).data.lanes] == ["key"]


def test_row_class_column_is_read_through_rows() -> None:
    def slip() -> None:
        class Wrong(fb.Rows):  # pyright: ignore[reportUnusedClass]
            row_id = fb.integer(id=True)
            name = fb.text()
            amount = fb.money()
            key = r.prefix(name, 3)

    with pytest.raises(fb.StrategyError) as raised:
        slip()
    assert "@fb.lane" in raised.value.fix


MISTAKES: dict[str, tuple[str, dict[str, Any]]] = {
    "no id": ("row_id", {"amount": fb.money()}),
    "a reserved name": ("reserved_name", {"row_id": fb.integer(id=True), "lot": fb.text()}),
    "a misspelt lane": (
        "unknown_lane",
        {"row_id": fb.integer(id=True), "nam": fb.text(), "key": fb.lane(lambda self: self.name.left(2))},
    ),
    "a later lane": (
        "unknown_lane",
        {
            "row_id": fb.integer(id=True),
            "first": fb.lane(lambda self: self.second),
            "second": fb.lane(lambda self: self.row_id + 1),
        },
    ),
    "a lot in a lane": (
        "scope",
        {"row_id": fb.integer(id=True), "rest": fb.lane(lambda self: self.lot.amount)},
    ),
    "a lane of nothing": ("not_an_expression", {"row_id": fb.integer(id=True), "none": r.lane(lambda _: None)}),  # pyright: ignore
}


@pytest.mark.parametrize("name", MISTAKES)
def test_row_class_follows_the_same_rules(name: str) -> None:
    code, body = MISTAKES[name]
    with pytest.raises(fb.StrategyError) as raised:
        type("Wrong", (fb.Rows,), dict(body))
    assert raised.value.code == code
    assert raised.value.file == "tests/frontend/test_rows.py"


def test_rows_without_columns_are_rejected() -> None:
    with pytest.raises(fb.StrategyError, match="no columns"):
        fb.Rows()
    with pytest.raises(fb.StrategyError, match="`row = Ledger\\(\\)`"):
        r.Plugin("acme.x", "1.0.0", rows=Ledger, numeraire=Ledger().amount, strategy=fb.agg_net())


def test_unknown_column_does_not_hide_other_errors() -> None:
    def file() -> None:
        class Slips(fb.Rows):
            row_id = fb.integer(id=True)
            name = fb.text(nullable=True)
            amount = fb.money(scale=99)

            @fb.lane
            def upper(self) -> fb.TextExpr:
                return self.name.upper()

            @fb.lane
            def filled(self) -> fb.TextExpr:
                return self.name.fill("")

        row = Slips()
        more = row.derive(bad=row.filled / 2, good=row.filled.lower())  # pyright: ignore
        steps = fb.seq(
            fb.agg_net(more.upper, tol=-1),
            fb.flow(penalty=-5, match_keys=[more.bad, more.good], cost=lambda a, b: fb.dice(a.god, b.good)),
            r.accept_if(lambda g: g.nett == 0, fb.agg_net(more.fild)),  # pyright: ignore
        )
        fb.Plugin("acme.slips", "1.0.0", rows=more, numeraire=row.amount, strategy=steps)

    with pytest.raises(fb.StrategyError) as raised, fb.collecting():
        file()
    assert [problem.code for problem in raised.value.problems] == [
        "bad_scale",
        "nullable",
        "type_mismatch",
        "bad_setting",
        "bad_setting",
        "unknown_lane",
        "unknown_lane",
        "unknown_attribute",
    ]
