r"""Quoting of foreign text in generated files: names of files and columns never become code.

>>> print(python_string("C:\\n"))
"C:\\n"
>>> print(printable('a"b\\c{d}'))
a'b<U+005C>c<U+007B>d<U+007D>
"""

from __future__ import annotations

import json
import unicodedata


def python_string(text: str) -> str:
    """A string literal of Python, in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def printable(text: str) -> str:
    """Text for a comment, a docstring or a page: one line, without anything that ends it or cannot be seen.

    Quotes become apostrophes; backslashes, braces, line breaks, control and format characters are written as escapes.
    """
    return "".join(map(_printable, text))


def _printable(letter: str) -> str:
    if letter == '"':
        return "'"
    if letter in "\\{}" or unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return f"<U+{ord(letter):04X}>"
    return letter
