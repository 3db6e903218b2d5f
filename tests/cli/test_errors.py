"""Error handling of commands: message, location, fix and exit code, without a traceback."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from florecon_build.cli.errors import explain
from florecon_build.cli.exit_codes import MEANING, Exit
from florecon_build.codegen.errors import BuildError, GeneratedCodeError, Rejection, ToolchainError
from florecon_build.host.errors import BadConfig, MissingColumn, NotAWasm, TimedOut, WrongType
from tests.cli.command import florecon

PROJECT = """\
import florecon_build as fb

ledger = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
{line}
plugin = fb.Plugin("acme.demo", "1.0.0", rows=ledger, numeraire=ledger.amount, strategy=strategy)
"""


def refused(tmp_path: Path, line: str) -> str:
    (tmp_path / "strategy.py").write_text(PROJECT.format(line=line))
    said = florecon("tree", at=tmp_path)
    assert said.code == 1
    assert "Traceback" not in said.err
    assert said.out == ""
    return said.err


def test_a_mistake_in_a_strategy_is_told_with_its_line(tmp_path: Path) -> None:
    told = refused(tmp_path, "strategy = fb.agg_net(ledger.acount)")
    assert "strategy.py:4" in told
    assert "did you mean `account`?" in told


def test_every_mistake_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    told = refused(tmp_path, "strategy = fb.seq(fb.agg_net(ledger.acount), fb.agg_net(ledger.amout))")
    assert "the strategy has 2 mistakes" in told


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("strategy = 1 / 0", "strategy.py:4: ZeroDivisionError: division by zero\n    strategy = 1 / 0"),
        ("strategy = fb.agg_net(", "strategy.py:4: SyntaxError"),
        ("import nowhere_to_be_found", "strategy.py:4: ModuleNotFoundError"),
    ],
)
def test_a_python_error_of_the_author_is_told_with_its_line(tmp_path: Path, line: str, words: str) -> None:
    assert words in refused(tmp_path, line)


def test_a_file_without_a_plugin_says_how_it_ends(tmp_path: Path) -> None:
    (tmp_path / "strategy.py").write_text("import florecon_build as fb\n")
    said = florecon("tree", at=tmp_path)
    assert said.code == 1
    assert "strategy.py makes no fb.Plugin" in said.err
    assert "fix: end it with: plugin = fb.Plugin(" in said.err


def test_a_file_with_two_plugins_asks_which(tmp_path: Path) -> None:
    one = PROJECT.format(line="strategy = fb.agg_net(ledger.account)")
    other = one.splitlines()[-1].replace("plugin =", "other =").replace("acme.demo", "acme.other")
    (tmp_path / "strategy.py").write_text(f"{one}{other}\n")
    said = florecon("tree", at=tmp_path)
    assert (said.code, "choose one: --plugin plugin | other" in said.err) == (2, True)
    assert florecon("tree", "--plugin", "other", at=tmp_path).out.startswith("acme.other 1.0.0")
    assert florecon("tree", "--plugin", "third", at=tmp_path).code == 2


def test_debug_shows_the_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[BaseException] = []
    record: Callable[[BaseException], None] = shown.append
    monkeypatch.setattr(traceback, "print_exception", record)
    assert florecon("--debug", "tree", at=tmp_path).code == 2
    monkeypatch.delenv("FLORECON_DEBUG", raising=False)
    assert "strategy.py: there is no such file" in str(shown[0])


@pytest.mark.parametrize(
    ("error", "code", "fix"),
    [
        (ToolchainError("none. To fix it, run: apt-get install rustc"), Exit.ENVIRONMENT, "run: apt-get install rustc"),
        (BuildError("no network"), Exit.ENVIRONMENT, "`florecon-build doctor` looks for what may be missing"),
        (GeneratedCodeError((Rejection(message="m", file="f", line=1, author=None),)), Exit.BUG, ""),
        (NotAWasm("no module"), Exit.SOLVER, "give the solver.wasm that `florecon-build ship` made"),
        (TimedOut("too slow"), Exit.SOLVER, ""),
        (BadConfig("no such param"), Exit.USAGE, ""),
        (
            MissingColumn("gone"),
            Exit.DATA,
            "name your header: --map amount=Betrag, or a line in [columns] of florecon.toml",
        ),
        (WrongType("is no plain number; text_amounts='point'"), Exit.DATA, "say how amounts are written:"),
        (KeyError("us"), Exit.BUG, "run it again with --debug and report what it prints"),
    ],
)
def test_every_family_of_errors_has_its_exit_code(error: Exception, code: Exit, fix: str) -> None:
    said = explain(error)
    assert said.code is code
    assert said.fix.startswith(fix)
    assert bool(said.fix) is bool(fix)


def test_every_exit_code_is_explained() -> None:
    assert set(MEANING) == set(Exit)
