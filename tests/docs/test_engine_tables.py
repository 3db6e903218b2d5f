"""Tables of docs/engine.md: equal to what benchmarks/results.json gives."""

from __future__ import annotations

import json

import pytest

from scripts.engine_tables import PAGE, RESULTS, page


def test_the_tables_are_current() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(text, json.loads(RESULTS.read_text())), "write them anew: python -m scripts.engine_tables"


def test_a_changed_figure_changes_the_page() -> None:
    text, results = PAGE.read_text(encoding="utf-8"), json.loads(RESULTS.read_text())
    results["edits"]["rows"][0]["rows"] = 12_345
    assert "| 12,345 |" in page(text, results)


def test_a_page_without_a_marked_table_is_refused() -> None:
    with pytest.raises(ValueError, match="results: edits"):
        page(PAGE.read_text(encoding="utf-8").replace("results: edits", ""), json.loads(RESULTS.read_text()))
