"""Rust printer: the one place that knows widths, parentheses and the layout of rustfmt.

``measure`` says how wide an expression is on one line; the pass ``temporaries`` asks it to decide which operands get a
name. ``Printer`` writes a crate as rustfmt would, so that running rustfmt changes nothing.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import assert_never

from florecon_build.codegen.rust import ast as r
from florecon_build.codegen.rust.literals import comment, text_literal

MAX_WIDTH = 120
INDENT = 4
LIST_WIDTH = 72
"""Widest arguments of a one-line call, elements of a one-line array, and one-line method chain: 60 % of the line."""
CLOSURE_WIDTH = 60
"""Widest closure in a call."""
IF_WIDTH = 60
"""Widest one-line ``if`` with ``else``: 50 % of the line."""
STRUCT_WIDTH = 22
"""Widest fields of a one-line struct literal: 18 % of the line."""
SHORT_ELEMENT = 10
"""Array elements up to this width are packed, several to a line."""
BROKEN = 1_000_000
"""The width of what takes several lines however much room there is."""


class Prec(IntEnum):
    """Binding strength."""

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


_BINARY = {
    "||": Prec.OR,
    "&&": Prec.AND,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), Prec.COMPARE),
    "|": Prec.BIT_OR,
    "&": Prec.BIT_AND,
    **dict.fromkeys(("+", "-"), Prec.SUM),
    **dict.fromkeys(("*", "/"), Prec.PRODUCT),
}


def width(text: str) -> int:
    """Columns that ``text`` takes on a terminal, which is what rustfmt counts."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def measure(expression: r.Expression) -> int:
    """The width of an expression on one line, or ``BROKEN``."""
    text = one_line(expression)
    return BROKEN if text is None else width(text)


# -- one line


def one_line(expression: r.Expression) -> str | None:
    """An expression on one line, or None where rustfmt breaks it however much room there is."""
    match expression:
        case r.Name(text) | r.Path(text) | r.Literal(text):
            return text
        case r.Text():
            return text_literal(expression.text)
        case r.Field():
            return _join(_at(expression.owner, Prec.POSTFIX), f".{expression.name}")
        case r.Call():
            return _listed(f"{expression.function}(", expression.arguments, ")")
        case r.Matches():
            return _listed("matches!(", (expression.subject, expression.pattern), ")")
        case r.Method():
            head = _join(_at(expression.receiver, Prec.POSTFIX), f".{expression.name}")
            text = None if head is None else _listed(f"{head}(", expression.arguments, ")")
            return None if text is None or (width(text) > LIST_WIDTH and _links(expression) > 1) else text
        case r.Try():
            return _join(_at(expression.operand, Prec.POSTFIX), "?")
        case r.Unary():
            least = Prec.UNARY if expression.symbol == "&" else Prec.POSTFIX
            return _join(expression.symbol, _at(expression.operand, least))
        case r.Binary():
            return _join(*_sides(expression))
        case r.Cast():
            return _join(_at(expression.operand, Prec.CAST), f" as {expression.type}")
        case r.Tuple():
            return _listed("(", expression.items, ",)" if len(expression.items) == 1 else ")")
        case r.Array():
            return _listed(f"{expression.macro}[", expression.items, "]")
        case r.Struct():
            inner = ", ".join(_field(name, value) for name, value in expression.fields)
            if not inner:
                return expression.name
            return f"{expression.name} {{ {inner} }}" if width(inner) <= STRUCT_WIDTH else None
        case r.Closure():
            body = None if expression.returns else _lone(expression.body)
            text = None if body is None else _join(f"|{_patterns(expression)}| ", one_line(body))
            return text if text is not None and width(text) <= CLOSURE_WIDTH else None
        case r.Block():
            body = _lone(expression)
            return None if body is None else one_line(body)
        case r.If() | r.Match():
            return None
        case _:
            assert_never(expression)


def _join(*texts: str | None) -> str | None:
    present = [text for text in texts if text is not None]
    return "".join(present) if len(present) == len(texts) else None


def _listed(head: str, items: tuple[r.Expression, ...], end: str) -> str | None:
    """A list in brackets; a lone element may be as wide as the line, unless it is a call or a ``vec!``."""
    inner = [one_line(item) for item in items]
    present = [text for text in inner if text is not None]
    if len(present) < len(inner):
        return None
    text = ", ".join(present)
    alone = len(items) == 1 and not _is_call(items[0])
    return f"{head}{text}{end}" if width(text) <= LIST_WIDTH or alone else None


