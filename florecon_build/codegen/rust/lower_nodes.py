"""Lowering of strategy nodes: a function that builds the plan.

Each node becomes the call that makes it. Its closures are statements before it, each under a comment with the author's
line and expression.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import assert_never

from florecon_build.codegen.rust import ast as r
from florecon_build.codegen.rust.captures import Capture, captures_of, strategy_values
from florecon_build.codegen.rust.fallibility import can_fail, ok
from florecon_build.codegen.rust.literals import constant
from florecon_build.codegen.rust.lower_closures import GROUP, ITEM, PAIR, Parameters, Returns
from florecon_build.codegen.rust.lower_keys import moved
from florecon_build.codegen.rust.lower_values import ROWS, Environment, lower, lower_closure, tolerance
from florecon_build.codegen.rust.names import Names, snake
from florecon_build.codegen.rust.printer import INDENT, measure, width
from florecon_build.codegen.rust.rust_types import key_type
from florecon_build.codegen.rust.simplify import simplify
from florecon_build.codegen.rust.temporaries import settle, settled_let
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.python_printer import show
from florecon_build.ir.scope import Reads, reads
from florecon_build.ir.strings import escaped
from florecon_build.ir.traversal import kind_name, map_tolerance, value_parts, values_in, walk
from florecon_build.ir.types import REAL, Kind, Type

STEP_WIDTH = 40
"""A step or a setting wider than this gets a name."""
STEP_NAME = 24
"""The longest name that is made of a label."""

PLAN_RESULT = "Result<Plan<Row>, EvalError>"

NUMBERED = ("signals", "match_key")
"""Closures of lists of keys, in the role of which one closure stands for the other."""

Computed = tuple[tuple[str, ...], Parameters, e.Value, Returns]
"""Roles of a closure, and what it computes."""


def origin(value: e.Value, place: str) -> r.Origin:
    """The author's line and expression, in one line, and where the expression stands in the strategy."""
    where = f"{value.span.file}:{value.span.line}  " if value.span else ""
    return r.Origin(escaped(where + show(value)), place)


def plan(root: n.Node, fields: dict[str, str], params: dict[str, str], names: Names, column: int) -> r.Block:
    """The body of the function that builds a strategy's plan; ``fields`` and ``params`` are Rust names."""
    read = {found.param: found for found in captures_of(strategy_values(root))}
    captures = {read[param]: name for param, name in params.items() if param in read}
    places: dict[Capture, r.Expression] = {found: r.Field(r.Name("p"), name) for found, name in captures.items()}
    copied = {found: r.Name(name) for found, name in captures.items() if found.is_copied}
    head = tuple(r.Let(name.name, places[found]) for found, name in copied.items())
    paths = (place.path for place in walk(root))
    scope = _Scope(fields, names, column, paths, places, copied, frozenset(params.values()))
    return scope.body(root, head)


