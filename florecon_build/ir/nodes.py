"""Strategy nodes: the closed union of operators on a bag of lots, and the plugin around them.

Data only; ``docs/semantics.md`` gives the meaning of each node. A node's id is its place in a pre-order traversal, from
0 (``children`` gives the order), the same in Python and in the runtime.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import assert_never

from florecon_build.ir.expressions import Constant, Span, Tolerance, Value
from florecon_build.ir.types import Type

OPTIONAL = {"optional": True}
"""Metadata of a field that JSON leaves out where it is null."""


class SoakMode(Enum):
    SINGLETON = "singleton"
    BUCKET = "bucket"


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The source position of a strategy node."""

    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity(Base):
    """Passes everything through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seq(Base):
    """Each step sees the previous one's residual."""

    steps: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionBy(Base):
    """An independent ``inner`` per key; a null key passes through."""

    key: Value
    inner: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionByTable(Base):
    """A strategy per constant key, ``default`` for the others. A tuple key is a tuple of constants."""

    key: Value
    cases: tuple[tuple[Constant | tuple[Constant, ...], Node], ...]
    default: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionByWith(Base):
    """An ``inner`` per key that may read the key as ``ShardKey(binder=...)``."""

    key: Value
    binder: int
    inner: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class When(Base):
    """Items that satisfy ``predicate`` go to ``inner``; the others pass on."""

    predicate: Value
    inner: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Windowed(Base):
    """A sweep of bands of ``width`` over ``order``, carrying what is unmatched forward."""

    order: Value
    width: Value
    inner: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Pivot(Base):
    """``inner`` in another numeraire, translated back exactly."""

    amount: Value
    inner: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedPoint(Base):
    """``inner`` repeated on the residual until it stops changing, at most ``max_passes`` times."""

    inner: Node
    max_passes: int


class Score(Enum):
    """The measure by which one outcome is better than another: the matched value, the matched items, or of as many
    items the fewest groups.
    """

    MATCHED_VALUE = "matched_value"
    MATCHED_ITEMS = "matched_items"
    FEWEST_GROUPS = "fewest_groups"


@dataclass(frozen=True, slots=True, kw_only=True)
class BestOf(Base):
    """Runs each of ``strategies`` on the same bag and keeps the outcome of the highest score, the first of equals."""

    score: Score
    strategies: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labeled(Base):
    """Prefixes the reason of every group with ``tag``."""

    tag: str
    inner: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptIf(Base):
    """Dissolves the groups that fail a group predicate."""

    predicate: Value
    inner: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Coalesce(Base):
    """Makes one group of groups that share a member."""

    origin: str
    inner: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Trim(Base):
    """Cuts small group edges to the residual."""

    tol: Tolerance
    inner: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Snap(Base):
    """Folds small group edges onto the row's largest edge."""

    tol: Tolerance
    inner: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeOnly(Base):
    """Keeps only groups none of whose members has a residual."""

    inner: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Reclaim(Base):
    """Gives each group the whole of its rows, and keeps it if it nets within a tolerance."""

    tol: Tolerance
    inner: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact1to1(Base):
    """Pairs equal and opposite amounts within a key."""

    key: Value | None
    order: Value | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AggNet(Base):
    """Takes a whole bucket that nets within a tolerance and satisfies ``accept``."""

    key: Value | None
    tol: Tolerance
    accept: Value | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalGroup(Base):
    """Groups items that share a signal, net within a tolerance and satisfy ``accept``."""

    signals: Value
    tol: Tolerance
    cap: int
    accept: Value | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceNet(Base):
    """Takes a whole component of items that share signals, directly or through others, and net within a tolerance."""

    signals: Value
    tol: Tolerance
    cap: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningZero(Base):
    """Closes a segment each time the running balance returns to zero and ``accept`` holds."""

    order: Value
    tol: Tolerance
    key: Value | None
    accept: Value | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsetNet(Base):
    """Finds the smallest subsets of a bucket that net within a tolerance and satisfy ``accept``."""

    key: Value | None
    tol: Tolerance
    max_size: int
    budget: int
    accept: Value | None = field(default=None, metadata=OPTIONAL)


