"""Keys of rows: a unit of the data set with the number of each row's common key, and the edges of its connections."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate, chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from florecon_build.host import FloreconError, Workspace
from florecon_build.host.decisions.book.tables import plain
from florecon_build.host.frames import conform
from florecon_build.interpreter.bag import Lot
from florecon_build.interpreter.config import configured
from florecon_build.interpreter.environment import Scope
from florecon_build.interpreter.errors import EvalError
from florecon_build.interpreter.evaluate import evaluate, integer
from florecon_build.interpreter.keys import Plain
from florecon_build.interpreter.simulate import typed_rows
from florecon_build.ir import expressions as e
from florecon_build.ir.lanes import lanes_of
from florecon_build.ir.nodes import PluginIr
from florecon_build.ir.traversal import values_in
from florecon_build.ir.types import Kind
from florecon_build.scale.job import Job, Unit, finished
from florecon_build.scale.solver import Solver, condition, key_workspace
from florecon_build.sharding import Connection, Link
from florecon_build.sharding.components import row_keys
from florecon_build.simulation import describe

BATCH = 1 << 16
SAMPLED = 8
"""The most units of which `row_bytes` reads the first rows."""
COMPONENT, ROW = "__component", "__row"
PLACE = "florecon.place"
"""A column of places, which no declared one is called."""
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


def row_bytes(units: Sequence[Unit], names: list[str], columns: Mapping[str, str]) -> float:
    """The bytes of a row in its columns, as of the first rows of some units."""
    step = max(-(-len(units) // SAMPLED), 1)
    sampled = [next(batches(unit, names, columns)) for unit in units[::step] if unit.rows]
    return sum(table.nbytes for table in sampled) / max(sum(table.num_rows for table in sampled), 1)


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
        self.places: pa.ChunkedArray = table[ROW]
        self.table = table.drop_columns([COMPONENT, ROW])
        self._workspaces = workspaces

    def edges(self, number: int, connection: Connection) -> pa.Table:
        """The edges of a connection of equal keys, shared signals or all rows."""
        if connection.link is Link.SIGNAL:
            return self._interpreted(number, connection, EDGES)
        parts = (*map(condition, connection.conditions), *connection.keys)
        salt = pa.scalar(_number(number, ()), pa.uint64())  # keys of different connections never meet
        if not parts:
            return pa.table([pa.repeat(salt, len(self.places)), self.places], schema=EDGES)
        if number not in self._workspaces:
            self._workspaces[number] = key_workspace(self.plugin, parts, self.config)
        keys = key_numbers(self._workspaces[number], self.table)
        has_key = pc.is_valid(keys)
        return pa.table(
            [pc.bit_wise_xor(keys.filter(has_key), salt), self.places.filter(has_key)],
            schema=EDGES,
        )

    def windows(self, number: int, connection: Connection) -> pa.Table:
        """The rows of a connection by neighbours: key, place, order and width."""
        return self._interpreted(number, connection, WINDOWS)

    def _interpreted(self, number: int, connection: Connection, schema: pa.Schema) -> pa.Table:
        """The edges by the interpreter, which is asked once for rows that are equal in all that the keys read."""
        values = [one for one in (connection.signals, connection.order, connection.width) if one is not None]
        values += [*connection.keys, *connection.conditions]
        scopes, alike = distinct_scopes(self.plugin, self.config, self.table, values)
        points = [_points(number, connection, scope) for scope in scopes]
        offsets = pa.array([0, *accumulate(map(len, points))], pa.int32())
        flat = list(zip(*chain.from_iterable(points), strict=True)) or [()] * (len(schema) - 1)
        kinds = [field.type for field in schema if field.name != ROW]
        arrays = [pa.array(column, kind) for column, kind in zip(flat, kinds, strict=True)]
        of_row = pc.list_parent_indices(alike)  # of each row, the distinct one that it is like
        places = self.places.take(pc.list_flatten(alike))
        found: list[Any] = [pc.list_flatten(pa.ListArray.from_arrays(offsets, array).take(of_row)) for array in arrays]
        lengths = pa.ListArray.from_arrays(offsets, pa.nulls(len(arrays[0]), pa.int8())).take(of_row)
        found.insert(1, places.take(pc.list_parent_indices(lengths)))
        return pa.table(found, schema=schema)


def _points(number: int, connection: Connection, scope: Scope | None) -> list[tuple[int, ...]]:
    """The numbers of the keys of a row, each with its order and width in a window."""
    if scope is None:
        return []
    point: tuple[int, ...] = ()
    if connection.order is not None and connection.width is not None:
        try:
            order, width = evaluate(connection.order, scope), evaluate(connection.width, scope)
        except EvalError:
            return []
        if not isinstance(order, int) or not isinstance(width, int):
            return []
        point = (order, width)
    return [(_number(number, key), *point) for key in row_keys(connection, scope)]


def distinct_scopes(
    plugin: PluginIr, config: Mapping[str, Any], table: pa.Table, values: Sequence[e.Value]
) -> tuple[list[Scope | None], pa.ListArray]:
    """A scope for each of the rows that differ in what some values read, and the places of the rows that it is of.

    It is None where a lane has no value: an upsert of such a row ends with that error.
    """
    reached = lanes_of(plugin, values)
    dates = {column.name for column in plugin.columns if column.type.kind is Kind.DATE}
    names = [column.name for column in plugin.columns if column.name in reached] or [plugin.columns[0].name]
    read = plain(conform(table, describe(plugin, "")).to_table()).select(names)
    for index, name in enumerate(names):
        if name in dates:
            read = read.set_column(index, name, read[name].cast(pa.int32()))
    places = pa.array(range(table.num_rows), pa.int64())
    grouped: Any = read.append_column(PLACE, places).group_by(names, use_threads=False)
    distinct = grouped.aggregate([(PLACE, "list")])
    lanes = [lane for lane in plugin.lanes if lane.name in reached]
    has_amount = any(isinstance(inside, (e.LotAmount, e.LotOriginal)) for one in values for inside in values_in(one))
    params = configured(plugin, {}, config)

    def scope_of(cells: dict[str, Plain]) -> Scope | None:
        scope = Scope({e.Var.ITEM: Lot(0, cells, 0, 0)}, None, params)
        try:
            for lane in lanes:
                cells[lane.name] = evaluate(lane.value, scope)
            if not has_amount:
                return scope
            amount = integer(plugin.numeraire, scope)
        except EvalError:
            return None
        return scope.at(Lot(0, cells, amount, amount))

    scopes = [scope_of(cells) for cells in typed_rows(plugin, distinct.select(names).to_pylist())]
    return scopes, distinct[f"{PLACE}_list"].combine_chunks()


def _number(connection: int, key: tuple[Plain, ...]) -> int:
    digest = hashlib.blake2b(repr((connection, key)).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest)
