"""Builders of trees, plugins and rows for the tests of the interpreter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from florecon_build.interpreter import Plain, Workspace
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.types import BOOLEAN, DATE, INTEGER, REAL, TEXT, TEXT_LIST, Type, money, tuple_of

MONEY = money(2)
COLUMNS = (
    n.Column(name="id", type=INTEGER, id=True),
    n.Column(name="amount", type=MONEY),
    n.Column(name="key", type=TEXT.with_nullable(True)),
    n.Column(name="day", type=DATE),
    n.Column(name="ref", type=TEXT.with_nullable(True)),
    n.Column(name="alt", type=MONEY.with_nullable(True)),
)
TYPES: dict[str, Type] = {column.name: column.type for column in COLUMNS} | {"tokens": TEXT_LIST}
TOKENS = n.DerivedLane(
    name="tokens",
    value=e.Tokens(
        type=TEXT_LIST,
        operand=e.Lane(type=TYPES["ref"], var=e.Var.ITEM, name="ref"),
        min_length=2,
        with_digit=False,
    ),
)


def lane(name: str, var: e.Var = e.Var.ITEM) -> e.Lane:
    """A column or the lane ``tokens``."""
    return e.Lane(type=TYPES[name], var=var, name=name)


def whole(value: int, type: Type = INTEGER) -> e.Lit:
    """An integer, money or date literal."""
    return e.Lit(type=type, value=value)


def real(value: float) -> e.Lit:
    """A real literal."""
    return e.Lit(type=REAL, value=value)


def compare(op: e.CompareOp, left: e.Value, right: e.Value) -> e.Compare:
    """A comparison."""
    return e.Compare(type=BOOLEAN, op=op, left=left, right=right)


def pair(*parts: e.Value) -> e.MakeTuple:
    """A composite key."""
    return e.MakeTuple(type=tuple_of(*(part.type for part in parts)), operands=parts)


def abs_tol(amount: int | e.Value) -> e.Tolerance:
    """``abs_tol``."""
    return e.Tolerance(op=e.ToleranceOp.ABS, amount=whole(amount) if isinstance(amount, int) else amount)


def rel_tol(bps: int, floor: int = 0) -> e.Tolerance:
    """``rel_tol``."""
    return e.Tolerance(op=e.ToleranceOp.REL, amount=whole(bps), floor=whole(floor))


def rel_max_tol(bps: int, floor: int = 0) -> e.Tolerance:
    """``rel_max_tol``."""
    return e.Tolerance(op=e.ToleranceOp.REL_MAX, amount=whole(bps), floor=whole(floor))


def agg_net(key: e.Value | None = None, tol: e.Tolerance | None = None) -> n.AggNet:
    """``agg_net``, exact unless said."""
    return n.AggNet(key=key, tol=tol or abs_tol(0))


def exact(key: e.Value | None = None, order: e.Value | None = None) -> n.Exact1to1:
    """``exact_1to1``."""
    return n.Exact1to1(key=key, order=order)


def day_gap() -> e.Value:
    """A cost: the days between the two sides."""
    gap = e.Gap(type=INTEGER, left=lane("day", e.Var.A), right=lane("day", e.Var.B))
    return e.Cast(type=REAL, op=e.CastOp.TO_REAL, operand=gap)


def flow(
    cost: e.Value | None = None,
    *,
    penalty: e.Value | None = None,
    window: int | None = None,
    match: Sequence[e.Value] = (),
    cap: int = 256,
    window_cap: int = 256,
) -> n.Flow:
    """``flow``; by default every pair is a candidate at the cost of the days between."""
    if window is None and not match:
        window = 10**6
    return n.Flow(
        penalty=penalty or real(1000.0),
        cost=cost or day_gap(),
        order=None if window is None else lane("day"),
        window=None if window is None else whole(window),
        match_keys=tuple(match),
        bucket_cap=cap,
        window_cap=window_cap,
    )


def seq(*steps: n.Node) -> n.Seq:
    """``seq``."""
    return n.Seq(steps=steps)


def plugin(strategy: n.Node, params: Iterable[n.Param] = (), columns: Sequence[n.Column] = COLUMNS) -> n.PluginIr:
    """A plugin over the test columns, with ``amount`` as the numeraire."""
    return n.PluginIr(
        id="test",
        version="1.0.0",
        columns=tuple(columns),
        lanes=(TOKENS,),
        params=tuple(params),
        numeraire=lane("amount"),
        strategy=strategy,
    )


def row(id: int, amount: int, **columns: Plain) -> dict[str, Plain]:
    """A row; what is not given is null, and the day is 0."""
    blank: dict[str, Plain] = {"key": None, "day": 0, "ref": None, "alt": None}
    return {**blank, "id": id, "amount": amount, **columns}


def solved(strategy: n.Node, rows: Iterable[Mapping[str, Plain]], params: Iterable[n.Param] = ()) -> Workspace:
    """A workspace after one solve."""
    workspace = Workspace(plugin(strategy, params))
    workspace.upsert(rows)
    workspace.solve()
    return workspace


Shape = tuple[tuple[tuple[int | str, int], ...], str, str | None]


def shape(workspace: Workspace) -> list[Shape]:
    """Each group as (members, origin, reason), in report order; what is unmatched included."""
    report = workspace.report()
    members: dict[int, list[tuple[int | str, int]]] = {}
    for allocation in report.allocations:
        members.setdefault(allocation.group_id, []).append((allocation.id, allocation.amount))
    return [(tuple(members[line.group_id]), line.origin, line.reason) for line in report.groups]


def groups(workspace: Workspace) -> list[dict[int | str, int]]:
    """The members of each group that is not an unmatched row, in report order."""
    return [dict(members) for members, origin, _ in shape(workspace) if origin != "unmatched"]


def match(strategy: n.Node, *rows: Mapping[str, Plain]) -> list[dict[int | str, int]]:
    """The groups that a strategy makes of some rows."""
    return groups(solved(strategy, rows))
