"""`fb.reconcile` over Parquet files: equal to one workspace, resumable, and typed where something is wrong."""

from __future__ import annotations

import copy
import errno
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import florecon_build as fb
from examples.intercompany.generate import generate
from examples.intercompany.strategy import intercompany
from florecon_build.host import (
    BadCost,
    BadTable,
    ConservationViolated,
    DuplicateId,
    Explanation,
    MissingColumn,
    Report,
    RunMismatch,
    ShardTooLarge,
    StorageError,
    UnknownId,
    WorkerLost,
    WrongType,
)
from florecon_build.scale import divide
from florecon_build.scale.job import storing
from florecon_build.scale.pool import Pool
from florecon_build.scale.reconcile import Run

LEDGER = fb.columns(row_id=fb.text(id=True), account=fb.text(), memo=fb.text(), day=fb.date(), amount=fb.money(scale=2))
STEPS = fb.seq(
    fb.signal_group(fb.tokens(LEDGER.memo, min_length=2)),
    fb.flow(
        penalty=10,
        match_keys=[LEDGER.account],
        order=LEDGER.day,
        window=1,
        cost=lambda a, b: fb.where(a.account == "bad", 1e30, 1.0) * fb.gap(a.day, b.day),
    ),
    fb.soak_small(5),
)
PLUGIN = fb.Plugin("test.scale", "1.0.0", rows=LEDGER, numeraire=LEDGER.amount, strategy=STEPS)


def lines(count: int, first: int = 0, account: str | None = None) -> pa.Table:
    """Rows in blocks of 24, in which they are connected by account, by a shared word and by days near each other."""
    rng = random.Random(first)
    rows = [
        {
            "row_id": f"r{number}",
            "account": account or f"a{number // 24}-{rng.randrange(6)}",
            "memo": f"w{number // 24}n{rng.randrange(12)} x",
            "day": number // 24 * 50 + rng.randrange(24),
            "amount": rng.choice([1.0, -1.0, 2.0, -2.0, 0.05]),
        }
        for number in range(first, first + count)
    ]
    texts = [pa.field(name, pa.string()) for name in ("row_id", "account", "memo")]
    schema = pa.schema([*texts, pa.field("day", pa.int32()), pa.field("amount", pa.float64())])
    table = pa.Table.from_pylist(rows, schema)
    return table.set_column(3, "day", table["day"].cast(pa.date32()))


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    folder = tmp_path / "ledger"
    folder.mkdir()
    pq.write_table(lines(150), str(folder / "a.parquet"), row_group_size=40)
    pq.write_table(lines(90, 150), str(folder / "b.parquet"))
    return folder


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(divide, "LEAST_ROWS", 20)


def groups_of(report: Report | fb.Reconciled) -> Counter[tuple[object, ...]]:
    table = report.read("groups") if isinstance(report, fb.Reconciled) else report.groups
    names = ["key", "origin", "reason", "node", "net", "size", "unique"]
    return Counter(tuple(row.values()) for row in table.select(names).to_pylist())


def open_rows(report: Report | fb.Reconciled) -> dict[object, tuple[int, int, int]]:
    table = report.read("rows") if isinstance(report, fb.Reconciled) else report.rows
    name = "id_text" if "id_text" in table.column_names else "id"
    return {row[name]: (row["amount"], row["matched"], row["residual"]) for row in table.to_pylist()}


def same(done: fb.Reconciled, report: Report) -> bool:
    """Groups by key, open rows and stage counters are those of one workspace; group ids fit the allocations."""
    pieces = Counter(done.read("allocations")["group_id"].to_pylist())
    sizes = dict(zip(*(done.read("groups")[name].to_pylist() for name in ("group_id", "size")), strict=True))
    assert pieces == sizes
    assert done.stages.to_pylist() == report.stages.to_pylist()
    return groups_of(done) == groups_of(report) and open_rows(done) == open_rows(report)


def whole(rows: pa.Table) -> Report:
    with fb.Workspace(PLUGIN) as workspace:
        workspace.upsert(rows)
        return workspace.solve().load()


