"""Scope: what an expression reads, and where it may therefore stand."""

from __future__ import annotations

from enum import Enum

from florecon_build.ir import expressions as e
from florecon_build.ir.traversal import value_parts


class Reads(Enum):
    """What an expression can depend on."""

    LANE = "a lane of the row"
    LOT = "the lot of the row"
    PAIR = "a side of a pair"
    GROUP = "a group"
    PARAM = "a param"
    SHARD = "a shard key"


class Scope(Enum):
    """A kind of place for an expression. The value says what stands there, in words."""

    LANE = "a row expression over columns and lanes"
    ITEM = "a row expression"
    PAIR = "a pair expression over a and b"
    GROUP = "a group expression over g"
    SETTING = "a constant, a param or a shard key"

    @property
    def allowed(self) -> frozenset[Reads]:
        """What an expression in this place may read."""
        return _ALLOWED[self]


_SETTING = frozenset({Reads.PARAM, Reads.SHARD})
_ALLOWED = {
    Scope.LANE: frozenset({Reads.LANE}),
    Scope.ITEM: _SETTING | {Reads.LANE, Reads.LOT},
    Scope.PAIR: _SETTING | {Reads.PAIR},
    Scope.GROUP: _SETTING | {Reads.GROUP},
    Scope.SETTING: _SETTING,
}

_NOTHING: frozenset[Reads] = frozenset()


def reads(value: e.Value) -> frozenset[Reads]:
    """What a value depends on. The item expressions inside a group's ``span``, ``any``.. are the group's own
    business.
    """
    match value:
        case e.Lane() | e.LotAmount() | e.LotOriginal():
            if value.var is not e.Var.ITEM:
                return frozenset({Reads.PAIR})
            return frozenset({Reads.LANE if isinstance(value, e.Lane) else Reads.LOT})
        case e.ParamRef():
            return frozenset({Reads.PARAM})
        case e.ShardKey():
            return frozenset({Reads.SHARD})
        case e.GroupMetric():
            return frozenset({Reads.GROUP})
        case e.GroupSpan() | e.GroupDistinct() | e.GroupQuantifier():
            inner = value.predicate if isinstance(value, e.GroupQuantifier) else value.operand
            return (reads(inner) & _SETTING) | {Reads.GROUP}
        case _:
            own: frozenset[Reads] = _NOTHING
            if isinstance(value, e.Nets):
                own = frozenset({Reads.PAIR})
            elif isinstance(value, e.GroupClean):
                own = frozenset({Reads.GROUP})
            return own.union(*(reads(part) for _, part in value_parts(value)))


def scope_of(found: frozenset[Reads]) -> Scope:
    """The narrowest place in which an expression that reads ``found`` can stand."""
    if Reads.PAIR in found:
        return Scope.PAIR
    if Reads.GROUP in found:
        return Scope.GROUP
    return Scope.ITEM if found & {Reads.LANE, Reads.LOT} else Scope.SETTING


def mixes(found: frozenset[Reads]) -> bool:
    """Whether an expression reads things that never exist together: the row at hand, a pair, a group."""
    worlds = (found & {Reads.LANE, Reads.LOT}, found & {Reads.PAIR}, found & {Reads.GROUP})
    return sum(bool(world) for world in worlds) > 1
