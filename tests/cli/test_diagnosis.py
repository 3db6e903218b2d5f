"""Diagnosis of runs that match nothing: which leaf saw rows, why it refused them, what to look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import florecon

STRATEGY = """\
import florecon_build as fb

ledger = fb.columns(
    row_id=fb.integer(id=True), day=fb.date(), memo=fb.text(nullable=True), amount=fb.money(scale=2, display=True)
)
row = ledger.derive(references=fb.tokens(ledger.memo, min_length=5, with_digit=True))
strategy = fb.seq(
    fb.labeled("same reference", fb.signal_group(row.references)),
    fb.labeled("same amount", fb.flow(penalty=100, match_keys=[fb.amount_key()], cost=lambda a, b: fb.tier(
        fb.gap(a.day, b.day) <= 3, 1.0))),
)
plugin = fb.Plugin("acme.bank", "1.0.0", rows=row, numeraire=row.amount, strategy=strategy)
"""
HEADER = "row_id,day,memo,amount\n"


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (
            "1,2026-03-01,INV20001,5.00\n2,2026-03-01,INV20001,6.00\n",
            ("all 2 amounts are positive, so no rows can net to zero", "look at the sign", "rows have one sign"),
        ),
        (
            "1,2026-03-01,INV20001,5.00\n2,2026-06-01,INV-20001,-5.00\n",
            (
                "nothing was matched",
                "same reference (strategy.py:8): 2 rows came",
                "row only has",
                "no two rows share a key",
            ),
        ),
        (
            "1,2026-03-01,,5.00\n2,2026-06-01,,-5.00\n",
            ("2 rows without a key", "the columns that its key is made of are empty"),
        ),
        (
            "1,2026-03-01,INV20001,5.00\n2,2026-06-01,INV20001,-5.01\n",
            ("do not net within the tolerance", "same amount"),
        ),
        ("1,2026-03-01,INV20001,5.00\n2,2026-03-01,INV20001,-5.00\n", ()),
    ],
)
def test_run_without_matches_says_what_to_look_at(tmp_path: Path, rows: str, says: tuple[str, ...]) -> None:
    (tmp_path / "strategy.py").write_text(STRATEGY)
    (tmp_path / "ledger.csv").write_text(HEADER + rows)
    told = florecon("author", "--preview", "--json", "ledger.csv", at=tmp_path).json()
    assert bool(told["diagnosis"]) == bool(says)
    for words in says:
        assert words in " ".join(told["diagnosis"])
    page = " ".join(florecon("author", "--preview", "ledger.csv", at=tmp_path).out.split())
    assert all(words in page for words in says)
