"""Reasons of open items: every one has a word, from a person, a step or its amount."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pytest

import florecon_build as fb
from florecon_build.host.report.currencies import Currencies
from florecon_build.host.report.exports import Details
from florecon_build.host.report.open_reasons import open_reasons
from florecon_build.host.report.resolved import Resolved
from florecon_build.host.report.summary import Tables
from tests.host.report.html.test_payload import inside
from tests.support.four_currencies import report

SIGN = "by its amount: no item of the opposite sign is open in EUR, account 1500"


def reasons(path: Path) -> dict[str, str]:
    with path.open(newline="", encoding="utf-8") as file:
        return {line.get("row_id") or line["id_text"]: line["reason"] for line in csv.DictReader(file)}


@pytest.mark.parametrize("declared", [True, False])
def test_no_open_item_is_without_a_reason(declared: bool, tmp_path: Path) -> None:
    found = report(declared=declared)
    paths = {path.stem: path for path in found.write_csv(tmp_path, details=Details(reasons={"EUR-d1": "a\nb"}))}
    opened = {line["id_text"] for line in found.rows.to_pylist() if line["residual"]}
    of_rows, of_exceptions = reasons(paths["rows"]), reasons(paths["exceptions"])
    assert set(of_exceptions) == opened
    for name, reason in of_exceptions.items():
        assert reason == of_rows[name] != ""
    on_page = inside(found.write_html(tmp_path / "page.html").read_text(encoding="utf-8"))["why"]
    assert set(on_page) == opened
    assert of_exceptions["EUR-d1"] == "a; b"


def test_the_sentences() -> None:
    told = reasons_of(report())
    assert told["EUR-c1"] == (
        "by its amount: matched in part, 59.75 EUR of 100.00 EUR is left; no item of the opposite sign is open in EUR,"
        " account 1300"
    )
    assert told["EUR-d1"] == (
        "by its amount: row EUR-d2 is open with the opposite amount in EUR, account 1400, and no step matched them"
    )
    assert told["EUR-e1"] == SIGN


def reasons_of(found: fb.Report) -> dict[str, str]:
    assert found.input is not None
    tables = Tables(
        rows=found.tables()["rows"],
        input=found.input,
        groups=found.tables()["groups"],
        allocations=found.allocations,
        id_name="row_id",
        scale=3,
        currency="ccy",
        account="gl",
    )
    return open_reasons(tables, Currencies("ccy", declared=True), {})


def test_the_code_of_a_person_comes_first() -> None:
    coded = report().mapped(Resolved({}, {"EUR-e1": ("timing", "paid in April")}).view)
    told = reasons_of(coded)
    assert told["EUR-e1"] == "timing: paid in April"
    assert told["USD-e1"] == SIGN.replace("EUR", "USD")


def test_several_of_the_opposite_amount_and_others() -> None:
    amounts = {1: 500, 2: -500, 3: -500, 4: 70, 5: -30}
    rows = pa.table({"id": list(amounts), "group_id": list(amounts), "amount": list(amounts.values())})
    rows = rows.append_column("residual", rows["amount"])
    groups = pa.table({"group_id": list(amounts), "origin": ["unmatched"] * 5, "reason": pa.nulls(5, pa.string())})
    tables = Tables(rows=rows, input=pa.table({"id": list(amounts)}), groups=groups, allocations=rows, id_name="id")
    told = open_reasons(tables, Currencies(), {"4": "explained"})
    assert told == {
        "1": "by its amount: 2 items, such as row 2, are open with the opposite amount, and no step matched them",
        "2": "by its amount: row 1 is open with the opposite amount, and no step matched them",
        "3": "by its amount: row 1 is open with the opposite amount, and no step matched them",
        "4": "explained",
        "5": "by its amount: no item is open with the opposite amount; 2 of the opposite sign",
    }
