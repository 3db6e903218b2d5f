"""Constants as Rust literals, and foreign text as Rust comments."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import cast

from florecon_build.codegen.rust import ast as r
from florecon_build.ir.expressions import Constant
from florecon_build.ir.strings import escaped
from florecon_build.ir.types import Kind, Type

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}


def text_literal(text: str) -> str:
    """A Rust string literal. What does not print, or prints wide, is escaped.

    >>> print(text_literal('say "ß" {x}\\n'))
    "say \\"ß\\" {x}\\n"
    """
    return f'"{"".join(_char(char) for char in text)}"'


def _char(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    plain = char.isprintable() and not unicodedata.combining(char) and unicodedata.east_asian_width(char) not in "WF"
    return char if plain or (char.isascii() and char.isprintable()) else f"\\u{{{ord(char):x}}}"


def comment(text: str, *, doc: bool = False) -> str:
    """A line comment of one line, whatever the text: what does not print is escaped, so that nothing ends it.

    >>> print(comment("a\\nfn b() {}"), comment("c", doc=True))
    // a\\u{a}fn b() {} /// c
    """
    return f"{'///' if doc else '//'} {escaped(text)}".rstrip()


def int_literal(value: int) -> str:
    """Digits in groups of three from five digits up.

    >>> int_literal(-1234), int_literal(1000000)
    ('-1234', '1_000_000')
    """
    return f"{value:_}" if abs(value) >= 10_000 else str(value)


def real_literal(value: float) -> str:
    """The shortest decimal that reads back as the same ``f64``.

    >>> real_literal(1000.0), real_literal(1e-06), real_literal(1e22)
    ('1000.0', '1e-6', '1e22')
    """
    if not math.isfinite(value):
        name = "NAN" if math.isnan(value) else "INFINITY" if value > 0 else "NEG_INFINITY"
        return f"f64::{name}"
    return re.sub(r"e\+?(-?)0*", r"e\1", repr(float(value)))


def constant(value: Constant, type: Type) -> r.Literal | r.Text:
    """A non-null constant of a type; a text is a ``&'static str``."""
    match type.kind:
        case Kind.TEXT:
            return r.Text(str(value))
        case Kind.BOOLEAN:
            return r.Literal("true" if value else "false")
        case Kind.REAL:
            return r.Literal(real_literal(float(cast(float, value))))
        case _:
            return r.Literal(int_literal(int(cast(int, value))))
