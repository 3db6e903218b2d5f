"""Temporaries: names for operands that take several lines or are too wide for the line of their expression.

An expression that fits stands as it is. Of one that does not, the operands wider than ``OPERAND_WIDTH`` become ``let``
statements before it, in the order of evaluation: an operand that can fail is never passed by one that stood after it,
so neither a result nor which error comes first depends on the layout. A place is not named: that would move it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import reduce

from florecon_build.codegen.rust import ast as r
from florecon_build.codegen.rust.fallibility import can_fail
from florecon_build.codegen.rust.names import Names
from florecon_build.codegen.rust.printer import (
    INDENT,
    LIST_WIDTH,
    MAX_WIDTH,
    chained,
    closure_head,
    measure,
    overflows,
    width,
)

OPERAND_WIDTH = 24


def settle(value: r.Expression, names: Names, column: int, around: int = 0) -> r.Block:
    """``value`` as a block at ``column`` of which every line fits; ``around`` stands beside the value's first line."""
    statements = _Statements(names, column)
    result = statements.standing(value, around)
    return r.Block(tuple(statements.made), result)


def settled_let(let: r.Let, names: Names, column: int) -> tuple[r.Statement, ...]:
    """A ``let`` of which every line fits, after the statements that it needs."""
    statements = _Statements(names, column)
    made = statements.let(let)
    return (*statements.made, made)


