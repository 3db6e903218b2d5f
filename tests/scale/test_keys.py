"""Keys of staged rows by signal and window, against the reference interpreter row by row."""

from __future__ import annotations

from collections import defaultdict
from typing import cast

import pyarrow as pa
import pytest

from florecon_build.interpreter import Plain
from florecon_build.interpreter.bag import Lot
from florecon_build.interpreter.environment import Scope
from florecon_build.interpreter.errors import ModelError
from florecon_build.interpreter.evaluate import evaluate
from florecon_build.interpreter.ingest import read
from florecon_build.ir.expressions import Constant, Var
from florecon_build.ir.lanes import reached_lanes
from florecon_build.ir.nodes import PluginIr
from florecon_build.scale.keys import COMPONENT, ROW, Keyed
from florecon_build.sharding import Connection, Link, shard_plan
from florecon_build.sharding.components import row_keys
from tests.differential.compare import table
from tests.sharding.divided import Row
from tests.sharding.test_shard_plan import drawn

Members = frozenset[tuple[int, ...]]


def by_row(plugin: PluginIr, connection: Connection, rows: list[Row]) -> set[Members]:
    """The places of the rows of each key, with their order and width in a window."""
    params: dict[str, Plain] = {param.name: param.default for param in plugin.params}
    found: defaultdict[object, set[tuple[int, ...]]] = defaultdict(set)
    for place, given in enumerate(rows):
        row = read(plugin, given, reached_lanes(plugin))
        scope = Scope({Var.ITEM: Lot(row.id, row.lanes, row.amount, row.amount)}, None, params)
        for key in row_keys(connection, scope):
            point = [evaluate(value, scope) for value in (connection.order, connection.width) if value is not None]
            if None not in point:
                found[key].add((place, *cast("list[int]", point)))
    return set(map(frozenset, found.values()))


def by_batch(plugin: PluginIr, number: int, connection: Connection, rows: list[Row]) -> set[Members]:
    staged = table(plugin.columns, cast("list[dict[str, Constant]]", rows))
    staged = staged.append_column(COMPONENT, pa.nulls(len(rows), pa.uint64()))
    keyed = Keyed(plugin, {}, staged.append_column(ROW, pa.array(range(len(rows)), pa.int64())), {})
    made = keyed.windows(number, connection) if connection.link is Link.WINDOW else keyed.edges(number, connection)
    found: defaultdict[int, set[tuple[int, ...]]] = defaultdict(set)
    for key, *members in zip(*made.to_pydict().values(), strict=True):
        found[key].add(tuple(members))
    return set(map(frozenset, found.values()))


@pytest.mark.slow
@pytest.mark.parametrize("link", [Link.SIGNAL, Link.WINDOW])
def test_keys_of_a_batch_are_those_of_its_rows(link: Link) -> None:
    compared = 0
    for seed in range(200):
        plugin, rows = drawn(seed)
        rows += [{**row, "row_id": 1000 + at} for at, row in enumerate(rows[::2])]  # of equal rows each has its edges
        for number, connection in enumerate(shard_plan(plugin).connections):
            if connection.link is link:
                try:
                    expected = by_row(plugin, connection, rows)
                except ModelError:
                    continue
                assert by_batch(plugin, number, connection, rows) == expected, seed
                compared += bool(expected)
    assert compared > 20