@pytest.mark.usefixtures("small_shards")
def test_components_of_text_rows_are_the_whole(ledger: Path, tmp_path: Path) -> None:
    """Edges by key, signal and window; files, row groups and shards cut the rows differently."""
    told: list[tuple[int, int]] = []
    done = fb.reconcile(
        PLUGIN, ledger, out=tmp_path / "out", workers=1, progress=lambda done, total: told.append((done, total))
    )
    assert done.shards == 4
    assert told[-1] == (480, 480)
    assert told == sorted(told)
    assert same(done, whole(pa.concat_tables([lines(150), lines(90, 150)])))
    assert "r0" in done.read("groups")["first_id"].to_pylist()
    again = fb.reconcile(PLUGIN, ledger, out=tmp_path / "out", workers=2)
    assert again == done  # nothing is left to do
    assert sorted(path.name for path in (tmp_path / "out" / "work").iterdir()) == [
        "job.json",
        "shards.json",
        "strategy.json",
    ]


@pytest.mark.usefixtures("small_shards")
def test_rows_are_explained_as_in_one_workspace(ledger: Path, tmp_path: Path) -> None:
    """Sentences and facts of every row, and of pairs within a shard and over two; groups by their keys."""
    done = fb.reconcile(PLUGIN, ledger, out=tmp_path / "out", workers=2)
    keys = dict(zip(*(done.read("groups")[name].to_pylist() for name in ("group_id", "key")), strict=True))
    ids: list[str] = sorted(done.read("rows")["id"].to_pylist())
    with fb.Workspace(PLUGIN) as workspace:
        workspace.upsert(pa.concat_tables([lines(150), lines(90, 150)]))
        groups = workspace.solve().groups
        own = dict(zip(*(groups[name].to_pylist() for name in ("group_id", "key")), strict=True))
        assert told(done.explain(*ids, apart=True), keys) == told(workspace.explain(*ids, apart=True), own)
        for pair in [("r0", "r5"), ("r0", "r200"), ("r30", "r31")]:
            assert told(done.explain(*pair), keys) == told(workspace.explain(*pair), own)
    with pytest.raises(UnknownId, match="the run has no row 'r999'"):
        done.explain("r0", "r999")
    with pytest.raises(UnknownId, match="the run has no row 7"):
        done.explain(7)
    job = tmp_path / "out" / "work" / "job.json"
    text = job.read_text(encoding="utf-8")
    job.write_text(re.sub(r'"identity": "\w+"', '"identity": "of another release"', text), encoding="utf-8")
    with pytest.raises(RunMismatch, match="by another release of the engine module"):
        done.explain("r0")
    job.write_text(text, encoding="utf-8")
    [groups] = (done.groups / f"{path.stem}.parquet" for path in done.rows.iterdir() if has_row(path, "r0"))
    table = pq.read_table(str(groups))
    pq.write_table(table.slice(1), str(groups))
    with pytest.raises(RunMismatch, match="come to other groups than in the run"):
        done.explain("r0")
    pq.write_table(lines(89, 150), str(ledger / "b.parquet"))
    with pytest.raises(RunMismatch, match=r"b\.parquet has changed since the run"):
        done.explain("r0")


def has_row(path: Path, row: str) -> bool:
    """Whether a file of rows has one."""
    return row in pq.read_table(str(path))["id"].to_pylist()


def told(explanation: Explanation, keys: dict[int, str]) -> tuple[object, ...]:
    """An explanation with the keys of groups in place of their numbers, by which a row's groups are in order; without
    the size of the bag that a row enters, which is that of the shard.
    """
    standing = [
        {
            **row,
            "id": explanation.data["names"][str(row["id"])],
            "places": sorted(((keys[place.pop("group_id")], place) for place in row["places"]), key=str),
        }
        for row in copy.deepcopy(explanation.data["rows"])
    ]
    steps = [
        (step.node, step.place, step.row, step.text.partition(", one of ")[0] if step.event == "entered" else step.text)
        for step in explanation.steps
    ]
    return standing, steps


@pytest.mark.usefixtures("small_shards")
def test_a_run_goes_on_at_what_is_missing(ledger: Path, tmp_path: Path) -> None:
    """An interrupt, then a killed worker, then a failing shard; what each finished stays."""
    pq.write_table(lines(6, 500, account="bad"), str(ledger / "c.parquet"))
    out = tmp_path / "out"

    def interrupt(done: int, total: int) -> None:
        if done > total * 0.7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fb.reconcile(PLUGIN, ledger, out=out, workers=1, progress=interrupt)
    assert not (out / "run.json").exists()
    finished = {path.name: path.stat().st_mtime_ns for path in (out / "work" / "shards").iterdir()}
    assert finished
    with pytest.raises(BadCost, match="shard"):
        fb.reconcile(PLUGIN, ledger, out=out, workers=2)
    after = {path.name: path.stat().st_mtime_ns for path in (out / "work" / "shards").iterdir()}
    assert len(after) > len(finished)
    assert {name: after[name] for name in finished} == finished
    assert not (out / "groups").exists()
    with pytest.raises(RunMismatch, match="the files"):
        fb.reconcile(PLUGIN, ledger / "a.parquet", out=out, workers=1)


