"""Calls and lists laid out over lines exactly as rustfmt would, so that running it changes nothing.

Only the shapes that a strategy tree needs: atoms, calls (a tuple is a call without a name) and ``vec![..]``.
"""

from __future__ import annotations

from dataclasses import dataclass

from florecon_build.codegen.rust.writer import INDENT, MAX_WIDTH, width

ARGS_WIDTH = 72
"""Widest arguments of a one-line call, elements of a one-line array and one-line method chain: 60 % of the line."""
IF_WIDTH = 60
"""Widest one-line ``if`` with ``else``: 50 % of the line."""
STRUCT_WIDTH = 22
"""Widest fields of a one-line struct literal: 18 % of the line."""
SHORT_ELEMENT = 10
"""Elements up to this width are packed, several to a line."""


@dataclass(frozen=True, slots=True)
class Atom:
    """A text that never breaks."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """``head(arg, ..)``; with an empty head, a tuple."""

    head: str
    args: tuple[Doc, ...]


@dataclass(frozen=True, slots=True)
class Vector:
    """``vec![item, ..]``, or with another ``head`` an array."""

    items: tuple[Doc, ...]
    head: str = "vec!["


Doc = Atom | Call | Vector


def call(head: str, *args: Doc | str) -> Call:
    """A call; a bare string is an atom."""
    return Call(head, tuple(Atom(arg) if isinstance(arg, str) else arg for arg in args))


def one_line(doc: Doc) -> str | None:
    """``doc`` on one line, or None where rustfmt would break it however much room there is."""
    match doc:
        case Atom():
            return doc.text
        case Call():
            inner = _joined(doc.args)
            return None if inner is None else f"{doc.head}({inner})"
        case Vector():
            inner = _joined(doc.items)
            return None if inner is None else f"{doc.head}{inner}]"


def _joined(docs: tuple[Doc, ...]) -> str | None:
    texts = [one_line(doc) for doc in docs]
    present = [text for text in texts if text is not None]
    if len(present) < len(texts):
        return None
    inner = ", ".join(present)
    return inner if width(inner) <= ARGS_WIDTH or (len(docs) == 1 and isinstance(docs[0], Atom)) else None


def layout(doc: Doc, column: int, start: int | None = None, trailing: int = 0, *, broken: bool = False) -> list[str]:
    """The lines of ``doc`` in a block indented by ``column``.

    ``start`` is the column where its first line begins (``column`` unless something stands before it) and ``trailing``
    how many characters follow its last line. The lines after the first carry their indentation relative to ``column``.
    ``broken`` asks for several lines even where one would do: of a nest that is too wide rustfmt breaks the innermost.
    """
    first = column if start is None else start
    text = one_line(doc)
    if text is not None and not broken and first + width(text) + trailing <= MAX_WIDTH:
        return [text]
    match doc:
        case Atom():
            return [doc.text]
        case Call(args=(Call() | Vector() as only,)):
            inner = layout(only, column, first + width(doc.head) + 1, trailing + 1, broken=True)
            return [f"{doc.head}({inner[0]}", *inner[1:-1], f"{inner[-1]})"]
        case Call(args=()):
            return [f"{doc.head}()"]
        case Call():
            return [f"{doc.head}(", *_stacked(doc.args, column), ")"]
        case Vector():
            return [doc.head, *_elements(doc.items, column), "]"]


def _stacked(docs: tuple[Doc, ...], column: int) -> list[str]:
    lines: list[str] = []
    for doc in docs:
        inner = layout(doc, column + INDENT, trailing=1)
        inner[-1] += ","
        lines.extend(" " * INDENT + line for line in inner)
    return lines


def macro_item(name: str, *args: str) -> list[str]:
    """``name!(arg, ..);`` as an item of its own: broken like a list, but for a comma at the end."""
    atoms = tuple(Atom(arg) for arg in args)
    inner = _joined(atoms)
    if inner is not None:
        return [f"{name}!({inner});"]
    lines = _elements(atoms, 0)
    return [f"{name}!(", *lines[:-1], lines[-1].removesuffix(","), ");"]


def _elements(docs: tuple[Doc, ...], column: int) -> list[str]:
    texts = [one_line(doc) for doc in docs]
    short = [text for text in texts if text is not None and width(text) <= SHORT_ELEMENT]
    if len(short) < len(docs):
        return _stacked(docs, column)
    lines: list[str] = []
    for text in short:
        room = MAX_WIDTH - column - INDENT
        if lines and width(lines[-1]) + 1 + width(text) + 1 <= room:
            lines[-1] += f" {text},"
        else:
            lines.append(f"{text},")
    return [" " * INDENT + line for line in lines]


def binding(name: str, doc: Doc, column: int) -> list[str]:
    """``let name = doc;`` as lines relative to ``column``."""
    head = f"let {name} = "
    text = one_line(doc)
    if text is not None and column + width(head) + width(text) + 1 > MAX_WIDTH >= column + INDENT + width(text) + 1:
        return [head.rstrip(), " " * INDENT + text + ";"]
    lines = layout(doc, column, column + width(head), 1)
    return [head + lines[0], *lines[1:-1], lines[-1] + ";"] if len(lines) > 1 else [head + lines[0] + ";"]
