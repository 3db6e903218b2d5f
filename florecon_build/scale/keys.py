"""Keys of rows: a unit of the data set with the number of each row's common key, and the edges of its connections."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from florecon_build.host import FloreconError, Workspace
from florecon_build.host.frames import conform
from florecon_build.interpreter.bag import Lot
from florecon_build.interpreter.config import configured
from florecon_build.interpreter.environment import Scope
from florecon_build.interpreter.errors import EvalError
from florecon_build.interpreter.evaluate import evaluate
from florecon_build.interpreter.ingest import read
from florecon_build.interpreter.keys import Plain
from florecon_build.interpreter.simulate import typed_rows
from florecon_build.ir import expressions as e
from florecon_build.ir.lanes import reached_lanes
from florecon_build.ir.nodes import PluginIr
from florecon_build.ir.types import Kind
from florecon_build.scale.job import Job, Unit, finished
from florecon_build.scale.solver import Solver, condition, key_workspace
from florecon_build.sharding import Connection, Link
from florecon_build.sharding.components import row_keys
from florecon_build.simulation import describe

BATCH = 1 << 16
COMPONENT, ROW = "__component", "__row"
EDGES = pa.schema([("key", pa.uint64()), (ROW, pa.int64())])
WINDOWS = pa.schema([("key", pa.uint64()), (ROW, pa.int64()), ("point", pa.int64()), ("width", pa.int64())])


def fnv1a(text: str) -> int:
    """FNV-1a, 64 bits, which a module numbers keys by.

    >>> hex(fnv1a("null"))
    '0x5b9bc4ba528108e4'
    """
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


NULL_KEY = fnv1a("null")


def stage(job: Job, solver: Solver, number: int, path: Path) -> int:
    """Writes the declared columns of a unit's rows, the number of their common key and their place; returns the rows.

    The number is null where the key is: such a row is connected with none. Errors: those of `Workspace.upsert`, naming
    the file.
    """
    unit = job.units[number]
    with key_source(solver, job.config) as (workspace, by_key):
        names = [field.name for field in workspace.about.fields]

        def write(part: Path) -> None:
            writer: pq.ParquetWriter | None = None
            done = 0
            for table in batches(unit, names, job.columns):
                try:
                    workspace.frame(table)
                except FloreconError as error:
                    raise located(error, f"{unit.file}, after {done:,} rows of row group {unit.first}") from None
                keys = key_numbers(workspace, table) if by_key else pa.array([0] * table.num_rows, pa.uint64())
                staged = table.append_column(COMPONENT, keys)
                places = pa.array(range((number << 32) + done, (number << 32) + done + table.num_rows), pa.int64())
                staged = staged.append_column(ROW, places)
                writer = writer or pq.ParquetWriter(str(part), staged.schema)
                writer.write_table(staged)
                done += table.num_rows
            if writer is not None:
                writer.close()

        finished(path, write)
    return unit.rows


@contextmanager
def key_source(solver: Solver, config: Mapping[str, object]) -> Generator[tuple[Workspace, bool]]:
    """The workspace that numbers the common key of rows, and whether there is one."""
    plugin, plan = solver.plugin(), solver.plan()
    if plugin is not None and plan is not None and plan.common:
        with key_workspace(plugin, plan.common, config) as workspace:
            yield workspace, True
    else:
        with solver.open(config) as workspace:
            yield workspace, plugin is None


def key_numbers(workspace: Workspace, table: pa.Table) -> pa.Array | pa.ChunkedArray:
    """Numbers of the keys of rows: null for the key null, and for a row whose key has no value."""
    try:
        keys = workspace.shard_keys(table)
    except FloreconError:
        if table.num_rows == 1:
            return pa.nulls(1, pa.uint64())
        half = table.num_rows // 2
        parts = [key_numbers(workspace, part) for part in (table.slice(0, half), table.slice(half))]
        chunks = [chunk for part in parts for chunk in (part.chunks if isinstance(part, pa.ChunkedArray) else [part])]
        return pa.chunked_array(chunks, pa.uint64())
    null = pa.scalar(NULL_KEY, pa.uint64())
    return pc.if_else(pc.equal(keys, null), pa.scalar(None, pa.uint64()), keys)


def located(error: FloreconError, where: str) -> FloreconError:
    """The same error with a place before its message."""
    known = {name: getattr(error, name) for name in ("code", "id", "group_id", "column", "row")}
    return type(error)(f"{where}: {error.message}", **known)


def batches(unit: Unit, names: list[str], columns: Mapping[str, str]) -> Iterator[pa.Table]:
    """The rows of a unit in tables of at most `BATCH` rows, in the declared columns."""
    headers = [columns.get(name, name) for name in names]
    file: Any = pq.ParquetFile(unit.file)
    groups = list(range(unit.first, unit.last + 1))
    for batch in file.iter_batches(batch_size=BATCH, row_groups=groups, columns=headers):
        yield pa.Table.from_batches([batch]).select(headers).rename_columns(names)


# Edges


def edges(job: Job, solver: Solver, staged: Path, classes: Collection[int], path: Path) -> None:
    """Writes the edges of a unit's rows of some classes: a folder with `edges.parquet` and `windows.parquet`.

    An edge is a row with the number of a key; rows with one number are connected.
    """
    plugin, plan = solver.plugin(), solver.plan()
    assert plugin is not None
    assert plan is not None
    numbers = pa.array(sorted(classes), pa.uint64())
    workspaces: dict[int, Workspace] = {}

    def write(part: Path) -> None:
        part.mkdir()
        with (
            pq.ParquetWriter(str(part / "edges.parquet"), EDGES) as plain,
            pq.ParquetWriter(str(part / "windows.parquet"), WINDOWS) as windows,
        ):
            file: Any = pq.ParquetFile(str(staged))
            for batch in file.iter_batches(batch_size=BATCH):
                table = pa.Table.from_batches([batch])
                table = table.filter(pc.is_in(table[COMPONENT], value_set=numbers))
                if table.num_rows:
                    keyed = Keyed(plugin, job.config, table, workspaces)
                    for number, connection in enumerate(plan.connections):
                        if connection.link is Link.WINDOW:
                            windows.write_table(keyed.windows(number, connection))
                        else:
                            plain.write_table(keyed.edges(number, connection))

    finished(path, write)
    for workspace in workspaces.values():
        workspace.close()


class Keyed:
    """A batch of staged rows, and their keys under the connections of a plan; ``workspaces`` are kept over batches."""

    def __init__(
        self, plugin: PluginIr, config: Mapping[str, Any], table: pa.Table, workspaces: dict[int, Workspace]
    ) -> None:
        self.plugin = plugin
        self.config = config
        self.places: list[int] = table[ROW].to_pylist()
        self.table = table.drop_columns([COMPONENT, ROW])
        self._workspaces = workspaces
        self._scopes: list[Scope] | None = None

    def edges(self, number: int, connection: Connection) -> pa.Table:
        """The edges of a connection of equal keys, shared signals or all rows."""
        if connection.link is not Link.SIGNAL:
            parts = (*map(condition, connection.conditions), *connection.keys)
            if not parts:
                return self._table([_number(number, ())] * len(self.places), self.places)
            if number not in self._workspaces:
                self._workspaces[number] = key_workspace(self.plugin, parts, self.config)
            keys: list[int | None] = key_numbers(self._workspaces[number], self.table).to_pylist()
            salt = _number(number, ())  # keys of different connections never meet
            pairs = [(key ^ salt, at) for key, at in zip(keys, self.places, strict=True) if key is not None]
            return self._table([key for key, _ in pairs], [at for _, at in pairs])
        made: list[int] = []
        places: list[int] = []
        for at, scope in zip(self.places, self.scopes(), strict=True):
            for key in row_keys(connection, scope):
                made.append(_number(number, key))
                places.append(at)
        return self._table(made, places)

    def windows(self, number: int, connection: Connection) -> pa.Table:
        """The rows of a connection by neighbours: key, place, order and width."""
        assert connection.order is not None
        assert connection.width is not None
        columns: list[list[int]] = [[], [], [], []]
        for place, scope in zip(self.places, self.scopes(), strict=True):
            for key in row_keys(connection, scope):
                try:
                    order, width = evaluate(connection.order, scope), evaluate(connection.width, scope)
                except EvalError:
                    continue
                if isinstance(order, int) and isinstance(width, int):
                    for column, value in zip(columns, (_number(number, key), place, order, width), strict=True):
                        column.append(value)
        return pa.table(
            [pa.array(each, kind.type) for each, kind in zip(columns, WINDOWS, strict=True)], schema=WINDOWS
        )

    def scopes(self) -> list[Scope]:
        """The scope of each row, for the interpreter."""
        if self._scopes is None:
            self._scopes = scopes_of(self.plugin, self.config, self.table)
        return self._scopes

    def _table(self, keys: list[int], places: list[int]) -> pa.Table:
        return pa.table([pa.array(keys, pa.uint64()), pa.array(places, pa.int64())], schema=EDGES)


def scopes_of(plugin: PluginIr, config: Mapping[str, Any], table: pa.Table) -> list[Scope]:
    """The scope of each row of a table in the declared columns."""
    about = describe(plugin, "")
    rows = conform(table, about).to_table()
    for index, column in enumerate(plugin.columns):
        if column.type.kind is Kind.DATE:
            rows = rows.set_column(index, column.name, rows.column(index).cast(pa.int32()))
    reached = reached_lanes(plugin)
    params = configured(plugin, {}, config)
    found: list[Scope] = []
    for cells in typed_rows(plugin, rows.to_pylist()):
        row = read(plugin, cells, reached)
        found.append(Scope({e.Var.ITEM: Lot(row.id, row.lanes, row.amount, row.amount)}, None, params))
    return found


def _number(connection: int, key: tuple[Plain, ...]) -> int:
    digest = hashlib.blake2b(repr((connection, key)).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest)
