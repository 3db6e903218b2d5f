"""Progress bar on the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import TextIO

from florecon_build.host.runtime.session import Progress

WIDTH = 30


@contextmanager
def shown(progress: bool | Progress, what: str, out: TextIO | None = None) -> Generator[Progress | None]:
    """The callback for (done, total): the caller's own function, a bar on `out` (standard error), or None.

    >>> with shown(lambda done, total: print(done, "of", total), "solving") as tell:
    ...     tell(1, 2)
    1 of 2
    """
    if callable(progress):
        yield progress
    elif not progress:
        yield None
    else:
        bar = _Bar(what, out or sys.stderr)
        try:
            yield bar.tell
        finally:
            bar.end()


class _Bar:
    """One terminal line that is redrawn in place."""

    def __init__(self, what: str, out: TextIO) -> None:
        self._what = what
        self._out = out
        self._start = time.monotonic()
        self._drawn = False

    def tell(self, done: int, total: int) -> None:
        share = min(1.0, done / total) if total else 1.0
        filled = "#" * int(WIDTH * share)
        seconds = time.monotonic() - self._start
        self._out.write(f"\r{self._what} [{filled:.<{WIDTH}}] {share:4.0%}".replace("%", " %") + f" {seconds:6.1f} s")
        self._out.flush()
        self._drawn = True

    def end(self) -> None:
        if self._drawn:
            self._out.write("\n")
