"""Errors in a closure's text: line, column, a caret under the piece, and the fix."""

from __future__ import annotations

from dataclasses import dataclass, replace

from florecon_build.frontend.diagnostics import excerpt, problem, standing_at
from florecon_build.ir.errors import Problem, StrategyError
from florecon_build.ir.expressions import Span

_BEFORE = 60


class ClosureError(StrategyError):
    """A closure's text that is not in the subset or does not fit its place.

    ``text_line`` and ``text_column`` count from 1 inside the text; ``file`` and ``line`` are those of the ``fb.rust``
    call.
    """

    def __init__(self, found: Problem, text_line: int, text_column: int) -> None:
        super().__init__([found])
        self.text_line = text_line
        self.text_column = text_column


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the text: offsets of its first character and of the one after its last."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a closure and where the author gave it."""

    text: str
    span: Span | None

    def slice(self, at: Piece) -> str:
        """The piece on one line, shortened where it is long."""
        words = " ".join(self.text[at.start : at.end].split())
        return words if len(words) <= _BEFORE else f"{words[: _BEFORE - 3]}..."

    def error(self, code: str, at: Piece, message: str, *, fix: str, expected: str = "", got: str = "") -> ClosureError:
        """The error for one piece of the text."""
        line = self.text.count("\n", 0, at.start) + 1
        column = at.start - (self.text.rfind("\n", 0, at.start) + 1) + 1
        said = f"closure {line}:{column}: {message}"
        found = standing_at(self.span, lambda: problem(code, said, expected=expected, got=got, fix=fix))
        return ClosureError(replace(found, excerpt=excerpt(self.text, at.start, at.end)), line, column)
