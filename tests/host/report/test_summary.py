"""Totals of a report: by currency and account, never across; shares that add up; nothing where nothing is declared."""

from __future__ import annotations

import io
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

import florecon_build as fb
from florecon_build.cli.terminal_page import print_summary
from florecon_build.host.report.currencies import currencies_of, format_minor
from florecon_build.host.report.html.sections import notes
from florecon_build.host.report.iso4217 import DECIMALS
from florecon_build.host.report.summary import Ambiguity, Balance, shares
from tests.support.four_currencies import AMOUNTS, plugin, report, rows


def by_currency(name: str = "amount") -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in rows():
        sums[row["ccy"]] = sums.get(row["ccy"], 0) + int(Decimal(row[name]) * 1000)
    return sums


@pytest.mark.parametrize("partition", [True, False])
def test_every_total_is_of_one_currency(partition: bool) -> None:
    found = report(partition=partition).summary()
    assert found.net == by_currency()
    assert set(found.value) == set(found.open_value) == set(AMOUNTS)
    for code in AMOUNTS:
        assert sum(step.value.get(code, 0) for step in found.steps) + found.open_value[code] == found.value[code]
        assert sum(step.net.get(code, 0) for step in found.steps) + found.open_net[code] == found.net[code]


@pytest.mark.parametrize("partition", [True, False])
def test_conservation_holds_in_each_currency_and_account(partition: bool) -> None:
    balances = report(partition=partition).summary().balances
    assert {(one.currency, one.account) for one in balances} == {(row["ccy"], row["gl"]) for row in rows()}
    assert all(one.exact for one in balances)
    assert not Balance("EUR", None, 1, 10, 4, 5).exact


def test_groups_over_several_currencies_are_counted() -> None:
    assert report().summary().mixed_groups == 0
    assert report(partition=False).summary().mixed_groups == 1


def test_every_row_counts_once() -> None:
    for partition in (True, False):
        found = report(partition=partition).summary()
        assert sum(step.rows for step in found.steps) + found.open_rows == found.rows == len(rows())


def test_without_the_declaration_nothing_is_added_up() -> None:
    found = report(declared=False).summary()
    assert found.units.refused
    assert "'ccy' has several currencies (EUR, JPY, KWD, USD)" in found.units.note
    assert "currency=row.ccy" in found.units.note
    assert found.value == found.net == found.open_value == found.open_net == {}
    assert all(step.value == step.net == {} for step in found.steps)
    assert found.balances == ()
    assert found.as_data()["currency"]["note"] == found.units.note
    assert found.rows == len(rows())  # counts can be said


def test_currencies_are_seen_by_name_or_by_their_codes() -> None:
    assert currencies_of(pa.table({"Currency": ["a", "b"]}), None).refused
    assert currencies_of(pa.table({"unit": ["EUR", "JPY", None]}), None).found == ("", "EUR", "JPY")
    assert currencies_of(pa.table({"unit": ["EUR", "Elm"]}), None).column is None
    assert currencies_of(pa.table({"company": ["CHE"]}), None).column is None
    assert not currencies_of(pa.table({"ccy": ["EUR", "EUR"]}), None).refused
    assert currencies_of(pa.table({"ccy": pa.array(["EUR"]).dictionary_encode()}), "ccy").declared


def test_decimals_are_those_of_the_standard() -> None:
    assert {DECIMALS[code] for code in ("EUR", "USD", "CHF")} == {2}
    assert (DECIMALS["JPY"], DECIMALS["KWD"], DECIMALS["CLF"]) == (0, 3, 4)
    assert format_minor(-1234567, 3, "JPY") == "-1,234.567"  # nothing is hidden
    assert format_minor(-1234000, 3, "JPY") == "-1,234"
    assert format_minor(5, 2, "KWD") == "0.050"
    assert format_minor(5, 2, "???") == "0.05"


