"""Explanation of a division: the largest components, what joins their rows, and the effect of a cap."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from florecon_build.interpreter.evaluate import evaluate
from florecon_build.interpreter.keys import key_text
from florecon_build.ir.nodes import PluginIr
from florecon_build.ir.python_printer import show
from florecon_build.scale.divide import Database, assigned, connect, load_edges, staged
from florecon_build.scale.job import Folder, Job
from florecon_build.scale.keys import COMPONENT, ROW, Keyed, distinct_scopes
from florecon_build.scale.solver import Solver
from florecon_build.sharding import ShardPlan
from florecon_build.sharding.plan import sentence, where

LARGEST = 10
KEYS = 3
CAPS = (1000, 256)


@dataclass(frozen=True, slots=True)
class Explained:
    """``components`` are the largest ones: rows, the keys that all their rows share, and what joins the most of them.

    ``str`` is the explanation as text.
    """

    plan: ShardPlan | None
    rows: int
    count: int
    capacity: int
    components: tuple[Component, ...]
    caps: tuple[tuple[int, int], ...]

    def __str__(self) -> str:
        lines = [] if self.plan is None else [str(self.plan), ""]
        lines.append(f"{self.rows:,} rows in {self.count:,} components; a worker has memory for {self.capacity:,} rows")
        for component in self.components:
            over = "  more than a worker has memory for" if component.rows > self.capacity else ""
            lines.append(f"  {component.rows:>12,} rows  {component.key or 'connected'}{over}")
            lines += [f"  {'':>12}   {joined}" for joined in component.joined]
        for cap, largest in self.caps:
            lines.append(f"without keys of more than {cap:,} rows the largest component would have {largest:,} rows")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Component:
    """A component: its rows, the common key of its first row, and the connections whose keys join most of its rows."""

    rows: int
    key: str
    joined: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Look:
    """The staged rows of a run, for questions about single ones."""

    database: Database
    folder: Folder
    job: Job
    plugin: PluginIr
    plan: ShardPlan

    def row(self, place: int) -> pa.Table:
        return self.database.table(f"SELECT * FROM {staged(self.folder)} WHERE {ROW} = {place}")

    def key(self, place: int) -> str:
        """The common key of a row, in words."""
        table, config = self.row(place).drop_columns([COMPONENT, ROW]), self.job.config
        [[scope], _] = distinct_scopes(self.plugin, config, table, self.plan.common)
        parts = [] if scope is None else [(value, evaluate(value, scope)) for value in self.plan.common]
        return ", ".join(f"{show(value)} = {key_text(found, value.type)}" for value, found in parts)

    def joined(self, rows: str, component: int) -> tuple[str, ...]:
        """The keys with most rows of a component, each by the connection that it is of."""
        most = self.database.rows(
            f"SELECT k, count(*) AS n, min(edge.r) FROM edge JOIN ({rows}) c ON edge.r = c.{ROW}"
            f" WHERE c.component = {component} GROUP BY 1 ORDER BY n DESC, 1 LIMIT {KEYS}"
        )
        lines: list[str] = []
        for key, count, place in most:
            keyed = Keyed(self.plugin, self.job.config, self.row(place), {})
            for number, connection in enumerate(self.plan.connections):
                if connection.order is None and key in keyed.edges(number, connection)["key"].to_pylist():
                    over = connection.cap is not None and count > connection.cap
                    cap = f", above its cap of {connection.cap:,}" if over else ""
                    lines.append(f"{count:,} by one key of {where(connection)}: {sentence(connection)}{cap}")
        return tuple(lines)


def explained(database: Database, folder: Folder, job: Job, solver: Solver, classes: list[int]) -> Explained:
    """The largest components of the staged rows."""
    plugin, plan = solver.plugin(), solver.plan()
    rows = assigned(database, folder, classes)
    [(count, alone)] = database.rows(
        f"SELECT count(DISTINCT component), count(*) FILTER (component IS NULL) FROM ({rows})"
    )
    largest = database.rows(
        f"SELECT component, count(*) AS n, min({ROW}) FROM ({rows}) WHERE component IS NOT NULL"
        f" GROUP BY 1 ORDER BY n DESC, 1 LIMIT {LARGEST}"
    )
    if plugin is None or plan is None:
        components = tuple(Component(n, "", ()) for _, n, _ in largest)
        return Explained(None, job.rows, count + alone, job.capacity, components, ())
    look = _Look(database, folder, job, plugin, plan)
    if classes:
        load_edges(database, folder)
    components = tuple(
        Component(n, look.key(place), look.joined(rows, number) if classes else ()) for number, n, place in largest
    )
    caps = tuple((cap, _largest_under(database, cap)) for cap in CAPS) if classes else ()
    return Explained(plan, job.rows, count + alone, job.capacity, components, caps)


def _largest_under(database: Database, cap: int) -> int:
    """The rows of the largest component without the keys of more than ``cap`` rows."""
    connect(database, f"k IN (SELECT k FROM edge GROUP BY k HAVING count(*) <= {cap})")
    [(rows,)] = database.rows("SELECT coalesce(max(n), 1) FROM (SELECT count(*) AS n FROM label GROUP BY l)")
    return int(rows)
