"""The statements of a closure or function body while it is written, with room kept for rustfmt.

An expression is first tried on one line. Where it does not fit, or where an operand needs statements of its own,
operands become ``let`` temporaries, in the order in which they are evaluated: what is computed, and which error comes
first, never depends on the layout.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from florecon_build.codegen.rust.fallibility import is_fallible
from florecon_build.codegen.rust.fragment import Form, Frag
from florecon_build.codegen.rust.layout import ARGS_WIDTH
from florecon_build.codegen.rust.names import Names
from florecon_build.codegen.rust.rust_types import lane_type
from florecon_build.codegen.rust.simplify import is_untyped
from florecon_build.codegen.rust.writer import INDENT, MAX_WIDTH, width
from florecon_build.ir import expressions as e
from florecon_build.ir.traversal import kind_name

ATOM_WIDTH = 24
"""In an expression that did not fit, operands wider than this get a name of their own."""
LITERAL_WIDTH = 40
"""A text constant wider than this gets a name of its own."""


class Env(Protocol):
    """Where a body finds what its expressions read. ``used`` collects the closure parameters that were."""

    used: set[str]

    def lane(self, lane: e.Lane) -> Frag: ...
    def lot(self, lot: e.LotAmount | e.LotOriginal) -> Frag: ...
    def param(self, param: e.ParamRef) -> Frag: ...
    def shard(self, key: e.ShardKey) -> Frag: ...


@dataclass(frozen=True, slots=True)
class Wrap:
    """What a body returns: the value as it is, or in ``Some``, or in ``Ok``, or both."""

    nullable: bool = False
    ok: bool = False

    @property
    def null(self) -> str:
        """The null answer."""
        return "Ok(None)" if self.ok else "None"

    def room(self, frag: Frag) -> int:
        """How wide the text of ``frag`` may be inside what it is wrapped in."""
        direct = self.ok and frag.result
        wrappers = [self.nullable and not frag.type.nullable and not direct, self.ok and not direct]
        literal = frag.form is Form.LITERAL
        return (ARGS_WIDTH if any(wrappers) or literal else MAX_WIDTH) - (len("Some()") if all(wrappers) else 0)

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


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a multi-line expression stands: the end of a block, or with ``name`` the right of a ``let``."""

    wrap: Wrap = PLAIN
    name: str | None = None

    @property
    def prefix(self) -> str:
        """What stands before the expression."""
        return f"let {self.name} = " if self.name else ""

    @property
    def suffix(self) -> str:
        """What stands after it."""
        return ";" if self.name else ""


Emit = Callable[["Body", e.Value], Frag]
Block = Callable[["Body", e.Value, Slot], None]
BlockTest = Callable[["Body", e.Value], bool]