@given(st.lists(st.integers(0, 10**18), min_size=1, max_size=12))
def test_shares_add_up(parts: list[int]) -> None:
    found = shares(parts)
    assert sum(found) == (1000 if sum(parts) else 0)
    for part, share in zip(parts, found, strict=True):
        assert abs(share * sum(parts) - part * 1000) < max(sum(parts), 1)


def test_a_plugin_says_its_currency_and_account() -> None:
    made = plugin()
    assert (made.description.currency, made.description.account) == ("ccy", "gl")
    assert "currency   row.ccy\naccount    row.gl" in made.tree()
    assert fb.Plugin.from_ir(made.ir()).fingerprint == made.fingerprint
    bare = plugin(declared=False)
    assert '"currency":' not in bare.ir()
    assert [(change.setting, change.after) for change in fb.diff(bare, made)] == [
        ("currency", "'ccy'"),
        ("account", "'gl'"),
    ]


def test_a_currency_is_a_text_column() -> None:
    lines = fb.columns(row_id=fb.integer(id=True), ccy=fb.text(), amount=fb.money(scale=2))
    row = lines.derive(upper=lines.ccy.upper())

    def made(column: fb.Expr) -> fb.Plugin:
        return fb.Plugin(
            "acme.x", "1.0.0", rows=row, numeraire=row.amount, currency=column, strategy=fb.exact_1to1(row.upper)
        )

    assert made(row.ccy).data.currency == "ccy"
    for column, said in ((row.amount, "`amount`, money"), (row.upper, "derived lane `upper`"), (row.ccy + "", "text")):
        with pytest.raises(fb.StrategyError, match=said) as raised:
            made(column)
        assert raised.value.problems[0].code == "currency"


def ambiguous(*, currency: bool = True) -> fb.Report:
    """Two euro invoices of which a payment settles one, a dollar pair with a double of one side, and a certain pair."""
    lines = fb.columns(row_id=fb.integer(id=True), ccy=fb.text(), amount=fb.money(scale=2))
    plugin = fb.Plugin(
        "acme.choices",
        "1.0.0",
        rows=lines,
        numeraire=lines.amount,
        currency=lines.ccy if currency else None,
        strategy=fb.exact_1to1(lines.ccy),
    )
    amounts = [
        ("EUR", 200),
        ("EUR", 200),
        ("EUR", -200),
        ("USD", 5),
        ("USD", -5),
        ("USD", -5),
        ("EUR", 70),
        ("EUR", -70),
    ]
    workspace = fb.Workspace(plugin)
    workspace.upsert([{"row_id": at, "ccy": ccy, "amount": amount} for at, (ccy, amount) in enumerate(amounts, 1)])
    return workspace.solve()


def test_ambiguous_rows_are_counted_by_currency() -> None:
    found = ambiguous().summary()
    assert found.ambiguous == Ambiguity(groups=2, rows=4, value={"EUR": 40_000, "USD": 1_000})
    assert found.as_data()["ambiguous"] == {"groups": 2, "rows": 4, "value": {"EUR": 40_000, "USD": 1_000}}
    assert ambiguous(currency=False).summary().ambiguous == Ambiguity(groups=2, rows=4, value={})


def test_a_decision_is_not_ambiguous() -> None:
    lines = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2))
    plugin = fb.Plugin("acme.decided", "1.0.0", rows=lines, numeraire=lines.amount, strategy=fb.exact_1to1())
    with fb.Workspace(plugin) as workspace:
        workspace.upsert([{"row_id": at, "amount": amount} for at, amount in enumerate([9, 9, -9], 1)])
        assert workspace.solve().summary().ambiguous.rows == 2
        workspace.pin_where(lambda g: g.size == 2)
        assert workspace.solve().summary().ambiguous.rows == 0


def test_the_terminal_and_the_page_say_what_is_ambiguous() -> None:
    found = ambiguous().summary()
    file = io.StringIO()
    print_summary(Console(file=file, width=200), found)
    assert "ambiguous: 4 rows in 2 groups, value 400.00 EUR; 10.00 USD" in file.getvalue()
    assert "4 rows are ambiguous, in 2 groups, with a value of 400.00 EUR; 10.00 USD" in notes(found)
