"""``new`` command: a generated project runs unchanged, from each template."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from florecon_build.cli.scaffold.templates import TEMPLATES
from tests.cli.command import florecon

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=TEMPLATES)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    completed = florecon("new", "my-recon", "--from", request.param, at=tmp_path)
    assert completed.code == 0, completed.err
    return tmp_path / "my-recon"


@pytest.mark.slow
def test_new_project_matches_most_of_its_sample(project: Path) -> None:
    report = florecon("author", "--preview", "--json", at=project).json()
    assert report["plugin"]["id"] == "my-recon"
    assert report["exact"] is True
    assert report["warnings"] == []
    assert report["open"]["rows"] * 10 < report["rows"]
    assert len(report["steps"]) >= 4, "a step of the strategy finds nothing in the sample"


def test_new_project_is_formatted_and_its_snapshot_current(project: Path) -> None:
    for args in (("format", "--check"), ("check",)):
        command = [sys.executable, "-m", "ruff", *args, "--config", str(ROOT / "pyproject.toml"), str(project)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
    assert florecon("rust", at=project).out == (project / "snapshots" / "lib.rs").read_text(encoding="utf-8")
    assert tomllib.loads((project / "florecon.toml").read_text())["sample"] == "sample.csv"


@pytest.mark.slow
def test_new_project_tests_pass_and_detect_a_change(tmp_path: Path) -> None:
    florecon("new", "mine", at=tmp_path)
    assert _pytest(tmp_path / "mine") == 0
    strategy = tmp_path / "mine" / "strategy.py"
    strategy.write_text(strategy.read_text().replace("penalty=100", "penalty=101", 1))
    assert _pytest(tmp_path / "mine") == 1


def _pytest(folder: Path) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    return subprocess.run(command, capture_output=True, check=False, cwd=folder).returncode


def test_existing_or_invalid_project_name_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    for name in ("taken", "9lives", "a b"):
        completed = florecon("new", name, at=tmp_path)
        assert completed.code == 2
        assert "fix:" in completed.err


def test_unknown_template_lists_the_known_ones(tmp_path: Path) -> None:
    completed = florecon("new", "x", "--from", "bank", at=tmp_path)
    assert completed.code == 2
    assert "bank-statement" in completed.err
    assert not (tmp_path / "x").exists()
