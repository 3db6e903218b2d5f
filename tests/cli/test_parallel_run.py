"""A run divides the rows among instances where it pays, and has the report and reasons of one that does not."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from florecon_build.cli.reconcile import Job, Run, reconcile
from florecon_build.host.runtime import division, instances
from florecon_build.host.runtime.instance import Instance
from tests.host.runtime.test_parallel_instances import PLUGIN, ROWS_OF_LEDGER


def test_a_run_with_reasons_is_divided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, made = tmp_path / "ledger.parquet", list[Instance]()
    pq.write_table(ROWS_OF_LEDGER, ledger)
    begin = Instance.__init__

    def counted(self: Instance, *given: object, **options: object) -> None:
        made.append(self)
        begin(self, *given, **options)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(Instance, "__init__", counted)
    monkeypatch.setattr(instances, "processors", lambda: 2)

    def run() -> Run:
        made.clear()
        job = Job(tmp_path / "strategy.py", (ledger,), explain=1_000, folder=tmp_path, plugin=PLUGIN)
        return reconcile(job, say=lambda _: None)

    one = run()
    assert len(made) == 1
    monkeypatch.setattr(division, "LEAST_ROWS", 100)
    two = run()
    assert len(made) == 3, "one that was opened, two that took its place, and none that took theirs"
    assert two.report.groups == one.report.groups
    assert two.reasons == one.reasons
    assert len(one.reasons) > 20