def _is_call(expression: r.Expression) -> bool:
    match expression:
        case r.Call() | r.Matches() | r.Array(macro="vec!"):
            return True
        case r.Try(inner) | r.Unary(operand=inner) | r.Cast(operand=inner):
            return _is_call(inner)
        case _:
            return False


def _field(name: str, value: r.Expression | None) -> str:
    return name if value is None else f"{name}: {one_line(value)}"


def _links(expression: r.Expression) -> int:
    """How many fields and calls follow the root of a method chain."""
    match expression:
        case r.Field(owner=inner) | r.Method(receiver=inner):
            return 1 + _links(inner)
        case r.Try(inner):
            return _links(inner)
        case _:
            return 0


def _chain(expression: r.Expression) -> list[str]:
    """The root of a method chain, and each field and call that follows."""
    match expression:
        case r.Field():
            return [*_chain(expression.owner), f".{expression.name}"]
        case r.Method():
            link = one_line(replace(expression, receiver=r.Name("")))
            if link is None:
                raise AssertionError(f"no layout for the arguments of {expression.name} in a chain: {expression}")
            return [*_chain(expression.receiver), link]
        case r.Try(inner) if isinstance(inner, r.Field | r.Method):
            *links, last = _chain(inner)
            return [*links, f"{last}?"]
        case _:
            return [_at(expression, Prec.POSTFIX) or ""]


def _lone(block: r.Block) -> r.Expression | None:
    """The value of a block without statements."""
    return None if block.statements else block.value


def precedence(expression: r.Expression) -> Prec:
    """How tightly an expression binds."""
    match expression:
        case r.Binary():
            return _BINARY[expression.symbol]
        case r.Cast():
            return Prec.CAST
        case r.Unary():
            return Prec.UNARY
        case r.Literal() if expression.token.startswith("-"):
            return Prec.UNARY
        case _:
            return Prec.POSTFIX


def _at(expression: r.Expression, least: Prec) -> str | None:
    """An expression on one line, in parentheses where it binds less tightly than ``least``."""
    text = one_line(expression)
    return text if precedence(expression) >= least else _join("(", text, ")")


def _sides(expression: r.Binary) -> tuple[str | None, str, str | None]:
    """The operands with their parentheses, and the symbol between them."""
    own = _BINARY[expression.symbol]
    least = Prec.BIT_OR if own is Prec.COMPARE else own
    left = _at(expression.left, least)
    if expression.symbol == "<" and precedence(expression.left) >= least and _ends_in_cast(expression.left):
        left = _join("(", left, ")")  # `a as f64 < b` would begin a list of type arguments
    return left, f" {expression.symbol} ", _at(expression.right, Prec(least if own is Prec.COMPARE else own + 1))


def _ends_in_cast(expression: r.Expression) -> bool:
    match expression:
        case r.Cast():
            return True
        case r.Binary():
            return precedence(expression.right) > precedence(expression) and _ends_in_cast(expression.right)
        case _:
            return False


def _head(expression: r.Expression) -> int:
    """The width of the first line of an ``if`` or ``match``; nothing for others."""
    match expression:
        case r.If(condition):
            return len("if  {") + measure(condition)
        case r.Match(subject):
            return len("match  {") + measure(subject)
        case _:
            return 0


def _patterns(closure: r.Closure) -> str:
    return ", ".join(one_line(parameter.pattern) or "" for parameter in closure.parameters)


def closure_head(closure: r.Closure) -> str:
    """A closure as it stands after ``let``, up to its body."""
    listed = ", ".join(
        f"{one_line(parameter.pattern)}: {parameter.type}" if parameter.type else one_line(parameter.pattern) or ""
        for parameter in closure.parameters
    )
    returns = f" -> {closure.returns}" if closure.returns else ""
    return f"{'move ' if closure.moves else ''}|{listed}|{returns}"


def standing(expression: r.Expression) -> str | None:
    """One line of an expression after ``let`` or at the end of a block, where ``if`` and typed closures may stand."""
    match expression:
        case r.If():
            then, otherwise = (
                None if inner is None else standing(inner)
                for inner in (_lone(expression.then), _lone(expression.otherwise))
            )
            text = _join("if ", one_line(expression.condition), " { ", then, " } else { ", otherwise, " }")
            return text if text is not None and len(text.encode()) <= IF_WIDTH else None  # rustfmt counts bytes here
        case r.Closure():
            body = _lone(expression.body)
            text = None if body is None else standing(body)
            braced = _join("{ ", text, " }") if expression.returns else text
            return _join(closure_head(expression), " ", braced)
        case _:
            return one_line(expression)


# -- several lines