class Preference(Enum):
    """The first criterion by which one subset is better than another: its difference, or its number of items."""

    CLOSEST = "closest"
    FEWEST = "fewest"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchoredSubset(Base):
    """Finds the best groups of one anchor and items of the other sign; the public name is ``subset_net``."""

    key: Value | None
    anchor: Value
    tol: Tolerance
    prefer: Preference
    max_size: int | None
    max_left_out: int | None
    budget: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow(Base):
    """The min-cost-flow arbiter. ``order`` and ``window`` come together; ``cost`` is null where a pair is forbidden."""

    penalty: Value
    cost: Value
    order: Value | None
    window: Value | None
    match_keys: tuple[Value, ...]
    bucket_cap: int
    window_cap: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakAll(Base):
    """Classifies everything that is left."""

    origin: str
    mode: SoakMode
    key: Value | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakSmall(Base):
    """Classifies what is within a tolerance of its row's original."""

    tol: Tolerance
    origin: str
    mode: SoakMode
    key: Value | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakIf(Base):
    """Classifies what satisfies an item predicate."""

    predicate: Value
    origin: str
    mode: SoakMode
    key: Value | None


Node = (
    Identity
    | Seq
    | PartitionBy
    | PartitionByTable
    | PartitionByWith
    | When
    | Windowed
    | Pivot
    | FixedPoint
    | BestOf
    | Labeled
    | AcceptIf
    | Coalesce
    | Trim
    | Snap
    | WholeOnly
    | Reclaim
    | Exact1to1
    | AggNet
    | SignalGroup
    | ReferenceNet
    | RunningZero
    | SubsetNet
    | AnchoredSubset
    | Flow
    | SoakAll
    | SoakSmall
    | SoakIf
)
"""The closed union of strategy nodes."""


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below ``node``, in the order in which ids are given."""
    match node:
        case Seq():
            return node.steps
        case BestOf():
            return node.strategies
        case PartitionByTable():
            return (*(case for _, case in node.cases), node.default)
        case (
            PartitionBy()
            | PartitionByWith()
            | When()
            | Windowed()
            | Pivot()
            | FixedPoint()
            | Labeled()
            | AcceptIf()
            | Coalesce()
            | Trim()
            | Snap()
            | WholeOnly()
            | Reclaim()
        ):
            return (node.inner,)
        case (
            Identity()
            | Exact1to1()
            | AggNet()
            | SignalGroup()
            | ReferenceNet()
            | RunningZero()
            | SubsetNet()
            | AnchoredSubset()
            | Flow()
        ):
            return ()
        case SoakAll() | SoakSmall() | SoakIf():
            return ()
        case _:
            assert_never(node)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column that the host ships. ``id`` marks the stable row id, ``display`` the headline amount."""

    name: str
    type: Type
    id: bool = False
    display: bool = False
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedLane:
    """A lane computed once per row, at ingest, from columns and earlier lanes (``Lane(var=Var.ITEM)``)."""

    name: str
    value: Value
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """A value tunable at run time, given at ``init`` or by ``configure``."""

    name: str
    type: Type
    default: Constant
    doc: str
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginIr:
    """A whole plugin: wire schema, lanes, params, numeraire and strategy.

    ``currency`` and ``account`` name text columns whose values have totals of their own in every report; no node reads
    them. In JSON they are absent where they are not declared.
    """

    id: str
    version: str
    columns: tuple[Column, ...]
    lanes: tuple[DerivedLane, ...]
    params: tuple[Param, ...]
    numeraire: Value
    strategy: Node
    currency: str | None = field(default=None, metadata=OPTIONAL)
    account: str | None = field(default=None, metadata=OPTIONAL)
