"""Progress bar on a terminal, status lines in a log, nothing with ``--quiet``."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from florecon_build.cli import console

Update = Callable[[str], None]
Advance = Callable[[int, int], None]


@contextmanager
def bar(*, quiet: bool = False) -> Generator[tuple[Update, Advance]]:
    """Yields two functions: one sets the current activity, the other the completed and total count.

    On a terminal both update a progress bar; in a log the first prints a status line and the second does nothing.
    """
    terminal = console.err()
    if quiet or not terminal.is_terminal:
        yield (_discard if quiet else console.print_status), _no_bar
        return
    columns = (SpinnerColumn(), TimeElapsedColumn(), BarColumn(bar_width=24), TextColumn("{task.description}"))
    with Progress(*columns, console=terminal, transient=True) as shown:
        task = shown.add_task("", total=None)
        yield (
            lambda line: shown.update(task, description=line, total=None),
            lambda done, total: shown.update(task, completed=done, total=total),
        )


def _discard(_: str) -> None:
    """Quiet: no output."""


def _no_bar(_: int, __: int) -> None:
    """No progress bar in a log."""
