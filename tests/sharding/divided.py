"""A ledger solved whole and component by component, by the reference interpreter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields

from florecon_build.interpreter import ModelError, Plain, Workspace
from florecon_build.interpreter.ingest import read
from florecon_build.interpreter.stages import Stage
from florecon_build.ir.lanes import reached_lanes
from florecon_build.ir.nodes import PluginIr
from florecon_build.sharding import components, shard_plan

Row = dict[str, Plain]


@dataclass(frozen=True, slots=True)
class Solved:
    """Groups by their members, with origin, reason, node and uniqueness; what is open of each row; stage counters."""

    groups: list[tuple[object, ...]]
    rows: list[tuple[object, ...]]
    stages: list[tuple[object, ...]]


def whole(plugin: PluginIr, rows: Sequence[Row]) -> Solved:
    """One workspace over all rows. Raises `ModelError`."""
    workspace = Workspace(plugin)
    workspace.upsert(rows)
    workspace.solve()
    return solved([workspace])


def parts(plugin: PluginIr, rows: Sequence[Row]) -> list[list[Row]]:
    """The rows of each component."""
    reached = reached_lanes(plugin)
    held = [read(plugin, row, reached) for row in rows]
    params: dict[str, Plain] = {param.name: param.default for param in plugin.params}
    found = components(shard_plan(plugin).connections, held, params)
    return [[rows[at] for at in component] for component in found]


def divided(plugin: PluginIr, rows: Sequence[Row]) -> Solved:
    """A workspace for each component, put together. Raises `ModelError`."""
    workspaces: list[Workspace] = []
    for part in parts(plugin, rows):
        workspaces.append(Workspace(plugin))
        workspaces[-1].upsert(part)
        workspaces[-1].solve()
    return solved(workspaces or [Workspace(plugin)])


def solved(workspaces: Sequence[Workspace]) -> Solved:
    groups: list[tuple[object, ...]] = []
    rows: list[tuple[object, ...]] = []
    for workspace in workspaces:
        report = workspace.report()
        members: defaultdict[int, list[tuple[object, int]]] = defaultdict(list)
        for piece in report.allocations:
            members[piece.group_id].append((piece.id, piece.amount))
        groups += [
            (
                sorted(members[g.group_id], key=str),
                g.origin,
                g.reason,
                g.node,
                g.unique,
                g.net,
                g.size,
                g.max_abs,
                g.min_side,
            )
            for g in report.groups
        ]
        rows += [(line.id, line.amount, line.matched, line.residual) for line in workspace.rows()]
    return Solved(sorted(groups, key=str), sorted(rows, key=str), added(workspaces))


def added(workspaces: Sequence[Workspace]) -> list[tuple[object, ...]]:
    """Stage counters of all, node by node; what is no counter is the same in each."""
    lines: list[tuple[object, ...]] = []
    for same in zip(*(workspace.stages() for workspace in workspaces), strict=True):
        lines.append(tuple(_add([getattr(stage, item.name) for stage in same], item.name) for item in fields(Stage)))
    return lines


def _add(values: list[object], name: str) -> object:
    numbers = [value for value in values if isinstance(value, int)]
    if name == "node" or len(numbers) < len(values):
        assert len(set(map(str, values))) == 1
        return values[0]
    return sum(numbers)


def outcome(run: object, plugin: PluginIr, rows: Sequence[Row]) -> Solved | None:
    """What a way of solving comes to; None where it ends with an error."""
    try:
        return run(plugin, rows)  # type: ignore[operator]
    except ModelError:
        return None
