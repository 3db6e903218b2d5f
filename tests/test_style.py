"""Style of module documentation: each module is introduced by a noun phrase or an imperative."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PYTHON = ("florecon_build", "examples", "tests", "scripts", "benchmarks")
QUESTION = re.compile(r"(What|Whether|Which|Where|Why|How)\b")


def python_title(path: Path) -> str:
    """The first line of a module's docstring; empty where there is none."""
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def rust_title(path: Path) -> str:
    """The first line of a module's ``//!`` documentation; empty where there is none."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return next((line.removeprefix("//!").strip() for line in lines if line.startswith("//!")), "")


def titles() -> dict[str, str]:
    """First documentation line of every Python module and Rust file, by path."""
    python = {path: python_title(path) for part in PYTHON for path in (ROOT / part).rglob("*.py")}
    rust = {path: rust_title(path) for path in (ROOT / "rust_runtime").rglob("*.rs") if "target" not in path.parts}
    return {path.relative_to(ROOT).as_posix(): title for path, title in (python | rust).items()}


def test_no_module_is_introduced_by_a_question() -> None:
    questions = [f"{path}: {title}" for path, title in titles().items() if QUESTION.match(title)]
    assert questions == []


def test_every_module_of_the_package_is_documented() -> None:
    bare = [path for path, title in titles().items() if path.startswith("florecon_build/") and not title]
    assert bare == []


@pytest.mark.parametrize(
    ("title", "is_question"),
    [
        ("What the checks came to.", True),
        ("Whether a merge is valid.", True),
        ("Whatever bytes come: an answer.", False),
    ],
)
def test_a_question_is_recognised(title: str, is_question: bool) -> None:
    assert bool(QUESTION.match(title)) is is_question
