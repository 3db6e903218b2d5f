"""Reconciliation of a Spark data frame: rows divided by the shard plan, shards solved by Spark's workers.

Needs ``pyspark`` 4.1 or later, and this package with ``pyarrow`` on every worker.

```python
from florecon_build.spark import reconcile

done = reconcile(df, plugin)
done.groups.write.parquet("groups")
```
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pyarrow as pa

from florecon_build.host import (
    ConservationViolated,
    Description,
    DuplicateId,
    FloreconError,
    MissingColumn,
    MissingPackage,
    ShardTooLarge,
    Workspace,
)
from florecon_build.host.errors import error_class
from florecon_build.host.runtime.engine_module import HasIr
from florecon_build.host.runtime.parameters import encode_params
from florecon_build.scale.keys import COMPONENT, EDGES, ROW, WINDOWS, Keyed, key_numbers, key_source
from florecon_build.scale.solve import in_the_run
from florecon_build.scale.solver import Solver
from florecon_build.sharding import Link

__all__ = ["Reconciled", "reconcile"]

SHARD = "__shard"
TABLES = ("groups", "allocations", "rows", "stages")
PACKED = "what string, shard long, content binary"
ROWS_A_MESSAGE = 100_000
Batches = Iterator[pa.RecordBatch]


@dataclass(frozen=True)
class Reconciled:
    """The report of a data frame, as data frames with the columns of a report.

    ``group_id`` is of this run, ``key`` of the group the same in every run. ``stages`` has the counters of each shard:
    add them up by ``node``. ``failures`` are the errors of shards whose rows are missing in the tables.
    """

    groups: Any
    allocations: Any
    rows: Any
    stages: Any
    shards: int
    failures: tuple[FloreconError, ...] = ()


def reconcile(
    df: Any,
    solver: HasIr | str | bytes,
    *,
    config: Mapping[str, object] | None = None,
    columns: Mapping[str, str] | None = None,
    rows_a_shard: int = 1_000_000,
    max_memory: int | None = None,
    timeout: float | None = None,
    certify: bool = False,
    keep_others: bool = False,
) -> Reconciled:
    """Reconciles a Spark data frame: what one workspace over all rows would report.

    Components come of Spark's joins; a shard is a group of ``applyInArrow``, solved in the memory of one worker. The
    engine module, or the compiled one, is loaded once in each worker process. Results are kept by Spark's local
    checkpoint, so that no shard is solved twice.

    Parameters
    - ``df``: a data frame with the declared columns, under the headers that ``columns`` has for them.
    - ``solver``: a plugin, or the path or bytes of a ``solver.wasm``.
    - ``rows_a_shard``: the rows that a worker has memory for, at about 1,200 bytes each. ``max_memory`` and
      ``timeout`` bound the module of a shard, in bytes and in seconds for one call.
    - ``config``: values for params. ``certify`` as for ``Workspace.solve``: a shard with a flow that is not proved
      optimal fails. ``keep_others``: return the other shards where one fails.

    Errors: those of ``Workspace.upsert`` and ``solve``, naming the shard; ``MissingColumn``, ``DuplicateId``,
    ``ShardTooLarge``, ``ConservationViolated``; ``MissingPackage`` without Spark.
    """
    run = _Run.over(df, solver, config or {}, columns or {})
    packed, shards = run.solved(run.divided(rows_a_shard), max_memory, timeout, certify=certify)
    failures = tuple(_error(line["content"]) for line in packed.filter("what = 'error'").orderBy("shard").collect())
    if failures and not keep_others:
        raise failures[0]
    tables = {what: run.table(packed, what) for what in TABLES}
    if not failures:
        run.check(tables["rows"])
    return Reconciled(**tables, shards=shards, failures=failures)


@dataclass(frozen=True, slots=True)
class _Run:
    """A run over a data frame in the declared columns, with ``__row``, a number of each id."""

    solver: Solver
    about: Description
    config: dict[str, object]
    schemas: Mapping[str, pa.Schema]
    rows: Any
    count: int

    @staticmethod
    def over(df: Any, source: HasIr | str | bytes, config: Mapping[str, object], columns: Mapping[str, str]) -> _Run:
        functions = _functions()
        solver = Solver.of(source)
        with solver.open(dict(config)) as workspace:
            about = workspace.about
            schemas = {what: table.schema for what, table in in_the_run(workspace.solve(), about, 0).items()}
        headers = {field.name: columns.get(field.name, field.name) for field in about.fields}
        for name, header in headers.items():
            if header not in df.columns:
                raise MissingColumn(f"column {header!r} is missing in the data frame", column=name)
        rows = df.select(*(functions.col(f"`{header}`").alias(name) for name, header in headers.items()))
        for line in rows.groupBy(about.id_name).count().filter("count > 1").limit(1).collect():
            raise DuplicateId(f"id {line[0]} stands in {line[1]} rows; an id is of one row", id=line[0])
        rows = rows.withColumn(ROW, functions.xxhash64(about.id_name))
        return _Run(solver, about, encode_params(about, config), schemas, rows, rows.count())

    def divided(self, rows_a_shard: int) -> Any:
        """The rows with the number of their shard. Errors: `ShardTooLarge`."""
        functions = _functions()
        keyed = self._components()
        sizes = keyed.groupBy(COMPONENT).count().localCheckpoint()
        target = max(1, rows_a_shard // 2)
        large = sizes.filter(functions.col("count") > target).orderBy(functions.desc("count"), COMPONENT).collect()
        for component, size in large[:1]:
            if size > rows_a_shard:
                [line] = keyed.filter(functions.col(COMPONENT) == component).limit(1).collect()
                raise ShardTooLarge(
                    f"{size:,} rows belong together (one is {self.about.id_name} {line[self.about.id_name]}), and"
                    f" rows_a_shard is {rows_a_shard:,}: give it more, or see what joins them with plugin.shard_plan()",
                    id=line[self.about.id_name],
                )
        small = max(1, -(-(self.count - sum(size for _, size in large)) // target))
        shard = functions.pmod(functions.xxhash64(COMPONENT), functions.lit(small))
        for place, (component, _) in enumerate(large):
            own = functions.lit(small + place).cast("long")
            shard = functions.when(functions.col(COMPONENT) == component, own).otherwise(shard)
        return keyed.withColumn(SHARD, shard)

    def _components(self) -> Any:
        functions = _functions()
        schema = self.rows.withColumn(COMPONENT, functions.lit(0).cast("long")).schema
        keyed = self.rows.mapInArrow(_numbering(self.solver, self.config), schema)
        plan = self.solver.plan()
        if plan is None or plan.common:
            return keyed.withColumn(COMPONENT, functions.coalesce(COMPONENT, ROW))
        labels = _labels(self._edges(keyed))
        joined = keyed.drop(COMPONENT).join(labels, ROW, "left")
        return joined.withColumn(COMPONENT, functions.coalesce("label", ROW)).drop("label")

    def _edges(self, keyed: Any) -> Any:
        functions, window = _functions(), _window()
        plain = keyed.mapInArrow(_edging(self.solver, self.config, windows=False), f"key long, {ROW} long")
        points = keyed.mapInArrow(
            _edging(self.solver, self.config, windows=True), f"key long, {ROW} long, point long, width long"
        )
        line = window.partitionBy("key").orderBy("point", ROW)
        wide = functions.col("point").cast("decimal(38,0)") - functions.lag("point").over(line)
        cut = functions.when(wide <= functions.lag("width").over(line), 0).otherwise(1)
        so_far = line.rowsBetween(window.unboundedPreceding, window.currentRow)
        chained = points.withColumn("cut", cut).select(
            functions.xxhash64("key", functions.sum("cut").over(so_far)).alias("key"), ROW
        )
        return plain.unionByName(chained).distinct().localCheckpoint()

    def solved(self, divided: Any, max_memory: int | None, timeout: float | None, *, certify: bool) -> tuple[Any, int]:
        """The tables of all shards as messages, and the number of shards; nothing is solved again."""
        names = [field.name for field in self.about.fields]
        solve = _solving(self.solver, self.config, max_memory, timeout, names, certify=certify)
        packed = divided.groupBy(SHARD).applyInArrow(solve, PACKED).localCheckpoint()
        return packed, packed.select("shard").distinct().count()

    def table(self, packed: Any, what: str) -> Any:
        """One table of the report as a data frame."""
        types = _pyspark("pyspark.sql.pandas.types")
        schema = self.schemas.get(what, pa.schema([("node", pa.int32())]))
        return (
            packed.filter(f"what = '{what}'")
            .select("content")
            .mapInArrow(_unpacking(), types.from_arrow_schema(schema))
        )

    def check(self, rows: Any) -> None:
        """Every row of the data frame is reported once. Errors: `ConservationViolated`."""
        functions = _functions()
        given, found = (
            frame.agg(functions.count("*"), functions.sum(functions.xxhash64(name).cast("decimal(38,0)"))).collect()[0]
            for frame, name in ((self.rows, self.about.id_name), (rows, "id"))
        )
        if tuple(given) != tuple(found):
            raise ConservationViolated(
                f"{given[0]:,} rows were given, and the shards report {found[0]:,}, or other ids"
            )


def _labels(edges: Any) -> Any:
    """The component of each row with edges, by label propagation with pointer jumping, until no label changes."""
    functions = _functions()
    labels = edges.select(ROW).distinct().withColumn("label", functions.col(ROW))
    before: Any = None
    while True:
        of_key = edges.join(labels, ROW).groupBy("key").agg(functions.min("label").alias("label"))
        of_row = edges.join(of_key, "key").groupBy(ROW).agg(functions.min("label").alias("label"))
        of_row = of_row.localCheckpoint()
        jump = of_row.select(functions.col(ROW).alias("label"), functions.col("label").alias("further"))
        labels = of_row.join(jump, "label").select(ROW, functions.least("label", "further").alias("label"))
        labels = labels.localCheckpoint()
        [after] = labels.agg(functions.sum(functions.col("label").cast("decimal(38,0)"))).collect()
        if after == before:
            return labels
        before = after


# What workers do; pickled with the solver


def _numbering(solver: Solver, config: Mapping[str, object]) -> Callable[[Batches], Batches]:
    def run(batches: Batches) -> Batches:
        with key_source(solver, config) as (workspace, by_key):
            for batch in batches:
                table = pa.Table.from_batches([batch])
                declared = table.drop_columns([ROW])
                workspace.frame(declared)
                keys = key_numbers(workspace, declared) if by_key else pa.array([0] * table.num_rows, pa.uint64())
                yield from table.append_column(COMPONENT, keys.cast(pa.int64(), safe=False)).to_batches()

    return run


def _edging(solver: Solver, config: Mapping[str, object], *, windows: bool) -> Callable[[Batches], Batches]:
    def run(batches: Batches) -> Batches:
        plugin, plan = solver.plugin(), solver.plan()
        assert plugin is not None
        assert plan is not None
        schema = WINDOWS if windows else EDGES
        signed = pa.schema([(field.name, pa.int64()) for field in schema])
        held: dict[int, Workspace] = {}
        with ExitStack() as stack:
            for batch in batches:
                keyed = Keyed(plugin, config, pa.Table.from_batches([batch]), held)
                for number, connection in enumerate(plan.connections):
                    if (connection.link is Link.WINDOW) is windows:
                        made = keyed.windows(number, connection) if windows else keyed.edges(number, connection)
                        yield from made.cast(signed, safe=False).to_batches()
            for workspace in held.values():
                stack.enter_context(workspace)

    return run


def _solving(
    solver: Solver,
    config: Mapping[str, object],
    max_memory: int | None,
    timeout: float | None,
    names: list[str],
    *,
    certify: bool,
) -> Callable[[pa.Table], pa.Table]:
    def run(table: pa.Table) -> pa.Table:
        number: int = table[SHARD][0].as_py()
        try:
            with solver.open(config, max_memory=max_memory, timeout=timeout) as workspace:
                workspace.upsert(table.select(names))
                report = workspace.solve(certify=certify)
                tables = in_the_run(report, workspace.about, number)
                messages = [(what, number, content) for what, each in tables.items() for content in _packed(each)]
        except FloreconError as error:
            first = table.select(names).slice(0, 1).to_pylist()[0]
            where = f"shard {number} ({table.num_rows:,} rows, such as {first})"
            fields = {name: getattr(error, name) for name in ("code", "id", "group_id", "column", "row")}
            messages = [("error", number, json.dumps({"message": f"{where}: {error.message}", **fields}).encode())]
        columns = [list(column) for column in zip(*messages, strict=True)]
        return pa.table(
            {
                "what": pa.array(columns[0], pa.string()),
                "shard": pa.array(columns[1], pa.int64()),
                "content": pa.array(columns[2], pa.binary()),
            }
        )

    return run


def _packed(table: pa.Table) -> Iterable[bytes]:
    """A table as Arrow streams of so many rows that one is a cell."""
    for batch in table.combine_chunks().to_batches(max_chunksize=ROWS_A_MESSAGE):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        yield sink.getvalue().to_pybytes()


def _unpacking() -> Callable[[Batches], Batches]:
    def run(batches: Batches) -> Batches:
        for batch in batches:
            for content in batch.column(0):
                yield from pa.ipc.open_stream(content.as_py()).read_all().to_batches()

    return run


def _error(content: bytes) -> FloreconError:
    fields: dict[str, Any] = json.loads(bytes(content))
    message: str = fields.pop("message")
    return error_class(fields["code"])(message, **fields)


def _functions() -> Any:
    return _pyspark("pyspark.sql.functions")


def _window() -> Any:
    return _pyspark("pyspark.sql").Window


def _pyspark(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingPackage("this needs PySpark: pip install florecon-build[spark]") from error