class _Statements:
    """The statements of one block while they are collected."""

    def __init__(self, names: Names, column: int) -> None:
        self.names = names
        self.column = column
        self.made: list[r.Statement] = []

    def let(self, let: r.Let) -> r.Let:
        head = width(f"let {let.name} = ") + (width(f": {let.type}") if let.type else 0)
        return replace(let, value=self.standing(let.value, head + 1, INDENT + 1))

    def standing(self, expression: r.Expression, around: int, below: int | None = None) -> r.Expression:
        """An expression after ``let`` or at the end of a block, where it may take several lines.

        ``below`` is what stands beside it where it may begin a line of its own.
        """
        room = MAX_WIDTH - self.column - (around if below is None else min(below, around))
        match expression:
            case r.Block():
                for statement in expression.statements:
                    self.made.append(self.let(statement) if isinstance(statement, r.Let) else statement)
                return self.standing(expression.value, around, below)
            case r.If():
                condition = self.inline(expression.condition, MAX_WIDTH - self.column - around - len("if  {"))
                otherwise = self._otherwise(expression.otherwise)
                return replace(expression, condition=condition, then=self._nested(expression.then), otherwise=otherwise)
            case r.Match():
                subject = self.inline(expression.subject, MAX_WIDTH - self.column - around - len("match  {"))
                arms = tuple(
                    replace(arm, value=self._nested(arm.value, 2, measure(arm.pattern) + len(" => ,")))
                    for arm in expression.arms
                )
                return replace(expression, subject=subject, arms=arms)
            case r.Closure():
                lead = around + width(closure_head(expression)) + 1 - INDENT
                return replace(expression, body=self._nested(expression.body, 1, lead))
            case _ if measure(expression) <= room:
                return expression
            case r.Binary(symbol="&&" | "||"):
                return self._logic(expression, around)
            case _:
                return self._spread(expression, room)

    def _nested(self, body: r.Block, deeper: int = 1, lead: int = 0) -> r.Block:
        """A block inside this one; a ``match`` that is all of it stands on the line of what opens the block."""
        around = lead if isinstance(body.value, r.Match) and not body.statements else 0
        return settle(body, self.names.child(), self.column + deeper * INDENT, around)

    def _otherwise(self, body: r.Block) -> r.Block:
        """The ``else`` of an ``if``: where it is an ``if`` too, that stands at the column of the first if it fits."""
        value, around = body.value, len("} else  ")
        if body.statements or _has_operands(value) or isinstance(value, r.Match):
            return self._nested(body)
        fits = isinstance(value, r.If) and measure(value.condition) <= MAX_WIDTH - self.column - around - len("if  {")
        deeper = 0 if fits else INDENT
        return settle(value, self.names.child(), self.column + deeper, around - deeper)

    def inline(self, expression: r.Expression, room: int) -> r.Expression:
        """An expression that must stand on one line with what is around it."""
        if measure(expression) <= room:
            return expression
        if _has_operands(expression):
            expression = self._spread(expression, room)
        return expression if measure(expression) <= room else self._named(expression)

    def _spread(self, expression: r.Expression, room: int) -> r.Expression:
        """The expression with names for its wide operands, and for what can fail before the last of those."""
        match expression:
            case r.Call("Some" | "Ok" as wrapper, (inner,)):
                inlined = self.inline(inner, room - len(f"{wrapper}()"))
                made = r.Call(wrapper, (inlined,))
                return made if measure(made) <= room or overflows(made) else r.Call(wrapper, (self._named(inlined),))
            case r.Method(inner, "map", (r.Path("Some"),)) if not isinstance(inner, r.Name):
                return replace(expression, receiver=self.inline(inner, min(room, LIST_WIDTH) - len(".map(Some)")))
            case _:
                pass
        operands: list[r.Expression] = []
        _map_operands(expression, lambda operand: operands.append(operand) or operand)
        wide = [i for i, operand in enumerate(operands) if measure(operand) > OPERAND_WIDTH and not _is_place(operand)]
        if _calls_closure(expression) and not isinstance(operands[0], r.Name):
            wide.insert(0, 0)
        last = max(wide, default=-1)
        index = -1

        def operand(found: r.Expression) -> r.Expression:
            nonlocal index
            index += 1
            if index not in wide and not (index < last and can_fail(found)):
                return found
            return self._named(found, may_fail=index == last)

        return _map_operands(expression, operand)

    def _named(self, expression: r.Expression, *, may_fail: bool = True) -> r.Expression:
        """A variable that holds the value of the expression, or the expression once it has become small."""
        owner = _viewed(expression)
        if owner is not None and not _is_place(owner):
            held = self._named(owner)
            expression = _with_viewed(expression, held if _is_place(held) else self._let(held, hint(owner)))
            return expression if measure(expression) <= OPERAND_WIDTH else self._let(expression, hint(expression))
        wanted = hint(expression)
        value = self.standing(expression, width(f"let {wanted}_00 = ;"), INDENT + 1)
        if measure(value) <= OPERAND_WIDTH and (may_fail or not can_fail(value)):
            return value
        return self._let(value, wanted)

    def _let(self, value: r.Expression, wanted: str) -> r.Name:
        name = self.names.fresh(wanted)
        self.made.append(r.Let(name, value, value.type if isinstance(value, r.If | r.Match) else None))
        return r.Name(name)

    def _logic(self, expression: r.Binary, around: int) -> r.Expression:
        """A chain with an operand on each line; where one is wider than that, an ``if``, which is as lazy."""
        first, *rest = operands = chained(expression)
        room = MAX_WIDTH - self.column - INDENT - len("&& ();")
        split = next((index for index, operand in enumerate(rest, 1) if measure(operand) > room), None)
        if split is None and measure(first) <= INDENT:
            split = 1  # rustfmt would write the second operand beside the first
        if split is not None:
            return self.standing(_as_if(expression.symbol, operands[:split], operands[split:]), around)
        return _chain(expression.symbol, [self.inline(first, MAX_WIDTH - self.column - around - len("()")), *rest])


def _as_if(symbol: str, left: list[r.Expression], right: list[r.Expression]) -> r.If:
    """``left && right`` as ``if left { right } else { false }``."""
    condition, last = _chain(symbol, left), r.block(_chain(symbol, right))
    if symbol == "&&":
        return r.If(condition, last, r.block(r.Literal("false")))
    return r.If(condition, r.block(r.Literal("true")), last)


def _chain(symbol: str, operands: list[r.Expression]) -> r.Expression:
    return reduce(lambda left, right: r.Binary(symbol, left, right), operands)


def _has_operands(expression: r.Expression) -> bool:
    """Whether all parts of the expression are evaluated, in order, whatever they are."""
    match expression:
        case r.If() | r.Match() | r.Block() | r.Closure() | r.Binary(symbol="&&" | "||"):
            return False
        case _:
            return True


def _calls_closure(expression: r.Expression) -> bool:
    """Whether a method calls a closure: rustfmt would break the chain before it."""
    return isinstance(expression, r.Method) and any(isinstance(part, r.Closure) for part in expression.arguments)


