"""Errors of a strategy as data: a ``StrategyError`` made of located ``Problem``s."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum

from florecon_build.ir.expressions import Span


class Severity(Enum):
    """An error stops a build; a warning is printed and listed in the manifest."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake: message, position, what was expected, what came, and the repair.

    ``code`` is a stable slug; ``path`` the place in the tree (``partition_by > seq[2] > flow.cost``); ``excerpt`` the
    line of a closure's text with a caret under the piece that is wrong.
    """

    code: str
    message: str
    span: Span | None = None
    path: str = ""
    expected: str = ""
    got: str = ""
    fix: str = ""
    severity: Severity = Severity.ERROR
    excerpt: str = ""

    def __str__(self) -> str:
        where = f"{self.span.file}:{self.span.line}: " if self.span else ""
        level = "warning: " if self.severity is Severity.WARNING else ""
        lines = [f"{where}{level}{self.message}", *self.excerpt.splitlines()]
        details = (("in", self.path), ("expected", self.expected), ("got", self.got), ("fix", self.fix))
        lines += [f"  {name + ':':<10}{text}" for name, text in details if text]
        return "\n".join(lines)


class StrategyError(Exception):
    """A strategy that cannot be built. ``problems`` holds every mistake found; the properties describe the first.

    >>> import florecon_build as fb
    >>> try:
    ...     fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=99))
    ... except fb.StrategyError as error:
    ...     error.code, error.fix
    ('bad_scale', 'use a scale from 0 to 18')
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @property
    def code(self) -> str:
        """The first problem's stable slug."""
        return self.problems[0].code

    @property
    def file(self) -> str | None:
        """The author's file, relative to its folder or package root."""
        span = self.problems[0].span
        return span.file if span else None

    @property
    def line(self) -> int | None:
        """The author's line, from 1."""
        span = self.problems[0].span
        return span.line if span else None

    @property
    def path(self) -> str:
        """The place in the tree."""
        return self.problems[0].path

    @property
    def expected(self) -> str:
        """The expected value or type."""
        return self.problems[0].expected

    @property
    def got(self) -> str:
        """The value or type found instead."""
        return self.problems[0].got

    @property
    def fix(self) -> str:
        """The repair."""
        return self.problems[0].fix


class MissingLaneError(StrategyError, AttributeError):
    """A name that is not there; also an ``AttributeError``, so that ``hasattr`` and completion keep working."""


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that ``name`` most likely means, or an empty text."""
    names = list(known)
    folded = {known_name.lower(): known_name for known_name in names}
    close = get_close_matches(name.lower(), list(folded), n=1, cutoff=0.5)
    return folded[close[0]] if close else ""


def did_you_mean(name: str, known: Iterable[str], what: str) -> str:
    """The fix for a misspelt name: the nearest one, and the list of all."""
    names = list(known)
    close = nearest(name, names)
    listing = f"{what}: {', '.join(names)}" if names else f"there are no {what}"
    return f"did you mean `{close}`? ({listing})" if close else listing
