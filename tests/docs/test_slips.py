"""Error catalogue: the file of docs/slips.md is valid; each error is reported at its own line, alone or together."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import Any, NoReturn

import pytest

import florecon_build as fb
from florecon_build.ir.traversal import walk
from tests.support.pages import DOCS, blocks, run

PAGE = (DOCS / "slips.md").read_text(encoding="utf-8")
FILE = "freight.py"
SLIP = re.compile(r"```diff\n-([^\n]*)\n\+([^\n]*)\n```\n\n```text\n(.*?)```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Slip:
    """A line, what was written in its place, and what the page says is read then."""

    right: str
    wrong: str
    says: str

    @property
    def line(self) -> int:
        """Where it stands in the author's file, from 1."""
        return SOURCE.splitlines().index(self.right) + 1


SOURCE = blocks(PAGE)[0].code
SLIPS = [Slip(*found) for found in SLIP.findall(PAGE)]


@pytest.fixture(autouse=True)
def no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*command: Any, **options: Any) -> NoReturn:
        raise AssertionError(f"{command} was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)


def write(*slips: Slip) -> str:
    text = SOURCE
    for slip in slips:
        assert text.count(f"{slip.right}\n") == 1
        text = text.replace(f"{slip.right}\n", f"{slip.wrong}\n")
    return text


def read(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "freight"}
    exec(compile(text, FILE, "exec"), names)
    return names


def test_corrected_strategy_is_valid() -> None:
    for block, printed in run("slips.md", PAGE):
        assert printed == (block.says or ""), f"slips.md:{block.line}"
    plugin = read(SOURCE)["freight"]
    assert plugin.check() == ()
    assert len(walk(plugin.data.strategy)) == 12
    assert len(SLIPS) == 8


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.wrong.strip()[:30])
def test_error_is_reported_at_its_own_line(slip: Slip) -> None:
    with pytest.raises(fb.StrategyError) as raised:
        read(write(slip))
    assert len(raised.value.problems) == 1
    assert raised.value.line == slip.line
    assert f"{raised.value}\n" == slip.says


def test_all_errors_are_reported_together() -> None:
    with pytest.raises(fb.StrategyError) as raised, fb.collecting():
        read(write(*SLIPS))
    found = {problem.span.line: str(problem).splitlines()[0] for problem in raised.value.problems if problem.span}
    assert found == {slip.line: slip.says.splitlines()[0] for slip in SLIPS}
    assert len(raised.value.problems) == len(SLIPS)
