"""Net of a group over several currencies in the numeraire of its pivot: exact, about, or not known; on every output."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from rich.console import Console

import florecon_build as fb
from florecon_build.cli.terminal_page import print_summary
from tests.host.report.html.test_payload import inside

rows = fb.columns(
    line=fb.text(id=True),
    deal=fb.text(),
    ccy=fb.text(),
    amount=fb.money(scale=2),
    base=fb.money(scale=3, nullable=True),
)
LINES = [
    ("A", "d1", "EUR", "100.00", "110.000"),
    ("B", "d1", "USD", "-109.50", "-109.500"),
    ("C", "d2", "EUR", "10.00", "11.000"),
    ("D", "d2", "EUR", "-9.90", "-10.900"),
    ("E", "d3", "JPY", "5000.00", "30.000"),
    ("F", "d3", "USD", "-10.00", "-10.000"),
    ("G", "d4", "USD", "7.00", None),
    ("H", "d4", "EUR", "-7.00", "-7.000"),
]


def plugin(*, pivoted: bool = True, derived: bool = False) -> fb.Plugin:
    """Deals within 1.000 of the base amount, then parts of rows in the same deal by a flow."""
    base: Any = rows.base.fill(fb.minor(1, 3)) if derived else rows.base
    inner = fb.seq(
        fb.labeled("deal", fb.agg_net(rows.deal, tol=1000)),
        fb.labeled("part", fb.flow(penalty=10, match_keys=[rows.deal], cost=lambda a, b: 1)),
    )
    strategy = fb.pivot(base, inner) if pivoted else fb.labeled("deal", fb.agg_net(rows.deal, tol=10_000_000))
    return fb.Plugin("acme.pivot", "1.0.0", rows=rows, numeraire=rows.amount, currency=rows.ccy, strategy=strategy)


def solved(plugin: fb.Plugin) -> fb.Report:
    names = ("line", "deal", "ccy", "amount", "base")
    made: list[dict[str, Any]] = [
        dict(zip(names, (*line[:3], *(None if one is None else Decimal(one) for one in line[3:])), strict=True))
        for line in LINES
    ]
    kinds = (pa.string(), pa.string(), pa.string(), pa.decimal128(38, 2), pa.decimal128(38, 3))
    return plugin.simulate(pa.Table.from_pylist(made, pa.schema(list(zip(names, kinds, strict=True)))))


@pytest.fixture(scope="module")
def report() -> fb.Report:
    return solved(plugin())


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_group_has_its_legs_and_the_net_of_the_pivot(report: fb.Report, tmp_path: Path) -> None:
    report.write_csv(tmp_path, units="major")
    found = {line["legs"]: line["pivot_net"] for line in read(tmp_path / "groups.csv") if line["legs"]}
    assert found.pop("100.00 EUR; -109.50 USD") == "0.500 in base"
    (part,) = found.values()  # E in part, whose share of the base is in proportion
    assert part == "about 0.000 in base"
    ((legs, _),) = found.items()
    assert legs.endswith("JPY; -10.00 USD")
    one_currency = [line for line in read(tmp_path / "groups.csv") if not line["legs"]]
    assert {line["pivot_net"] for line in one_currency} == {""}


def test_every_output_says_it(report: fb.Report, tmp_path: Path) -> None:
    lines = [(line.name, line.column, line.net, line.exact) for line in report.summary().pivot_lines]
    assert lines == [("deal", "base", 500, True), ("part", "base", 0, False)]
    assert report.summary().as_data()["nets_in_pivots"][0]["net"] == 500
    page = report.write_html(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Their nets: deal 0.500 in base; part about 0.000 in base." in page
    assert inside(page)["groups"]["pivot"] == ["0.500 in base", None, "about 0.000 in base"]
    book = openpyxl.load_workbook(report.write_excel(tmp_path / "report.xlsx"))
    for sheet in ("Matched", "Summary"):
        cells = [str(cell.value) for line in book[sheet].iter_rows() for cell in line]
        assert any("0.500 in base" in cell for cell in cells), sheet
    text = io.StringIO()
    print_summary(Console(file=text, width=200), report.summary())
    assert "net of such groups: deal 0.500 in base" in text.getvalue()


def test_the_pivots_column_is_not_in_the_currency_of_the_row(report: fb.Report, tmp_path: Path) -> None:
    report.write_csv(tmp_path, units="major")
    lines = {line["id_text"]: line for line in read(tmp_path / "rows.csv")}
    assert (lines["E"]["input_amount"], lines["E"]["base"]) == ("5000", "30.000")
    page = report.write_html(tmp_path / "page.html").read_text(encoding="utf-8")
    money = {column["name"]: column.get("money", False) for column in inside(page)["columns"]}
    assert (money["amount"], money["base"]) == (True, False)
    sheet = openpyxl.load_workbook(report.write_excel(tmp_path / "report.xlsx"))["Exceptions"]
    head = [cell.value for cell in next(iter(sheet.iter_rows()))]
    formats = {line[head.index("line")].value: line[head.index("base")].number_format for line in sheet.iter_rows()}
    assert (formats["E"], formats["H"]) == ("#,##0.000", "#,##0.000")
    text = io.StringIO()
    print_summary(Console(file=text, width=200), report.summary())
    assert "30.000" in text.getvalue()


@pytest.mark.parametrize(
    "strategy", [plugin(pivoted=False), plugin(derived=True)], ids=["no pivot", "a computed amount"]
)
def test_a_net_that_is_not_known_is_not_given(strategy: fb.Plugin, tmp_path: Path) -> None:
    found = solved(strategy)
    assert found.summary().mixed_groups > 0
    assert found.summary().pivot_lines == ()
    page = found.write_html(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "no net in one amount column is known" in page


def test_a_row_that_is_carried_has_no_net_but_by_its_column(report: fb.Report) -> None:
    carried = report.mapped(lambda what, table_of: table_of(what), whole_rows=False)
    assert carried.whole_rows is False
    assert carried.summary().pivot_lines == report.summary().pivot_lines  # the whole amounts are in the input