def test_a_run_that_was_killed_goes_on(tmp_path: Path) -> None:
    """Of a process that ends by SIGKILL, its workers end too and no table is taken for whole."""
    table, _ = generate(12_000, 3)
    pq.write_table(table, str(tmp_path / "ledger.parquet"))
    out = tmp_path / "out"
    script = (
        "import sys, florecon_build as fb; from examples.intercompany.strategy import intercompany as plugin\n"
        "fb.reconcile(plugin, sys.argv[1], out=sys.argv[2], workers=2)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "ledger.parquet"), str(out)]
    with subprocess.Popen(command) as process:
        end = time.monotonic() + 120
        while not (out / "work" / "shards.json").exists() and time.monotonic() < end:
            time.sleep(0.02)
        process.kill()
    assert not (out / "run.json").exists()
    assert not (out / "groups").exists()
    done = fb.reconcile(intercompany, tmp_path / "ledger.parquet", out=out, workers=1)
    assert done.certified is None
    with fb.Workspace(intercompany) as workspace:
        workspace.upsert(table)
        assert same(done, workspace.solve().load())
    text = str(fb.explain_shards(intercompany, tmp_path / "ledger.parquet", out=tmp_path / "other", workers=1))
    assert "12,000 rows in 24 components" in text
    assert "row.pair = DE01/UK01, row.currency = EUR" in text


def test_every_flow_of_a_shard_is_certified(ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a strategy that divides, the flows are those of one workspace; a flow over all rows is one of each shard."""
    table, _ = generate(12_000, 3)
    parts = tmp_path / "parts"
    parts.mkdir()
    pq.write_table(table, str(parts / "ledger.parquet"))
    monkeypatch.setattr(divide, "LEAST_ROWS", 1_000)
    with fb.Workspace(intercompany) as workspace:
        workspace.upsert(table)
        report = workspace.solve(certify=True)
        assert report.certified
        done = fb.reconcile(intercompany, parts, out=tmp_path / "divided", workers=2, certify=True)
        assert done.shards > 1
        assert done.certified == report.certified
        assert same(done, report.load())
    again = fb.reconcile(intercompany, parts, out=tmp_path / "divided", workers=1, certify=True)
    assert again.certified == done.certified
    with pytest.raises(RunMismatch, match="differs in whether flows are certified"):
        fb.reconcile(intercompany, parts, out=tmp_path / "divided", workers=1)
    monkeypatch.setattr(divide, "LEAST_ROWS", 20)
    whole = fb.reconcile(PLUGIN, ledger, out=tmp_path / "out", workers=1, certify=True)
    assert whole.certified == whole.shards == 4


def test_a_flow_that_is_not_optimal_fails_its_shard(
    ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = fb.Workspace.solve

    def solve(self: fb.Workspace, *, progress: Any = False, certify: bool = False) -> Report:
        if certify:
            raise ConservationViolated("n2: the flow is not optimal")
        return real(self, progress=progress)

    monkeypatch.setattr(fb.Workspace, "solve", solve)
    with pytest.raises(ConservationViolated, match="shard 0: n2: the flow is not optimal"):
        fb.reconcile(PLUGIN, ledger, out=tmp_path / "out", workers=1, certify=True)
    assert not (tmp_path / "out" / "run.json").exists()


def test_a_worker_that_is_killed_is_replaced_once(
    ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.begin(PLUGIN, ledger, tmp_path / "out", workers=2, memory="1GB", config=None, columns=None)
    started: list[subprocess.Popen[str]] = []
    real = subprocess.Popen

    def start(command: list[str], **how: object) -> subprocess.Popen[str]:
        started.append(real(command, **how))  # type: ignore[call-overload]  # passed on as given
        if len(started) != 2:
            os.kill(started[-1].pid, signal.SIGKILL)
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    with Pool(run.folder.out, 2) as pool:
        failures = pool.run(
            [{"step": "keys", "number": 0, "rows": 1}, {"step": "keys", "number": 1, "rows": 1}], print_nothing
        )
    [failure] = failures
    assert isinstance(failure.error, WorkerLost)
    assert "signal 9" in failure.error.message
    assert all(process.poll() is not None for process in started)


def print_nothing(*_: object) -> None:
    """Takes progress and leaves it."""


def test_files_that_do_not_fit(ledger: Path, tmp_path: Path) -> None:
    other = ledger / "c.parquet"
    pq.write_table(lines(5, 400).set_column(4, "amount", pa.array([1, 2, 3, 4, 5])), str(other))
    with pytest.raises(WrongType, match=r"c\.parquet: column 'amount' is int64, but double in .*a\.parquet"):
        fb.reconcile(PLUGIN, ledger, out=tmp_path / "x", workers=1)
    pq.write_table(lines(5, 400).drop_columns("memo"), str(other))
    with pytest.raises(MissingColumn, match=r"c\.parquet: column 'memo'"):
        fb.reconcile(PLUGIN, ledger, out=tmp_path / "x", workers=1)
    other.write_bytes(b"PAR1 and no more")
    with pytest.raises(BadTable, match=r"c\.parquet"):
        fb.reconcile(PLUGIN, ledger, out=tmp_path / "x", workers=1)
    with pytest.raises(BadTable, match="no such Parquet file"):
        fb.reconcile(PLUGIN, tmp_path / "nowhere", out=tmp_path / "x", workers=1)
    assert not (tmp_path / "x").exists()
    pq.write_table(lines(2, 149), str(other))
    with pytest.raises(DuplicateId, match=r"id r149 stands in .*a\.parquet and in .*c\.parquet") as caught:
        fb.reconcile(PLUGIN, ledger, out=tmp_path / "x", workers=1)
    assert caught.value.id == "r149"


def test_folders_that_do_not_fit(ledger: Path, tmp_path: Path) -> None:
    with pytest.raises(RunMismatch, match="is not empty"):
        fb.reconcile(PLUGIN, ledger, out=ledger, workers=1)
    with pytest.raises(ValueError, match="memory is 'much'"):
        fb.reconcile(PLUGIN, ledger, out=tmp_path / "x", memory="much")
    with pytest.raises(ValueError, match="workers is 0"):
        fb.reconcile(PLUGIN, ledger, out=tmp_path / "x", workers=0)


def test_a_component_larger_than_a_worker_has_memory_for(tmp_path: Path) -> None:
    pq.write_table(lines(1200, account="one"), str(tmp_path / "ledger.parquet"))
    with pytest.raises(ShardTooLarge, match=r"1,\d\d\d rows belong together .*1,000: give more memory"):
        fb.reconcile(PLUGIN, tmp_path / "ledger.parquet", out=tmp_path / "out", workers=1, memory="1MB")
    text = str(fb.explain_shards(PLUGIN, tmp_path / "ledger.parquet", out=tmp_path / "out", workers=1, memory="1MB"))
    assert "more than a worker has memory for" in text
    assert "1,200 by one key of node 2  flow" in text
    assert "above its cap of 256" in text
    assert "without keys of more than 256 rows the largest component would have 24 rows" in text


def test_parts_that_are_not_the_whole(ledger: Path, tmp_path: Path) -> None:
    run = Run.begin(PLUGIN, ledger, tmp_path / "out", workers=1, memory="1GB", config=None, columns=None)
    with Pool(run.folder.out, 1) as pool:
        counts = run.prepare(pool, None)
        run.solve(pool, counts, None)
    [shard] = (path for path in run.folder.path("shards").iterdir())
    rows = pq.read_table(str(shard / "rows.parquet"))
    changed = {
        "amounts": rows.set_column(rows.column_names.index("amount"), "amount", pa.array([1] * rows.num_rows)),
        "ids": rows.set_column(rows.column_names.index("id"), "id", pa.array(map(str, range(rows.num_rows)))),
        "240 rows were given": rows.slice(1),
    }
    for message, table in changed.items():
        pq.write_table(table, str(shard / "rows.parquet"))
        with pytest.raises(ConservationViolated, match=message):
            run.publish(counts)
    assert not (tmp_path / "out" / "groups").exists()


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(StorageError, match=r"rows\.parquet: No space left on device; what is finished stays"),
        storing(tmp_path / "rows.parquet"),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
