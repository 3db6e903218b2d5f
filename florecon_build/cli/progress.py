"""Progress bar on a terminal, status lines in a log, nothing with ``--quiet``."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from florecon_build.cli import console

Tell = Callable[[str], None]
Advance = Callable[[int, int], None]


@contextmanager
def bar(*, quiet: bool = False) -> Generator[tuple[Tell, Advance]]:
    """Two functions: one says what is being done, the other how much of how much of it is.

    On a terminal they move a bar; in a log the first writes a line and the second is silent.
    """
    terminal = console.err()
    if quiet or not terminal.is_terminal:
        yield (_ignore if quiet else console.say), _still
        return
    columns = (SpinnerColumn(), TimeElapsedColumn(), BarColumn(bar_width=24), TextColumn("{task.description}"))
    with Progress(*columns, console=terminal, transient=True) as shown:
        task = shown.add_task("", total=None)
        yield (
            lambda line: shown.update(task, description=line, total=None),
            lambda done, total: shown.update(task, completed=done, total=total),
        )


def _ignore(_: str) -> None:
    """Nobody watches."""


def _still(_: int, __: int) -> None:
    """A log has no bar."""
