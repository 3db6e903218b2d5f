"""Random plugin IR generator, typed as the frontend would type it; the emitted Rust must be free of warnings."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir import types as t
from florecon_build.ir.types import Kind, Type

MONEY = t.money(2)
WHOLE = (t.INTEGER, MONEY, t.DATE)
SCALARS = (t.INTEGER, t.REAL, t.TEXT, MONEY, t.DATE, t.BOOLEAN)
PATTERNS = ("INV-([0-9]+)", r"\b\w+[-/]\d{4,}", "日+|größe")
WORDS = ("", "USD", 'say "hi" {x}', "line\nbreak", "größe", "日本", "\\", "a" * 70)

COLUMNS = (
    n.Column(name="row_id", type=t.INTEGER, id=True),
    n.Column(name="company", type=t.TEXT),
    n.Column(name="type", type=t.TEXT),
    n.Column(name="note", type=t.TEXT.with_nullable(True)),
    n.Column(name="a_column_with_quite_a_long_name", type=t.TEXT.with_nullable(True)),
    n.Column(name="another_column_with_a_long_name", type=t.TEXT),
    n.Column(name="quantity", type=t.INTEGER),
    n.Column(name="quantity_or_none", type=t.INTEGER.with_nullable(True)),
    n.Column(name="rate", type=t.REAL),
    n.Column(name="rate_or_none", type=t.REAL.with_nullable(True)),
    n.Column(name="day", type=t.DATE),
    n.Column(name="due", type=t.DATE.with_nullable(True)),
    n.Column(name="flag", type=t.BOOLEAN),
    n.Column(name="flag_or_none", type=t.BOOLEAN.with_nullable(True)),
    n.Column(name="amount", type=MONEY, display=True),
    n.Column(name="fee", type=MONEY.with_nullable(True)),
)
PARAMS = (
    n.Param(name="slack", type=t.INTEGER, default=100, doc='cents "off"'),
    n.Param(name="weight", type=t.REAL, default=0.5, doc=""),
    n.Param(name="region", type=t.TEXT, default="EU", doc=""),
    n.Param(name="cutoff", type=t.DATE, default=20_089, doc=""),
    n.Param(name="strict", type=t.BOOLEAN, default=True, doc=""),
    n.Param(name="seq", type=MONEY, default=5_000, doc="named like a function"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """What an expression may read: sides, params, shard keys, and whether a group is at hand."""

    sides: tuple[e.Var, ...] = (e.Var.ITEM,)
    lot: bool = True
    params: bool = True
    group: bool = False
    shards: tuple[tuple[int, Type], ...] = ()


LANE = Place(lot=False, params=False)
ITEM = Place()
PAIR = Place(sides=(e.Var.A, e.Var.B))
GROUP = Place(sides=(), lot=False, group=True)
SETTING = Place(sides=(), lot=False)


class Drawer:
    """Draws expressions and strategies from one random generator."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.lanes: list[tuple[str, Type]] = [(column.name, column.type) for column in COLUMNS[1:]]
        self.derived: list[n.DerivedLane] = []
        self.binder = 0

    # -- plugins

    def plugin(self, depth: int = 3) -> n.PluginIr:
        """A whole plugin."""
        for index in range(self.rng.randrange(5)):
            kinds = (*SCALARS, t.TEXT_LIST, self.tuple_type())
            value = self.value(self.maybe_null(self.rng.choice(kinds)), LANE, 3)
            name = f"lane_{index}"
            self.derived.append(n.DerivedLane(name=name, value=value, span=self.span()))
            self.lanes.append((name, value.type))
        return n.PluginIr(
            id="acme.random",
            version="1.0.0",
            columns=COLUMNS,
            lanes=tuple(self.derived),
            params=PARAMS,
            numeraire=e.Lane(type=MONEY, var=e.Var.ITEM, name="amount"),
            strategy=self.node(depth, ()),
        )

    def span(self) -> e.Span:
        """A place in a file."""
        return e.Span(file="strategy.py", line=self.rng.randrange(1, 400))

    def maybe_null(self, type: Type) -> Type:
        """The type, now and then nullable."""
        return type if type.kind is Kind.LIST else type.with_nullable(self.rng.random() < 0.3)

    def tuple_type(self) -> Type:
        """A tuple of one to three scalars, often of two texts."""
        if self.rng.random() < 0.3:
            return self.maybe_null(t.tuple_of(t.TEXT, t.TEXT))
        parts = [self.rng.choice(SCALARS) for _ in range(self.rng.randrange(1, 4))]
        return t.tuple_of(*(self.maybe_null(part) for part in parts))

    # -- values

    def located(self, type: Type, place: Place, depth: int = 3) -> e.Value:
        """An expression with a source position."""
        return replace(self.value(type, place, depth), span=self.span())

    def value(self, type: Type, place: Place, depth: int) -> e.Value:
        """An expression of exactly ``type``."""
        if depth > 0:
            makers = self.makers(type, place, depth - 1)
            if makers and self.rng.random() < 0.85:
                return self.rng.choice(makers)()
        return self.leaf(type, place)

    def leaf(self, type: Type, place: Place) -> e.Value:
        """A lane, a param or a constant."""
        found: list[e.Value] = [
            e.Lane(type=kind, var=side, name=name) for name, kind in self.lanes if kind == type for side in place.sides
        ]
        if place.params:
            found += [e.ParamRef(type=p.type, name=p.name) for p in PARAMS if p.type == type]
            found += [e.ShardKey(type=kind, binder=binder) for binder, kind in place.shards if kind == type]
        if place.lot and type == t.INTEGER:
            found += [cls(type=type, var=side) for side in place.sides for cls in (e.LotAmount, e.LotOriginal)]
        if place.group and type == t.BOOLEAN:
            found.append(e.GroupUnique(type=type))
        if place.group and type == t.INTEGER:
            found += [e.GroupMetric(type=type, op=op) for op in e.MetricOp]
        if found and self.rng.random() < 0.9:
            return self.rng.choice(found)
        if type.kind is Kind.LIST:
            return e.Tokens(type=type, operand=self.constant(t.TEXT), min_length=3, with_digit=False)
        if type.kind is Kind.TUPLE:
            nulls = [part.with_nullable(type.nullable) for part in type.parts]
            return e.MakeTuple(type=type, operands=tuple(self.leaf(part, place) for part in nulls))
        return self.constant(type)

    def constant(self, type: Type) -> e.Lit:
        """A literal."""
        rng = self.rng
        if type.nullable and rng.random() < 0.5:
            return e.Lit(type=type, value=None)
        match type.kind:
            case Kind.TEXT:
                return e.Lit(type=type, value=rng.choice(WORDS))
            case Kind.REAL:
                return e.Lit(type=type, value=rng.choice([0.0, 1.0, -1.5, 3.14, 1e-6, 1e22, 0.002]))
            case Kind.BOOLEAN:
                return e.Lit(type=type, value=rng.random() < 0.5)
            case _:
                return e.Lit(type=type, value=rng.choice([0, 1, 7, -3, 20_089, 10**12, -(10**6)]))

    def makers(self, type: Type, place: Place, depth: int) -> list[Callable[[], e.Value]]:
        """Every kind of expression that gives ``type``."""
        rng = self.rng

        def of(kind: Type) -> e.Value:
            return self.value(kind, place, depth)

        def where() -> e.Value:
            sides = [of(type), of(type.with_nullable(False))]
            rng.shuffle(sides)
            return e.Where(type=type, condition=of(t.BOOLEAN), then=sides[0], otherwise=sides[1])

        def first_of() -> e.Value:
            nullable = type.with_nullable(True)
            heads = [of(nullable) for _ in range(rng.randrange(1, 4))]
            return e.FirstOf(type=type, operands=(*heads, of(type)))

        def lookup() -> e.Value:
            kind = self.maybe_null(rng.choice((t.TEXT, t.INTEGER, t.BOOLEAN)))
            operand = of(kind)
            keys = list(dict.fromkeys(self.constant(kind.with_nullable(False)).value for _ in range(3)))
            plain = type.with_nullable(False)
            table = tuple((key, self.constant(plain).value) for key in keys)
            return e.Lookup(type=type, operand=operand, table=table, default=self.constant(type).value)

        if type.kind is Kind.LIST:
            return [
                lambda: e.Tokens(type=type, operand=of(self.maybe_null(t.TEXT)), min_length=6, with_digit=True),
                lambda: e.Ngrams(type=type, operand=of(self.maybe_null(t.TEXT)), size=3),
                lambda: e.TokensKeeping(
                    type=type, operand=of(self.maybe_null(t.TEXT)), min_length=1, with_digit=False, keep="-/"
                ),
                lambda: e.ExtractAll(type=type, operand=of(self.maybe_null(t.TEXT)), pattern=rng.choice(PATTERNS)),
            ]
        made: list[Callable[[], e.Value]] = [where, first_of] if type.kind is not Kind.TUPLE else [where]
        if type.kind is Kind.TUPLE:
            if type.parts == (t.TEXT, t.TEXT):
                made.append(lambda: self.sorted_pair(type, place, depth))
            made.append(lambda: self.make_tuple(type, place, depth))
            return made
        made.append(lookup)
        if type.nullable:
            if type.kind is Kind.TEXT:
                made.append(lambda: e.TextSplit(type=type, operand=of(t.TEXT), separator="-", index=1))
                pattern = rng.choice(PATTERNS)
                made.append(lambda: e.TextExtract(type=type, operand=of(t.TEXT), pattern=pattern, group=1))
            if type.kind is Kind.INTEGER:
                made.append(lambda: e.TextToInteger(type=type, operand=of(t.TEXT)))
            if type.kind is Kind.DATE:
                made.append(lambda: e.TextToDate(type=type, operand=of(t.TEXT), format="%d/%m/%Y"))
            if type.kind is Kind.MONEY:
                made.append(lambda: e.TextToMoney(type=type, operand=of(t.TEXT), decimal=","))
            made.append(lambda: e.Tier(type=type, condition=of(t.BOOLEAN), cost=of(type.with_nullable(False))))
            return made
        return made + self.plain_makers(type, place, depth)

    def sorted_pair(self, type: Type, place: Place, depth: int) -> e.Value:
        """Two texts, the first nullable where the pair is."""
        left = self.value(t.TEXT.with_nullable(type.nullable), place, depth)
        return e.SortedPair(type=type, left=left, right=self.value(t.TEXT, place, depth))

    def make_tuple(self, type: Type, place: Place, depth: int) -> e.Value:
        """A tuple; of a nullable one at least one part is."""
        nulls = [self.rng.random() < 0.4 for _ in type.parts]
        if type.nullable and not any(nulls):
            nulls[0] = True
        parts = (part.with_nullable(null and type.nullable) for part, null in zip(type.parts, nulls, strict=True))
        return e.MakeTuple(type=type, operands=tuple(self.value(part, place, depth) for part in parts))

    def plain_makers(self, type: Type, place: Place, depth: int) -> list[Callable[[], e.Value]]:
        """Expressions of a scalar that is never null."""
        rng = self.rng

        def of(kind: Type) -> e.Value:
            return self.value(kind, place, depth)

        def arith(*ops: e.ArithOp) -> Callable[[], e.Value]:
            return lambda: e.Arith(type=type, op=rng.choice(ops), left=of(type), right=of(type))

        def divided() -> e.Value:
            divisor = e.Lit(type=t.INTEGER, value=rng.choice([2, 7, 10_000]))
            return e.Arith(type=type, op=rng.choice([e.ArithOp.FLOOR_DIV, e.ArithOp.MOD]), left=of(type), right=divisor)

        def gap() -> e.Value:
            kind = rng.choice([t.DATE, t.INTEGER])
            return e.Gap(type=type, left=of(kind), right=of(kind))

        op = e.ArithOp
        unary = [lambda: e.Unary(type=type, op=rng.choice([e.UnaryOp.NEG, e.UnaryOp.ABS]), operand=of(type))]
        match type.kind:
            case Kind.INTEGER:
                made = [
                    arith(op.ADD, op.SUB, op.MUL, op.MIN, op.MAX),
                    *unary,
                    divided,
                    gap,
                    lambda: e.Unary(type=type, op=e.UnaryOp.SIGN, operand=of(rng.choice([t.INTEGER, MONEY]))),
                    lambda: e.Cast(type=type, op=e.CastOp.TO_MINOR, operand=of(MONEY)),
                    lambda: e.BusinessDay(
                        type=type, operand=of(t.DATE), holidays="2025-12-25 2026-01-01", weekend="5 6"
                    ),
                    lambda: e.DatePart(
                        type=type,
                        op=rng.choice([e.DatePartOp.YEAR, e.DatePartOp.MONTH, e.DatePartOp.DAY]),
                        operand=of(t.DATE),
                    ),
                    lambda: e.ListSize(type=type, operand=of(t.TEXT_LIST)),
                ]
                return made + (self.group_integers(place, depth) if place.group else [])
            case Kind.MONEY:
                return [
                    arith(op.ADD, op.SUB, op.MIN, op.MAX),
                    *unary,
                    lambda: e.Cast(type=type, op=e.CastOp.MINOR_UNITS, operand=of(t.REAL)),
                ]
            case Kind.DATE:
                return [lambda: e.DatePart(type=type, op=e.DatePartOp.MONTH_END, operand=of(type))]
            case Kind.REAL:
                return [
                    arith(op.ADD, op.SUB, op.MUL, op.DIV, op.MIN, op.MAX),
                    *unary,
                    lambda: e.Cast(type=type, op=e.CastOp.TO_REAL, operand=of(t.INTEGER)),
                    lambda: e.Similarity(
                        type=type, op=rng.choice(list(e.SimilarityOp)), left=of(t.TEXT), right=of(t.TEXT)
                    ),
                ]
            case Kind.TEXT:
                return self.text_makers(place, depth)
            case _:
                return self.boolean_makers(place, depth)

    def text_makers(self, place: Place, depth: int) -> list[Callable[[], e.Value]]:
        """Expressions of a text."""
        rng = self.rng

        def of() -> e.Value:
            return self.value(t.TEXT, place, depth)

        return [
            lambda: e.TextFn(type=t.TEXT, op=rng.choice(list(e.TextOp)), operand=of()),
            lambda: e.TextStripLeft(type=t.TEXT, operand=of(), characters="0-"),
            lambda: e.TextSlice(type=t.TEXT, op=rng.choice(list(e.TextSliceOp)), operand=of(), count=4),
            lambda: e.TextReplace(type=t.TEXT, operand=of(), old="-", new=rng.choice(WORDS)),
            lambda: e.TextConcat(type=t.TEXT, operands=tuple(of() for _ in range(rng.randrange(2, 7)))),
        ]

    def boolean_makers(self, place: Place, depth: int) -> list[Callable[[], e.Value]]:
        """Expressions of a boolean."""
        rng = self.rng

        def of(kind: Type) -> e.Value:
            return self.value(kind, place, depth)

        def compare() -> e.Value:
            kind = rng.choice((*SCALARS, t.TEXT_LIST, t.tuple_of(t.TEXT, t.INTEGER)))
            ops = list(e.CompareOp) if kind in SCALARS else [e.CompareOp.EQ, e.CompareOp.NE]
            return e.Compare(type=t.BOOLEAN, op=rng.choice(ops), left=of(kind), right=of(kind))

        def logic() -> e.Value:
            parts = [of(t.BOOLEAN) for _ in range(rng.randrange(2, 5))]
            op, whole = rng.choice(list(e.LogicOp)), parts[0]
            for part in parts[1:]:
                whole = e.Logic(type=t.BOOLEAN, op=op, left=whole, right=part)
            return whole

        made: list[Callable[[], e.Value]] = [
            compare,
            compare,
            logic,
            lambda: e.Not(type=t.BOOLEAN, operand=of(t.BOOLEAN)),
            lambda: e.IsNull(type=t.BOOLEAN, operand=of(rng.choice(SCALARS).with_nullable(True))),
            lambda: e.TextTest(type=t.BOOLEAN, op=rng.choice(list(e.TextTestOp)), operand=of(t.TEXT), other=of(t.TEXT)),
            lambda: e.TextMatches(type=t.BOOLEAN, operand=of(t.TEXT), pattern=rng.choice(PATTERNS)),
            lambda: e.ListOverlaps(type=t.BOOLEAN, left=of(t.TEXT_LIST), right=of(t.TEXT_LIST)),
            lambda: e.ListContains(type=t.BOOLEAN, operand=of(t.TEXT_LIST), element=of(t.TEXT)),
        ]
        if len(place.sides) == 2:
            made.append(lambda: e.Nets(type=t.BOOLEAN, tol=self.tolerance(place)))
        if place.group:
            made += [lambda: e.GroupClean(type=t.BOOLEAN, tol=self.tolerance(place))] * 2
            ops = [e.QuantifierOp.ANY, e.QuantifierOp.ALL]
            bound = e.Lit(type=t.INTEGER, value=3)

            def fact() -> e.Value:
                integer = rng.choice(self.group_integers(place, depth))()
                return e.Compare(type=t.BOOLEAN, op=e.CompareOp.LE, left=integer, right=bound)

            made += [fact] * 5
            inner = replace(ITEM, shards=place.shards)
            made.append(
                lambda: e.GroupQuantifier(
                    type=t.BOOLEAN, op=rng.choice(ops), predicate=self.value(t.BOOLEAN, inner, depth)
                )
            )
        return made

    def group_integers(self, place: Place, depth: int) -> list[Callable[[], e.Value]]:
        """Integer facts about a group."""
        inner = replace(ITEM, shards=place.shards)
        kinds = (*SCALARS, self.tuple_type())
        count = e.QuantifierOp.COUNT
        return [
            lambda: e.GroupSpan(type=t.INTEGER, operand=self.value(self.rng.choice(WHOLE), inner, depth)),
            lambda: e.GroupDistinct(type=t.INTEGER, operand=self.value(self.rng.choice(kinds), inner, depth)),
            lambda: e.GroupFold(
                type=t.INTEGER, op=self.rng.choice(list(e.FoldOp)), operand=self.value(t.INTEGER, inner, depth)
            ),
            lambda: e.GroupQuantifier(type=t.INTEGER, op=count, predicate=self.value(t.BOOLEAN, inner, depth)),
        ]

    def tolerance(self, place: Place) -> e.Tolerance:
        """A tolerance over constants, params and shard keys."""
        setting = replace(SETTING, shards=place.shards)
        op = self.rng.choice(list(e.ToleranceOp))
        floor = None if op is e.ToleranceOp.ABS else self.value(t.INTEGER, setting, 1)
        depth = self.rng.choice([0, 0, 2])
        return e.Tolerance(op=op, amount=self.value(t.INTEGER, setting, depth), floor=floor, span=self.span())

    # -- nodes

    def key(self, shards: tuple[tuple[int, Type], ...]) -> e.Value:
        """A key, nullable or not."""
        kind = self.rng.choice((*SCALARS, self.tuple_type(), self.tuple_type()))
        return self.located(self.maybe_null(kind), replace(ITEM, shards=shards))

    def node(self, depth: int, shards: tuple[tuple[int, Type], ...]) -> n.Node:
        """A strategy."""
        if depth == 0 or self.rng.random() < 0.25:
            return self.leaf_node(shards)
        item, rng = replace(ITEM, shards=shards), self.rng
        tag = rng.choice(["net by account", 'a "tag"', "t" * 80, "größe", "x"])

        def inner() -> n.Node:
            return self.node(depth - 1, shards)

        group = replace(GROUP, shards=shards)
        setting = replace(SETTING, shards=shards)
        made: list[Callable[[], n.Node]] = [
            lambda: n.Seq(steps=tuple(inner() for _ in range(rng.randrange(1, 5)))),
            lambda: n.Seq(steps=tuple(inner() for _ in range(rng.randrange(2, 5)))),
            lambda: n.PartitionBy(key=self.key(shards), inner=inner()),
            lambda: self.table(depth, shards),
            lambda: self.with_key(depth, shards),
            lambda: n.When(predicate=self.located(t.BOOLEAN, item), inner=inner()),
            lambda: n.Windowed(
                order=self.located(rng.choice(WHOLE), item), width=self.located(t.INTEGER, setting, 1), inner=inner()
            ),
            lambda: n.Pivot(amount=self.located(self.maybe_null(rng.choice([t.INTEGER, MONEY])), item), inner=inner()),
            lambda: n.FixedPoint(inner=inner(), max_passes=3),
            lambda: n.BestOf(score=rng.choice(list(n.Score)), strategies=(inner(), inner())),
            lambda: n.Labeled(tag=tag, inner=inner()),
            lambda: n.AcceptIf(predicate=self.located(t.BOOLEAN, group), inner=inner()),
            lambda: n.Coalesce(origin=tag, inner=inner()),
            lambda: n.Trim(tol=self.tolerance(item), inner=inner()),
            lambda: n.Snap(tol=self.tolerance(item), inner=inner()),
            lambda: n.WholeOnly(inner=inner()),
            lambda: n.Reclaim(tol=self.tolerance(item), inner=inner()),
        ]
        return rng.choice(made)()

    def table(self, depth: int, shards: tuple[tuple[int, Type], ...]) -> n.Node:
        """A strategy per constant key."""
        kind = self.rng.choice((t.TEXT, t.INTEGER, t.tuple_of(t.TEXT, t.BOOLEAN)))
        key = self.located(kind, replace(ITEM, shards=shards), 2)
        if kind.kind is Kind.TUPLE:
            keys: list[e.Constant | tuple[e.Constant, ...]] = [("USD", True), ('q"', False)]
        else:
            keys = list(dict.fromkeys(self.constant(kind).value for _ in range(3)))
        cases = tuple((constant, self.node(depth - 1, shards)) for constant in keys)
        return n.PartitionByTable(key=key, cases=cases, default=self.node(depth - 1, shards))

    def with_key(self, depth: int, shards: tuple[tuple[int, Type], ...]) -> n.Node:
        """A strategy that may read its shard's key."""
        key = self.key(shards)
        binder, self.binder = self.binder, self.binder + 1
        known = (*shards, (binder, key.type.with_nullable(False)))
        return n.PartitionByWith(key=key, binder=binder, inner=self.node(depth - 1, known))

    def leaf_node(self, shards: tuple[tuple[int, Type], ...]) -> n.Node:
        """A node without children."""
        rng, item = self.rng, replace(ITEM, shards=shards)

        def maybe_key() -> e.Value | None:
            return self.key(shards) if rng.random() < 0.7 else None

        def order() -> e.Value:
            kinds = (t.INTEGER, t.TEXT, MONEY, t.DATE, t.BOOLEAN, t.tuple_of(t.DATE, t.TEXT))
            return self.located(rng.choice(kinds), item, 2)

        def mode() -> tuple[n.SoakMode, e.Value | None]:
            if rng.random() < 0.5:
                return n.SoakMode.SINGLETON, None
            kind = rng.choice((t.TEXT, t.INTEGER, MONEY, t.DATE, t.BOOLEAN, t.tuple_of(t.TEXT, t.DATE, MONEY)))
            return n.SoakMode.BUCKET, self.located(self.maybe_null(kind), item, 2)

        def soak() -> n.Node:
            chosen, key = mode()
            which = rng.randrange(3)
            if which == 0:
                return n.SoakAll(origin="open", mode=chosen, key=key)
            if which == 1:
                return n.SoakSmall(tol=self.tolerance(item), origin="rounding", mode=chosen, key=key)
            return n.SoakIf(predicate=self.located(t.BOOLEAN, item), origin="timing", mode=chosen, key=key)

        made: list[Callable[[], n.Node]] = [
            n.Identity,
            lambda: n.Exact1to1(key=maybe_key(), order=order() if rng.random() < 0.6 else None),
            lambda: n.AggNet(key=maybe_key(), tol=self.tolerance(item)),
            lambda: n.SignalGroup(signals=self.located(t.TEXT_LIST, item), tol=self.tolerance(item), cap=256),
            lambda: n.ReferenceNet(signals=self.located(t.TEXT_LIST, item), tol=self.tolerance(item), cap=256),
            lambda: n.RunningZero(order=order(), tol=self.tolerance(item), key=maybe_key()),
            lambda: n.SubsetNet(key=maybe_key(), tol=self.tolerance(item), max_size=4, budget=100_000),
            lambda: n.AnchoredSubset(
                key=maybe_key(),
                anchor=e.Compare(
                    type=t.BOOLEAN,
                    op=e.CompareOp.LT,
                    left=e.LotAmount(type=t.INTEGER, var=e.Var.ITEM),
                    right=e.Lit(type=t.INTEGER, value=0),
                ),
                tol=replace(self.tolerance(item), op=e.ToleranceOp.ABS, floor=None),
                prefer=rng.choice(list(n.Preference)),
                max_size=rng.choice([None, 5]),
                max_left_out=rng.choice([None, 2]),
                budget=100_000,
            ),
            lambda: self.flow(shards),
            soak,
        ]
        return rng.choice(made)()

    def flow(self, shards: tuple[tuple[int, Type], ...]) -> n.Node:
        """The arbiter."""
        rng = self.rng
        item, pair = replace(ITEM, shards=shards), replace(PAIR, shards=shards)
        windowed = rng.random() < 0.5
        constant = e.Lit(type=t.REAL, value=1000.0)
        return n.Flow(
            penalty=constant if rng.random() < 0.5 else self.located(t.REAL, item, 2),
            cost=self.located(self.maybe_null(t.REAL), pair, 4),
            order=self.located(rng.choice(WHOLE), item, 1) if windowed else None,
            window=self.located(t.INTEGER, replace(SETTING, shards=shards), 1) if windowed else None,
            match_keys=tuple(
                self.located(t.TEXT_LIST, item) if rng.random() < 0.4 else self.key(shards)
                for _ in range(rng.randrange(0 if windowed else 1, 3))
            ),
            bucket_cap=256,
            window_cap=rng.choice([1, 256]),
        )


def random_plugin(seed: int, depth: int = 3) -> n.PluginIr:
    """The plugin of a seed."""
    return Drawer(random.Random(seed)).plugin(depth)
