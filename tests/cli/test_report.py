"""``report`` command on a run's output folder."""

from __future__ import annotations

from pathlib import Path

from tests.cli.command import florecon
from tests.cli.test_html_load import folder
from tests.host.report.html.test_payload import RESULT, inside

__all__ = ["folder"]


def test_page_path_option(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    completed = florecon("report", folder, "--page", page, "--as-of", "2026-03-31", "--date-column", "day")
    assert completed.code == 0, completed.err
    message = inside(page.read_text(encoding="utf-8"))
    assert message["why"] == dict(RESULT.why)
    assert message["dates"] == {"column": 0, "as_of": 20543}


def test_missing_run_folder_is_rejected(tmp_path: Path) -> None:
    completed = florecon("report", tmp_path)
    assert completed.code == 2
    assert "florecon-build run" in completed.err
    assert "Traceback" not in completed.err
