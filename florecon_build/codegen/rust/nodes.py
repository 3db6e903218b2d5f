"""One emitter per kind of strategy node.

An emitter adds the closures of its node to the scope, each under a comment with the author's line and expression, and
gives back the call that makes the node.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from florecon_build.codegen.rust import closures, groups
from florecon_build.codegen.rust.captures import Scope, key_parameter
from florecon_build.codegen.rust.closures import Answer, Returns
from florecon_build.codegen.rust.fragment import Frag
from florecon_build.codegen.rust.layout import ARGS_WIDTH, Atom, Doc, Vector, binding, call, layout, one_line
from florecon_build.codegen.rust.literals import constant, text_literal
from florecon_build.codegen.rust.names import snake
from florecon_build.codegen.rust.rust_types import key_type
from florecon_build.codegen.rust.simplify import simplify
from florecon_build.codegen.rust.writer import INDENT, MAX_WIDTH, indent, width
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.python_printer import show
from florecon_build.ir.scope import Reads, reads
from florecon_build.ir.traversal import kind_name, map_tolerance
from florecon_build.ir.types import REAL, Kind, Type

STEP_WIDTH = 40
STEP_NAME = 24


def plan(scope: Scope, node: n.Node) -> Doc:
    """The expression that makes ``node``; its closures are added to ``scope``."""
    match node:
        case n.Identity():
            return call("identity")
        case n.Seq():
            return call("seq", Vector(tuple(_step(scope, step) for step in node.steps)))
        case n.PartitionBy():
            key = _key(scope, "partition_key", node.key)
            return call("partition_by", key, plan(scope, node.inner))
        case n.PartitionByTable():
            return _partition_by_table(scope, node)
        case n.PartitionByWith():
            return _partition_by_with(scope, node)
        case n.When():
            applies = _closure(scope, "applies", closures.ITEM, Answer(node.predicate))
            return call("when", applies, plan(scope, node.inner))
        case n.Windowed():
            order = _closure(scope, "window_order", closures.ITEM, Answer(node.order))
            return call("windowed", order, _setting(scope, "width", node.width), plan(scope, node.inner))
        case n.Pivot():
            amount = _closure(scope, "pivot_amount", closures.ITEM, Answer(node.amount, Returns.OPTION))
            return call("pivot", amount, plan(scope, node.inner))
        case n.FixedPoint():
            return call("fixed_point", str(node.max_passes), plan(scope, node.inner))
        case n.Labeled():
            return call("labeled", text_literal(node.tag), plan(scope, node.inner))
        case n.AcceptIf():
            accepts = _closure(scope, "accepts", closures.GROUP, Answer(node.predicate))
            return call("accept_if", accepts, plan(scope, node.inner))
        case n.Coalesce():
            return call("coalesce", text_literal(node.origin), plan(scope, node.inner))
        case n.Trim() | n.Snap():
            return call(kind_name(node), _tolerance(scope, node.tol), plan(scope, node.inner))
        case n.WholeOnly():
            return call("whole_only", plan(scope, node.inner))
        case n.Exact1to1():
            key = _key(scope, "pair_key", node.key)
            return call("exact_1to1", key, _order(scope, "pair_order", node.order))
        case n.AggNet():
            return call("agg_net", _key(scope, "net_key", node.key), _tolerance(scope, node.tol))
        case n.SignalGroup():
            signals = _key(scope, "signals", node.signals)
            return call("signal_group", signals, _tolerance(scope, node.tol), str(node.cap))
        case n.RunningZero():
            order = _order(scope, "running_order", node.order)
            return call("running_zero", order, _tolerance(scope, node.tol), _key(scope, "running_key", node.key))
        case n.SubsetNet():
            tol = _tolerance(scope, node.tol)
            return call("subset_net", _key(scope, "subset_key", node.key), tol, str(node.max_size), f"{node.budget:_}")
        case n.Flow():
            return _flow(scope, node)
        case n.SoakAll():
            return call("soak_all", text_literal(node.origin), _mode(scope, node))
        case n.SoakSmall():
            return call("soak_small", _tolerance(scope, node.tol), text_literal(node.origin), _mode(scope, node))
        case n.SoakIf():
            soaks = _closure(scope, "soaks", closures.ITEM, Answer(node.predicate))
            return call("soak_if", soaks, text_literal(node.origin), _mode(scope, node))
        case _:
            assert_never(node)


def lines_of(scope: Scope, root: n.Node, *, ok: bool = False) -> list[str]:
    """All lines of a scope that ends in the plan of ``root``."""
    doc = plan(scope, root)
    if ok or scope.fails:
        doc = call("Ok", doc)
    return scope.text(layout(doc, scope.body.column))


# -- steps and settings


def _step(scope: Scope, node: n.Node) -> Doc:
    """A step of a ``seq`` or an entry of a table, under a name of its own unless it is short."""
    before = len(scope.body.lines)
    doc = plan(scope, node)
    text = one_line(doc)
    if len(scope.body.lines) == before and text is not None and width(text) <= STEP_WIDTH:
        return doc
    if len(scope.body.lines) == before:
        scope.gap()
    wanted = snake(node.tag) if isinstance(node, n.Labeled) else f"{kind_name(node)}_step"
    name = scope.names.fresh(wanted[:STEP_NAME].rstrip("_"))
    scope.body.lines.extend(binding(name, doc, scope.body.column))
    return Atom(name)


def _setting(scope: Scope, name: str, value: e.Value) -> Doc:
    """A number over constants, params and shard keys, computed when the plan is built."""
    return _computed(scope, name, lambda: scope.body.root(simplify(value), len(f"let {name} = ;")))


def _tolerance(scope: Scope, tol: e.Tolerance) -> Doc:
    return _computed(scope, "tol", lambda: groups.tolerance(scope.body, map_tolerance(tol, simplify)))


def _computed(scope: Scope, name: str, emit: Callable[[], Frag]) -> Doc:
    """What ``emit`` gives, under a name unless it is short, after the clones that it reads."""
    env, mark = scope.fresh_env(), len(scope.body.lines)
    frag = emit().plain
    scope.body.lines[mark:mark] = env.clones()
    scope.fails = scope.fails or frag.fallible or any("?" in line for line in scope.body.lines[mark:])
    if width(frag.text) <= STEP_WIDTH:
        return Atom(frag.text)
    fresh = scope.names.fresh(name)
    scope.body.lines.extend(scope.body.let_lines(fresh, frag.text))
    return Atom(fresh)


# -- closures


def _key(scope: Scope, name: str, key: e.Value | None) -> str:
    return "one_bucket" if key is None else _closure(scope, name, closures.ITEM, Answer(key, Returns.KEY))


def _order(scope: Scope, name: str, order: e.Value | None) -> str:
    return "by_id" if order is None else _closure(scope, name, closures.ITEM, Answer(order))


def _closure(scope: Scope, wanted: str, params: closures.Params, answer: Answer) -> str:
    """Adds a named closure under its comment, after the clones that it takes along."""
    name = scope.names.fresh(wanted)
    scope.gap()
    scope.body.lines.extend(comment(answer.value, scope.body.column))
    answer = replace(answer, value=simplify(answer.value))
    env = scope.fresh_env()
    closures.write(scope.body.child(0), name, params, answer)  # finds out what the closure takes along
    scope.body.lines.extend(env.clones())
    closures.write(scope.body, name, params, answer, moves=env.moves)
    return name


def origin(value: e.Value) -> str:
    """The author's line and expression, in one line."""
    where = f"{value.span.file}:{value.span.line}  " if value.span else ""
    return where + "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in show(value))


