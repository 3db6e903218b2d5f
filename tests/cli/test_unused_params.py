"""The lint of params that a strategy file declares and no strategy in it reads."""

from __future__ import annotations

from pathlib import Path

from florecon_build.cli.strategy_loader import load_file
from florecon_build.cli.unused_params import unused_params
from tests.cli.command import florecon

FILE = """\
import florecon_build as fb

ledger = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
slack, spare, other = fb.param("slack", 1), fb.param("spare", 2), fb.param("other", 3)
also = spare
strategy = fb.agg_net(ledger.account, tol=slack)
left = fb.seq(fb.soak_all(), fb.agg_net(tol=other))
plugin = fb.Plugin("acme.demo", "1.0.0", rows=ledger, numeraire=ledger.amount, strategy={chosen})
"""
WARNING = "strategy.py:4: warning: param `spare` is never read"


def project(folder: Path, chosen: str) -> Path:
    path = folder / "strategy.py"
    path.write_text(FILE.format(chosen=chosen), encoding="utf-8")
    return path


def test_a_param_that_no_strategy_of_the_file_reads_is_named_once(tmp_path: Path) -> None:
    loaded = load_file(project(tmp_path, "strategy"))
    assert [str(found).splitlines()[0] for found in unused_params(loaded.variables)] == [WARNING]
    assert loaded.plugin.check() == ()


def test_an_ir_has_no_variables(tmp_path: Path) -> None:
    plugin = load_file(project(tmp_path, "strategy")).plugin
    (tmp_path / "ir.json").write_text(plugin.ir(), encoding="utf-8")
    assert unused_params(load_file(tmp_path / "ir.json").variables) == ()


def test_check_lists_it_beside_the_errors_of_the_strategy(tmp_path: Path) -> None:
    project(tmp_path, "left")
    said = florecon("check", "--json", at=tmp_path)
    assert said.code == 1
    assert [problem["code"] for problem in said.json()["problems"]] == ["dead_step", "unused_param"]


def test_author_prints_it(tmp_path: Path) -> None:
    project(tmp_path, "strategy")
    (tmp_path / "ledger.csv").write_text("row_id,account,amount\n1,A,1.00\n2,A,-1.00\n", encoding="utf-8")
    said = florecon("author", "ledger.csv", "--preview", "--json", at=tmp_path)
    assert [warning.splitlines()[0] for warning in said.json()["warnings"]] == [WARNING]
