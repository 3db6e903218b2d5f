"""The exceptions of a run are no input of the next: a row that was matched in part would come whole again."""

from __future__ import annotations

from pathlib import Path

import florecon_build as fb
from tests.cli.command import florecon

rows = fb.columns(line=fb.text(id=True), amount=fb.money(scale=2), ref=fb.text())
strategy = fb.flow(penalty=100, match_keys=[rows.ref], cost=1.0)
plugin = fb.Plugin("acme.again", "1.0.0", rows=rows, numeraire=rows.amount, strategy=strategy)


def test_exceptions_of_an_earlier_run_are_refused_or_read_by_what_is_open(tmp_path: Path) -> None:
    (tmp_path / "strategy.json").write_text(plugin.ir())
    (tmp_path / "march.csv").write_text("line,amount,ref\nA,467.02,a\nB,-373.52,a\n")
    assert florecon("run", "strategy.json", "march.csv", "-o", "march", at=tmp_path).code == 0
    again = ("run", "strategy.json", "march/exceptions.csv", "-o", "april")
    for more in ((), ("--book", "x.db", "--period", "2026-04", "--who", "anna"), ("--workers", "1")):
        refused = florecon(*again, *more, at=tmp_path)
        assert refused.code == 4
        assert "exceptions.csv has the exceptions of an earlier run" in refused.err
        assert "--map amount=open" in refused.err
        assert not (tmp_path / "april").exists()
    assert not (tmp_path / "x.db").exists()
    assert florecon(*again, "--map", "amount=open", at=tmp_path).code == 0
    assert '"93.50"' in (tmp_path / "april" / "exceptions.csv").read_text()
