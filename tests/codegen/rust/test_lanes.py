"""Lanes in the generated ``fn row``: exactly those that a strategy reaches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import florecon_build as fb


def row_function(key: Callable[[Any], Any] | None = None) -> str:
    """``fn row`` of a plugin whose strategy reads what ``key`` makes of the lanes ``steep`` and ``flat``."""
    ledger = fb.columns(row_id=fb.integer(id=True), units=fb.integer(), amount=fb.money(scale=2))
    row = ledger.derive(steep=ledger.units * ledger.units, flat=fb.sign(ledger.units))
    row = row.derive(steeper=row.steep + 1)
    strategy = fb.agg_net(None if key is None else key(row))
    rust = fb.Plugin("acme.demo", "1.0.0", rows=row, numeraire=row.amount, strategy=strategy).rust()
    return rust["src/lib.rs"].split("fn row(")[1].split("Ok(Row")[0]


def test_a_lane_that_nothing_reaches_is_left_out() -> None:
    assert "int::" not in row_function()


def test_a_lane_that_another_reads_is_computed() -> None:
    body = row_function(lambda row: row.steeper)
    assert "let steep = int::mul(units, units)?;" in body
    assert "let steeper = int::add(steep, 1)?;" in body


def test_a_lane_whose_reader_is_simplified_away_is_computed_where_it_can_fail() -> None:
    body = row_function(lambda row: fb.lookup(row.steeper, {1: 5}, 5))
    assert "let steep = int::mul(units, units)?;" in body
    assert "let _ = int::add(steep, 1)?;" in body
    assert "let flat" not in row_function(lambda row: fb.lookup(row.flat, {1: 5}, 5))


def functions(**lanes: Callable[[Any], Any]) -> tuple[list[str], list[str]]:
    """The statements of ``fn columns`` and of ``fn row`` of a plugin with these lanes; a row holds the last."""
    ledger: Any = fb.columns(
        row_id=fb.integer(id=True), amount=fb.money(scale=2), account=fb.text(), memo=fb.text(nullable=True)
    )
    row = ledger
    for name, lane in lanes.items():
        row = row.derive(**{name: lane(row)})
    strategy = fb.agg_net(getattr(row, [*lanes][-1]))
    rust = fb.Plugin("acme.demo", "1.0.0", rows=row, numeraire=row.amount, strategy=strategy).rust()["src/lib.rs"]
    columns, made = "", rust.split("fn row(")[1].split("Ok(Row")[0]
    if "fn columns(" in rust:
        columns = rust.split("fn columns(")[1].split("\n    }")[0]
    return statements(columns), statements(made)


def statements(body: str) -> list[str]:
    """The lines of the body of a function, without comments."""
    return [line.strip() for line in body.splitlines()[1:] if "//" not in line]


def test_a_chain_of_text_functions_is_computed_by_column() -> None:
    columns, row = functions(
        plain=lambda row: row.memo.fill("none").upper().replace("-", ""),
        words=lambda row: fb.tokens(row.plain, min_length=4),
        count=lambda row: row.words.size,
    )
    assert columns == [
        'let plain = records.filled_text_column(3, "none");',
        "let plain = plain.upper();",
        'let plain = plain.replace("-", "");',
        "vec![plain]",
    ]
    assert "let plain = record.text_view(4);" in row
    assert "let words = text::tokens(Some(plain), 4, false);" in row


def test_a_text_column_that_a_row_holds_is_read_as_a_text() -> None:
    columns, row = functions(code=lambda row: row.account.strip().left(3))
    assert columns[-1] == "vec![code]"
    assert "let code = record.text(4);" in row


def test_a_chain_goes_on_with_a_text_column() -> None:
    columns, row = functions(plain=lambda row: row.account.strip().upper(), code=lambda row: row.plain.left(3))
    assert columns[3:] == ["let code = plain.clone();", "let code = code.left(3);", "vec![plain, code]"]
    assert "let code = record.text(5);" in row
    assert not any("plain" in line for line in row)


def test_equal_chains_are_one_column() -> None:
    columns, row = functions(
        words=lambda row: fb.tokens(row.account.strip().upper(), min_length=4),
        code=lambda row: fb.concat(row.account.strip().upper(), "-"),
        key=lambda row: fb.where(row.words.size > 1, row.code, "none"),
    )
    assert columns[-1] == "vec![words_text]"
    assert any("concat(&[words_text, " in line for line in row)


def test_one_function_alone_and_what_a_choice_may_skip_stay_with_the_row() -> None:
    columns, row = functions(
        head=lambda row: row.account.left(3),
        chosen=lambda row: fb.where(row.head == "A", row.account.strip().upper(), row.head),
    )
    assert columns == []
    assert any("text::upper(&text::strip(&account))" in line for line in row)


def test_a_view_is_a_text_where_one_is_needed() -> None:
    columns, row = functions(
        plain=lambda row: row.account.strip().upper(),
        pair=lambda row: fb.sorted_pair(row.plain, row.account),
        is_one=lambda row: (row.plain == "A") | (row.plain == row.account) | (row.plain < "B") | (row.plain == ""),
        key=lambda row: fb.where(row.is_one, row.plain, fb.first_of(row.memo, row.plain)),
    )
    assert columns[-1] == "vec![plain]"
    body = " ".join(row)
    for made in ('plain == "A"', "plain == account.as_str()", 'plain < "B"', "plain.is_empty()", "Text::from(plain)"):
        assert made in body
    assert "plain.clone()" not in body
    assert "&plain" not in body
