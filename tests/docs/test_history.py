"""The history of the measurements has what is published, and says what has changed."""

from __future__ import annotations

import doctest
import json
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import history, run


def test_examples() -> None:
    assert doctest.testmod(history).failed == 0


def test_the_last_entry_of_a_section_is_what_is_published() -> None:
    """Whoever writes one of the two files writes both."""
    published = json.loads((run.ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
    last = {entry["section"]: entry["figures"] for entry in history.read()}
    assert last == {section: dict(history.figures(published[section]["rows"])) for section in run.SECTIONS}


def test_a_section_is_compared_with_its_last_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "FILE", tmp_path / "history.json")
    rows = [{"case": "one", "cpu_ms": 10.0}, {"case": "two", "cpu_ms": 1.0}]
    first = {**history.entry("subsets", rows), "commit": "a"}
    assert history.add(first) is None
    again = {**history.entry("subsets", [{"case": "one", "cpu_ms": 15.0}, rows[1]]), "commit": "b"}
    assert history.add({**first, "section": "flow"}) is None
    assert history.add(again) == first
    assert history.add(again) == first, "a commit that is measured again replaces its entry"
    assert [(each["commit"], each["section"]) for each in history.read()] == [
        ("a", "subsets"),
        ("a", "flow"),
        ("b", "subsets"),
    ]
    assert history.changes(first, again) == [("one, cpu_ms", 10.0, 15.0)]
    console = Console(record=True, width=100)
    history.show(console, first, again)
    text = console.export_text()
    assert "1 of 2 figures changed" in text
    assert "+50%" in text
