"""The statements of a closure or function body while it is written, with room kept for rustfmt.

An expression is first tried on one line. Where it does not fit, or where an operand needs statements of its own,
operands become ``let`` temporaries, in the order in which they are evaluated: what is computed, and which error comes
first, never depends on the layout.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Protocol

from florecon_build.codegen.fallible import is_fallible
from florecon_build.codegen.frag import Form, Frag
from florecon_build.codegen.names import Names
from florecon_build.codegen.writer import INDENT, MAX_WIDTH, indent, width
from florecon_build.ir import values as v
from florecon_build.ir.walk import kind_name

ATOM_WIDTH = 24
"""In an expression that did not fit, operands wider than this get a name of their own."""
LITERAL_WIDTH = 60


class Env(Protocol):
    """Where a body finds what its expressions read."""

    def lane(self, lane: v.Lane) -> Frag: ...
    def lot(self, lot: v.LotAmount | v.LotOriginal) -> Frag: ...
    def param(self, param: v.ParamRef) -> Frag: ...
    def shard(self, key: v.ShardKey) -> Frag: ...


@dataclass(frozen=True, slots=True)
class Wrap:
    """What a body returns: the value as it is, or in ``Some``, or in ``Ok``, or both."""

    nullable: bool = False
    ok: bool = False

    @property
    def null(self) -> str:
        """The null answer."""
        return "Ok(None)" if self.ok else "None"

    def value(self, frag: Frag) -> str:
        """The answer that ``frag`` is."""
        some = self.nullable and not frag.type.nullable
        if self.ok and frag.result:
            return f"{frag.text}.map(Some)" if some else frag.text
        return self.text(frag.owned, some=some)

    def text(self, owned: str, *, some: bool) -> str:
        """An owned text, wrapped."""
        inner = f"Some({owned})" if some else owned
        return f"Ok({inner})" if self.ok else inner


PLAIN = Wrap()


class Position(Enum):
    """Where a multi-line expression stands."""

    TAIL = "the last expression of a block"
    LET = "the right-hand side of a let"


Emit = Callable[["Body", v.Value], Frag]
Block = Callable[["Body", v.Value, Position, str, str, Wrap], None]
BlockTest = Callable[["Body", v.Value], bool]


@dataclass(slots=True)
class Body:
    """Lines of a block whose first column is ``column``; lines are kept relative to it."""

    env: Env
    names: Names
    column: int
    emitter: Emit
    blocks: Block
    block_test: BlockTest
    lines: list[str] = field(default_factory=list[str])
    spread: bool = False
    known: dict[tuple[int, int], bool] = field(default_factory=dict[tuple[int, int], bool])

    def is_block(self, value: v.Value) -> bool:
        """Whether ``value`` takes several lines here; remembered, since finding out may mean writing it."""
        key = (id(value), self.column)
        if key not in self.known:
            self.known[key] = self.block_test(self, value)
        return self.known[key]

    def child(self, deeper: int = 1) -> Body:
        """An empty block inside this one."""
        return replace(
            self, names=self.names.child(), column=self.column + deeper * INDENT, lines=list[str](), spread=False
        )

    def absorb(self, inner: Body) -> None:
        """Adds a child's lines, one level deeper."""
        self.lines.extend(indent(inner.lines))

    # -- expressions -------------------------------------------------------------------------------------------------

    def emit(self, value: v.Value) -> Frag:
        """One line for ``value``; statements that it needs are added first."""
        if self.is_block(value):
            return self.bound(value)
        return self.emitter(self, value)

    def root(self, value: v.Value, around: int = 0) -> Frag:
        """One line for ``value`` that fits beside ``around`` more characters, spread over temporaries if it must be."""
        if self.is_block(value):
            return self.bound(value)
        mark, names = len(self.lines), self.names.child()
        outer, self.spread = self.spread, False
        frag = self.emitter(self, value)
        if not self.fits(frag, around):
            del self.lines[mark:]
            self.names, self.spread = names, True
            frag = self.emitter(self, value)
        self.spread = outer
        return frag

    def fits(self, frag: Frag, around: int) -> bool:
        """Whether rustfmt leaves the line alone."""
        return not frag.wide and self.column + width(frag.plain.text) + around <= MAX_WIDTH

    def arg(self, value: v.Value) -> Frag:
        """An operand: inline, or a temporary where this expression is being spread and the operand is not small."""
        if not self.spread:
            return self.emit(value)
        frag = self.root(value)
        return frag if width(frag.plain.text) <= ATOM_WIDTH else self.bind(hint(value), frag)

    def args(self, *values: v.Value) -> tuple[Frag, ...]:
        """Operands evaluated left to right: none of a later one's statements passes an earlier one that can fail."""
        mark, names = len(self.lines), self.names.child()
        frags: list[Frag] = []
        for value in values:
            before = len(self.lines)
            frags.append(self.arg(value))
            if len(self.lines) > before and any(frag.fallible or frag.result for frag in frags[:-1]):
                break
        else:
            return tuple(frags)
        del self.lines[mark:]
        self.names = names
        *first, last = values
        return (*(self.bound(value) if is_fallible(value) else self.arg(value) for value in first), self.arg(last))

    # -- statements --------------------------------------------------------------------------------------------------

    def bound(self, value: v.Value, name: str | None = None) -> Frag:
        """``value`` as a temporary."""
        if self.is_block(value):
            fresh = self.names.fresh(name or hint(value))
            self.blocks(self, value, Position.LET, f"let {fresh} = ", ";", Wrap(nullable=value.type.nullable))
            return Frag(fresh, value.type)
        return self.bind(name or hint(value), self.root(value, INDENT + 1))

    def bind(self, name: str, frag: Frag) -> Frag:
        """An emitted expression as a temporary."""
        text = frag.text if frag.form is Form.LITERAL else frag.owned
        fresh = self.names.fresh(name)
        self.lines.extend(self.let_lines(fresh, text))
        return Frag(fresh, frag.type, form=Form.LITERAL if frag.form is Form.LITERAL else Form.TEMP)

    def let_lines(self, name: str, text: str) -> list[str]:
        """``let name = text;`` on one line, or on the next where only that fits."""
        line = f"let {name} = {text};"
        if self.column + width(line) > MAX_WIDTH >= self.column + INDENT + width(text) + 1:
            return [f"let {name} =", " " * INDENT + f"{text};"]
        return [line]

    def tail(self, value: v.Value | None, wrap: Wrap, around: int = 0) -> None:
        """The block's value, as its last line or lines. None is null."""
        if value is None or (isinstance(value, v.Lit) and value.value is None):
            self.lines.append(wrap.null)
        elif self.is_block(value):
            self.blocks(self, value, Position.TAIL, "", "", wrap)
        else:
            extra = len("Ok(Some(.clone()))") + around
            frag = self.root(value, extra)
            if width(frag.text) > LITERAL_WIDTH and frag.form is Form.LITERAL:
                frag = self.bind("text", frag)
            self.lines.append(wrap.value(frag))


def hint(value: v.Value) -> str:
    """A name for a temporary that holds ``value``."""
    match value:
        case v.Gap():
            return "gap"
        case v.Similarity():
            return "similarity"
        case v.Compare() | v.Logic() | v.Not() | v.TextTest() | v.ListOverlaps() | v.ListContains() | v.IsNull():
            return "holds"
        case v.Where() | v.FirstOf() | v.Tier():
            return "chosen"
        case v.Lookup():
            return "found"
        case v.Arith():
            return _ARITH[value.op]
        case _:
            return kind_name(value)


_ARITH = {
    v.ArithOp.ADD: "sum",
    v.ArithOp.SUB: "difference",
    v.ArithOp.MUL: "product",
    v.ArithOp.DIV: "quotient",
    v.ArithOp.FLOOR_DIV: "quotient",
    v.ArithOp.MOD: "remainder",
    v.ArithOp.MIN: "least",
    v.ArithOp.MAX: "most",
}
