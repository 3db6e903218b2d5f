"""``report`` command on a run's output folder."""

from __future__ import annotations

from pathlib import Path

from tests.cli.command import florecon
from tests.cli.test_html import OUTCOME, inside
from tests.cli.test_html_load import folder

__all__ = ["folder"]


def test_a_page_is_written_where_it_is_wanted(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    said = florecon("report", folder, "--page", page, "--as-of", "2026-03-31", "--date-column", "day")
    assert said.code == 0, said.err
    told = inside(page.read_text(encoding="utf-8"))
    assert told["why"] == dict(OUTCOME.why)
    assert told["dates"] == {"column": 0, "as_of": 20543, "given": True}


def test_what_is_no_run_is_told_with_what_makes_one(tmp_path: Path) -> None:
    said = florecon("report", tmp_path)
    assert said.code == 2
    assert "florecon-build run" in said.err
    assert "Traceback" not in said.err
