"""Rust's literals, read and written: texts with their escapes, numbers with ``_``."""

from __future__ import annotations

import re

from florecon_build.frontend.closure.errors import Piece, Source

_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "\\": "\\", '"': '"', "'": "'"}
_WRITTEN = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
_ESCAPE = re.compile(r"\\(?:\n\s*|x[0-7][0-9a-fA-F]|u\{[0-9a-fA-F_]{1,12}\}|.|\Z)", re.DOTALL)


def read_text(source: Source, at: Piece) -> str:
    """The text that a string literal with its quotes stands for."""
    parts: list[str] = []
    start = at.start + 1
    for found in _ESCAPE.finditer(source.text, start, at.end - 1):
        parts += [source.text[start : found.start()], _escaped(source, found)]
        start = found.end()
    parts.append(source.text[start : at.end - 1])
    bare = source.text.find("\r", at.start, at.end)
    if bare >= 0:
        fix = "write `\\r`, or end the lines of the text with a line feed alone"
        raise source.error("closure_literal", Piece(bare, bare + 1), "a carriage return stands bare in a text", fix=fix)
    return "".join(parts)


def _escaped(source: Source, found: re.Match[str]) -> str:
    body = found[0][1:]
    if body.startswith("\n"):
        return ""
    if body in _SIMPLE:
        return _SIMPLE[body]
    if body.startswith("x") and len(body) == 3:
        return chr(int(body[1:], 16))
    digits = body[2:-1].replace("_", "") if body.startswith("u{") else ""
    code = int(digits, 16) if 0 < len(digits) <= 6 else -1
    if 0 <= code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF:
        return chr(code)
    raise source.error(
        "closure_literal",
        Piece(found.start(), found.end()),
        "no such escape in a text",
        expected="\\n, \\r, \\t, \\0, \\\\, \\\", \\', \\x7F (up to 7F) or \\u{10FFFF} (no surrogates)",
        got=f"`{found[0]}`",
        fix="for a backslash write `\\\\`",
    )


def read_real(text: str) -> float:
    """A real, infinite when it is too large."""
    return float(text.replace("_", ""))


def write_text(text: str) -> str:
    """A text as a literal; what does not print is escaped.

    >>> print(write_text('say "ß"\\n'))
    "say \\"ß\\"\\n"
    """
    return f'"{"".join(_WRITTEN.get(char) or _char(char) for char in text)}"'


def _char(char: str) -> str:
    return char if char.isprintable() else f"\\u{{{ord(char):x}}}"


def write_real(value: float) -> str:
    """The shortest decimal that reads back as the same real.

    >>> write_real(2.0), write_real(1e22), write_real(1e-07)
    ('2.0', '1e22', '1e-7')
    """
    return re.sub(r"e\+?(-?)0*", r"e\1", repr(value))