def comment(value: e.Value, column: int) -> list[str]:
    """What a closure stands for; rustc errors are traced back through it."""
    room = MAX_WIDTH - column - len("// ")
    return [f"// {line}" for line in textwrap.wrap(origin(value), room, subsequent_indent="   ")]


# -- the larger nodes


def _partition_by_table(scope: Scope, node: n.PartitionByTable) -> Doc:
    key = _key(scope, "table_key", node.key)
    cases = tuple(
        call("", _constant_key(scope, value, node.key.type), _step(scope, case)) for value, case in node.cases
    )
    default = _step(scope, node.default)
    return call("partition_by_table", key, Vector(cases), default)


def _constant_key(scope: Scope, value: e.Constant | tuple[e.Constant, ...], type: Type) -> str:
    if isinstance(value, tuple):
        parts = [_constant_key(scope, part, kind) for part, kind in zip(value, type.parts, strict=True)]
        return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"
    text = constant(value, type)
    if type.kind is Kind.TEXT:
        return f"Text::from({scope.body.constant(text)})"
    return f"Real::from({text})" if type.kind is Kind.REAL else text


def _partition_by_with(scope: Scope, node: n.PartitionByWith) -> Doc:
    key = _key(scope, "partition_key", node.key)
    scope.gap()
    env = scope.fresh_env()
    shard_key = scope.names.fresh("shard_key")
    inner = scope.inner(env, node.binder, shard_key, node.key.type)
    lines = lines_of(inner, node.inner)
    name = scope.names.fresh("per_shard")
    pattern = shard_key if inner.reads_key else "_"
    head = f"{'move ' if env.moves else ''}|{pattern}: {key_parameter(node.key.type)}|"
    scope.body.lines.extend(env.clones())
    short = f"let {name} = {head} {lines[0]};"
    if len(lines) == 1 and scope.body.column + width(short) <= MAX_WIDTH:
        scope.body.lines.append(short)
    else:
        result = " -> Result<Plan<Row>, EvalError>" if inner.fails else ""
        scope.body.lines.extend([f"let {name} = {head}{result} {{", *indent(lines), "};"])
    return call("partition_by_with", key, name)


