"""Shard plan: the connections of a strategy, the keys that all of them share, and what prevents division."""

from __future__ import annotations

from dataclasses import dataclass

from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.python_printer import show
from florecon_build.sharding.connections import Connection, Link, connections


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """Division of a ledger under a strategy.

    ``common`` are the keys that every connection has: rows in which one of them differs or is null are never brought
    together, and the ledger divides by them alone. Where there are none, rows that are connected directly or through
    others are one component. ``str`` is the plan as text.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), ref=fb.text(), amount=fb.money(scale=2))
    >>> steps = fb.partition_by(rows.account, fb.seq(fb.exact_1to1(rows.ref), fb.agg_net()))
    >>> plan = fb.Plugin("acme.demo", "1.0.0", rows=rows, numeraire=rows.amount, strategy=steps).shard_plan()
    >>> print(plan)
    shard plan of acme.demo 1.0.0
    divides by row.account: rows in which it differs or is null are never brought together
      node 2  exact_1to1: equal keys row.account, row.ref, fb.abs(row.lot.amount)
      node 3  agg_net: any two rows with equal row.account
    >>> plan.divides
    True
    """

    name: str
    connections: tuple[Connection, ...]
    common: tuple[e.Value, ...]

    @property
    def obstacles(self) -> tuple[Connection, ...]:
        """The connections that join any two rows of the ledger, or of those that meet a condition."""
        return tuple(one for one in self.connections if one.link is Link.ALL and not one.keys)

    @property
    def divides(self) -> bool:
        """True unless some node can bring any two rows together."""
        return not any(not one.conditions for one in self.obstacles)

    def __str__(self) -> str:
        lines = [f"shard plan of {self.name}", self._heading()]
        for one in self.connections:
            lines.append(f"  {where(one)}: {sentence(one)}")
            if one.lost and one.link is not Link.ALL:
                lines.append(f"    a part of its key does not count: {one.lost}")
        if self.obstacles:
            lines.append("what prevents division")
            lines += [f"  {where(one)}: {one.lost}; {one.fix}" for one in self.obstacles]
        return "\n".join(lines)

    def _heading(self) -> str:
        if not self.connections:
            return "divides by row: no node brings two rows together"
        if self.common:
            keys = ", ".join(map(show, self.common))
            differs = "one differs" if len(self.common) > 1 else "it differs"
            return f"divides by {keys}: rows in which {differs} or is null are never brought together"
        if self.divides:
            return "divides by components: rows that are connected below, directly or through others, stay together"
        return "does not divide: a node can bring any two rows together"


def shard_plan(plugin: n.PluginIr) -> ShardPlan:
    """The shard plan of a plugin."""
    found = tuple(connections(plugin))
    common = [key for key in found[0].keys if all(key in one.keys for one in found)] if found else []
    return ShardPlan(f"{plugin.id} {plugin.version}", found, tuple(common))


def where(connection: Connection) -> str:
    """The node of a connection, with the author's line."""
    place = connection.place
    span = place.node.span
    line = f" at {span.file}:{span.line}" if span and not span.file.startswith("<") else ""
    return f"node {place.id}  {place.path.rpartition(' > ')[2].partition('[')[0]}{line}"


def sentence(connection: Connection) -> str:
    """The way in which a connection joins rows, in words."""
    keys = ", ".join(map(show, connection.keys))
    within = f" with equal {keys}" if keys else ""
    match connection.link:
        case Link.KEY:
            text = f"equal keys {keys}"
        case Link.SIGNAL:
            assert connection.signals is not None
            text = f"a shared element of {show(connection.signals)}{within}"
        case Link.WINDOW:
            assert connection.order is not None
            assert connection.width is not None
            text = f"neighbours in {show(connection.order)} at most {show(connection.width)} apart{within}"
        case Link.ALL:
            text = f"any two rows{within}"
    conditions = " and ".join(map(show, connection.conditions))
    return f"{text}, where {conditions}" if conditions else text