@dataclass(frozen=True, slots=True)
class SourceLine:
    """Lines ``first`` to ``last`` (from 1) of a file, and the author's expression that they were made from."""

    first: int
    last: int
    origin: r.Origin


class Printer:
    """Lines of a file.

    >>> printer = Printer()
    >>> condition = r.Binary("<", r.Name("a"), r.Literal("0"))
    >>> chosen = r.If(condition, r.block(r.Literal("1")), r.block(r.Literal("2")))
    >>> printer.items((r.Function("fn f(a: i64) -> i64", r.Block((r.Let("b", chosen),), r.Name("b"))),))
    >>> print(printer.text(), end="")
    fn f(a: i64) -> i64 {
        let b = if a < 0 { 1 } else { 2 };
        b
    }
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._depth = 0
        self.source_lines: list[SourceLine] = []

    def text(self) -> str:
        """Everything written, ending in one newline."""
        return "\n".join(self._lines) + "\n"

    def line(self, text: str = "") -> None:
        """Adds one line; an empty one gets no indentation. A character that does not print is in no generated line."""
        if not text.isprintable():
            raise ValueError(f"a generated line that does not print: {text!r}")
        self._lines.append(" " * (self._depth * INDENT) + text if text else "")

    @contextmanager
    def _indented(self) -> Generator[None]:
        self._depth += 1
        yield
        self._depth -= 1

    def _room(self, *around: str) -> int:
        return MAX_WIDTH - self._depth * INDENT - sum(map(width, around))

    # -- items and statements

    def items(self, items: Iterable[r.Item]) -> None:
        """Adds items, a blank line between two of them."""
        for index, item in enumerate(items):
            if index:
                self.line()
            self._item(item)

    def _item(self, item: r.Item) -> None:
        match item:
            case r.Verbatim():
                for line in item.lines:
                    self.line(line)
            case r.Function():
                self._braced(item.signature, item.body, "")
            case r.Container():
                self.line(f"{item.head} {{")
                with self._indented():
                    self.items(item.items)
                self.line("}")
            case r.MacroItem():
                self._macro(item)
            case _:
                assert_never(item)

    def _macro(self, item: r.MacroItem) -> None:
        """A list in parentheses that has no comma at its end."""
        text = _listed(f"{item.name}!(", item.arguments, ");")
        if text is not None:
            self.line(text)
            return
        self.line(f"{item.name}!(")
        with self._indented():
            self._elements(item.arguments)
        self._lines[-1] = self._lines[-1].removesuffix(",")
        self.line(");")

    def _braced(self, head: str, body: r.Block, suffix: str) -> None:
        self.line(f"{head} {{")
        with self._indented():
            self._block(body)
        self.line(f"}}{suffix}")

    def _block(self, block: r.Block) -> None:
        """The lines of a block, each origin covering those up to the next."""
        opened: tuple[int, r.Origin] | None = None
        for statement in block.statements:
            match statement:
                case r.Blank():
                    self.line()
                case r.Let():
                    self._let(statement)
                case r.Comment(origin, also):
                    self._close(opened)
                    opened = len(self._lines) + 1, origin
                    room = self._room("// ")
                    for author in (origin.author, *also):
                        for line in textwrap.wrap(author, room, subsequent_indent="   "):
                            self.line(comment(line))
                case _:
                    assert_never(statement)
        self.expression(block.value)
        self._close(opened)

    def _close(self, opened: tuple[int, r.Origin] | None) -> None:
        if opened is not None:
            self.source_lines.append(SourceLine(opened[0], len(self._lines), opened[1]))

    def _let(self, let: r.Let) -> None:
        """On one line, on the next line where only that has room, or on several."""
        head = f"let {let.name}: {let.type} =" if let.type else f"let {let.name} ="
        text = standing(let.value)
        if text is not None and self._room(head, " ;") < width(text) <= self._room(";") - INDENT:
            self.line(head)
            with self._indented():
                self.line(f"{text};")
        elif self._room(head, " ") < _head(let.value) <= self._room() - INDENT and not self._is_shorter_beside(
            let, head
        ):
            self._below(let, head)
        else:
            self._beside(let, head)

    def _has_room_below(self, let: r.Let, head: str) -> bool:
        """Whether the first line of an ``if`` or ``match`` fits on the next line, and not on this one."""
        return self._room(head, " ") < _head(let.value) <= self._room() - INDENT

    def _beside(self, let: r.Let, head: str) -> None:
        self.expression(let.value, f"{head} ", ";", typed=True)

    def _below(self, let: r.Let, head: str) -> None:
        self.line(head)
        with self._indented():
            self.expression(let.value, "", ";")

    def _is_shorter_beside(self, let: r.Let, head: str) -> bool:
        """Whether a ``match`` takes no more lines with a broken subject than on the next line, with less room."""
        if not isinstance(let.value, r.Match) or not isinstance(let.value.subject, r.Method):
            return False
        return self._count(lambda: self._beside(let, head)) <= self._count(lambda: self._below(let, head))

    def _count(self, write: Callable[[], None]) -> int:
        """How many lines something takes, without writing them."""
        before, known = len(self._lines), len(self.source_lines)
        write()
        count = len(self._lines) - before
        del self._lines[before:], self.source_lines[known:]
        return count

    # -- expressions

    def expression(
        self, expression: r.Expression, prefix: str = "", suffix: str = "", *, broken: bool = False, typed: bool = False
    ) -> None:
        """An expression between what stands before it on its first line and after it on its last.

        ``broken`` asks for several lines even where one would do; ``typed`` is a closure after ``let``.
        """
        text = standing(expression) if typed or not isinstance(expression, r.Closure) else one_line(expression)
        if text is not None and not broken and width(text) <= self._room(prefix, suffix):
            self.line(f"{prefix}{text}{suffix}")
            return
        match expression:
            case r.If():
                self._if(expression, prefix, suffix)
            case r.Match():
                self._match_head(expression.subject, f"{prefix}match ")
                with self._indented():
                    for arm in expression.arms:
                        self._arm(arm)
                self.line(f"}}{suffix}")
            case r.Closure():
                self._closure(expression, prefix, suffix)
            case r.Block():
                self._braced(prefix.rstrip(), expression, suffix)
            case r.Call(arguments=(only,)) if overflows(only):
                self.expression(only, f"{prefix}{expression.function}(", f"){suffix}", broken=True)
            case r.Call():
                self._list(f"{prefix}{expression.function}(", expression.arguments, f"){suffix}")
            case r.Unary() if precedence(expression.operand) is Prec.POSTFIX:
                self.expression(expression.operand, f"{prefix}{expression.symbol}", suffix, broken=broken)
            case r.Try():
                self.expression(expression.operand, prefix, f"?{suffix}", broken=broken)
            case r.Matches():
                self._list(f"{prefix}matches!(", (expression.subject, expression.pattern), f"){suffix}")
            case r.Tuple():
                self._list(f"{prefix}(", expression.items, f"){suffix}")
            case r.Array():
                self.line(f"{prefix}{expression.macro}[")
                with self._indented():
                    self._elements(expression.items)
                self.line(f"]{suffix}")
            case r.Struct():
                self.line(f"{prefix}{expression.name} {{")
                with self._indented():
                    for name, value in expression.fields:
                        self.line(f"{_field(name, value)},")
                self.line(f"}}{suffix}")
            case r.Method(arguments=(r.Closure() as only,)) if _links(expression) == 1 and not self._fits_below(
                expression, suffix
            ):
                self._called_with(only, f"{prefix}{_at(expression.receiver, Prec.POSTFIX)}.{expression.name}(", suffix)
            case r.Method():
                self._chain(expression, prefix, suffix)
            case r.Binary(symbol="&&" | "||"):
                self._operands(expression, prefix, suffix)
            case r.Name() | r.Path() | r.Literal() | r.Text() | r.Field() | r.Unary() | r.Binary() | r.Cast():
                self.line(f"{prefix}{text}{suffix}")
            case _:
                assert_never(expression)

    def _list(self, head: str, items: tuple[r.Expression, ...], end: str) -> None:
        self.line(head)
        with self._indented():
            for item in items:
                self.expression(item, "", ",")
        self.line(end)

    def _elements(self, items: tuple[r.Expression, ...]) -> None:
        """The elements of an array, several to a line where all are short."""
        if any(measure(item) > SHORT_ELEMENT for item in items):
            for item in items:
                self.expression(item, "", ",")
            return
        line = ""
        for item in items:
            text = f"{one_line(item)},"
            if line and width(line) + 1 + width(text) > self._room():
                self.line(line)
                line = ""
            line = f"{line} {text}" if line else text
        self.line(line)

    def _if(self, expression: r.If, prefix: str, suffix: str) -> None:
        head = f"{prefix}if {one_line(expression.condition)}"
        if len(f"{head} {{".encode()) <= self._room():  # rustfmt counts bytes here
            self.line(f"{head} {{")
        else:
            self.line(head)
            self.line("{")
        with self._indented():
            self._block(expression.then)
        otherwise = _lone(expression.otherwise)
        if isinstance(otherwise, r.If):
            self._if(otherwise, "} else ", suffix)
        else:
            self._braced("} else", expression.otherwise, suffix)

    def _match_head(self, subject: r.Expression, prefix: str) -> None:
        """On one line, or with the calls of the subject below it and the brace alone."""
        text = f"{prefix}{one_line(subject)} {{"
        if isinstance(subject, r.Method) and width(text) > self._room():
            self._chain(subject, prefix, "")
            self.line("{")
        else:
            self.line(text)

    def _arm(self, arm: r.Arm) -> None:
        pattern, value = one_line(arm.pattern) or "", _lone(arm.value)
        if width(pattern) > self._room(" => {") and isinstance(arm.pattern, r.Call):
            self.line(f"{arm.pattern.function}(")
            with self._indented():
                self.expression(arm.pattern.arguments[0], "", ",")
            pattern = ")"
        text = None if value is None else one_line(value)
        if text is not None and width(text) <= self._room(pattern, " => ,"):
            self.line(f"{pattern} => {text},")
        elif isinstance(value, r.Match) or (
            isinstance(value, r.Call | r.Method) and (text is None or width(text) > self._room() - INDENT)
        ):
            self.expression(value, f"{pattern} => ", ",")
        else:
            self.line(f"{pattern} => {{")
            with self._indented():
                if isinstance(value, r.If):
                    self._if(value, "", "")  # in the block of an arm rustfmt leaves no `if` on one line
                else:
                    self._block(arm.value)
            self.line("}")

    def _closure(self, closure: r.Closure, prefix: str, suffix: str) -> None:
        head, body = f"{prefix}{closure_head(closure)}", _lone(closure.body)
        if isinstance(body, r.Match) and closure.returns is None:
            self.expression(body, f"{head} ", suffix)
        else:
            self._braced(head, closure.body, suffix)

    def _fits_below(self, expression: r.Method, suffix: str) -> bool:
        """Whether a call has room on a line of its own, below what it is called on."""
        link = measure(replace(expression, receiver=r.Name("")))
        return link <= self._room(suffix) - INDENT

    def _called_with(self, closure: r.Closure, head: str, suffix: str) -> None:
        """A call whose only argument is a closure: on one line, or with the body in braces."""
        body = None if closure.returns else _lone(closure.body)
        text = None if body is None else _join(f"|{_patterns(closure)}| ", one_line(body))
        if text is not None and width(text) <= self._room(head, ")", suffix):
            self.line(f"{head}{text}){suffix}")
        else:
            self._closure(closure, head, f"){suffix}")

    def _chain(self, expression: r.Method, prefix: str, suffix: str) -> None:
        """A method chain, a field or a call on each line; short ones stand beside a root that begins the line."""
        root, *links = _chain(expression)
        while not prefix and width(root) <= INDENT:
            root += links.pop(0)
        self.line(f"{prefix}{root}")
        with self._indented():
            for link in links[:-1]:
                self.line(link)
            if expression.arguments and self._room(links[-1], suffix) < 0:
                self.line(f"{links[-1].partition('(')[0]}(")
                with self._indented():
                    for argument in expression.arguments:
                        self.line(f"{one_line(argument)},")
                self.line(f"){suffix}")
            else:
                self.line(f"{links[-1]}{suffix}")

    def _operands(self, expression: r.Binary, prefix: str, suffix: str) -> None:
        """A chain of ``&&`` or ``||``, an operand on each line."""
        first, *rest = chained(expression)
        own = _BINARY[expression.symbol]
        self.line(f"{prefix}{_at(first, own)}")
        with self._indented():
            for index, operand in enumerate(rest, 1):
                text = _at(operand, Prec(own + 1))
                self.line(f"{expression.symbol} {text}{suffix if index == len(rest) else ''}")


def chained(expression: r.Expression, symbol: str | None = None) -> list[r.Expression]:
    """The operands of a chain of one operator, left to right."""
    if isinstance(expression, r.Binary) and symbol in (None, expression.symbol):
        return [*chained(expression.left, expression.symbol), expression.right]
    return [expression]


def overflows(argument: r.Expression) -> bool:
    """Whether a lone argument may begin on the line of its call and end on the line of the call's end."""
    match argument:
        case r.Call(arguments=(only,)):
            return overflows(only) or isinstance(only, r.Name | r.Text)
        case r.Call() | r.Matches() | r.Array() | r.Struct() | r.Tuple():
            return True
        case r.Unary(operand=inner) | r.Try(inner):
            return overflows(inner)
        case _:
            return False
