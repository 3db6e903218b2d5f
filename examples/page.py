"""Shared output of the examples: amount formats, text tables and progress lines."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

WIDTH = 118
LEAST_WIDTH = 104


def console(*, quiet: bool = False) -> Console:
    """Console for the terminal or a log, at most ``WIDTH`` columns wide."""
    screen = Console(highlight=False, quiet=quiet)
    screen.width = min(screen.width, WIDTH) if screen.is_terminal else WIDTH
    return screen


def amount(minor: int, scale: int = 2) -> str:
    """An exact amount with thousands separators, from minor units.

    >>> amount(-123456789)
    '-1,234,567.89'
    >>> amount(5)
    '0.05'
    """
    whole, part = divmod(abs(minor), 10**scale)
    cents = f".{part:0{scale}d}" if scale else ""
    return f"{'-' if minor < 0 else ''}{whole:,}{cents}"


def percent(part: int, whole: int, places: int = 1) -> str:
    """A percentage, rounded down, so that only the whole is 100 %.

    >>> percent(999_999, 1_000_000), percent(3, 3), percent(0, 0)
    ('99.9 %', '100.0 %', '-')
    """
    if not whole:
        return "-"
    return f"{part * 100 * 10**places // whole / 10**places:.{places}f} %"


def short(text: str, most: int) -> str:
    """Text truncated to a number of characters, with an ellipsis.

    >>> short("INV-1000001 and others", 12), short("INV-1000001", 12)
    ('INV-1000001…', 'INV-1000001')
    """
    return text if len(text) <= most else text[: most - 1] + "…"


def table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    text: Sequence[int] = (0,),
    total: bool = False,
) -> Table:
    """A table of numbers, right-aligned except the ``text`` columns; ``total`` separates the last row."""
    made = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    for place, name in enumerate(columns):
        if place in text:
            made.add_column(name, overflow="ellipsis", no_wrap=True)
        else:
            made.add_column(name, justify="right", no_wrap=True)
    held = list(rows)
    for place, row in enumerate(held):
        last = total and place == len(held) - 1
        made.add_row(*(Text(cell) for cell in row), style="bold" if last else None)
    return made


def with_note(made: Table, note: str) -> RenderableType:
    """A table with a note below it."""
    return Group(made, Text(note, style="dim")) if note else made


def show(screen: Console, *parts: RenderableType) -> None:
    """Prints the parts of a page, each after an empty line. Lines wrap in a narrow window; no number is truncated."""
    screen.width = max(screen.width, LEAST_WIDTH)
    for part in parts:
        screen.print()
        screen.print(part)


def place(path: Path) -> str:
    """A path relative to the current folder if it is below it, else absolute."""
    full, here = path.resolve(), Path.cwd().resolve()
    return str(full.relative_to(here)) if full.is_relative_to(here) else str(full)


def files(title: str, entries: Iterable[tuple[str, str]]) -> Table:
    """List of the written files."""
    made = table(title, ("", ""), entries, text=(0, 1))
    made.show_header = False
    return made


class Step:
    """One step of a run: ``done`` is its final line, ``progress`` updates the bar."""

    def __init__(self, bar: Progress, doing: str) -> None:
        self.done = doing
        self._bar = bar
        self._task = bar.add_task(doing, total=None)

    def say(self, what: str) -> None:
        """Sets the current activity."""
        self._bar.update(self._task, description=what)

    def progress(self, done: int, total: int) -> None:
        """Sets completed and total count."""
        self._bar.update(self._task, completed=done, total=total)


class Steps:
    """Prints each step while it runs, and its duration."""

    def __init__(self, screen: Console) -> None:
        self.screen = screen

    @contextmanager
    def __call__(self, doing: str) -> Generator[Step, None, None]:
        """Shows ``doing``, a progress bar and the time until the block ends; in a log one line before and one after."""
        began = perf_counter()
        moving = self.screen.is_terminal
        if not moving:
            self.screen.print(Text(f"{doing} ...", style="dim"))
        columns = (SpinnerColumn(), TimeElapsedColumn(), BarColumn(bar_width=20), TextColumn("{task.description}"))
        with Progress(*columns, console=self.screen, transient=True, disable=not moving) as bar:
            step = Step(bar, doing)
            yield step
        took = perf_counter() - began
        self.screen.print(Text(f"{took:7.2f} s  ", style="dim").append(step.done, style="not dim"))