@dataclass(slots=True)
class _Scope:
    """A function or closure that builds a plan, while its statements are collected.

    ``places`` are what a text is cloned from; ``copied`` are the variables of what is copied. ``shadowed`` are names
    that a clone may take though they are taken, since the variable of that name is the clone's source. ``closures`` are
    those that capture nothing, by their role and what they compute, each with its name and the place of its comment.
    """

    fields: dict[str, str]
    names: Names
    column: int
    paths: Iterator[str]
    places: dict[Capture, r.Expression]
    copied: dict[Capture, r.Name]
    shadowed: frozenset[str] = frozenset()
    statements: list[r.Statement] = field(default_factory=list[r.Statement])
    closures: dict[Computed, tuple[str, int]] = field(default_factory=dict["Computed", tuple[str, int]])

    def body(self, root: n.Node, head: tuple[r.Let, ...]) -> r.Block:
        """The whole block: the numbers that are read, the statements, the plan."""
        made = self.node(root)
        statements = self.statements
        if statements:
            statements = [*(([*head, r.Blank()]) if head else ()), *statements, r.Blank()]
        block = r.Block(tuple(statements) or head, made)
        return replace(block, value=ok(made)) if can_fail(block) else block

    def gap(self) -> None:
        """A blank line before what comes, unless there is nothing before it."""
        if self.statements and not isinstance(self.statements[-1], r.Blank):
            self.statements.append(r.Blank())

    # -- nodes

    def node(self, node: n.Node) -> r.Expression:
        """The expression that makes a node; nodes are visited in the order of their ids."""
        path = next(self.paths)
        match node:
            case n.Identity():
                return r.Call("identity")
            case n.Seq():
                return r.Call("seq", (r.Array(tuple(self.step(step) for step in node.steps), "vec!"),))
            case n.PartitionBy():
                key = self.key("partition_key", node.key, f"{path}.key")
                return r.Call("partition_by", (key, self.node(node.inner)))
            case n.PartitionByTable():
                return self.table(node, path)
            case n.PartitionByWith():
                return self.per_shard(node, path)
            case n.When():
                applies = self.closure("applies", ITEM, node.predicate, f"{path}.predicate")
                return r.Call("when", (applies, self.node(node.inner)))
            case n.Windowed():
                order = self.closure("window_order", ITEM, node.order, f"{path}.order")
                return r.Call("windowed", (order, self.setting("width", node.width), self.node(node.inner)))
            case n.Pivot():
                amount = self.closure("pivot_amount", ITEM, node.amount, f"{path}.amount", Returns.OPTION)
                return r.Call("pivot", (amount, self.node(node.inner)))
            case n.FixedPoint():
                return r.Call("fixed_point", (_number(node.max_passes), self.node(node.inner)))
            case n.BestOf():
                strategies = r.Array(tuple(self.step(one) for one in node.strategies), "vec!")
                return r.Call("best_of", (r.Call(node.score.value, ()), strategies))
            case n.Labeled():
                return r.Call("labeled", (r.Text(node.tag), self.node(node.inner)))
            case n.AcceptIf():
                accepts = self.closure("accepts", GROUP, node.predicate, f"{path}.predicate")
                return r.Call("accept_if", (accepts, self.node(node.inner)))
            case n.Coalesce():
                return r.Call("coalesce", (r.Text(node.origin), self.node(node.inner)))
            case n.Trim() | n.Snap() | n.Reclaim():
                return r.Call(kind_name(node), (self.tolerance(node.tol), self.node(node.inner)))
            case n.WholeOnly():
                return r.Call("whole_only", (self.node(node.inner),))
            case n.Exact1to1():
                key = self.key("pair_key", node.key, f"{path}.key")
                return r.Call("exact_1to1", (key, self.order("pair_order", node.order, path)))
            case n.AggNet():
                key = self.key("net_key", node.key, f"{path}.key")
                return self.accepting("agg_net", (key, self.tolerance(node.tol)), node.accept, path)
            case n.SignalGroup():
                signals = self.key("signals", node.signals, f"{path}.signals")
                taken = (signals, self.tolerance(node.tol), _number(node.cap))
                return self.accepting("signal_group", taken, node.accept, path)
            case n.ReferenceNet():
                signals = self.key("signals", node.signals, f"{path}.signals")
                return r.Call("reference_net", (signals, self.tolerance(node.tol), _number(node.cap)))
            case n.RunningZero():
                order = self.order("running_order", node.order, path)
                tol = self.tolerance(node.tol)
                key = self.key("running_key", node.key, f"{path}.key")
                return self.accepting("running_zero", (order, tol, key), node.accept, path)
            case n.SubsetNet():
                tol = self.tolerance(node.tol)
                key = self.key("subset_key", node.key, f"{path}.key")
                limits = (_number(node.max_size), r.Literal(f"{node.budget:_}"))
                return self.accepting("subset_net", (key, tol, *limits), node.accept, path)
            case n.AnchoredSubset():
                return self.anchored_subset(node, path)
            case n.Flow():
                return self.flow(node, path)
            case n.SoakAll():
                return r.Call("soak_all", (r.Text(node.origin), self.mode(node, path)))
            case n.SoakSmall():
                tol = self.tolerance(node.tol)
                return r.Call("soak_small", (tol, r.Text(node.origin), self.mode(node, path)))
            case n.SoakIf():
                soaks = self.closure("soaks", ITEM, node.predicate, f"{path}.predicate")
                return r.Call("soak_if", (soaks, r.Text(node.origin), self.mode(node, path)))
            case _:
                assert_never(node)

    def accepting(
        self, name: str, settings: tuple[r.Expression, ...], accept: e.Value | None, path: str
    ) -> r.Expression:
        """The call of a leaf; one with a condition on candidates has a function of its own."""
        if accept is None:
            return r.Call(name, settings)
        return r.Call(f"{name}_accepting", (*settings, self.closure("accepts", GROUP, accept, f"{path}.accept")))

    def anchored_subset(self, node: n.AnchoredSubset, path: str) -> r.Expression:
        """The call of a subset with an anchor; its bounds and its preference are one argument."""
        key = self.key("subset_key", node.key, f"{path}.key")
        anchor = self.closure("is_anchor", ITEM, node.anchor, f"{path}.anchor")
        sizes = (_optional_number(node.max_size), _optional_number(node.max_left_out))
        prefer = r.Call(node.prefer.value, sizes)
        budget = r.Literal(f"{node.budget:_}")
        return r.Call("anchored_subset", (key, anchor, self.tolerance(node.tol), prefer, budget))

    def step(self, node: n.Node) -> r.Expression:
        """A step of a ``seq`` or an entry of a table, under a name unless it is short."""
        before = len(self.statements)
        made = self.node(node)
        if len(self.statements) == before:
            if measure(made) <= STEP_WIDTH:
                return made
            self.gap()
        wanted = snake(node.tag) if isinstance(node, n.Labeled) else f"{kind_name(node)}_step"
        return self.let(wanted[:STEP_NAME].rstrip("_"), made)

    def let(self, wanted: str, value: r.Expression) -> r.Name:
        """A variable for what needs no layout but the printer's."""
        name = self.names.fresh(wanted)
        self.statements.append(r.Let(name, value))
        return r.Name(name)

    def table(self, node: n.PartitionByTable, path: str) -> r.Expression:
        key = self.key("table_key", node.key, f"{path}.key")
        cases = tuple(r.Tuple((_constant_key(value, node.key.type), self.step(case))) for value, case in node.cases)
        return r.Call("partition_by_table", (key, r.Array(cases, "vec!"), self.step(node.default)))

    def per_shard(self, node: n.PartitionByWith, path: str) -> r.Expression:
        key = self.key("partition_key", node.key, f"{path}.key")
        self.gap()
        shard_key = self.names.fresh("shard_key")
        captures = captures_of(strategy_values(node.inner))
        own = tuple(found for found in captures if found.binder == node.binder)
        outer = tuple(found for found in captures if found in self.places)  # the others are bound further in
        clones = self.clones(outer)
        places = {**self.places, **clones, **{found: _key_place(shard_key, found) for found in own}}
        copied = dict(self.copied)
        for found in own:
            if found.is_copied:
                whole = found.part is None
                copied[found] = r.Name(shard_key if whole else self.names.fresh(f"{shard_key}_{found.part}"))
        head = tuple(r.Let(copied[found].name, _copied_key(places[found], found)) for found in own if found.is_copied)
        inner = _Scope(self.fields, self.names, self.column + INDENT, self.paths, places, copied)
        body = inner.body(node.inner, head)
        pattern = r.Name(shard_key if own else "_")
        parameter = r.Parameter(pattern, f"&{key_type(node.key.type)}")
        returns = PLAN_RESULT if can_fail(body) else None
        closure = r.Closure((parameter,), body, returns, moves=bool(outer))
        return r.Call("partition_by_with", (key, self.let("per_shard", closure)))

    def flow(self, node: n.Flow, path: str) -> r.Expression:
        penalty = self.penalty(node.penalty, f"{path}.penalty")
        cost = self.closure("flow_cost", PAIR, node.cost, f"{path}.cost", Returns.OPTION)
        made: r.Expression = r.Call("Flow::new", (penalty, cost))
        if node.order is not None and node.window is not None:
            order = self.order("flow_order", node.order, path)
            made = r.Method(made, "window", (order, self.setting("window", node.window)))
        for index, key in enumerate(node.match_keys):
            made = r.Method(made, "match_on", (self.key("match_key", key, f"{path}.match_keys[{index}]"),))
        made = r.Method(made, "bucket_cap", (_number(node.bucket_cap),))
        if node.window_cap != 256:
            made = r.Method(made, "window_cap", (_number(node.window_cap),))
        return r.Call("flow", (self.let("arbiter", made),))

    def penalty(self, penalty: e.Value, place: str) -> r.Expression:
        if reads(penalty) <= {Reads.PARAM, Reads.SHARD}:
            return r.Call("constant", (self.setting("penalty", _as_real(penalty)),))
        return self.closure("flow_penalty", ITEM, _as_real(penalty), place)

    def mode(self, node: n.SoakAll | n.SoakSmall | n.SoakIf, path: str) -> r.Expression:
        if node.mode is n.SoakMode.SINGLETON or node.key is None:
            return r.Call("singleton")
        key = self.key("soak_key", node.key, f"{path}.key")
        parameter = r.Parameter(r.Name("key"), f"&{key_type(node.key.type)}")
        text = r.Closure((parameter,), r.block(_key_text(node.key.type)))
        return r.Call("bucket", (key, self.let("soak_text", text)))

    # -- settings and closures

    def setting(self, name: str, value: e.Value) -> r.Expression:
        """A number over constants, params and shard keys, computed when the plan is built."""
        value = simplify(value)
        return self.computed(name, lower(value, self.environment(values_in(value))))

    def tolerance(self, tol: e.Tolerance) -> r.Expression:
        tol = map_tolerance(tol, simplify)
        read = (found for _, value in value_parts(tol) for found in values_in(value))
        return self.computed("tol", tolerance(tol, self.environment(read)))

    def computed(self, name: str, value: r.Expression) -> r.Expression:
        """A value under a name unless it is short."""
        block = settle(value, self.names, self.column, width(f"let {name}_00 = ;"))
        self.statements += block.statements
        return block.value if measure(block.value) <= STEP_WIDTH else self.let(name, block.value)

    def key(self, name: str, key: e.Value | None, place: str) -> r.Expression:
        return r.Path("one_bucket") if key is None else self.closure(name, ITEM, key, place, Returns.KEY)

    def order(self, name: str, order: e.Value | None, path: str) -> r.Expression:
        return r.Path("by_id") if order is None else self.closure(name, ITEM, order, f"{path}.order")

    def closure(
        self, wanted: str, parameters: Parameters, value: e.Value, place: str, returns: Returns = Returns.VALUE
    ) -> r.Name:
        """A named closure under its comment, after the clones that it takes along.

        An expression that stands in the strategy again, in the same role, has the closure that is there already: one to
        review, and one whose keys the runtime numbers once.
        """
        written, value = origin(value, place), simplify(value)
        computed = NUMBERED if wanted in NUMBERED else (wanted,), parameters, value, returns
        if computed in self.closures:
            name, at = self.closures[computed]
            self.statements[at] = _also(self.statements[at], written)
            return r.Name(name)
        name = self.names.fresh(wanted)
        self.gap()
        at = len(self.statements)
        self.statements.append(r.Comment(written))
        read = tuple(values_in(value))
        captures = captures_of(read)
        env = self.environment(read)
        closure = lower_closure(parameters, value, env, returns, moves=bool(captures))
        self.statements += settled_let(r.Let(name, closure), self.names.child(), self.column)
        if not captures:
            self.closures[computed] = name, at
        return r.Name(name)

    def environment(self, read: Iterable[e.Value]) -> Environment:
        """What expressions may read, after the statements that clone what they capture."""
        captures = captures_of(read)
        clones = self.clones(captures)
        return Environment(self.fields, ROWS, {found: clones.get(found) or self.copied[found] for found in captures})

    def clones(self, captures: tuple[Capture, ...]) -> dict[Capture, r.Name]:
        """Variables for clones of what is not copied."""
        made: dict[Capture, r.Name] = {}
        for found in captures:
            if not found.is_copied:
                source = self.places[found]
                wanted = source.name if isinstance(source, r.Field) and source.owner == r.Name("p") else _root(source)
                name = wanted if wanted in self.shadowed else self.names.fresh(wanted)
                self.statements.append(r.Let(name, r.Method(source, "clone")))
                made[found] = r.Name(name)
        return made


