"""Strings of an IR: one rule for each position, the same for the builder and for JSON, and their visible form.

A name, a version or a source file is text that prints on one line. A label, an origin, a doc or a constant is data: any
Unicode text, which every printer quotes or escapes.

>>> fault(n.PluginIr, "id", "acme.bank"), fault(n.PluginIr, "id", "acme\\nfn main() {}")
('', 'must be identifiers separated by dots')
>>> print(escaped("a\\u202eb\\n"))
a\\u{202e}b\\u{a}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import cast

from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.errors import Problem

ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*)*")
VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?")
RESERVED = ("lot", "derive")
"""Names that no column may have: attributes of a row."""

Rule = Callable[[str], str]
"""The fault of a string, or an empty text."""


def is_unicode(text: str) -> bool:
    """True if a text is valid Unicode, without unpaired surrogates.

    >>> is_unicode("ß"), is_unicode("\\ud800")
    (True, False)
    """
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def unprintable(text: str) -> str:
    """The first character that does not print: a control or format character, a line break, a surrogate."""
    return "" if text.isprintable() else next(char for char in text if not char.isprintable())


def escaped(text: str) -> str:
    """A text on one line, its characters that do not print as escapes of Rust: ``\\u{202e}``."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else f"\\u{{{ord(char):x}}}" for char in text)


def escaped_json(document: str) -> str:
    """A JSON document with every character of its strings that does not print as ``\\uXXXX``; line breaks between its
    values stay.
    """
    if document.isprintable():
        return document
    return "".join(char if char.isprintable() or char == "\n" else _json_escape(char) for char in document)


def _json_escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


# -- rules


def _text(text: str) -> str:
    return "" if is_unicode(text) else "contains an unpaired surrogate, which neither Rust nor Arrow has"


def _line(text: str) -> str:
    if not text:
        return "must not be empty"
    found = unprintable(text)
    return f"contains U+{ord(found):04X}, which does not print" if found else ""


def _lane(text: str) -> str:
    if text in RESERVED or text.startswith("_") or not text:
        return "is a reserved name"
    return _line(text)


def _param(text: str) -> str:
    return "" if text.isidentifier() else "must be an identifier"


def _id(text: str) -> str:
    return "" if ID.fullmatch(text) else "must be identifiers separated by dots"


def _version(text: str) -> str:
    return "" if VERSION.fullmatch(text) else "must be major.minor.patch"


RULES: dict[tuple[type, str], Rule] = {
    (n.PluginIr, "id"): _id,
    (n.PluginIr, "version"): _version,
    (n.PluginIr, "currency"): _lane,
    (n.PluginIr, "account"): _lane,
    (n.Column, "name"): _lane,
    (n.DerivedLane, "name"): _lane,
    (e.Lane, "name"): _lane,
    (n.Param, "name"): _param,
    (e.ParamRef, "name"): _param,
    (n.Param, "doc"): _text,
    (n.Param, "default"): _text,
    (n.Labeled, "tag"): _text,
    (n.Coalesce, "origin"): _text,
    (n.SoakAll, "origin"): _text,
    (n.SoakSmall, "origin"): _text,
    (n.SoakIf, "origin"): _text,
    (n.PartitionByTable, "cases"): _text,
    (e.Lit, "value"): _text,
    (e.Lookup, "table"): _text,
    (e.Lookup, "default"): _text,
    (e.TextReplace, "old"): _text,
    (e.TextReplace, "new"): _text,
    (e.TextSplit, "separator"): _text,
    (e.TextExtract, "pattern"): _text,
    (e.TextStripLeft, "characters"): _text,
    (e.TextToDate, "format"): _text,
    (e.TextToMoney, "decimal"): _text,
    (e.TokensKeeping, "keep"): _text,
    (e.BusinessDay, "holidays"): _text,
    (e.BusinessDay, "weekend"): _text,
    (e.TextMatches, "pattern"): _text,
    (e.ExtractAll, "pattern"): _text,
    (e.Span, "file"): _line,
}
"""The rule of each position, by data class and field. A position without one is an error of this package."""


def fault(kind: type, name: str, text: str) -> str:
    """What is wrong with a string in field ``name`` of a data class, as the end of a sentence; empty if it is valid."""
    return RULES[kind, name](text)


@dataclass(frozen=True, slots=True)
class Position:
    """A string of an IR, with the data class and field that hold it and its JSON pointer."""

    kind: type
    name: str
    text: str
    pointer: str
    span: e.Span | None


def strings(plugin: n.PluginIr) -> Iterator[Position]:
    """Every string of an IR, in no particular order."""
    stack: list[tuple[object, type, str, str, e.Span | None]] = [(plugin, n.PluginIr, "", "/plugin", None)]
    while stack:
        item, kind, name, pointer, span = stack.pop()
        if isinstance(item, str):
            yield Position(kind, name, item, pointer, span)
        elif isinstance(item, tuple):
            parts = cast("tuple[object, ...]", item)
            stack.extend((part, kind, name, f"{pointer}/{index}", span) for index, part in enumerate(parts))
        elif is_dataclass(item) and not isinstance(item, type):
            here = getattr(item, "span", None) or span
            for field in fields(item):
                stack.append((getattr(item, field.name), type(item), field.name, f"{pointer}/{field.name}", here))


def invalid_strings(plugin: n.PluginIr) -> list[Problem]:
    """Every string of an IR that breaks the rule of its position, located."""
    found = ((at, fault(at.kind, at.name, at.text)) for at in strings(plugin))
    return [_problem(at, wrong) for at, wrong in sorted(found, key=lambda pair: pair[0].pointer) if wrong]


def _problem(at: Position, wrong: str) -> Problem:
    named = at.name == "name" or at.kind is n.PluginIr
    return Problem(
        code="reserved_name" if "reserved" in wrong else "bad_name" if named else "bad_text",
        message=f"the {at.name} {wrong}",
        span=at.span if at.kind is not e.Span else None,
        path=at.pointer,
        got=ascii(at.text),
        fix="use a text that prints on one line" if "print" in wrong else "",
    )
