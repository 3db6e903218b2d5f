"""HTML report: payload, and the escaping of everything that a ledger contains."""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from florecon_build.host.errors import MissingColumn
from florecon_build.host.report.html import Node, RunResult, render
from florecon_build.host.report.html.payload import payload

HUGE = 2**60 + 1
NODES = (
    Node(0, "seq", "seq"),
    Node(1, "labeled", "seq[0] > labeled", "invoices"),
    Node(2, "exact_1to1", "seq[0] > labeled > exact_1to1"),
    Node(3, "flow", "seq[1] > flow"),
)
SCRIPT = "</script><script>alert(1)</script>"
RESULT = RunResult(
    title="acme.cards 1.0.0",
    ledger=pa.table(
        {
            "day": pa.array([date(2026, 1, 5), None, date(2026, 3, 1), date(2026, 2, 1)]),
            "memo": ["a", SCRIPT, None, "a"],
            "key": [4, 1, 2, 3],
        }
    ),
    id_column="key",
    rows=pa.table(
        {
            "id": [1, 2, 3, 4],
            "group_id": [8, 8, 7, 7],
            "amount": [HUGE, -HUGE, 700, -900],
            "matched": [HUGE, -HUGE, 700, -700],
            "residual": [0, 0, 0, -200],
        }
    ),
    groups=pa.table(
        {
            "group_id": [7, 8, 9],
            "status": ["proposed", "pinned", "proposed"],
            "origin": ["flow", "exact_1to1", "unmatched"],
            "reason": ["min-cost flow", "invoices: exact 1:1 pair", None],
            "net": [0, 0, -200],
            "size": [2, 2, 1],
            "max_abs": [700, HUGE, 200],
            "min_side": [1, 1, 0],
            "first_id": [3, 1, 4],
            "node": pa.array([3, 2, None], pa.int32()),
            "unique": pa.array([True, None, None]),
        }
    ),
    allocations=pa.table(
        {"id": [3, 4, 1, 2, 4], "group_id": [7, 7, 8, 8, 9], "amount": [700, -700, HUGE, -HUGE, -200]}
    ),
    nodes=NODES,
    why={"4": "no partner"},
    tree="seq <&>",
    drawing="<svg xmlns='http://www.w3.org/2000/svg'><script>alert(2)</script></svg>",
)


def inside(page: str) -> dict[str, Any]:
    """What the page's script would read."""
    found = re.search(r'<script id="data" type="text/plain">([^<]*)</script>', page)
    assert found is not None
    return json.loads(gzip.decompress(base64.b64decode(found[1])))


def test_group_stage_is_the_enclosing_label() -> None:
    data = payload(RESULT)
    assert data["stages"] == ["invoices", "best fit"]
    assert data["groups"]["stage"] == [1, 0]
    assert data["groups"]["pinned"] == [0, 1]


def test_row_amount_is_allocations_plus_residual() -> None:
    data = payload(RESULT)
    rows, parts = data["rows"], data["parts"]
    left = [int(amount) for amount in rows["amount"]]
    for row, amount in zip(parts["row"], parts["amount"], strict=True):
        left[row] -= int(amount)
    assert left == [int(amount) for amount in rows["residual"]] == [0, 0, 0, -200]


def test_amounts_beyond_exact_numbers_are_text() -> None:
    assert payload(RESULT)["rows"]["amount"] == [str(HUGE), str(-HUGE), 700, -900]


def test_ledger_columns_follow_the_order_of_rows() -> None:
    day, memo = payload(RESULT)["columns"]
    assert [memo["words"][code] for code in memo["codes"]] == [SCRIPT, None, "a", "a"]
    assert day["values"] == [None, 20513, 20485, 20458]


def test_ageing_reference_date() -> None:
    assert payload(RESULT)["dates"] == {"column": 0, "as_of": 20513}
    given = replace(RESULT, as_of=date(2026, 3, 31), date_column="day")
    assert payload(given)["dates"] == {"column": 0, "as_of": 20543}
    with pytest.raises(MissingColumn, match="'memo' is no date column"):
        payload(replace(RESULT, date_column="memo"))


def test_rendering_is_deterministic() -> None:
    assert render(RESULT) == render(RESULT)
    assert inside(render(RESULT)) == payload(RESULT)


def test_ledger_and_strategy_text_is_escaped() -> None:
    page = render(replace(RESULT, title=SCRIPT, facts={"input": SCRIPT, "{{js}}": "{{data}}"}))
    assert "<script>alert" not in page
    assert "seq &lt;&amp;&gt;" in page
    assert page.count("<script") == 2
    assert page.count("{{data}}") == 1  # a fact is text, never a place to fill


def test_a_page_loads_nothing() -> None:
    page = render(RESULT)
    assert "default-src 'none'" in page
    assert re.findall(r"""(?:src|href)=["'](?!data:|#)""", page) == []
    script = page.split("<script>")[-1]
    assert re.findall(r"\w+://(?!schemas\.openxmlformats\.org/)", script) == []  # names of the format of a workbook
    assert re.findall(r"fetch\(|XMLHttpRequest|WebSocket|import\(|sendBeacon", script) == []


def test_text_ids_are_shown_as_text() -> None:
    rows = RESULT.rows.append_column("id_text", pa.array(["w", "x", "y", "z"]))
    names = dict(zip([1, 2, 3, 4], "wxyz", strict=True))
    held = RESULT.allocations
    held = held.append_column("id_text", pa.array([names[row] for row in held["id"].to_pylist()]))
    ledger = RESULT.ledger.set_column(2, "key", pa.array(["z", "w", "x", "y"]))
    text = payload(replace(RESULT, rows=rows, allocations=held, ledger=ledger))
    assert text["rows"]["id"] == ["w", "x", "y", "z"]
    assert text["parts"] == payload(RESULT)["parts"]
