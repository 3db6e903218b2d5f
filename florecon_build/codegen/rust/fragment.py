"""A piece of one-line Rust with what the pieces around it must know."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, IntEnum

from florecon_build.codegen.rust.layout import ARGS_WIDTH
from florecon_build.codegen.rust.rust_types import is_copy
from florecon_build.codegen.rust.writer import width
from florecon_build.ir.types import Type


class Prec(IntEnum):
    """How tightly an expression binds; the one precedence table."""

    OR = 1
    AND = 2
    COMPARE = 3
    BIT_OR = 4
    BIT_AND = 5
    SUM = 6
    PRODUCT = 7
    CAST = 8
    UNARY = 9
    POSTFIX = 10


class Form(Enum):
    """What using the expression as a value costs."""

    TEMP = "a value of its own, moved freely"
    PLACE = "a place that others read: cloned unless it is copied"
    BORROW = "a reference"
    LITERAL = "a text literal"


@dataclass(frozen=True, slots=True)
class Frag:
    """One line of Rust of a value type.

    ``result`` says that the text is still a ``Result``, ``fallible`` that it has a ``?`` inside, ``wide`` that rustfmt
    would break it even on an empty line.
    """

    text: str
    type: Type
    prec: Prec = Prec.POSTFIX
    form: Form = Form.TEMP
    result: bool = False
    fallible: bool = False
    wide: bool = False

    @property
    def plain(self) -> Frag:
        """The value itself: a ``Result`` gets its ``?``."""
        if not self.result:
            return self
        return replace(self, text=f"{self.text}?", result=False, fallible=True)

    def at(self, least: Prec) -> str:
        """The text of the value, in parentheses when it binds less tightly than ``least``."""
        plain = self.plain
        return plain.text if plain.prec >= least else f"({plain.text})"

    @property
    def owned(self) -> str:
        """The text of a value that may be moved."""
        match self.form:
            case Form.LITERAL:
                return f"Text::from({self.text})"
            case Form.PLACE | Form.BORROW if not is_copy(self.type):
                return f"{self.at(Prec.POSTFIX)}.clone()"
            case _:
                return self.plain.text

    @property
    def borrowed(self) -> str:
        """The text of a reference to the value; a text literal is one already."""
        if self.form in (Form.LITERAL, Form.BORROW):
            return self.text
        return f"&{self.at(Prec.UNARY)}"


def join(frags: tuple[Frag, ...]) -> tuple[bool, bool]:
    """Whether any operand is (fallible, wide) once each is a plain value."""
    return any(frag.fallible or frag.result for frag in frags), any(frag.wide for frag in frags)


def call(head: str, type: Type, args: list[str], operands: tuple[Frag, ...], *, result: bool = False) -> Frag:
    """``head(args)``, made of ``operands``."""
    inner = ", ".join(args)
    fallible, wide = join(operands)
    too_wide = wide or width(inner) > ARGS_WIDTH
    return Frag(f"{head}({inner})", type, result=result, fallible=fallible, wide=too_wide)


def method(receiver: Frag, name: str, type: Type, args: list[str] | None = None, *operands: Frag) -> Frag:
    """``receiver.name(args)``; a chain wider than rustfmt keeps on a line is wide."""
    made = call(f"{receiver.at(Prec.POSTFIX)}.{name}", type, args or [], (receiver, *operands))
    return replace(made, wide=made.wide or width(made.text) > ARGS_WIDTH - 2)


def infix(texts: tuple[str, str, str], type: Type, prec: Prec, operands: tuple[Frag, ...]) -> Frag:
    """``left symbol right`` of texts that already have the parentheses they need."""
    fallible, wide = join(operands)
    return Frag(" ".join(texts), type, prec=prec, fallible=fallible, wide=wide)
