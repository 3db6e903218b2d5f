"""Connections: for each node of a strategy, the keys by which it can bring two rows together.

A connection is a superset of what the node does: rows that share no connection are never in one bag's bucket, window or
group. Keys are expressions over a fresh row: shard keys and the amounts of `pivot` are substituted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import assert_never

from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.scope import Reads, reads
from florecon_build.ir.traversal import Place, map_values, public_name, walk
from florecon_build.ir.types import BOOLEAN, INTEGER, Kind


class Link(Enum):
    """The way in which a node brings two rows together; the value says it in words."""

    KEY = "equal keys"
    SIGNAL = "a shared signal"
    WINDOW = "neighbours in order, at most the window apart"
    ALL = "any two rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Rows that one node can bring together.

    Two rows are connected where all ``keys`` are equal and none is null, and, as ``link`` says, they share an element
    of ``signals``, or no gap above ``width`` lies between them in ``order``. ``conditions`` hold for every row that the
    node can get. ``cap`` is the number of lots from which the node passes a key over. ``lost`` says why a part of the
    node's own key does not count.
    """

    place: Place
    link: Link
    keys: tuple[e.Value, ...]
    conditions: tuple[e.Value, ...] = ()
    signals: e.Value | None = None
    order: e.Value | None = None
    width: e.Value | None = None
    cap: int | None = None
    lost: str = ""
    fix: str = ""


def connections(plugin: n.PluginIr) -> list[Connection]:
    """The connections of a plugin's strategy, in the order of its nodes."""
    visit = _Visit(walk(plugin.strategy), {lane.name: lane.value for lane in plugin.lanes})
    visit.node(0, _Around(), whole=True)
    return visit.found


@dataclass(frozen=True, slots=True)
class _Around:
    """Surroundings of a node: the partition keys, the conditions, the key of each binder, the numeraire of `pivot`."""

    keys: tuple[e.Value, ...] = ()
    conditions: tuple[e.Value, ...] = ()
    bound: Mapping[int, e.Value] = field(default_factory=dict[int, e.Value])
    pivot: e.Value | None = None
    pivoted: bool = False


class _Varies(Exception):
    """An expression that reads what earlier nodes leave of a lot: it is no function of the row."""


AMOUNT = e.LotAmount(type=INTEGER, var=e.Var.ITEM)
ZERO = e.Lit(type=INTEGER, value=0)
NO_KEY = "it has no key"
LEFT_OVER = "it reads what is left of a lot, and `flow` before it can leave a part"
CHOICE = "it chooses one strategy for all its rows together"
PASSES = "its passes go on for all its rows together, and are counted so"


