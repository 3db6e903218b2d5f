"""``new --data``, ``read`` and ``author`` over the field cases: what a controller expects of each file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Completed, florecon

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
CASES, ATTACKS = SHARED / "field_cases", SHARED / "attack_cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="../shared/data/field_cases is not there")

READ: dict[str, tuple[str, str, dict[str, int]]] = {
    # file: net, amount, rows matched by each step
    "01-debit-credit-balance/statement.csv": ("1084.01", "Credit - Debit", {"same reference": 4}),
    "01-debit-credit-balance/no_balance.csv": ("1084.01", "Credit - Debit", {"same reference": 4}),
    "02-hs-indicator-de/umsaetze.csv": ("-13.37", "Umsatz, negative where S/H is S", {"same reference": 4}),
    "02-hs-indicator-de/ascii_header.csv": ("-13.37", "Umsatz, negative where S/H is S", {"same reference": 4}),
    "03-junk-header/konto.csv": ("1084.01", "Betrag (EUR)", {"same reference": 2}),
    "05-totals-row/ap.csv": ("-400.00", "amount", {"same reference": 2}),
    "05-totals-row/full.csv": ("0.00", "amount", {"same reference": 2}),
    "07-encodings/bom.csv": ("-2.00", "Amount", {"same reference": 2}),
    "07-encodings/cp1252.csv": ("-2.00", "Amount", {"same reference": 2}),
    "07-encodings/dollar.csv": ("-12.34", "Amount", {"same reference": 2}),
    "15-decimals/jpy.csv": ("500", "amount", {"same reference": 2}),
    "24-small-csv-shapes/dash_zero.csv": ("0.00", "amount", {"same reference": 2}),
    "24-small-csv-shapes/euro_short.csv": ("-227.32", "Montant", {}),
    "24-small-csv-shapes/footer_text.csv": ("-2.00", "amount", {"same reference": 2}),
    "24-small-csv-shapes/named_month.csv": ("0.00", "amount", {"same reference": 2}),
    "24-small-csv-shapes/no_id_same_lines.csv": ("-4.50", "Montant", {}),  # either of two lines would do
    "24-small-csv-shapes/pandas_index.csv": ("0.00", "amount", {"same reference": 2}),
    "24-small-csv-shapes/short_year.csv": ("0.00", "amount", {"same reference": 2}),
    "24-small-csv-shapes/siren.csv": ("70.00", "amount", {"same reference": 2}),
    "24-small-csv-shapes/spaced_header.csv": ("-2.00", "Amount", {"same reference": 2}),
    "24-small-csv-shapes/trailing_semicolon.csv": ("0.00", "Amount", {"same reference": 2}),
    "24-small-csv-shapes/us_dates.csv": ("0.00", "amount", {"same reference": 2}),
    "13-ambiguous/input.csv": ("200.00", "amount", {"same amount": 2}),
    "27-default-references/input.csv": ("275.00", "amount", {"same reference": 4}),
}


def made(folder: Path, *paths: Path) -> Completed:
    return florecon("new", "p", *(word for path in paths for word in ("--data", str(path))), at=folder)


def matched(folder: Path) -> dict[str, int]:
    report: dict[str, Any] = florecon("author", "--preview", "--json", at=folder / "p").json()
    assert report["exact"]
    return {step["name"]: step["rows"] for step in report["steps"]}


@pytest.mark.slow
@pytest.mark.parametrize("name", READ)
def test_file_is_declared_read_and_reconciled(tmp_path: Path, name: str) -> None:
    net, amount, steps = READ[name]
    completed = made(tmp_path, CASES / name)
    assert completed.code == 0, completed.err
    (source,) = florecon("read", "--json", at=tmp_path / "p").json()["sources"]
    assert [total["net"] for total in source["totals"]] == [net]
    assert source["mapping"]["amount"] == amount
    assert all(check["holds"] for check in source["checks"])
    assert matched(tmp_path) == steps


def test_two_files_with_the_same_ids_are_one_ledger(tmp_path: Path) -> None:
    folder = CASES / "06-two-files-same-ids"
    assert made(tmp_path, folder / "bank.csv", folder / "gl.csv").code == 0
    assert matched(tmp_path) == {"same reference": 4}
    bank, gl = florecon("read", "--json", at=tmp_path / "p").json()["sources"]
    assert (bank["rows"], gl["rows"], bank["totals"][0]["net"], gl["totals"][0]["net"]) == (3, 3, "1498.50", "-1585.50")


def test_plain_files_with_the_same_ids_are_refused(tmp_path: Path) -> None:
    folder = CASES / "06-two-files-same-ids"
    assert made(tmp_path, folder / "bank.csv").code == 0
    said = florecon("author", "--preview", folder / "bank.csv", folder / "gl.csv", at=tmp_path / "p")
    assert said.code == 4
    assert "stands in bank.csv:2 and gl.csv:2" in " ".join(said.err.split())


def test_amounts_of_three_currencies_keep_their_decimals(tmp_path: Path) -> None:
    assert made(tmp_path, CASES / "15-decimals" / "kwd.csv").code == 0
    (source,) = florecon("read", "--json", at=tmp_path / "p").json()["sources"]
    assert {total["currency"]: total["net"] for total in source["totals"]} == {
        "JPY": "0.000",
        "KWD": "0.500",
        "USD": "0.000",
    }


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (CASES / "22-timestamps" / "app.csv", "'2026-03-31T23:30:00Z' below 'ts' has an offset"),
        (CASES / "24-small-csv-shapes" / "empty_amount.csv", "empty_amount.csv:4: the row has no amount"),
        (ATTACKS / "unbal_last.csv", "line 6 opens a quote that is never closed"),
        (ATTACKS / "unbal_pair.csv", "a quote joins lines 3 to 5"),
    ],
)
def test_file_that_leaves_something_open_is_refused_with_what_decides(tmp_path: Path, path: Path, says: str) -> None:
    completed = made(tmp_path, path)
    assert (completed.code, says in " ".join(completed.err.split())) == (4, True), completed.err
    assert "fix:" in completed.err
    assert not (tmp_path / "p").exists()
