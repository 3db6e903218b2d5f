"""Console output: tables, status lines and errors for people, one JSON document for programs; number formats."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

WIDTH = 100
"""Of a page that goes to a file or a log."""


def out() -> Console:
    """Where results go: standard output, plain where it is not a terminal."""
    return _console(stderr=False)


def err() -> Console:
    """Where progress, warnings and errors go: standard error."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, soft_wrap=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = WIDTH
    return console


def say(line: str) -> None:
    """One line about what is being done, dim, to standard error."""
    err().print(Text(line, style="dim"), soft_wrap=True)


def done(line: str) -> None:
    """One line of result, to standard output, never wrapped."""
    print(line, flush=True)


def emit_json(value: object) -> None:
    """A document for a machine, on standard output."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False, default=str)
    print(flush=True)


@contextmanager
def busy(doing: str) -> Generator[Callable[[str], None]]:
    """Shows what is being done: a spinner on a terminal, one line where output goes to a file.

    Yields a function that replaces the line.
    """
    console = err()
    if not console.is_terminal:
        say(doing)
        yield say
        return
    with console.status(Text(doing)) as status:
        yield lambda line: status.update(Text(line))


@contextmanager
def timed(into: dict[str, float], name: str) -> Generator[None]:
    """Adds the seconds of the block to ``into[name]``."""
    start = time.perf_counter()
    try:
        yield
    finally:
        into[name] = into.get(name, 0.0) + time.perf_counter() - start


def table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, text: Sequence[int] = (0,), bold: int = -1
) -> Table:
    """A plain table: the ``text`` columns to the left, the others to the right, row ``bold`` set apart."""
    made = Table(box=None, pad_edge=False, header_style="dim", show_edge=False)
    for place, name in enumerate(columns):
        if place in text:
            made.add_column(name, overflow="ellipsis", no_wrap=True)
        else:
            made.add_column(name, justify="right", no_wrap=True)
    for place, row in enumerate(rows):
        made.add_row(*(Text(cell) for cell in row), style="bold" if place == bold else None)
    return made


def print_whole(console: Console, made: Table) -> None:
    """Prints a table with no figure cut: where it is wider than the window, lines run on."""
    wanted = Measurement.get(console, console.options.update(max_width=10_000), made).maximum
    kept, console.width = console.width, max(console.width, wanted)
    console.print(made)
    console.width = kept


def amount(minor: int, scale: int = 2) -> str:
    """Minor units as people write them, exactly.

    >>> amount(-123456789), amount(5), amount(7, 0)
    ('-1,234,567.89', '0.05', '7')
    """
    whole, part = divmod(abs(minor), 10**scale)
    cents = f".{part:0{scale}d}" if scale else ""
    return f"{'-' if minor < 0 else ''}{whole:,}{cents}"


def percent(part: int, whole: int) -> str:
    """A share, cut and not rounded up: only all of it is 100 %.

    >>> percent(999_999, 1_000_000), percent(3, 3), percent(0, 0)
    ('99.9 %', '100.0 %', '-')
    """
    return f"{part * 1000 // whole / 10:.1f} %" if whole else "-"


def counted(number: int, one: str, many: str = "") -> str:
    """A count with its noun.

    >>> counted(1, "line"), counted(1200, "line"), counted(2, "match", "matches")
    ('1 line', '1,200 lines', '2 matches')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size(bytes_: int) -> str:
    """A file's size.

    >>> size(412_345), size(2_500_000)
    ('412 kB', '2.5 MB')
    """
    return f"{bytes_ / 1000:.0f} kB" if bytes_ < 1_000_000 else f"{bytes_ / 1_000_000:.1f} MB"


def place(path: Path) -> str:
    """A path as the reader would type it: relative to where they stand, if it is below."""
    full, here = path.resolve(), Path.cwd().resolve()
    if full == here:
        return "."
    return str(full.relative_to(here)) if full.is_relative_to(here) else str(full)
