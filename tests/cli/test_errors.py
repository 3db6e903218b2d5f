"""Error handling of commands: message, location, fix and exit code, without a traceback."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from florecon_build.cli.errors import render
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
    completed = florecon("tree", at=tmp_path)
    assert completed.code == 1
    assert "Traceback" not in completed.err
    assert completed.out == ""
    return completed.err


def test_strategy_error_names_its_line(tmp_path: Path) -> None:
    message = refused(tmp_path, "strategy = fb.agg_net(ledger.acount)")
    assert "strategy.py:4" in message
    assert "did you mean `account`?" in message


def test_all_strategy_errors_are_reported_together(tmp_path: Path) -> None:
    message = refused(tmp_path, "strategy = fb.seq(fb.agg_net(ledger.acount), fb.agg_net(ledger.amout))")
    assert "the strategy has 2 errors" in message


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("strategy = 1 / 0", "strategy.py:4: ZeroDivisionError: division by zero\n    strategy = 1 / 0"),
        ("strategy = fb.agg_net(", "strategy.py:4: SyntaxError"),
        ("import nowhere_to_be_found", "strategy.py:4: ModuleNotFoundError"),
    ],
)
def test_python_error_in_a_strategy_names_its_line(tmp_path: Path, line: str, words: str) -> None:
    assert words in refused(tmp_path, line)


def test_file_without_a_plugin_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "strategy.py").write_text("import florecon_build as fb\n")
    completed = florecon("tree", at=tmp_path)
    assert completed.code == 1
    assert "strategy.py defines no fb.Plugin" in completed.err
    assert "fix: end the file with: plugin = fb.Plugin(" in completed.err


def test_file_with_two_plugins_needs_a_plugin_name(tmp_path: Path) -> None:
    first = PROJECT.format(line="strategy = fb.agg_net(ledger.account)")
    other = first.splitlines()[-1].replace("plugin =", "other =").replace("acme.demo", "acme.other")
    (tmp_path / "strategy.py").write_text(f"{first}{other}\n")
    completed = florecon("tree", at=tmp_path)
    assert (completed.code, "select one: --plugin plugin | other" in completed.err) == (2, True)
    assert florecon("tree", "--plugin", "other", at=tmp_path).out.startswith("acme.other 1.0.0")
    assert florecon("tree", "--plugin", "third", at=tmp_path).code == 2


def test_debug_prints_the_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[BaseException] = []
    record: Callable[[BaseException], None] = shown.append
    monkeypatch.setattr(traceback, "print_exception", record)
    assert florecon("--debug", "tree", at=tmp_path).code == 2
    monkeypatch.delenv("FLORECON_DEBUG", raising=False)
    assert "strategy.py: no such file" in str(shown[0])


@pytest.mark.parametrize(
    ("error", "code", "fix"),
    [
        (ToolchainError("none. To fix it, run: apt-get install rustc"), Exit.ENVIRONMENT, "run: apt-get install rustc"),
        (BuildError("no network"), Exit.ENVIRONMENT, "run `florecon-build doctor` to check the build tools"),
        (GeneratedCodeError((Rejection(message="m", file="f", line=1, author=None),)), Exit.BUG, ""),
        (NotAWasm("no module"), Exit.SOLVER, "pass a solver.wasm built by `florecon-build ship`"),
        (TimedOut("too slow"), Exit.SOLVER, ""),
        (BadConfig("no such param"), Exit.USAGE, ""),
        (
            MissingColumn("gone"),
            Exit.DATA,
            "map your header to the column: --map amount=Betrag, or an entry under [columns] in florecon.toml",
        ),
        (WrongType("is no plain number; text_amounts='point'"), Exit.DATA, "set the decimal mark:"),
        (KeyError("us"), Exit.BUG, "run the command again with --debug and report the output"),
    ],
)
def test_exit_code_and_fix_by_error_class(error: Exception, code: Exit, fix: str) -> None:
    completed = render(error)
    assert completed.code is code
    assert completed.fix.startswith(fix)
    assert bool(completed.fix) is bool(fix)


def test_every_exit_code_has_a_meaning() -> None:
    assert set(MEANING) == set(Exit)
