"""Components of a small ledger, by the reference interpreter: rows connected directly or through others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from florecon_build.interpreter.bag import Lot
from florecon_build.interpreter.environment import Scope
from florecon_build.interpreter.errors import EvalError
from florecon_build.interpreter.evaluate import evaluate
from florecon_build.interpreter.ingest import Row
from florecon_build.interpreter.keys import Plain, key_of, keys_of
from florecon_build.ir import expressions as e
from florecon_build.sharding.connections import Connection, Link

Key = tuple[Plain, ...]


def components(found: Sequence[Connection], rows: Sequence[Row], params: Mapping[str, Plain]) -> list[list[int]]:
    """The places of the rows of each component, ascending, components by their first row."""
    parent = list(range(len(rows)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    for connection in found:
        for left, right in edges(connection, rows, params):
            one, other = sorted((root(left), root(right)))
            parent[other] = one
    sets: dict[int, list[int]] = {}
    for at in range(len(rows)):
        sets.setdefault(root(at), []).append(at)
    return list(sets.values())


def edges(connection: Connection, rows: Sequence[Row], params: Mapping[str, Plain]) -> Iterator[tuple[int, int]]:
    """Pairs of places of rows that a connection joins, so many that whatever it joins is joined through them."""
    scopes = [Scope({e.Var.ITEM: Lot(row.id, row.lanes, row.amount, row.amount)}, None, params) for row in rows]
    if connection.link is Link.WINDOW:
        yield from _neighbours(connection, scopes)
        return
    first: dict[Key, int] = {}
    for at, scope in enumerate(scopes):
        for key in row_keys(connection, scope):
            yield first.setdefault(key, at), at


def row_keys(connection: Connection, scope: Scope) -> list[Key]:
    """The keys of a row under a connection: none where a part is null, a condition fails, or has no value.

    A row for which a key cannot be computed is not connected by it: if it ever comes to the node, the solve ends with
    that error.
    """
    try:
        if not all(evaluate(condition, scope) for condition in connection.conditions):
            return []
        key = tuple(key_of(evaluate(value, scope)) for value in connection.keys)
        if None in key:
            return []
        if connection.signals is None:
            return [key]
        signals = keys_of(evaluate(connection.signals, scope), connection.signals.type)
    except EvalError:
        return []
    return [(*key, signal) for signal in signals]


def _neighbours(connection: Connection, scopes: Sequence[Scope]) -> Iterator[tuple[int, int]]:
    assert connection.order is not None
    assert connection.width is not None
    lines: dict[Key, list[tuple[int, int, int]]] = {}
    for at, scope in enumerate(scopes):
        for key in row_keys(connection, scope):
            try:
                order, width = evaluate(connection.order, scope), evaluate(connection.width, scope)
            except EvalError:
                continue
            if isinstance(order, int) and isinstance(width, int):
                lines.setdefault(key, []).append((order, at, width))
    for line in lines.values():
        line.sort()
        for (before, left, width), (after, right, _) in pairwise(line):
            if after - before <= width:
                yield left, right