def _also(comment: r.Statement, written: r.Origin) -> r.Statement:
    """The comment with a further place of the author's."""
    if not isinstance(comment, r.Comment) or written.author in (comment.origin.author, *comment.also):
        return comment
    return replace(comment, also=(*comment.also, written.author))


def _root(source: r.Expression) -> str:
    match source:
        case r.Field():
            return _root(source.owner)
        case r.Name():
            return source.name
        case _:
            raise TypeError(f"{type(source).__name__} is no place")


def _number(value: int) -> r.Literal:
    return r.Literal(str(value))


def _optional_number(value: int | None) -> r.Literal:
    return r.Literal("None" if value is None else f"Some({value})")


def _as_real(value: e.Value) -> e.Value:
    """The value as a real; an integer is converted."""
    if value.type.kind is Kind.REAL:
        return value
    return e.Cast(op=e.CastOp.TO_REAL, operand=value, type=REAL, span=value.span)


# -- keys of shards


def _key_place(shard_key: str, found: Capture) -> r.Expression:
    whole = r.Name(shard_key)
    return whole if found.part is None else r.Field(whole, str(found.part))


def _copied_key(place: r.Expression, found: Capture) -> r.Expression:
    """The value of a shard key, or of a part, behind the reference that the closure is given."""
    if found.type.kind is Kind.REAL:
        return r.Method(place, "get")
    return r.Unary("*", place) if found.part is None else place


def _constant_key(value: e.Constant | tuple[e.Constant, ...], type: Type) -> r.Expression:
    if isinstance(value, tuple):
        return r.Tuple(tuple(_constant_key(part, kind) for part, kind in zip(value, type.parts, strict=True)))
    made = moved(constant(value, type), type)
    return r.Call("Real::from", (made,)) if type.kind is Kind.REAL else made


def _key_text(type: Type) -> r.Expression:
    """The text of a key behind the reference ``key``."""
    key = r.Name("key")
    if type.kind is not Kind.TUPLE:
        return _part_text(r.Unary("*", key), type) or r.Method(key, "to_string")
    fields = [(r.Field(key, str(index)), part) for index, part in enumerate(type.parts)]
    parts = tuple(_part_text(field, part) or field for field, part in fields)
    return r.Call("format!", (r.Text("/".join("{}" for _ in parts)), *parts))


def _part_text(value: r.Expression, type: Type) -> r.Expression | None:
    match type.kind:
        case Kind.MONEY:
            return r.Call("money::text", (value, _number(type.scale)))
        case Kind.DATE:
            return r.Call("date::iso", (value,))
        case _:
            return None
