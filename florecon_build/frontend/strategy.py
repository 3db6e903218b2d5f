"""Strategy handle, and validation of a node's arguments: keys, orders, predicates, child nodes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from florecon_build.frontend.diagnostics import answered, argument, fail
from florecon_build.frontend.functions import condition_of
from florecon_build.frontend.group import Group
from florecon_build.frontend.handles import Deferred, Expr, Uses, all_uses, describe, lift, never_null
from florecon_build.frontend.parameters import Tolerance
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.python_printer import show
from florecon_build.ir.scope import Reads, Scope, reads
from florecon_build.ir.strings import fault
from florecon_build.ir.traversal import public_name, values_in
from florecon_build.ir.types import Kind, Type

MAX_NESTING = 60


class Strategy:
    """Strategy, or a part of one: a node with its children. ``ir`` is its tree."""

    __slots__ = ("_ir", "_uses")

    def __init__(self, ir: n.Node, uses: Uses) -> None:
        self._ir = ir
        self._uses = uses

    @property
    def ir(self) -> n.Node:
        """The node tree."""
        return self._ir

    @property
    def uses(self) -> Uses:
        """Parameters and columns that the strategy reads."""
        return self._uses

    def __repr__(self) -> str:
        return f"<strategy {public_name(self._ir)}>"


@dataclass(frozen=True, slots=True)
class Slot:
    """Argument position of a node: its name in messages and the scope that it allows."""

    name: str
    scope: Scope = Scope.ITEM


def strategy(ir: n.Node, *sources: Expr | Tolerance | Strategy | None) -> Strategy:
    """Handle of a new node; while errors are collected, an invalid argument ends its construction without a further
    error.
    """
    answered(sources)
    uses = all_uses(source.uses for source in sources if source is not None)
    depth = 1 + max((source.uses.depth for source in sources if isinstance(source, Strategy)), default=0)
    if depth > MAX_NESTING:
        fix = "give all steps to one fb.seq(..) instead of nesting one seq in another"
        fail(
            "too_large", "the strategy is nested too deeply", expected=f"at most {MAX_NESTING}", got=str(depth), fix=fix
        )
    return Strategy(ir, replace(uses, size=0, depth=depth))


@argument
def inner_of(item: object, what: str) -> Strategy:
    """Validates a child strategy."""
    if not isinstance(item, Strategy):
        fix = "pass a node, such as fb.exact_1to1()"
        if isinstance(item, tuple | list):
            fix = "join several steps with fb.seq(first, second, ..)"
        elif callable(item):
            fix = "call it: a node is what the function gives back"
        fail(
            "not_a_strategy",
            f"{what}: not a strategy",
            expected="a strategy",
            got=describe(cast(object, item)),
            fix=fix,
        )
    return item


def in_scope(expr: Expr, slot: Slot) -> Expr:
    """Validates the scope of an expression in a slot. Raises ``StrategyError``."""
    found = reads(expr.ir) - slot.scope.allowed
    if found:
        fail(
            "scope",
            f"{slot.name}: `{show(expr.ir)}` is not available here",
            expected=slot.scope.value,
            got=f"an expression that reads {', '.join(sorted(read.value for read in found))}",
            fix=_scope_fix(slot.scope, found),
        )
    return expr


def _scope_fix(scope: Scope, found: frozenset[Reads]) -> str:
    if scope is Scope.PAIR and found & {Reads.LANE, Reads.LOT}:
        return "name the side: write a.lane or b.lane instead of row.lane"
    if scope is Scope.GROUP and found & {Reads.LANE, Reads.LOT}:
        return "say of which members: g.any(..), g.all(..), g.count(..), g.distinct(..) or g.span(..)"
    if Reads.PAIR in found:
        return "a and b exist only in flow's cost; write row.lane"
    if Reads.GROUP in found:
        return "g exists only in accept_if"
    return "use columns, derived lanes and constants"


@argument
def key_of(item: object, slot: Slot, *, lists: bool = False) -> Expr:
    """Validates a key: a scalar, a tuple of scalars, or with ``lists`` a list of keys. A key may be null, and null
    equals nothing.
    """
    parts = cast("tuple[object, ...]", item) if isinstance(item, tuple) else (item,)
    if isinstance(item, list):
        fail("not_a_key", f"{slot.name}: a Python list is not a key", got="list", fix="write a tuple: (row.a, row.b)")
    if not parts or parts[0] is None:
        fail(
            "not_a_key",
            f"{slot.name}: the key is empty",
            got=describe(parts[0] if parts else ()),
            fix="use a lane, or a tuple of lanes",
        )
    expr = in_scope(lift(parts[0] if len(parts) == 1 else parts, what=slot.name), slot)
    if expr.type.kind is Kind.LIST and not lists:
        fail(
            "not_a_key",
            f"{slot.name}: a list is not a single key",
            expected="a scalar or a tuple of scalars",
            got=describe(expr),
            fix="use it as signal_group's signals or in flow's match_keys",
        )
    _no_lists_inside(expr.type, expr, slot.name)
    return expr


def _no_lists_inside(kind: Type, expr: Expr, what: str) -> None:
    if kind.kind is Kind.TUPLE:
        if any(part.kind is Kind.LIST for part in kind.parts):
            fix = "give the list its own entry in match_keys, or partition by the other parts first"
            fail("not_a_key", f"{what}: a key tuple cannot contain a list", got=describe(expr), fix=fix)
        for part in kind.parts:
            _no_lists_inside(part, expr, what)


@argument
def optional_key(item: object, slot: Slot) -> Expr | None:
    """Validates an optional key; None stands for one bucket."""
    return None if item is None else key_of(item, slot)


@argument
def named_key(item: object, slot: Slot) -> Expr:
    """Validates a key that is part of an origin; reals are rejected, as they have no exact text."""
    expr = answered(key_of(item, slot))
    if _holds_real(expr.type):
        fix = "use an integer, text, money, date or boolean"
        fail(
            "not_a_key",
            f"{slot.name}: a real has no exact text for the origin of a bucket",
            got=describe(expr),
            fix=fix,
        )
    return expr


def _holds_real(kind: Type) -> bool:
    return kind.kind is Kind.REAL or any(_holds_real(part) for part in kind.parts)


@argument
def order_of(item: object, slot: Slot) -> Expr:
    """Validates a sort expression: never null, not real, not a list."""
    if item is None:
        fail(
            "no_order", f"{slot.name} is missing", expected="a date, integer, money or text lane", fix="order=row.lane"
        )
    expr = in_scope(lift(item, what=slot.name), slot)
    if expr.type.kind is Kind.LIST or _holds_real(expr.type):
        fix = "order by a date, an integer, money, a text, a boolean or a tuple of them"
        fail("no_order", f"{slot.name}: type {expr.type} has no exact order", got=describe(expr), fix=fix)
    return never_null(expr, slot.name)


@argument
def measure_of(item: object, slot: Slot) -> Expr:
    """Validates the order of a window: date (days), money (minor units) or integer, never null."""
    expr = answered(order_of(item, slot))
    if expr.type.kind not in {Kind.INTEGER, Kind.MONEY, Kind.DATE}:
        fix = "use a date, an integer or money"
        fail(
            "no_order",
            f"{slot.name}: a window needs a type with a distance",
            expected="date, integer or money",
            got=describe(expr),
            fix=fix,
        )
    return expr


@argument
def predicate_of(item: object, slot: Slot) -> Expr:
    """Validates a boolean expression in a slot."""
    if callable(item) and not isinstance(item, Expr | Deferred):
        fix = "write the condition itself: fb.when(row.lane == .., inner)"
        fail("not_an_expression", f"{slot.name} needs a condition, not a function", got=describe(item), fix=fix)
    return in_scope(condition_of(item, slot.name), slot)


@argument
def acceptance_of(item: object, name: str) -> Expr | None:
    """Validates the condition of a leaf on a candidate group; None accepts each."""
    if item is None:
        return None
    test = answered(predicate_of(of_group(item), Slot(name, Scope.GROUP)))
    if any(isinstance(part, e.GroupUnique) for part in values_in(test.ir)):
        fail(
            "scope",
            f"{name}: `g.unique` is not known of a candidate",
            expected="a fact of the members and their amounts",
            got=f"`{show(test.ir)}`",
            fix="put fb.accept_if(lambda g: g.unique, ..) around the node",
        )
    return test


def of_group(predicate: object) -> object:
    """The expression of a group condition: a function of ``g`` is called."""
    return answered(predicate if isinstance(predicate, Expr) or not callable(predicate) else predicate(Group()))


@argument
def bucket_of(mode: object, key: object, what: str) -> tuple[n.SoakMode, Expr | None]:
    """Validates mode and key of a write-off node: a key exactly with buckets."""
    modes = [mode.value for mode in n.SoakMode]
    if not isinstance(mode, str) or mode not in modes:
        fail(
            "bad_setting",
            f"{what}: invalid mode",
            expected=" or ".join(map(repr, modes)),
            got=describe(mode),
            fix="use one of these",
        )
    chosen = n.SoakMode(mode)
    if chosen is n.SoakMode.BUCKET and key is None:
        fail("no_key", f"{what}: mode bucket needs a key", got='mode="bucket"', fix="add key=row.lane")
    if chosen is n.SoakMode.SINGLETON and key is not None:
        fail(
            "extra_key",
            f"{what}: mode singleton takes no key",
            got="key=..",
            fix='add mode="bucket", or remove the key',
        )
    return chosen, None if key is None else named_key(key, Slot(f"{what}.key"))


@argument
def plain_text(item: object, what: str) -> str:
    """Validates a label or origin: a non-empty text constant."""
    if not isinstance(item, str) or not item.strip():
        fail("bad_setting", f"{what} must be a non-empty text", expected="str", got=describe(item), fix="write a text")
    found = fault(n.Labeled, "tag", item)
    if found:
        fail("bad_text", f"{what} {found}", got=ascii(item), fix="leave it out")
    return item


def real_cost(expr: Expr, what: str) -> None:
    """Validates a cost or penalty: a number without a unit."""
    if expr.type.kind not in {Kind.REAL, Kind.INTEGER}:
        fix = "costs are plain numbers; turn money into `.to_minor()`, a condition into fb.tier(condition, cost)"
        fail(
            "type_mismatch",
            f"{what} must be a number without a unit",
            expected="real or integer",
            got=describe(expr),
            fix=fix,
        )
