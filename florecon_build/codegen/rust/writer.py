"""A plain string writer with indentation, and how wide a text prints."""

from __future__ import annotations

import unicodedata
from collections.abc import Generator, Iterable
from contextlib import contextmanager

MAX_WIDTH = 120
INDENT = 4


def width(text: str) -> int:
    """Columns that ``text`` takes on a terminal; what rustfmt counts."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


class Writer:
    """Collects lines.

    >>> writer = Writer()
    >>> writer.line("mod a {")
    >>> with writer.indented():
    ...     writer.lines(["let x = 1;", ""])
    >>> writer.line("}")
    >>> writer.text()
    'mod a {\\n    let x = 1;\\n\\n}\\n'
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._depth = 0

    @property
    def column(self) -> int:
        """The column at which the next line starts."""
        return self._depth * INDENT

    def line(self, text: str = "") -> None:
        """Adds one line; an empty one gets no indentation."""
        self._lines.append(" " * self.column + text if text else "")

    def lines(self, texts: Iterable[str]) -> None:
        """Adds several lines."""
        for text in texts:
            self.line(text)

    @contextmanager
    def indented(self) -> Generator[None]:
        """Indents what is written inside."""
        self._depth += 1
        yield
        self._depth -= 1

    def text(self) -> str:
        """Everything written, ending in one newline."""
        return "\n".join(self._lines) + "\n"


def indent(lines: Iterable[str]) -> list[str]:
    """Each line one level deeper."""
    return [" " * INDENT + line if line else "" for line in lines]
