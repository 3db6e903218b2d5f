"""Rust syntax tree: the expressions, statements and items that generated code consists of.

Data only. Lowering makes the tree, passes read and rebuild it, ``printer`` lays it out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never


@dataclass(frozen=True, slots=True)
class Name:
    """A local variable or parameter; ``is_view``: of a text, it is a ``&str``."""

    name: str
    is_view: bool = False


@dataclass(frozen=True, slots=True)
class Path:
    """A constant, function or variant: ``None``, ``by_id``."""

    path: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A number or boolean, as Rust spells it."""

    token: str


@dataclass(frozen=True, slots=True)
class Text:
    """A string literal, of type ``&'static str``."""

    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """``owner.name``."""

    owner: Expression
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """``function(arguments)``; a name that ends in ``!`` is a macro."""

    function: str
    arguments: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Method:
    """``receiver.name(arguments)``."""

    receiver: Expression
    name: str
    arguments: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Try:
    """``operand?``."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Unary:
    """``symbol operand``: ``!``, ``-``, ``&`` or ``*``."""

    symbol: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """``left symbol right``."""

    symbol: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Cast:
    """``operand as type``."""

    operand: Expression
    type: str


@dataclass(frozen=True, slots=True)
class Tuple:
    """``(item, ..)``."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Array:
    """``[item, ..]``, or with the macro ``vec!`` a vector."""

    items: tuple[Expression, ...]
    macro: str = ""


@dataclass(frozen=True, slots=True)
class Struct:
    """``name { field: value, .. }``; None is the shorthand for a variable of the field's name."""

    name: str
    fields: tuple[tuple[str, Expression | None], ...]


@dataclass(frozen=True, slots=True)
class If:
    """``if condition { .. } else { .. }``.

    ``type`` annotates a variable that holds the value: without it ``rustc`` would take integer literals for ``i32``.
    """

    condition: Expression
    then: Block
    otherwise: Block
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Arm:
    """``pattern => value``. The patterns of generated code are spelled like expressions."""

    pattern: Expression
    value: Block


@dataclass(frozen=True, slots=True)
class Match:
    """``match subject { .. }``; ``type`` as for ``If``."""

    subject: Expression
    arms: tuple[Arm, ...]
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Matches:
    """``matches!(subject, pattern)``."""

    subject: Expression
    pattern: Expression


@dataclass(frozen=True, slots=True)
class Parameter:
    """A closure's parameter. A closure that stands in a call needs no types: they are printed after ``let`` only."""

    pattern: Expression
    type: str = ""


@dataclass(frozen=True, slots=True)
class Closure:
    """``move |parameters| -> returns body``."""

    parameters: tuple[Parameter, ...]
    body: Block
    returns: str | None = None
    moves: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Statements, then the value."""

    statements: tuple[Statement, ...]
    value: Expression


Expression = (
    Name
    | Path
    | Literal
    | Text
    | Field
    | Call
    | Method
    | Try
    | Unary
    | Binary
    | Cast
    | Tuple
    | Array
    | Struct
    | If
    | Match
    | Matches
    | Closure
    | Block
)
"""The closed union of expressions."""


@dataclass(frozen=True, slots=True)
class Let:
    """``let name: type = value;``."""

    name: str
    value: Expression
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """The author's position and expression, and its place in the strategy: ``partition_by > seq[0] > agg_net.key``."""

    author: str
    place: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment above the statements that an expression of the author's became.

    ``also`` are the author's other positions and expressions that these statements stand for.
    """

    origin: Origin
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Blank:
    """A blank line."""


Statement = Let | Comment | Blank


@dataclass(frozen=True, slots=True)
class Function:
    """``signature { body }``."""

    signature: str
    body: Block


@dataclass(frozen=True, slots=True)
class Container:
    """``head { items }``, a blank line between two items: an ``impl`` or a module."""

    head: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class MacroItem:
    """``name!(arguments);``."""

    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Lines of which none needs layout: attributes, type declarations."""

    lines: tuple[str, ...]


Item = Function | Container | MacroItem | Verbatim


def block(value: Expression) -> Block:
    """``value`` as a block; a block is one already."""
    return value if isinstance(value, Block) else Block((), value)


def is_view(expression: Expression) -> bool:
    """Whether an expression of a text is a ``&str`` by itself: a literal, or a variable that is one."""
    return isinstance(expression, Text) or (isinstance(expression, Name) and expression.is_view)


def parts(expression: Expression) -> tuple[Expression, ...]:
    """The expressions directly in an expression, in the order of evaluation; patterns are none."""
    match expression:
        case Name() | Path() | Literal() | Text():
            return ()
        case Field(owner=operand) | Try(operand) | Unary(operand=operand) | Cast(operand=operand):
            return (operand,)
        case Call():
            return expression.arguments
        case Method():
            return (expression.receiver, *expression.arguments)
        case Binary():
            return (expression.left, expression.right)
        case Tuple() | Array():
            return expression.items
        case Struct():
            return tuple(value or Name(name) for name, value in expression.fields)
        case If():
            return (expression.condition, expression.then, expression.otherwise)
        case Matches():
            return (expression.subject,)
        case Match():
            return (expression.subject, *(arm.value for arm in expression.arms))
        case Closure():
            return (expression.body,)
        case Block():
            return (*(line.value for line in expression.statements if isinstance(line, Let)), expression.value)
        case _:
            assert_never(expression)


def walk(expression: Expression, *, into_closures: bool = True) -> Iterator[Expression]:
    """The expression and every expression in it, outermost first."""
    yield expression
    if into_closures or not isinstance(expression, Closure):
        for part in parts(expression):
            yield from walk(part, into_closures=into_closures)


def names(expression: Expression) -> frozenset[str]:
    """The names that an expression reads, its own variables among them."""
    return frozenset(part.name for part in walk(expression) if isinstance(part, Name))
