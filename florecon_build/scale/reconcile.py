"""Reconciliation of a data set that is larger than one workspace: divided into shards that are solved in parallel."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from florecon_build.host import ConservationViolated, Description, Explanation, Field
from florecon_build.host.report.shipped_rows import amount_column
from florecon_build.host.runtime.engine_module import HasIr
from florecon_build.host.runtime.parameters import encode_params
from florecon_build.host.runtime.progress import shown
from florecon_build.scale import divide
from florecon_build.scale.book_input import DECIDED, REASONS, BookInput
from florecon_build.scale.explain import Explained, explained
from florecon_build.scale.job import (
    CERTIFIED,
    RUN,
    SHARDS,
    STEPS,
    TABLES,
    Folder,
    Job,
    parquet_files,
    storing,
    units_of,
    write_json,
)
from florecon_build.scale.keys import row_bytes
from florecon_build.scale.memory import byte_count, rows_within
from florecon_build.scale.pool import Failure, Pool, Task
from florecon_build.scale.row_explanation import explain_rows
from florecon_build.scale.solver import Solver

Dataset = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Reconciled:
    """A finished run: Parquet data sets below ``out``, one file for each shard.

    ``groups``, ``allocations`` and ``rows`` are folders of files with the columns of a report; ``group_id`` is of the
    run, ``key`` of the group is the same in every run. ``rows_in`` counts the rows of the data set, ``shards`` the
    parts; ``certified`` the flows that were proved optimal with ``certify=True``, shard by shard, and None without.
    """

    out: Path
    rows_in: int
    shards: int
    certified: int | None = None

    @property
    def groups(self) -> Path:
        """The folder of the groups."""
        return self.out / "groups"

    @property
    def allocations(self) -> Path:
        """The folder of the allocations."""
        return self.out / "allocations"

    @property
    def rows(self) -> Path:
        """The folder of the rows: what is matched of each, and what is open."""
        return self.out / "rows"

    @cached_property
    def stages(self) -> pa.Table:
        """The counters of each node, added up over the shards."""
        return pq.read_table(str(self.out / "stages.parquet"))

    def open_rows(self) -> int:
        """The number of rows of which anything is open."""
        found = 0
        for path in self.rows.glob("*.parquet"):
            for batch in pq.ParquetFile(str(path)).iter_batches(columns=["residual"]):
                found += pc.sum(pc.not_equal(batch.column("residual"), 0)).as_py() or 0
        return found

    def read(self, what: str) -> pa.Table:
        """One of ``groups``, ``allocations`` and ``rows`` as a table in memory."""
        return pa.concat_tables([pq.read_table(str(path)) for path in sorted((self.out / what).glob("*.parquet"))])

    def explain(self, *ids: int | str, apart: bool = False) -> Explanation:
        """Explains the outcome of rows, as ``Workspace.explain`` does; their shards are read and solved once more.

        Parameters: one id, or two that are compared; with ``apart`` up to 10,000, each for itself. Rows of several
        shards are solved in one workspace.
        Errors: ``UnknownId``; ``RunMismatch`` where a file of the data set has changed since the run.
        """
        return explain_rows(Folder(self.out), ids, apart=apart)


def reconcile(
    solver: HasIr | str | os.PathLike[str] | bytes,
    dataset: Dataset,
    *,
    out: str | os.PathLike[str],
    workers: int | None = None,
    memory: int | str = "2GB",
    config: Mapping[str, object] | None = None,
    columns: Mapping[str, str] | None = None,
    timeout: float | None = None,
    certify: bool = False,
    progress: bool | Progress = False,
) -> Reconciled:
    """Reconciles Parquet files of any size; what one workspace over all rows would report, in parts.

    The rows are divided by the strategy's shard plan into components that no node can bring together, and the shards
    are solved by processes of their own. A run that was stopped, even by ``kill -9`` or a full disk, goes on at the
    shards that are missing when it is called again with the same arguments; ``workers`` may differ.

    Parameters
    - ``solver``: a plugin, which the engine module runs, or the path or bytes of a ``solver.wasm``.
    - ``dataset``: a Parquet file, a folder of them, or a list of files; their columns are the declared ones, under the
      headers that ``columns`` has for them.
    - ``out``: the folder for the results, empty or of the same run; see `Reconciled`.
    - ``workers``: processes, one for each processor unless given. ``memory``: bytes for all of them together
      (``"2GB"``). ``timeout``: seconds that one call of a module may take.
    - ``config``: values for params. ``certify`` and ``progress`` as for ``Workspace.solve``, over all shards; progress
      is in rows.

    Errors: those of ``Workspace``, ``upsert`` and ``solve``, naming the file or the shard; ``DuplicateId`` for an id in
    two rows, ``ShardTooLarge`` for a component that no worker has memory for, ``RunMismatch`` for a folder of another
    run, ``StorageError`` where the disk is full, ``WorkerLost`` where a process was killed twice,
    ``ConservationViolated`` where the parts are not the whole, ``MissingPackage`` without DuckDB.

    >>> import tempfile
    >>> import florecon_build as fb
    >>> import pyarrow as pa, pyarrow.parquet as pq
    >>> folder = Path(tempfile.mkdtemp())
    >>> lines = pa.table({"row_id": [1, 2, 3], "account": ["A", "A", "B"], "amount": [9.5, -9.5, 7.0]})
    >>> pq.write_table(lines, str(folder / "ledger.parquet"))
    >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
    >>> steps = fb.exact_1to1(rows.account)
    >>> plugin = fb.Plugin("acme.demo", "1.0.0", rows=rows, numeraire=rows.amount, strategy=steps)
    >>> done = fb.reconcile(plugin, folder / "ledger.parquet", out=folder / "out", workers=1)
    >>> sorted(done.read("groups")["origin"].to_pylist())
    ['exact_1to1', 'unmatched']
    """
    run = Run.begin(
        solver,
        dataset,
        out,
        workers=workers,
        memory=memory,
        config=config,
        columns=columns,
        timeout=timeout,
        certify=certify,
    )
    return run.finish(progress)


def explain_shards(
    solver: HasIr | str | os.PathLike[str] | bytes,
    dataset: Dataset,
    *,
    out: str | os.PathLike[str],
    workers: int | None = None,
    memory: int | str = "2GB",
    config: Mapping[str, object] | None = None,
    columns: Mapping[str, str] | None = None,
) -> Explained:
    """The largest components of a data set, and what joins their rows; nothing is solved.

    Parameters and errors as for ``reconcile``, which goes on from here.

    >>> import tempfile
    >>> import florecon_build as fb
    >>> import pyarrow as pa, pyarrow.parquet as pq
    >>> folder = Path(tempfile.mkdtemp())
    >>> lines = pa.table({"row_id": [1, 2, 3], "account": ["A", "A", "B"], "amount": [9.5, -9.5, 7.0]})
    >>> pq.write_table(lines, str(folder / "ledger.parquet"))
    >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
    >>> steps = fb.exact_1to1(rows.account)
    >>> plugin = fb.Plugin("acme.demo", "1.0.0", rows=rows, numeraire=rows.amount, strategy=steps)
    >>> listed = fb.explain_shards(plugin, folder / "ledger.parquet", out=folder / "out", workers=1)
    >>> for line in str(listed).splitlines()[-2:]:
    ...     print(line.strip())
    2 rows  row.account = A, fb.abs(row.lot.amount) = 950
    1 rows  row.account = B, fb.abs(row.lot.amount) = 700
    """
    run = Run.begin(solver, dataset, out, workers=workers, memory=memory, config=config, columns=columns)
    with Pool(run.folder.out, run.workers) as pool:
        large = run.stage(pool, None)
        with divide.Database(run.folder, run.memory, run.workers) as database:
            return explained(database, run.folder, run.job, run.solver, large)


@dataclass(frozen=True, slots=True)
class Run:
    """A run over the folder of its steps."""

    solver: Solver
    about: Description
    folder: Folder
    job: Job
    workers: int
    memory: int

    @staticmethod
    def begin(
        source: HasIr | str | os.PathLike[str] | bytes,
        dataset: Dataset,
        out: str | os.PathLike[str],
        *,
        workers: int | None,
        memory: int | str,
        config: Mapping[str, object] | None,
        columns: Mapping[str, str] | None,
        timeout: float | None = None,
        book: BookInput | None = None,
        certify: bool = False,
    ) -> Run:
        """The run over a folder, begun or gone on with."""
        solver = Solver.of(source)
        count = workers if workers is not None else os.cpu_count() or 1
        if count < 1:
            raise ValueError(f"workers is {count}; it must be at least 1")
        size = byte_count(memory)
        with solver.open(dict(config or {})) as workspace:
            about = workspace.about
        paths = parquet_files(dataset)
        units = units_of(paths, about, columns or {})
        stats = [(str(path.resolve()), path.stat()) for path in paths]
        job = Job(
            identity=solver.identity,
            files=tuple((path, stat.st_size, stat.st_mtime_ns) for path, stat in stats),
            units=tuple(units),
            config=encode_params(about, config or {}),
            columns=dict(columns or {}),
            memory=size // count,
            capacity=rows_within(
                size // count, row_bytes(units, [field.name for field in about.fields], columns or {})
            ),
            timeout=timeout,
            book=None if book is None else book.digest,
            aside=0 if book is None else sum(book.aside["amount"].to_pylist()),
            certify=certify,
        )
        folder = Folder(Path(out))
        return Run(solver, about, folder, folder.begin(job, solver), count, size)

    def finish(self, progress: bool | Progress) -> Reconciled:
        """Does what is missing. Errors: those of `reconcile`."""
        out = self.folder.out
        if not (out / RUN).is_file():
            with shown(progress, "reconciling") as tell, Pool(out, self.workers) as pool:
                counts = self.prepare(pool, tell)
                self.solve(pool, counts, tell)
            self.publish(counts)
        certified = json.loads((out / RUN).read_text(encoding="utf-8")).get("certified")
        return Reconciled(out, self.job.rows, len(list((out / "groups").glob("*.parquet"))), certified)

    def stage(self, pool: Pool, tell: Progress | None) -> list[int]:
        """Stages the rows with their keys and components; returns the numbers of the common keys that were divided."""
        done = 0
        tasks: list[Task] = []
        for number, unit in enumerate(self.job.units):
            if self.folder.path("keys", f"{number}.parquet").is_file():
                done += unit.rows
            else:
                tasks.append({"step": "keys", "number": number, "rows": unit.rows})
        raise_first(pool.run(tasks, Told(tell, done, 2 * self.job.rows)))
        with divide.Database(self.folder, self.memory, self.workers) as database:
            divide.check_ids(database, self.folder, self.job, self.about.id_name or "")
            plan = self.solver.plan()
            if plan is None:
                return []
            bound = self.job.capacity if plan.common else min(self.job.capacity, divide.LEAST_ROWS)
            large = [number for number, _ in divide.large_classes(database, self.folder, bound)]
            if not large:
                return []
            numbers = range(len(self.job.units))
            missing = [number for number in numbers if not self.folder.path("edges", str(number)).is_dir()]
            joining: list[Task] = [{"step": "edges", "number": number, "classes": large} for number in missing]
            raise_first(pool.run(joining, Told(None, 0, 1)))
            if not self.folder.path("labels", "labels.parquet").is_file():
                divide.load_edges(database, self.folder)
                divide.connect(database)
                divide.write_labels(database, self.folder)
            return large

    def prepare(self, pool: Pool, tell: Progress | None) -> list[int]:
        """Divides the rows into shards; returns the rows of each."""
        known = self.folder.path(SHARDS)
        if known.is_file():
            return [int(count) for count in json.loads(known.read_text(encoding="utf-8"))]
        large = self.stage(pool, tell)
        with divide.Database(self.folder, self.memory, self.workers) as database:
            target = divide.target_rows(self.job, self.workers)
            counts = divide.pack(database, self.folder, self.job, large, target)
            divide.write_rows(database, self.folder)
        with storing(known):
            write_json(known, counts)
        return counts

    def solve(self, pool: Pool, counts: list[int], tell: Progress | None) -> None:
        """Solves the shards that are missing; the others are not lost where one fails."""
        tasks: list[Task] = []
        done = self.job.rows
        for number, rows in enumerate(counts):
            if not rows or self.folder.path("shards", str(number)).is_dir():
                done += rows
            else:
                tasks.append({"step": "shards", "number": number, "rows": rows})
        tasks.sort(key=lambda task: -int(task["rows"]))  # the largest first, so that no worker waits for it at the end
        raise_first(pool.run(tasks, Told(tell, done, 2 * self.job.rows)))

    def publish(self, counts: list[int]) -> None:
        """Checks the parts against the whole, and gives them their names; the work folder goes.

        ``run.json`` is written last: a folder without it is of a run that goes on.
        """
        out = self.folder.out
        shards = [number for number, rows in enumerate(counts) if rows]
        with divide.Database(self.folder, self.memory, self.workers) as database:
            check_whole(database, self.folder, self.job, self.about, shards)
            stages = added_stages([self.folder.path("shards", str(number), "stages.parquet") for number in shards])
        certified = added_certificates([self.folder.path("shards", str(number), CERTIFIED) for number in shards])
        with storing(out):
            for what in TABLES if self.job.book is None else (*TABLES, DECIDED, REASONS):
                (out / what).mkdir(exist_ok=True)
                for number in shards:
                    shutil.copy2(
                        self.folder.path("shards", str(number), f"{what}.parquet"), out / what / f"{number:05}.parquet"
                    )
            if stages is not None:
                pq.write_table(stages, str(out / "stages.parquet"))
            run = {"rows": self.job.rows, "shards": len(shards), "identity": self.job.identity}
            write_json(out / RUN, run if certified is None else {**run, "certified": certified})
            for step in (*STEPS, "spill"):
                shutil.rmtree(self.folder.path(step), ignore_errors=True)


def link(source: Path, target: Path) -> None:
    """Gives a finished file a second name, or copies it where the file system knows none."""
    if target.exists():
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


class Told:
    """Progress in rows over tasks that go on at the same time."""

    def __init__(self, tell: Progress | None, done: int, total: int) -> None:
        self._tell = tell
        self._done = done
        self._total = total
        self._shares: dict[int, float] = {}

    def __call__(self, task: Task, share: float) -> None:
        if self._tell is not None:
            self._shares[task["number"]] = share * task["rows"]
            self._tell(min(self._total, self._done + int(sum(self._shares.values()))), self._total)


def raise_first(failures: list[Failure]) -> None:
    """Raises the error of the first task that failed, with the number of the others."""
    if failures:
        first = min(failures, key=lambda failure: failure.task["number"]).error
        if len(failures) > 1:
            first.message = f"{first.message} ({len(failures) - 1} more failed; run again to see them)"
            first.args = (first.message,)
        raise first


def check_whole(database: divide.Database, folder: Folder, job: Job, about: Description, shards: list[int]) -> None:
    """The rows of the shards are the rows of the data set: number, ids and amounts. Errors: `ConservationViolated`."""
    files = [str(folder.path("shards", str(number), "rows.parquet")) for number in shards]
    if not files:
        return
    column = amount_column(about)
    given = "NULL" if column is None else minor_sum(column)
    ids = f'sum(hash("{about.id_name}")::HUGEINT)'
    [whole] = database.rows(f"SELECT count(*), {ids}, {given} FROM {divide.staged(folder)}")
    [found] = database.rows(
        "SELECT count(*), sum(hash(id)::HUGEINT), sum(amount::HUGEINT), sum((matched + residual - amount)::HUGEINT)"
        f" FROM read_parquet({files!r})"
    )
    if whole[0] != found[0] or whole[0] != job.rows:
        raise ConservationViolated(f"{job.rows:,} rows were given, and the shards report {found[0]:,}")
    if whole[1] != found[1]:
        raise ConservationViolated("the ids that the shards report are not those of the data set")
    if found[3] or (whole[2] is not None and int(whole[2]) - job.aside != int(found[2])):
        went_in = None if whole[2] is None else int(whole[2]) - job.aside
        raise ConservationViolated(
            f"amounts of {went_in} went in, and the shards report {found[2]}, in minor units over all currencies"
        )


def minor_sum(column: Field) -> str:
    """The sum of an amount column in minor units, as SQL."""
    if column.kind != "money":
        return f'sum("{column.name}"::HUGEINT)'
    return f'sum(round("{column.name}" * {10**column.scale})::HUGEINT)'


def added_certificates(paths: list[Path]) -> int | None:
    """The flows of all shards that were proved optimal; None where none was asked to be, or a module proves none."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in paths if path.is_file()]
    return sum(found) if found else None


def added_stages(paths: list[Path]) -> pa.Table | None:
    """The counters of all shards, node by node; None for a module that does not count."""
    tables = [pq.read_table(str(path)) for path in paths if path.is_file()]
    if not tables:
        return None
    names = tables[0].column_names
    counters = [name for name in names if name not in ("node", "path", "file", "line", "kind", "label")]
    first = tables[0]
    summed = pa.concat_tables(tables).group_by("node").aggregate([(name, "sum") for name in counters])
    order = first["node"].to_pylist()
    place = {node: at for at, node in enumerate(summed["node"].to_pylist())}
    summed = summed.take([place[node] for node in order])
    for name in counters:
        first = first.set_column(names.index(name), name, summed[f"{name}_sum"].cast(first[name].type))
    return first
