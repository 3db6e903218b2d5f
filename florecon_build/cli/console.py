"""Console output: tables, status lines and errors for people, one JSON document for programs; shares, counts and sizes.

Nothing in a file can drive the terminal: everything that is printed passes ``visible``, and JSON ``escaped_json``.
"""

from __future__ import annotations

import json
import time
import unicodedata
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from florecon_build.ir.strings import escaped_json

WIDTH = 100
"""Width in characters of output that does not go to a terminal."""


_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of characters that a terminal obeys or hides: control, format and bidirectional characters, surrogates."""


def visible(text: str, *, keep: str = "\n\t") -> str:
    r"""A text for a terminal: control, format and bidirectional characters as escapes, but those to ``keep``.

    >>> print(visible("paid\x1b[2J\u202e"))
    paid\u{1b}[2J\u{202e}
    """
    if text.isprintable():
        return text
    return "".join(
        f"\\u{{{ord(char):x}}}" if char not in keep and unicodedata.category(char) in _HIDDEN else char for char in text
    )


class VisibleConsole(Console):
    """A console of which every segment passes ``visible``; what rich itself sends to a terminal does not."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of a renderable."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text))


def out() -> Console:
    """Console for results: standard output, without styles where it is not a terminal."""
    return _console(stderr=False)


def err() -> Console:
    """Console for progress, warnings and errors: standard error."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    console = VisibleConsole(stderr=stderr, highlight=False, soft_wrap=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = WIDTH
    return console


def print_status(line: str) -> None:
    """Prints a status line to standard error."""
    err().print(Text(line, style="dim"), soft_wrap=True)


def print_line(line: str) -> None:
    """Prints a result line to standard output, without wrapping."""
    print(visible(line), flush=True)


def print_json(value: object) -> None:
    """Prints a JSON document to standard output."""
    print(escaped_json(json.dumps(value, indent=2, ensure_ascii=False, default=str)), flush=True)


@contextmanager
def status(doing: str) -> Generator[Callable[[str], None]]:
    """Shows the current activity: a spinner on a terminal, one status line otherwise.

    Yields a function that replaces the text.
    """
    console = err()
    if not console.is_terminal:
        print_status(doing)
        yield print_status
        return
    with console.status(Text(doing)) as spinner:
        yield lambda line: spinner.update(Text(line))


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
    """A table without borders: ``text`` columns left-aligned, the others right-aligned, row ``bold`` in bold."""
    made = Table(box=None, pad_edge=False, header_style="dim", show_edge=False)
    for place, name in enumerate(columns):
        if place in text:
            made.add_column(name, overflow="ellipsis", no_wrap=True)
        else:
            made.add_column(name, justify="right", no_wrap=True)
    for place, row in enumerate(rows):
        made.add_row(*(Text(visible(cell, keep="")) for cell in row), style="bold" if place == bold else None)
    return made


def print_unclipped(console: Console, table: Table) -> None:
    """Prints a table without truncating numbers: a table wider than the terminal extends beyond it."""
    wanted = Measurement.get(console, console.options.update(max_width=10_000), table).maximum
    kept, console.width = console.width, max(console.width, wanted)
    console.print(table)
    console.width = kept


def tenths(share: int) -> str:
    """A share in tenths of a percent as text.

    >>> tenths(334), tenths(1000), tenths(0)
    ('33.4 %', '100.0 %', '0.0 %')
    """
    return f"{share // 10}.{share % 10} %"


def plural(number: int, one: str, many: str = "") -> str:
    """A count with its noun.

    >>> plural(1, "line"), plural(1200, "line"), plural(2, "match", "matches")
    ('1 line', '1,200 lines', '2 matches')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def file_size(bytes_: int) -> str:
    """A file's size.

    >>> file_size(412_345), file_size(2_500_000)
    ('412 kB', '2.5 MB')
    """
    return f"{bytes_ / 1000:.0f} kB" if bytes_ < 1_000_000 else f"{bytes_ / 1_000_000:.1f} MB"


def display_path(path: Path) -> str:
    """A path relative to the current folder if it is below it, else absolute."""
    full, here = path.resolve(), Path.cwd().resolve()
    if full == here:
        return "."
    return str(full.relative_to(here)) if full.is_relative_to(here) else str(full)