@dataclass(slots=True)
class Body:
    """Lines of a block whose first column is ``column``; lines are kept relative to it.

    ``spread`` gives operands that are not small a name, ``broken_if`` keeps a lone ``if`` off one line, ``lead`` is how
    many characters stand before a ``match`` that is the whole body. ``lints`` collects what
    clippy would say about the expressions of the crate.
    """

    env: Env
    names: Names
    column: int
    emitter: Emit
    blocks: Block
    block_test: BlockTest
    lines: list[str] = field(default_factory=list[str])
    spread: bool = False
    broken_if: bool = False
    lead: int = 0
    lints: set[str] = field(default_factory=set[str])
    known: dict[tuple[int, int], tuple[e.Value, bool]] = field(
        default_factory=dict[tuple[int, int], tuple[e.Value, bool]]
    )

    def is_block(self, value: e.Value) -> bool:
        """Whether ``value`` takes several lines here; remembered, since finding out may mean writing it."""
        key = (id(value), self.column)
        if key not in self.known:
            self.known[key] = value, self.block_test(self, value)  # holding the value keeps its id its own
        return self.known[key][1]

    def child(self, deeper: int = 1) -> Body:
        """An empty block inside this one."""
        return replace(
            self,
            names=self.names.child(),
            column=self.column + deeper * INDENT,
            lines=list[str](),
            spread=False,
            broken_if=False,
            lead=0,
        )

    # -- expressions

    def emit(self, value: e.Value) -> Frag:
        """One line for ``value``; statements that it needs are added first."""
        if self.is_block(value):
            return self.bound(value)
        return self.emitter(self, value)

    def root(self, value: e.Value, around: int = 0) -> Frag:
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
            if around > INDENT + 1 and not self.fits(frag, around) and self.fits(frag, INDENT + 1):
                frag = self.bind(hint(value), frag)
        self.spread = outer
        return frag

    def fits(self, frag: Frag, around: int) -> bool:
        """Whether rustfmt leaves the line alone."""
        return not frag.wide and self.column + width(frag.plain.text) + around <= MAX_WIDTH

    def arg(self, value: e.Value) -> Frag:
        """An operand: inline, or a temporary where this expression is being spread and the operand is not small."""
        if not self.spread:
            return self.emit(value)
        frag = self.root(value)
        return frag if width(frag.plain.text) <= ATOM_WIDTH else self.bind(hint(value), frag)

    def args(self, *values: e.Value) -> tuple[Frag, ...]:
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

    def small(self, value: e.Value, room: int = ATOM_WIDTH) -> Frag:
        """An operand that cannot fail and is no wider than ``room``: under a name of its own if need be."""
        frag = self.root(value)
        return (
            frag if width(frag.owned) <= room and not (frag.fallible or frag.result) else self.bind(hint(value), frag)
        )

    def parts(self, *values: e.Value) -> tuple[Frag, ...]:
        """Operands that stand in closures of their own: where one is wide, all that are not small get names."""
        mark, names = len(self.lines), self.names.child()
        frags = self.args(*values)
        if not any(frag.wide for frag in frags):
            return frags
        del self.lines[mark:]
        self.names = names
        return tuple(self.small(value) for value in values)

    # -- statements

    def bound(self, value: e.Value, name: str | None = None) -> Frag:
        """``value`` as a temporary."""
        if self.is_block(value):
            fresh = self.names.fresh(name or hint(value))
            typed = f"{fresh}: {lane_type(value.type)}" if is_untyped(value) else fresh
            self.blocks(self, value, Slot(Wrap(nullable=value.type.nullable), typed))
            return Frag(fresh, value.type)
        return self.bind(name or hint(value), self.root(value, INDENT + 1), typed=is_untyped(value))

    def bind(self, name: str, frag: Frag, *, typed: bool = False) -> Frag:
        """An emitted expression as a temporary."""
        text = frag.text if frag.form is Form.LITERAL else frag.owned
        fresh = self.names.fresh(name)
        self.lines.extend(self.let_lines(f"{fresh}: {lane_type(frag.type)}" if typed else fresh, text))
        return Frag(fresh, frag.type, form=Form.LITERAL if frag.form is Form.LITERAL else Form.TEMP)

    def constant(self, literal: str) -> str:
        """A text literal as an argument: under a name when it is long."""
        if width(literal) <= LITERAL_WIDTH:
            return literal
        fresh = self.names.fresh("constant")
        self.lines.extend(self.let_lines(fresh, literal))
        return fresh

    def named_view(self, frag: Frag) -> Frag:
        """A reference under a name of its own."""
        fresh = self.names.fresh("viewed")
        self.lines.extend(self.let_lines(fresh, frag.text))
        return Frag(fresh, frag.type, form=Form.BORROW)

    def let_lines(self, name: str, text: str) -> list[str]:
        """``let name = text;`` on one line, or on the next where only that fits."""
        line = f"let {name} = {text};"
        if self.column + width(line) > MAX_WIDTH >= self.column + INDENT + width(text) + 1:
            return [f"let {name} =", " " * INDENT + f"{text};"]
        return [line]

    def tail(self, value: e.Value | None, wrap: Wrap) -> None:
        """The block's value, as its last line or lines. None is null."""
        if value is None or (isinstance(value, e.Lit) and value.value is None):
            self.lines.append(wrap.null)
        elif self.is_block(value):
            self.blocks(self, value, Slot(wrap))
        else:
            frag = self.root(value, len("Ok(Some(.clone()))"))
            if width(frag.owned) > wrap.room(frag) or frag.wide:
                frag = self.bind(hint(value), frag)
            self.lines.append(wrap.value(frag))


def hint(value: e.Value) -> str:
    """A name for a temporary that holds ``value``."""
    match value:
        case e.Gap():
            return "gap"
        case e.Similarity():
            return "similarity"
        case e.Compare() | e.Logic() | e.Not() | e.TextTest() | e.ListOverlaps() | e.ListContains() | e.IsNull():
            return "holds"
        case e.Where() | e.FirstOf() | e.Tier():
            return "chosen"
        case e.Lookup():
            return "found"
        case e.Arith():
            return _ARITH[value.op]
        case _:
            return kind_name(value)


_ARITH = {
    e.ArithOp.ADD: "sum",
    e.ArithOp.SUB: "difference",
    e.ArithOp.MUL: "product",
    e.ArithOp.DIV: "quotient",
    e.ArithOp.FLOOR_DIV: "quotient",
    e.ArithOp.MOD: "remainder",
    e.ArithOp.MIN: "least",
    e.ArithOp.MAX: "most",
}
