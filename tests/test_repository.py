"""Repository files: the Makefile, the workflows, the pinned compiler and the policies agree with each other."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.versions import SUPPORTED, candidates, version_of

ROOT = Path(__file__).resolve().parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
RULES = {name: requires.split() for name, requires in re.findall(r"^([a-z-]+):(?!=)([^#\n]*)", MAKEFILE, re.MULTILINE)}
for _rule, _made in re.findall(r"^([a-z-]+):.*\n\t@\$\(MAKE\)((?: [a-z0-9=-]+)+)$", MAKEFILE, re.MULTILINE):
    RULES[_rule] += [name for name in _made.split() if not name.startswith("--")]
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text()) for path in (ROOT / ".github/workflows").glob("*.yml")}
TOOLCHAIN: dict[str, Any] = tomllib.loads((ROOT / "rust-toolchain.toml").read_text())["toolchain"]


def targets(workflow: str, job: str) -> set[str]:
    """What a job makes."""
    steps: list[dict[str, str]] = WORKFLOWS[workflow]["jobs"][job]["steps"]
    return {name for step in steps for name in re.findall(r"\bmake ([a-z-]+)", step.get("run", ""))}


def made_by(target: str) -> set[str]:
    """The targets that a target comes down to: those that need nothing but the set-up."""
    needs = [name for name in RULES[target] if name != "setup"]
    return {name for need in needs for name in made_by(need)} if needs else {target}


def test_the_jobs_side_by_side_run_what_make_test_runs() -> None:
    jobs = ("lint", "site", "rust", "python")
    made = {name for job in jobs for target in targets("ci", job) for name in made_by(target)}
    assert made == made_by("test")
    assert not any(WORKFLOWS["ci"]["jobs"][job].get("needs") for job in jobs)


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_workflow_makes_what_can_be_made(workflow: str) -> None:
    assert set().union(
        *(targets(workflow, job) for job in WORKFLOWS[workflow]["jobs"] if "steps" in WORKFLOWS[workflow]["jobs"][job])
    ) <= set(RULES)


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_workflow_tests_what_is_there(workflow: str) -> None:
    text = (ROOT / f".github/workflows/{workflow}.yml").read_text(encoding="utf-8")
    assert [path for path in re.findall(r"\btests/[\w./-]+", text) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", ".github/pull_request_template.md"])
def test_a_page_names_targets_that_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE))
    assert named
    assert named <= set(RULES)


@pytest.mark.parametrize("page", ["SECURITY.md", "CONTRIBUTING.md"])
def test_a_page_names_files_that_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:toml|lock|md))`|\]\(([\w./-]+)\)", text)
    paths = [first or second for first, second in named if not (first or second).startswith("sdk/")]
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_supported_versions_of_python_are_said_once_each() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    classifiers = "\n".join(project["project"]["classifiers"])
    assert tuple(re.findall(r"Python :: (3\.\d+)$", classifiers, re.MULTILINE)) == SUPPORTED
    assert project["project"]["requires-python"] == f">={SUPPORTED[0]}"
    assert project["tool"]["pyright"]["pythonVersion"] == SUPPORTED[0]
    assert tuple(WORKFLOWS["ci"]["jobs"]["python"]["strategy"]["matrix"]["python"]) == SUPPORTED
    assert WORKFLOWS["ci"]["jobs"]["install"]["strategy"]["matrix"]["python"] == [SUPPORTED[0], SUPPORTED[-1]]


def test_an_interpreter_is_found_by_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for release in ("3.12.2", "3.12.10", "3.13.0"):
        script(tmp_path / "versions" / release / "bin" / "python", f"echo {release.rpartition('.')[0]}")
    script(tmp_path / "bin" / "python3.12", "exit 1")
    found = candidates("3.12")
    assert [path.parent.parent.name for path in found[1:]] == ["3.12.10", "3.12.2"]
    assert [version_of(path) for path in found] == [None, "3.12", "3.12"]


def test_the_pinned_compiler_is_new_enough_and_complete() -> None:
    manifest = tomllib.loads((ROOT / "rust_runtime/Cargo.toml").read_text())
    oldest = manifest["workspace"]["package"]["rust-version"]
    numbers = [tuple(map(int, version.split("."))) for version in (TOOLCHAIN["channel"], oldest)]
    assert numbers[0] >= numbers[1]
    assert set(TOOLCHAIN["components"]) == {"rustfmt", "clippy"}
    assert TOOLCHAIN["targets"] == ["wasm32-unknown-unknown"]


def test_a_weekly_run_takes_the_newest_compiler() -> None:
    weekly = WORKFLOWS["weekly"]
    assert weekly[True]["schedule"]  # YAML reads the key `on` as true
    assert weekly["jobs"]["stable-rust"]["env"]["RUSTUP_TOOLCHAIN"] == "stable"
    assert targets("weekly", "stable-rust") == {"test"}


def script(path: Path, text: str) -> None:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def chosen(folder: Path, installed: str, auto_install: str) -> tuple[str, str]:
    """The toolchain that the Makefile chooses on a machine with one installed, and what rustup was asked to install."""
    log = folder / "log"
    log.touch()
    script(folder / "rustc", f'[ "$RUSTUP_TOOLCHAIN" = {installed} ]')
    script(
        folder / "rustup",
        f'case "$1" in toolchain) echo "$3" >>{log};; show) echo "{installed} (default)";; esac',
    )
    environment = {**os.environ, "PATH": f"{folder}:/usr/bin:/bin", "RUSTUP_AUTO_INSTALL": auto_install}
    environment.pop("RUSTUP_TOOLCHAIN", None)
    done = subprocess.run(
        [ROOT / "scripts/rust_toolchain.sh"], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip(), log.read_text().strip()


@pytest.mark.parametrize(
    ("installed", "auto_install", "expected", "fetched"),
    [
        (TOOLCHAIN["channel"], "1", TOOLCHAIN["channel"], ""),
        (TOOLCHAIN["channel"], "0", TOOLCHAIN["channel"], ""),
        ("stable-x86_64", "0", "stable-x86_64", ""),
        ("stable-x86_64", "1", TOOLCHAIN["channel"], TOOLCHAIN["channel"]),
    ],
)
def test_the_pinned_compiler_is_used_where_it_can_be_had(
    tmp_path: Path, installed: str, auto_install: str, expected: str, fetched: str
) -> None:
    assert chosen(tmp_path, installed, auto_install) == (expected, fetched)


def test_hooks_need_no_network_and_run_tools_of_the_checkout() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    for hook in config["repos"][0]["hooks"]:
        assert hook["language"] == "unsupported"  # pre-commit makes no environment, the program is there
        assert hook["entry"].startswith(".venv/bin/")


def test_the_changelog_has_the_headings_of_keep_a_changelog() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE)[0] == "Unreleased"
    assert set(re.findall(r"^### (.*)$", text, re.MULTILINE)) <= {
        "Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"
    }  # fmt: skip


@pytest.mark.parametrize(
    "template", sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")), ids=lambda path: path.stem
)
def test_an_issue_form_is_complete(template: Path) -> None:
    form = yaml.safe_load(template.read_text())
    assert form["name"]
    assert form["description"]
    inputs = [part for part in form["body"] if part["type"] != "markdown"]
    assert all(part["attributes"]["label"] for part in inputs)
    assert len({part["id"] for part in inputs}) == len(inputs)
    assert any(part.get("validations", {}).get("required") for part in inputs)