def _map_operands(expression: r.Expression, change: Callable[[r.Expression], r.Expression]) -> r.Expression:
    """The expression with each operand changed, in the order of evaluation.

    References, arrays, ``Some`` and ``Ok`` are looked through: naming what they hold is as good. A closure that a
    method calls at once stays where it is; its parameters have no types to give to a variable.
    """

    def through(part: r.Expression) -> r.Expression:
        match part:
            case r.Unary(symbol="&") | r.Array() | r.Call("Some" | "Ok"):
                return _map_operands(part, change)
            case r.Closure() if not any(parameter.type for parameter in part.parameters):
                return part
            case _:
                return change(part)

    match expression:
        case r.Call():
            return replace(expression, arguments=tuple(map(through, expression.arguments)))
        case r.Method():
            receiver = through(expression.receiver)
            return replace(expression, receiver=receiver, arguments=tuple(map(through, expression.arguments)))
        case r.Matches():
            return replace(expression, subject=through(expression.subject))
        case r.Tuple() | r.Array():
            return replace(expression, items=tuple(map(through, expression.items)))
        case r.Try() if isinstance(expression.operand, r.Call | r.Method):
            return r.Try(_map_operands(expression.operand, change))
        case r.Try() | r.Unary() | r.Cast():
            return replace(expression, operand=through(expression.operand))
        case r.Field():
            return replace(expression, owner=through(expression.owner))
        case r.Binary():
            left = through(expression.left)
            return replace(expression, left=left, right=through(expression.right))
        case _:
            return expression


def _viewed(expression: r.Expression) -> r.Expression | None:
    """The owner of the text that a ``&str`` looks at: a temporary owner must get the name, to live as long."""
    match expression:
        case r.Method(receiver=owner, name="as_str" | "as_deref"):
            return owner
        case r.Method(receiver=inner, name="unwrap_or"):
            return _viewed(inner)
        case _:
            return None


def _with_viewed(expression: r.Expression, owner: r.Expression) -> r.Expression:
    match expression:
        case r.Method(receiver=r.Method() as inner, name="unwrap_or"):
            return replace(expression, receiver=_with_viewed(inner, owner))
        case r.Method():
            return replace(expression, receiver=owner)
        case _:
            return expression


def _is_place(expression: r.Expression) -> bool:
    match expression:
        case r.Name():
            return True
        case r.Field():
            return _is_place(expression.owner)
        case _:
            return False


_HINTS = {
    **{"+": "sum", "-": "difference", "*": "product", "/": "quotient"},
    **{"add": "sum", "sub": "difference", "mul": "product", "floor_div": "quotient", "modulo": "remainder"},
    **{"neg": "negated", "abs": "size", "max": "most", "min": "least", "from": "text", "key": "part"},
    **{
        "zip": "parts",
        "map": "mapped",
        "or": "first",
        "or_else": "first",
        "unwrap_or": "filled",
        "unwrap_or_else": "filled",
    },
    **dict.fromkeys(("any", "all", "contains", "starts_with", "ends_with", "overlaps", "has", "nets"), "holds"),
}


def hint(expression: r.Expression) -> str:
    """A name for a variable that holds the value of an expression."""
    match expression:
        case r.If():
            return "chosen"
        case r.Match():
            return "found"
        case r.Closure():
            return "member"
        case r.Array():
            return "known"
        case r.Tuple():
            return "parts"
        case r.Cast():
            return "real"
        case r.Text():
            return "text"
        case r.Field():
            return expression.name if expression.name.isidentifier() else "part"
        case r.Try():
            return hint(expression.operand)
        case r.Unary("-"):
            return "negated"
        case r.Matches():
            return "holds"
        case r.Binary():
            return _HINTS.get(expression.symbol, "holds")
        case r.Call("Some" | "Ok", (inner,)):
            return hint(inner)
        case r.Call():
            name = expression.function.rsplit("::", 1)[-1]
            return _HINTS.get(name, name)
        case r.Method(name="clone" | "as_str" | "as_deref"):
            return hint(expression.receiver)
        case r.Method():
            return _HINTS.get(expression.name, expression.name)
        case _:
            return "value"
