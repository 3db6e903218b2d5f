"""Scope: the reads of an expression, and the places where they are allowed."""

from __future__ import annotations

from enum import Enum
from typing import assert_never

from florecon_build.ir import expressions as e
from florecon_build.ir.traversal import value_parts


class Reads(Enum):
    """A dependency of an expression."""

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
        """The reads allowed in this place."""
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
    """The dependencies of a value. The item expressions inside a group's ``span``, ``any``.. are the group's own."""
    match value:
        case e.Lit():
            return _NOTHING
        case e.Lane():
            return frozenset({Reads.LANE if value.var is e.Var.ITEM else Reads.PAIR})
        case e.LotAmount() | e.LotOriginal():
            return frozenset({Reads.LOT if value.var is e.Var.ITEM else Reads.PAIR})
        case e.ParamRef():
            return frozenset({Reads.PARAM})
        case e.ShardKey():
            return frozenset({Reads.SHARD})
        case e.Operation() | e.Compare() | e.Logic() | e.Not() | e.Where() | e.Tier() | e.FirstOf() | e.Lookup():
            return _of_parts(value)
        case e.MakeTuple():
            return _of_parts(value)
        case e.Nets():
            return _of_parts(value) | {Reads.PAIR}
        case e.GroupMetric() | e.GroupClean() | e.GroupUnique():
            return _of_parts(value) | {Reads.GROUP}
        case e.GroupSpan() | e.GroupDistinct() | e.GroupFold() | e.GroupQuantifier():
            return (_of_parts(value) & _SETTING) | {Reads.GROUP}
        case _:
            assert_never(value)


def _of_parts(value: e.Value) -> frozenset[Reads]:
    return _NOTHING.union(*(reads(part) for _, part in value_parts(value)))


def scope_of(found: frozenset[Reads]) -> Scope:
    """The narrowest place in which an expression that reads ``found`` can stand."""
    if Reads.PAIR in found:
        return Scope.PAIR
    if Reads.GROUP in found:
        return Scope.GROUP
    return Scope.ITEM if found & {Reads.LANE, Reads.LOT} else Scope.SETTING


def mixes(found: frozenset[Reads]) -> bool:
    """True where an expression reads things that never exist together: the row at hand, a pair, a group."""
    worlds = (found & {Reads.LANE, Reads.LOT}, found & {Reads.PAIR}, found & {Reads.GROUP})
    return sum(bool(world) for world in worlds) > 1
