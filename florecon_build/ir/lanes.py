"""Reachable lanes: those that the numeraire or a strategy reads, and those that they are computed from; the columns
with totals of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.traversal import value_parts, values_in


def reached_lanes(plugin: n.PluginIr, strategies: Iterable[n.Node] | None = None) -> frozenset[str]:
    """The names of the columns and derived lanes that are reached, directly or through other lanes.

    A derived lane that is not reached is never computed, so it cannot fail either. ``strategies`` stand in for the
    plugin's own: a module that holds several computes what any of them reaches.

    >>> import florecon_build as fb
    >>> ledger = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
    >>> row = ledger.derive(twice=ledger.amount * 2, head=ledger.account.left(3))
    >>> plugin = fb.Plugin("acme.demo", "1.0.0", rows=row, numeraire=row.amount, strategy=fb.agg_net(row.head))
    >>> sorted(reached_lanes(plugin.data))
    ['account', 'amount', 'head']
    """
    found = lane_names(values_in(plugin.numeraire))
    for strategy in (plugin.strategy,) if strategies is None else strategies:
        found |= lane_names(strategy_values(strategy))
    return _with_sources(plugin, found)


def lanes_of(plugin: n.PluginIr, values: Iterable[e.Value]) -> frozenset[str]:
    """The names of the columns and derived lanes that some values reach, amounts of lots through the numeraire.

    >>> import florecon_build as fb
    >>> ledger = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
    >>> row = ledger.derive(head=ledger.account.left(3))
    >>> plugin = fb.Plugin("acme.demo", "1.0.0", rows=row, numeraire=row.amount, strategy=fb.agg_net(row.head))
    >>> sorted(lanes_of(plugin.data, [plugin.data.strategy.key]))
    ['account', 'head']
    """
    read = [inside for value in values for inside in values_in(value)]
    if any(isinstance(value, (e.LotAmount, e.LotOriginal)) for value in read):
        read += values_in(plugin.numeraire)
    return _with_sources(plugin, lane_names(read))


def _with_sources(plugin: n.PluginIr, names: set[str]) -> frozenset[str]:
    """Lanes, and those that they are computed from."""
    for lane in reversed(plugin.lanes):
        if lane.name in names:
            names |= lane_names(values_in(lane.value))
    return frozenset(names)


def amount_column(plugin: n.PluginIr) -> str | None:
    """The column whose minor units are the amounts of reports; None for a numeraire that is computed.

    >>> import florecon_build as fb
    >>> ledger = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2))
    >>> row = ledger.derive(same=ledger.amount, turned=-ledger.amount)
    >>> def of(numeraire):
    ...     plugin = fb.Plugin("acme.demo", "1.0.0", rows=row, numeraire=numeraire, strategy=fb.agg_net())
    ...     return amount_column(plugin.data)
    >>> [of(row.amount), of(row.same), of(row.turned)]
    ['amount', 'amount', None]
    """
    lanes = {lane.name: lane.value for lane in plugin.lanes}
    value = plugin.numeraire
    while isinstance(value, e.Lane) and value.name in lanes:
        value = lanes[value.name]
    return value.name if isinstance(value, e.Lane) else None


def shard_columns(plugin: n.PluginIr, strategies: Iterable[n.Node] | None = None) -> tuple[str, ...]:
    """The columns that the keys of partitions inside no other are computed from: one of these is that of the shards.

    ``strategies`` stand in for the plugin's own, as for `reached_lanes`.

    >>> import florecon_build as fb
    >>> ledger = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
    >>> row = ledger.derive(head=ledger.account.left(3))
    >>> divided = fb.partition_by(row.head, fb.agg_net(row.amount))
    >>> shard_columns(fb.Plugin("acme.demo", "1.0.0", rows=row, numeraire=row.amount, strategy=divided).data)
    ('account',)
    """
    keys = [key for node in strategies or (plugin.strategy,) for key in _shard_keys(node)]
    reached = lanes_of(plugin, keys)
    return tuple(column.name for column in plugin.columns if column.name in reached)


def _shard_keys(node: n.Node) -> Iterator[e.Value]:
    if isinstance(node, (n.PartitionBy, n.PartitionByTable, n.PartitionByWith)):
        yield node.key
    else:
        for child in n.children(node):
            yield from _shard_keys(child)


def dimensions(plugin: n.PluginIr) -> list[tuple[str, str]]:
    """The declared columns with totals of their own, each with its setting: ``[("currency", "ccy")]``."""
    declared = (("currency", plugin.currency), ("account", plugin.account))
    return [(setting, column) for setting, column in declared if column is not None]


def lane_names(values: Iterable[e.Value]) -> set[str]:
    """The names of the lanes among some values."""
    return {value.name for value in values if isinstance(value, e.Lane)}


def strategy_values(node: n.Node) -> Iterator[e.Value]:
    """Every value expression in a strategy and every value inside it."""
    for _, value in value_parts(node):
        yield from values_in(value)
    for child in n.children(node):
        yield from strategy_values(child)