def _flow(scope: Scope, node: n.Flow) -> Doc:
    penalty = _penalty(scope, node.penalty)
    cost = _closure(scope, "flow_cost", closures.PAIR, Answer(node.cost, Returns.OPTION))
    chain: list[str] = []
    if node.order is not None and node.window is not None:
        order = _order(scope, "flow_order", node.order)
        window = one_line(_setting(scope, "window", node.window))
        chain.append(f".window({order}, {window})")
    chain += [f".match_on({_key(scope, 'match_key', key)})" for key in node.match_keys]
    chain.append(f".bucket_cap({node.bucket_cap})")
    if node.window_cap != 256:
        chain.append(f".window_cap({node.window_cap})")
    head = f"Flow::new({penalty}, {cost})"
    whole = head + "".join(chain)
    name = scope.names.fresh("arbiter")
    line = f"let {name} = {whole};"
    budget = ARGS_WIDTH if len(chain) > 1 else MAX_WIDTH
    if width(whole) <= budget and scope.body.column + width(line) <= MAX_WIDTH:
        scope.body.lines.append(line)
    else:
        calls = [" " * INDENT + part for part in chain]
        scope.body.lines.extend([f"let {name} = {head}", *calls[:-1], f"{calls[-1]};"])
    return call("flow", name)


def _penalty(scope: Scope, penalty: e.Value) -> str:
    if reads(penalty) <= {Reads.PARAM, Reads.SHARD}:
        text = one_line(_setting(scope, "penalty", as_real(penalty)))
        return f"constant({text})"
    return _closure(scope, "flow_penalty", closures.ITEM, Answer(as_real(penalty)))


def as_real(value: e.Value) -> e.Value:
    """The value as a real; an integer is converted."""
    if value.type.kind is Kind.REAL:
        return value
    return e.Cast(op=e.CastOp.TO_REAL, operand=value, type=REAL, span=value.span)


def _mode(scope: Scope, node: n.SoakAll | n.SoakSmall | n.SoakIf) -> Doc:
    if node.mode is n.SoakMode.SINGLETON or node.key is None:
        return call("singleton")
    key = _key(scope, "soak_key", node.key)
    name = scope.names.fresh("soak_text")
    line = f"let {name} = |key: &{key_type(node.key.type)}| {_key_text(node.key.type)};"
    scope.body.lines.append(line)
    return call("bucket", key, name)


def _key_text(type: Type) -> str:
    """The text of a key behind the reference ``key``."""
    if type.kind is not Kind.TUPLE:
        return _part_text("*key", type) or "key.to_string()"
    parts = [_part_text(f"key.{i}", part) or f"key.{i}" for i, part in enumerate(type.parts)]
    return f'format!("{"/".join("{}" for _ in parts)}", {", ".join(parts)})'


def _part_text(value: str, type: Type) -> str | None:
    match type.kind:
        case Kind.MONEY:
            return f"money::text({value}, {type.scale})"
        case Kind.DATE:
            return f"date::iso({value})"
        case _:
            return None
