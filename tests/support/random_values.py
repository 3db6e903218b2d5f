"""Random typed expression generator: every kind, in each scope."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import florecon_build as fb
from florecon_build.ir import expressions as e
from florecon_build.ir.types import Kind, Type

WORDS = ("INV10023", "PO-77812", "müller", "A01", "b02", " ", "acme co", "x/y", "8812")
SHORT = ("0", "A", "PO", " ", "1", "ü")
DAYS = tuple(datetime.date(2025, 1, 1) + datetime.timedelta(days=step) for step in (0, 1, 3, 31, 59))
IDLE = ("idle", "idler")
"""Lanes of these names are never read by what is drawn."""
PATTERNS = ("[0-9]+", "([A-Z]+)-?[0-9]", r"\b\w{2,5}", "^(?:a|b)+", "INV0*([0-9]*)", r"[^\s]+$", "(ü|x)/?")
SIMPLE = (Kind.INTEGER, Kind.REAL, Kind.TEXT, Kind.DATE, Kind.BOOLEAN, Kind.MONEY)


@dataclass(frozen=True)
class Where:
    """What an expression may read: views of rows, a group, a lot, params and shard keys."""

    views: tuple[Any, ...] = ()
    pair: tuple[Any, Any] | None = None
    group: Any = None
    item: Any = None
    settings: bool = True
    marked: bool = True


class ValueMaker:
    """Draws expressions. ``depth`` bounds their height; at 0 only leaves are drawn."""

    def __init__(self, rng: random.Random, rows: fb.DynamicRows) -> None:
        self.rng = rng
        self.rows = rows
        self.types: dict[str, Type] = {
            name: rows[name].type for name in dir(rows) if name not in ("lot", "derive", *IDLE)
        }
        self.row = Where(views=(rows,), item=rows)
        self.keys: list[Any] = []
        self.params = {
            Kind.INTEGER: [fb.param("slack", 5, doc="minor units"), fb.param("span", 3)],
            Kind.REAL: [fb.param("weight_of", 0.25)],
            Kind.TEXT: [fb.param("word", "A01")],
            Kind.DATE: [fb.param("cutoff", datetime.date(2025, 1, 3))],
            Kind.BOOLEAN: [fb.param("strict", True)],
            Kind.MONEY: [fb.param("limit", fb.minor(250, 2))],
        }

    @contextmanager
    def shard(self, key: Any) -> Generator[None]:
        """The expressions drawn inside may read a shard's key and its parts."""
        parts = [key, *(key[index] for index in range(len(key.type.parts)))] if key.type.kind is Kind.TUPLE else [key]
        self.keys += parts
        try:
            yield
        finally:
            del self.keys[-len(parts) :]

    def choose(self, *options: Callable[[], Any]) -> Any:
        """One of several draws."""
        return self.rng.choice(options)()

    def lane(self, kind: Kind, where: Where, *, nullable: bool, scale: int = 2) -> Any | None:
        """A lane of this type from one of the views, if there is one."""
        if not where.views:
            return None
        view = self.rng.choice(where.views)
        names = [
            name
            for name, of in self.types.items()
            if of.kind is kind and of.nullable is nullable and (kind is not Kind.MONEY or of.scale == scale)
        ]
        return view[self.rng.choice(names)] if names else None

    def leaf(self, kind: Kind, where: Where) -> Any:
        """A lane, a lot's amount, a group's metric, a param or a shard key."""
        found: list[Any] = [self.lane(kind, where, nullable=False) for _ in range(4)]
        if kind is Kind.INTEGER and where.views and where.settings:
            lot = self.rng.choice(where.views).lot
            found += [lot.amount, lot.original]
        if kind is Kind.INTEGER and where.group is not None:
            found += [getattr(where.group, op.value) for op in e.MetricOp] * 2
        if where.settings:
            found += self.params[kind]
            found += [key for key in self.keys if key.type.kind is kind and key.type.scale in (0, 2)] * 2
        return self.rng.choice([expr for expr in found if expr is not None])

    def value(self, kind: Kind, where: Where, depth: int) -> Any:
        """A value of a scalar kind that is never null."""
        if depth <= 0 or self.rng.random() < 0.15:
            return self.leaf(kind, where)
        if self.rng.random() < 0.15:
            return self.choice(kind, where, depth)
        makers = {
            Kind.INTEGER: self.integer,
            Kind.REAL: self.real,
            Kind.TEXT: self.text,
            Kind.DATE: self.date,
            Kind.BOOLEAN: self.boolean,
            Kind.MONEY: self.money,
        }
        return makers[kind](where, depth - 1)

    def constant(self, kind: Kind) -> Any:
        """A constant beside an expression of this kind."""
        match kind:
            case Kind.INTEGER:
                return self.rng.choice([0, 1, 2, 7, -3, 100])
            case Kind.REAL:
                return self.rng.choice([0.0, 0.5, -1.25, 3.0, 1e3, 2])
            case Kind.TEXT:
                return self.rng.choice(WORDS)
            case Kind.DATE:
                return self.rng.choice(DAYS)
            case Kind.BOOLEAN:
                return self.rng.random() < 0.5
            case _:
                return fb.minor(self.rng.choice([0, 1, -250, 5_000]), 2)

    def operand(self, kind: Kind, where: Where, depth: int) -> Any:
        """A constant or a value, for the second place of an operator."""
        return self.constant(kind) if self.rng.random() < 0.35 else self.value(kind, where, depth)

    def choice(self, kind: Kind, where: Where, depth: int) -> Any:
        """``where``, ``first_of`` or ``fill``, or a lookup."""
        inner = depth - 1
        return self.choose(
            lambda: fb.where(
                self.value(Kind.BOOLEAN, where, inner), self.value(kind, where, inner), self.operand(kind, where, inner)
            ),
            lambda: self.nullable(kind, where, inner).fill(self.operand(kind, where, inner)),
            lambda: fb.first_of(
                self.nullable(kind, where, inner), self.nullable(kind, where, inner), self.operand(kind, where, inner)
            ),
            lambda: self.lookup(kind, where, inner, null=False),
        )

    def nullable(self, kind: Kind, where: Where, depth: int) -> Any:
        """A value of a scalar kind that may be null."""
        lane = self.lane(kind, where, nullable=True)
        if lane is not None and self.rng.random() < 0.5:
            return lane
        options = [
            lambda: fb.where(self.value(Kind.BOOLEAN, where, depth), self.value(kind, where, depth), None),
            lambda: self.lookup(kind, where, depth, null=True),
        ]
        if kind is Kind.TEXT:
            text = lambda: self.value(Kind.TEXT, where, depth)  # noqa: E731
            options.append(lambda: text().split(self.rng.choice(SHORT), self.rng.randrange(3)))
            options.append(lambda: text().strip_left("0Ix").split("-", 0))
            options.append(lambda: text().extract(self.rng.choice(PATTERNS), self.rng.randrange(2)))
        if kind in (Kind.INTEGER, Kind.DATE, Kind.MONEY):
            readers: dict[Kind, Callable[[Any], Any]] = {
                Kind.INTEGER: lambda text: text.to_integer(),
                Kind.DATE: lambda text: text.to_date("%Y-%m-%d"),
                Kind.MONEY: lambda text: text.to_money(2, self.rng.choice([",", "."])),
            }
            options.append(lambda: readers[kind](self.value(Kind.TEXT, where, depth)))
        if kind in (Kind.INTEGER, Kind.REAL):
            options.append(lambda: fb.tier(self.value(Kind.BOOLEAN, where, depth), self.value(kind, where, depth)))
        return self.rng.choice(options)()

    def lookup(self, kind: Kind, where: Where, depth: int, *, null: bool) -> Any:
        """A lookup over texts, integers, dates or booleans."""
        of = self.rng.choice([Kind.TEXT, Kind.INTEGER, Kind.DATE, Kind.BOOLEAN])
        keys = {Kind.TEXT: WORDS, Kind.INTEGER: range(-2, 6), Kind.DATE: DAYS, Kind.BOOLEAN: (True, False)}[of]
        by = (
            self.nullable(of, where, depth - 1)
            if depth > 0 and self.rng.random() < 0.3
            else self.value(of, where, depth)
        )
        cell = lambda: float(self.constant(kind)) if kind is Kind.REAL else self.constant(kind)  # noqa: E731
        table = {key: cell() for key in self.rng.sample(list(keys), 2)}
        return fb.lookup(by, table, None if null else cell())

    def integer(self, where: Where, depth: int) -> Any:
        """An integer. Products stay small, so that most ledgers do not overflow."""
        number = lambda: self.value(Kind.INTEGER, where, depth)  # noqa: E731
        options: list[Callable[[], Any]] = [
            lambda: number() + self.operand(Kind.INTEGER, where, depth),
            lambda: number() - self.operand(Kind.INTEGER, where, depth),
            lambda: self.rng.choice([2, 3, -1]) * number(),
            lambda: number() // self.rng.choice([1, 3, 10, 100]),
            lambda: number() % self.rng.choice([1, 2, 9, 100]),
            lambda: -number(),
            lambda: fb.abs(number()),
            lambda: fb.sign(self.value(self.rng.choice([Kind.INTEGER, Kind.MONEY]), where, depth)),
            lambda: fb.min_of(number(), self.operand(Kind.INTEGER, where, depth)),
            lambda: fb.max_of(number(), self.operand(Kind.INTEGER, where, depth), 1),
            lambda: fb.clamp(number(), -5, 50),
            lambda: self.value(Kind.MONEY, where, depth).to_minor(),
            lambda: fb.gap(self.value(Kind.DATE, where, depth), self.operand(Kind.DATE, where, depth)),
            lambda: fb.gap(number(), self.operand(Kind.INTEGER, where, depth)),
            lambda: getattr(self.value(Kind.DATE, where, depth), self.rng.choice(["year", "month", "day"])),
            lambda: fb.where(self.value(Kind.BOOLEAN, where, depth), 1, 0),
            lambda: fb.business_day(
                self.value(Kind.DATE, where, depth), DAYS[1:4], self.rng.choice([(5, 6), (4,), ()])
            ),
        ]
        if where.views:
            options.append(lambda: self.list(where, depth).size)
        if where.group is not None:
            options += [lambda: self.member_count(where, depth)] * 16
        return self.rng.choice(options)()

    def member_count(self, where: Where, depth: int) -> Any:
        """A group's span, distinct count or count of members."""
        kind = self.rng.choice([Kind.INTEGER, Kind.MONEY, Kind.DATE])
        return self.choose(
            lambda: where.group.span(self.value(kind, self.row, depth)),
            lambda: where.group.distinct(self.key(self.row, depth)),
            lambda: where.group.distinct(self.key(self.row, depth)),
            lambda: where.group.count(self.value(Kind.BOOLEAN, self.row, depth)),
            lambda: self.folded(Kind.INTEGER, where, depth),
            lambda: self.folded(Kind.INTEGER, where, depth),
        )

    def folded(self, kind: Kind, where: Where, depth: int) -> Any:
        """The sum or an extreme of a value over a group; dates have no sum."""
        op = self.rng.choice([op for op in e.FoldOp if kind is not Kind.DATE or op is not e.FoldOp.SUM])
        return getattr(where.group, op.value)(self.value(kind, self.row, depth))

    def real(self, where: Where, depth: int) -> Any:
        """A real; divisors are constants."""
        number = lambda: self.value(Kind.REAL, where, depth)  # noqa: E731
        words = lambda: (self.value(Kind.TEXT, where, depth), self.operand(Kind.TEXT, where, depth))  # noqa: E731
        similarity = self.rng.choice([fb.dice, fb.jaro_winkler, fb.token_set, fb.prefix_similarity])
        return self.choose(
            lambda: number() + self.operand(Kind.REAL, where, depth),
            lambda: number() - self.value(Kind.INTEGER, where, depth),
            lambda: number() * self.operand(Kind.REAL, where, depth),
            lambda: self.value(Kind.INTEGER, where, depth) / self.rng.choice([2.0, 0.5, 3.0]),
            lambda: -number(),
            lambda: fb.abs(number()),
            lambda: fb.min_of(number(), self.operand(Kind.REAL, where, depth)),
            lambda: fb.max_of(number(), self.operand(Kind.REAL, where, depth)),
            lambda: self.value(Kind.INTEGER, where, depth).to_real(),
            lambda: similarity(*words()),
            lambda: similarity(*words()),
        )

    def money(self, where: Where, depth: int) -> Any:
        """Money of scale 2."""
        amount = lambda: self.value(Kind.MONEY, where, depth)  # noqa: E731
        return self.choose(
            lambda: amount() + self.operand(Kind.MONEY, where, depth),
            lambda: amount() - self.operand(Kind.MONEY, where, depth),
            lambda: amount() * self.rng.choice([1, 2, -1]),
            lambda: -amount(),
            lambda: fb.abs(amount()),
            lambda: fb.min_of(amount(), self.operand(Kind.MONEY, where, depth)),
            lambda: fb.max_of(amount(), 0),
            lambda: fb.minor_units(fb.clamp(self.value(Kind.REAL, where, depth), -1e6, 1e6), 2),
            *([lambda: self.folded(Kind.MONEY, where, depth)] * (where.group is not None)),
        )

    def date(self, where: Where, depth: int) -> Any:
        """A date."""
        day = lambda: self.value(Kind.DATE, where, depth)  # noqa: E731
        return self.choose(
            lambda: day().month_end,
            lambda: fb.min_of(day(), self.operand(Kind.DATE, where, depth)),
            lambda: fb.max_of(day(), self.operand(Kind.DATE, where, depth)),
            *([lambda: self.folded(Kind.DATE, where, depth)] * (where.group is not None)),
        )

    def text(self, where: Where, depth: int) -> Any:
        """A text."""
        word = lambda: self.value(Kind.TEXT, where, depth)  # noqa: E731

        def made() -> Any:
            return getattr(word(), self.rng.choice([op.value for op in e.TextOp]))()

        return self.choose(
            made,
            made,
            lambda: word().left(self.rng.randrange(1, 6)),
            lambda: word().strip_left(self.rng.choice(["0", "AI", "é"])),
            lambda: word().right(self.rng.randrange(1, 6)),
            lambda: word().replace(self.rng.choice(SHORT), self.rng.choice(["", "z", "PO"])),
            lambda: word().split(self.rng.choice(SHORT), self.rng.randrange(2)).fill(""),
            lambda: fb.concat(word(), self.operand(Kind.TEXT, where, depth)),
            lambda: fb.prefix(word(), 3),
        )

    def list(self, where: Where, depth: int) -> Any:
        """A list of keys from a lane, or made of a text."""
        text = lambda: self.nullable(Kind.TEXT, where, depth - 1)  # noqa: E731
        return self.choose(
            lambda: self.rng.choice(where.views)[self.rng.choice(["tokens", "grams"])],
            lambda: self.rng.choice(where.views)[self.rng.choice(["tokens", "grams"])],
            lambda: fb.tokens(text(), min_length=self.rng.choice([1, 2, 4]), with_digit=self.rng.random() < 0.5),
            lambda: fb.ngrams(text(), size=self.rng.choice([1, 2, 3])),
            lambda: fb.tokens(text(), min_length=self.rng.choice([1, 3]), keep=self.rng.choice(["-", "-/"])),
            lambda: fb.extract_all(text(), self.rng.choice(PATTERNS)),
        )

    def boolean(self, where: Where, depth: int) -> Any:
        """A condition."""
        test = lambda: self.value(Kind.BOOLEAN, where, depth)  # noqa: E731
        options: list[Callable[[], Any]] = [
            *[lambda: self.comparison(where, depth)] * 4,
            lambda: test() & test(),
            lambda: test() | self.operand(Kind.BOOLEAN, where, depth),
            lambda: ~test(),
            lambda: self.nullable(self.rng.choice(SIMPLE), where, depth).is_null(),
            lambda: getattr(
                self.value(Kind.TEXT, where, depth), self.rng.choice(["contains", "startswith", "endswith"])
            )(self.operand(Kind.TEXT, where, depth)),
            lambda: self.value(Kind.TEXT, where, depth).matches(self.rng.choice(PATTERNS)),
        ]
        if where.views:
            options.append(lambda: self.list(where, depth).overlaps(self.list(where, depth)))
            options.append(lambda: self.list(where, depth).contains(self.operand(Kind.TEXT, where, depth)))
        if where.pair is not None:
            pair = where.pair
            options += [lambda: fb.nets(*pair, self.tolerance(depth))] * 2
        if where.group is not None:
            options += [lambda: self.group_test(where, depth)] * 6
        return self.rng.choice(options)()

    def group_test(self, where: Where, depth: int) -> Any:
        """``clean``, ``any`` or ``all``."""
        predicate = lambda: self.value(Kind.BOOLEAN, self.row, depth)  # noqa: E731
        return self.choose(
            lambda: where.group.clean(self.tolerance(depth)),
            lambda: where.group.unique if where.marked else where.group.size >= 3,
            lambda: getattr(where.group, self.rng.choice([op.value for op in e.MetricOp])) >= 2,
            lambda: self.member_count(where, depth) <= 2,
            lambda: where.group.any(predicate()),
            lambda: where.group.all(predicate()),
        )

    def comparison(self, where: Where, depth: int) -> Any:
        """Two values of one type compared."""
        kind = self.rng.choice([*SIMPLE, Kind.TUPLE, Kind.LIST])
        if where.group is not None and self.rng.random() < 0.7:
            kind = Kind.INTEGER
        same = self.rng.choice(["__eq__", "__ne__"])
        if kind is Kind.LIST and where.views:
            return getattr(self.list(where, depth), same)(self.list(where, depth))
        if kind is Kind.TUPLE and where.views:
            first, second = (self.rng.choice(where.views)["place"] for _ in range(2))
            return getattr(first, same)(second)
        simple = kind if kind in SIMPLE else Kind.TEXT
        operator = self.rng.choice(["__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"])
        return getattr(self.value(simple, where, depth), operator)(self.operand(simple, where, depth))

    def key(self, where: Where, depth: int, *, real: bool = True, lists: bool = False) -> Any:
        """A key: a scalar or a tuple, null or not."""
        kinds = [kind for kind in SIMPLE if real or kind is not Kind.REAL]
        scalar = lambda: self.value(self.rng.choice(kinds), where, depth)  # noqa: E731
        options: list[Callable[[], Any]] = [
            scalar,
            lambda: self.nullable(self.rng.choice(kinds), where, depth),
            lambda: (scalar(), scalar()),
            lambda: (self.nullable(self.rng.choice(kinds), where, depth), where.item.company),
            lambda: where.item[self.rng.choice(["company", "account", "units", "pair", "place", "open", "day"])],
            *[lambda: where.item[self.rng.choice(["company", "icp", "open", "checked", "month"])]] * 5,
            lambda: fb.sorted_pair(self.nullable(Kind.TEXT, where, depth), self.value(Kind.TEXT, where, depth)),
        ]
        if lists:
            options += [lambda: self.list(where, depth)] * 4
        return self.rng.choice(options)()

    def setting(self, depth: int, least: int = 0) -> Any:
        """A small integer over constants, params and shard keys, never below ``least``."""
        only = Where()
        return self.choose(
            lambda: self.rng.choice([1, 2, 3, 10, 50]),
            lambda: self.rng.choice(self.params[Kind.INTEGER]),
            lambda: fb.clamp(self.value(Kind.INTEGER, only, min(depth, 2)), max(least, 1), 40),
        )

    def tolerance(self, depth: int) -> Any:
        """Any tolerance."""
        return self.choose(
            lambda: 0,
            lambda: self.setting(depth),
            lambda: fb.abs_tol(self.setting(depth)),
            lambda: fb.rel_tol(self.setting(depth), floor=self.setting(depth)),
            lambda: fb.rel_max_tol(self.rng.choice([5, 100, 2_500])),
            lambda: fb.rel_side_tol(self.rng.choice([5, 300, 2_500]), floor=self.setting(depth)),
            lambda: fb.rel_gross_tol(self.rng.choice([5, 300, 2_500])),
        )

    def lanes(self, names: Sequence[str] = ("lane_a", "lane_b")) -> dict[str, Any]:
        """A few random derived lanes: no lot, no param."""
        only = replace(self.row, settings=False)
        return {
            name: self.value(self.rng.choice(SIMPLE), only, 3) for name in names[: self.rng.randrange(len(names) + 1)]
        }
