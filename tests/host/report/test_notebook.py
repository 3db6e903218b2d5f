"""Reprs for notebooks: bounded, escaped, and by currency."""

from __future__ import annotations

import pyarrow as pa

import florecon_build as fb
from florecon_build.host.errors import Trapped
from florecon_build.host.report.notebook import table_html
from tests.support.four_currencies import plugin, report

BOUND = 20_000


def test_a_report_is_short_and_by_currency() -> None:
    html = report()._repr_html_()  # pyright: ignore[reportPrivateUsage]
    assert len(html) < BOUND
    assert "<td>small differences</td><td>KWD</td><td>1</td><td>2</td><td>24.685</td><td>0.005</td>" in html
    assert "first 8 of 16 rows" in html
    assert repr(report()) == "<report of acme.currencies: 36 rows, 28 groups, 16 open>"
    assert "No totals" in report(declared=False)._repr_html_()  # pyright: ignore[reportPrivateUsage]


def test_a_large_report_stays_short() -> None:
    lines = [
        {"row_id": f"{code}{number}", "gl": "1", "ccy": code, "day": "2026-01-01", "memo": "<&" * 400, "amount": number}
        for number in range(1, 40)
        for code in ("EUR", "USD", "JPY", "KWD", "GBP", "CHF", "SEK", "NOK", "DKK")
    ]
    html = plugin().simulate(lines)._repr_html_()  # pyright: ignore[reportPrivateUsage]
    assert len(html) < BOUND
    assert "<&" not in html


def test_a_wide_table_is_cut_and_says_so() -> None:
    table = pa.table({f"column {number} <": ["x" * 5000] * 99 for number in range(300)})
    html = table_html("rows", table)
    assert len(html) < BOUND
    assert "first 8 of 99 rows, first 12 of 300 columns" in html
    assert "column 0 &lt;" in html


def test_an_error_is_one_screen() -> None:
    error = Trapped("frame\n" * 500)
    assert len(str(error).splitlines()) == 31
    assert str(error).endswith("... and 470 more lines")
    assert len(str(Trapped("x" * 90_000))) < 3100
    try:
        raise error
    except Trapped as raised:
        shown = raised._render_traceback_()  # pyright: ignore[reportPrivateUsage]
    assert "raise error" in shown[0]
    assert shown[-1].startswith("Trapped: frame")


def test_the_version_is_public() -> None:
    assert fb.__version__.count(".") == 2