class _Visit:
    """Pre-order visit. ``whole`` says that every lot still has its row's whole amount; only `flow` divides a lot."""

    def __init__(self, places: list[Place], lanes: Mapping[str, e.Value]) -> None:
        self.places = places
        self.below: list[list[int]] = [[] for _ in places]
        for place in places:
            if place.parent is not None:
                self.below[place.parent].append(place.id)
        self.lanes = lanes
        self.found: list[Connection] = []

    def inner(self, place: Place, around: _Around, *, whole: bool) -> bool:
        """The only node below a place."""
        return self.node(self.below[place.id][0], around, whole=whole)

    def node(self, number: int, around: _Around, *, whole: bool) -> bool:
        """Notes the connections of a node and below it; returns whether lots are whole after it."""
        place = self.places[number]
        node = place.node
        match node:
            case n.Identity():
                return whole
            case n.Seq():
                for step in self.below[number]:
                    whole = self.node(step, around, whole=whole)
                return whole
            case n.PartitionBy():
                return self.inner(place, self.within(node.key, around, whole), whole=whole)
            case n.PartitionByWith():
                inside = self.within(node.key, around, whole)
                bound = {**around.bound, node.binder: node.key}
                return self.inner(place, replace(inside, bound=bound), whole=whole)
            case n.PartitionByTable():
                return self.table(place, node, around, whole)
            case n.When():
                self.inner(place, self.where(node.predicate, around, whole), whole=whole)
                return whole and not splits(node)
            case n.Windowed():
                self.window(place, node.order, node.width, around, whole)
                return whole and not splits(node)
            case n.Pivot():
                self.inner(place, self.numeraire(node, around, whole), whole=whole)
                return whole and not splits(node)
            case n.FixedPoint():
                if node.max_passes == 1:
                    return self.inner(place, around, whole=whole)
                self.everything(place, around, PASSES, f"put partition_by(..) around {public_name(node)}")
                return whole and not splits(node)
            case n.BestOf():
                self.everything(place, around, CHOICE, f"put partition_by(..) around {public_name(node)}")
                return whole and not splits(node)
            case n.Labeled() | n.AcceptIf() | n.Coalesce() | n.Trim() | n.Snap() | n.WholeOnly() | n.Reclaim():
                return self.inner(place, around, whole=whole)
            case n.Exact1to1():
                size = e.Unary(type=INTEGER, op=e.UnaryOp.ABS, operand=AMOUNT)
                self.keyed(place, node.key, around, whole, more=(size,))
                return whole
            case n.AggNet() | n.RunningZero() | n.SubsetNet() | n.AnchoredSubset():
                self.keyed(place, node.key, around, whole)
                return whole
            case n.SignalGroup() | n.ReferenceNet():
                self.joined(place, node.signals, node.cap, around, whole)
                return whole
            case n.Flow():
                for value in node.match_keys:
                    self.joined(place, value, node.bucket_cap, around, whole)
                if node.order is not None and node.window is not None:
                    self.window(place, node.order, node.window, around, whole)
                return False
            case n.SoakAll() | n.SoakSmall() | n.SoakIf():
                if node.mode is n.SoakMode.BUCKET:
                    self.keyed(place, node.key, around, whole)
                return whole
            case _:
                assert_never(node)

    # Surroundings

    def within(self, key: e.Value, around: _Around, whole: bool) -> _Around:
        """The inside of a partition. A key that varies divides nothing here."""
        found, _ = self.atoms([key], around, whole)
        return replace(around, keys=tuple(dict.fromkeys((*around.keys, *found))))

    def where(self, predicate: e.Value, around: _Around, whole: bool) -> _Around:
        try:
            condition = self.resolve(predicate, around, whole)
        except _Varies:
            return around
        return replace(around, conditions=(*around.conditions, condition))

    def table(self, place: Place, node: n.PartitionByTable, around: _Around, whole: bool) -> bool:
        inside = self.within(node.key, around, whole)
        after = True
        cases: list[e.Value] = []
        for (key, _), case in zip(node.cases, self.below[place.id], strict=False):
            chosen = equals(node.key, key)
            cases.extend([] if chosen is None else [chosen])
            here = inside if chosen is None else self.where(chosen, inside, whole)
            after &= self.node(case, here, whole=whole)
        for chosen in cases:
            inside = self.where(e.Not(type=BOOLEAN, operand=chosen), inside, whole)
        return self.node(self.below[place.id][-1], inside, whole=whole) and after

    def numeraire(self, node: n.Pivot, around: _Around, whole: bool) -> _Around:
        """Inside a pivot a whole lot has its row's amount there; a row without one does not enter."""
        try:
            value = self.resolve(node.amount, around, whole)
        except _Varies:
            return replace(around, pivot=None, pivoted=True)
        if value.type.nullable:
            kind = value.type.with_nullable(False)
            value = e.FirstOf(type=kind, operands=(value, e.Lit(type=kind, value=0)))
        if value.type.kind is Kind.MONEY:
            value = e.Cast(type=INTEGER, op=e.CastOp.TO_MINOR, operand=value)
        enters = e.Compare(type=BOOLEAN, op=e.CompareOp.NE, left=value, right=ZERO)
        return replace(around, conditions=(*around.conditions, enters), pivot=value, pivoted=True)

    # Connections

    def add(
        self,
        place: Place,
        link: Link,
        around: _Around,
        keys: tuple[e.Value, ...],
        *,
        signals: e.Value | None = None,
        order: e.Value | None = None,
        width: e.Value | None = None,
        cap: int | None = None,
        lost: str = "",
        fix: str = "",
    ) -> None:
        self.found.append(
            Connection(
                place=place,
                link=link,
                keys=keys,
                conditions=around.conditions,
                signals=signals,
                order=order,
                width=width,
                cap=cap,
                lost=lost,
                fix=fix,
            )
        )

    def everything(self, place: Place, around: _Around, lost: str, fix: str) -> None:
        self.add(place, Link.ALL, around, around.keys, lost=lost, fix=fix)

    def keyed(
        self,
        place: Place,
        own: e.Value | None,
        around: _Around,
        whole: bool,
        *,
        more: tuple[e.Value, ...] = (),
        cap: int | None = None,
    ) -> None:
        """A node that looks at the lots of equal keys; ``more`` divides further where it is a function of the row."""
        found, lost = self.atoms([] if own is None else [own], around, whole)
        further, _ = self.atoms(more, around, whole)
        name = public_name(place.node)
        if found or further:
            keys = dict.fromkeys((*around.keys, *found, *further))
            self.add(place, Link.KEY, around, tuple(keys), cap=cap, lost=lost)
        elif lost:
            fix = f"give {name} a key that reads columns only, or put partition_by(..) around it"
            self.everything(place, around, lost, fix)
        else:
            self.everything(place, around, NO_KEY, f"give {name} a key, or put partition_by(..) around it")

    def joined(self, place: Place, value: e.Value, cap: int, around: _Around, whole: bool) -> None:
        """A node that looks at the lots that share a signal, or a key of one entry of ``match_keys``."""
        if value.type.kind is not Kind.LIST:
            self.keyed(place, value, around, whole, cap=cap)
            return
        try:
            signals = self.resolve(value, around, whole)
        except _Varies:
            self.everything(place, around, LEFT_OVER, "make the signals of columns only")
            return
        self.add(place, Link.SIGNAL, around, around.keys, signals=signals, cap=cap)

    def window(self, place: Place, order: e.Value, width: e.Value, around: _Around, whole: bool) -> None:
        name = public_name(place.node)
        try:
            at, span = self.resolve(order, around, whole), self.resolve(width, around, whole)
        except _Varies:
            fix = f"order {name} by a column, or put partition_by(..) around it"
            self.everything(place, around, LEFT_OVER, fix)
            return
        self.add(place, Link.WINDOW, around, around.keys, order=at, width=span)

    # Expressions

    def atoms(self, values: Iterable[e.Value], around: _Around, whole: bool) -> tuple[list[e.Value], str]:
        """The parts of a key that are functions of the row, each once; and why another part does not count."""
        found: list[e.Value] = []
        lost = ""
        for value in values:
            for part in self.parts(value):
                if not reads(part) & {Reads.LANE, Reads.LOT}:
                    continue  # equal within the shard
                try:
                    atom = self.resolve(part, around, whole)
                except _Varies:
                    lost = LEFT_OVER
                    continue
                if atom not in found:
                    found.append(atom)
        return found, lost

    def parts(self, value: e.Value) -> Iterator[e.Value]:
        """The parts of a tuple, also of one that a lane holds."""
        if isinstance(value, e.MakeTuple):
            for operand in value.operands:
                yield from self.parts(operand)
        elif isinstance(value, e.Lane) and isinstance(made := self.lanes.get(value.name), e.MakeTuple):
            yield from self.parts(made)
        else:
            yield value

    def resolve(self, value: e.Value, around: _Around, whole: bool) -> e.Value:
        """The expression over a fresh row. Raises ``_Varies`` where it is none."""

        def change(part: e.Value) -> e.Value:
            match part:
                case e.ShardKey():
                    return self.shard_key(part, around, whole)
                case e.LotAmount():
                    return self.amount(around, whole, part)
                case e.LotOriginal():
                    return self.amount(around, whole or not around.pivoted, part)
                case _:
                    return part

        return map_values(value, change)

    def amount(self, around: _Around, known: bool, part: e.Value) -> e.Value:
        if not known or (around.pivoted and around.pivot is None):
            raise _Varies
        return part if around.pivot is None else around.pivot

    def shard_key(self, key: e.ShardKey, around: _Around, whole: bool) -> e.Value:
        """The key of a shard as the row has it; the rows of a shard have one that is not null."""
        value = around.bound[key.binder]
        if key.part is not None:
            operands = list(self._operands(value))
            if len(operands) <= key.part:
                raise _Varies
            value = operands[key.part]
        if value.type.kind in {Kind.TUPLE, Kind.LIST}:
            raise _Varies
        outside = replace(around, bound={k: v for k, v in around.bound.items() if k < key.binder})
        value = self.resolve(value, outside, whole)
        if not value.type.nullable:
            return value
        kind = value.type.with_nullable(False)
        return e.FirstOf(type=kind, operands=(value, e.Lit(type=kind, value=_PLAIN[kind.kind])))

    def _operands(self, value: e.Value) -> tuple[e.Value, ...]:
        made = self.lanes.get(value.name) if isinstance(value, e.Lane) else value
        return made.operands if isinstance(made, e.MakeTuple) else ()


_PLAIN: dict[Kind, e.Constant] = {
    Kind.INTEGER: 0,
    Kind.REAL: 0.0,
    Kind.TEXT: "",
    Kind.MONEY: 0,
    Kind.DATE: 0,
    Kind.BOOLEAN: False,
}


def splits(node: n.Node) -> bool:
    """True where a node can leave a part of a lot: it holds a `flow`."""
    return isinstance(node, n.Flow) or any(splits(child) for child in n.children(node))


def equals(key: e.Value, constant: e.Constant | tuple[e.Constant, ...]) -> e.Value | None:
    """The condition that a key has a value of a table; None where it cannot be written as one."""
    if not isinstance(constant, tuple):
        return e.Lookup(type=BOOLEAN, operand=key, table=((constant, True),), default=False)
    if not isinstance(key, e.MakeTuple):
        return None
    parts = [equals(part, of) for part, of in zip(key.operands, constant, strict=True)]
    whole: e.Value | None = None
    for part in parts:
        if part is None:
            return None
        whole = part if whole is None else e.Logic(type=BOOLEAN, op=e.LogicOp.AND, left=whole, right=part)
    return whole
