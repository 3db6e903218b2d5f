"""`florecon_build.spark.reconcile` on PySpark with a JVM, against one workspace."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import florecon_build as fb
from examples.intercompany.generate import generate
from examples.intercompany.strategy import intercompany
from florecon_build import spark
from florecon_build.host import BadCost, DuplicateId, MissingColumn, Report, ShardTooLarge
from tests.scale.test_reconcile import PLUGIN, lines

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("pyspark") is None, reason="PySpark is not installed: pip install pyspark"),
    pytest.mark.skipif(shutil.which("java") is None, reason="there is no JVM"),
]


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    builder: Any = (
        import_module("pyspark.sql").SparkSession.builder.master("local[2,3]").config("spark.ui.enabled", "false")
    )
    small = {  # of a few rows, compiling queries takes longer than running them
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
        "spark.driver.host": "localhost",
    }
    for name, value in small.items():
        builder = builder.config(name, value)
    made = builder.getOrCreate()
    made.sparkContext.setLogLevel("OFF")
    yield made
    made.stop()


def same(done: spark.Reconciled, report: Report) -> bool:
    """Groups by key, open rows and added counters are those of one workspace."""
    names = ["key", "origin", "reason", "node", "net", "size", "unique"]
    groups = Counter(tuple(row) for row in done.groups.select(*names).collect())
    rows = {(row.id, row.amount, row.matched, row.residual) for row in done.rows.collect()}
    table = report.rows
    name = "id_text" if "id_text" in table.column_names else "id"
    expected = {(row[name], row["amount"], row["matched"], row["residual"]) for row in table.to_pylist()}
    counters = ("items_in", "groups", "over_cap")
    added = {row[0]: tuple(row)[1:] for row in done.stages.groupBy("node").sum(*counters).collect()}
    stages = {row["node"]: tuple(row[name] for name in counters) for row in report.stages.to_pylist()}
    return groups == Counter(map(tuple, zip(*(report.groups[each].to_pylist() for each in names), strict=True))) and (
        rows == expected and added == stages
    )


def whole(plugin: fb.Plugin, rows: pa.Table) -> Report:
    with fb.Workspace(plugin) as workspace:
        workspace.upsert(rows)
        return workspace.solve().load()


def test_a_common_key_with_skew(session: Any) -> None:
    """Twenty-four classes, the largest of which have shards of their own."""
    table, _ = generate(6_000, 3)
    done = spark.reconcile(session.createDataFrame(table), intercompany, rows_a_shard=600)
    assert done.shards > 10
    assert same(done, whole(intercompany, table))
    with pytest.raises(ShardTooLarge, match=r"rows belong together \(one is row_id \d+\), and rows_a_shard is 100"):
        spark.reconcile(session.createDataFrame(table), intercompany, rows_a_shard=100)


def test_components_and_a_failing_shard(session: Any) -> None:
    """Edges by key, signal and window of text ids; a shard that fails names a row and does not lose the others."""
    table = pa.concat_tables([lines(72), lines(6, 500, account="bad")])
    frame = session.createDataFrame(table)
    kept = spark.reconcile(frame, PLUGIN, rows_a_shard=48, keep_others=True)
    [failure] = kept.failures
    assert isinstance(failure, BadCost)
    assert re.search(r"shard \d+ \(\d+ rows, such as .*: rows r500 and r501", failure.message)
    assert 0 < kept.rows.count() < 78
    good = lines(72)
    renamed = session.createDataFrame(good.rename_columns(["row_id", "konto", "memo", "day", "amount"]))
    assert same(spark.reconcile(renamed, PLUGIN, columns={"account": "konto"}, rows_a_shard=48), whole(PLUGIN, good))


def test_a_worker_that_is_killed(session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spark solves its shard again, in another process: the result is that of one workspace."""
    table = lines(72)
    expected = whole(PLUGIN, table)
    killed, real = tmp_path / "killed", spark._solving  # pyright: ignore[reportPrivateUsage]

    def dying(*given: Any, **asked: Any) -> Callable[[pa.Table], pa.Table]:
        solve = real(*given, **asked)

        def run(shard: pa.Table) -> pa.Table:
            if not killed.exists():
                killed.write_text(str(shard.num_rows), encoding="utf-8")
                os.kill(os.getpid(), signal.SIGKILL)
            return solve(shard)

        return run

    monkeypatch.setattr(spark, "_solving", dying)
    done = spark.reconcile(session.createDataFrame(table), PLUGIN, rows_a_shard=48, certify=True)
    assert killed.read_text(encoding="utf-8") != "0"
    assert done.shards > 1
    assert same(done, expected)


def test_frames_that_do_not_fit(session: Any) -> None:
    frame = session.createDataFrame(lines(24))
    with pytest.raises(MissingColumn, match="column 'memo' is missing"):
        spark.reconcile(frame.drop("memo"), PLUGIN)
    with pytest.raises(DuplicateId, match="id r7 stands in 2 rows"):
        spark.reconcile(frame.union(frame.filter("row_id = 'r7'")), PLUGIN)
