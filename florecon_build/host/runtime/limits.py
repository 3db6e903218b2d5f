"""Resource limits of a module (time and memory), and the interruption of a call.

Each instance has an engine of its own (see `engine`): counting its epoch up by one stops whatever runs in it at once,
and nothing else.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TypeVar

from florecon_build.host.errors import Cancelled

T = TypeVar("T")

LOAD_SECONDS = 60.0
TABLE_ELEMENTS = 1_000_000
WASM_PAGE = 65_536
GRACE_SECONDS = 0.25
LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`timeout` in seconds bounds one call of a verb, `max_memory` in bytes the module's linear memory; None: no bound.

    >>> Limits(timeout=2.5, max_memory=1 << 30).timeout
    2.5
    """

    timeout: float | None = None
    max_memory: int | None = None

    def __post_init__(self) -> None:
        if self.timeout is not None and not (self.timeout > 0 and math.isfinite(self.timeout)):
            raise ValueError(f"timeout is a positive number of seconds, not {self.timeout!r}")
        if self.max_memory is not None and self.max_memory < WASM_PAGE:
            raise ValueError(f"max_memory is a number of bytes, at least {WASM_PAGE}, not {self.max_memory!r}")


class Deadline:
    """A point in time by which several calls into a module must have ended.

    >>> Deadline(None).left()
    inf
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._end = math.inf if seconds is None else time.monotonic() + seconds
        self._rang = False

    def left(self) -> float:
        """Seconds left, 0 when over; infinite without a bound."""
        return max(0.0, self._end - time.monotonic())

    def over(self) -> bool:
        """True once the time is up or an alarm has fired."""
        return self._rang or not self.left()

    @contextmanager
    def alarm(self, ring: Callable[[], None]) -> Generator[None]:
        """Calls `ring`, from another thread, if the time is over before the block is."""
        if self.seconds is None:
            yield
            return

        def end() -> None:
            self._rang = True
            ring()

        timer = threading.Timer(self.left(), end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()  # an alarm that is just ringing must not stop the next call


def interruptibly(work: Callable[[], T], ask: Callable[[], None], cancel: Callable[[], None]) -> T:
    """Runs `work` so that Ctrl-C reaches the caller while a module computes.

    Python handles an interrupt only between its own instructions, never inside a long call. In the main thread, which
    alone receives interrupts, a second thread therefore does the work while this one waits. On an interrupt `ask` tells
    the work to stop at its next step; if it does not within `GRACE_SECONDS`, `cancel` stops it at once. The work has
    ended before the interrupt is raised.

    >>> interruptibly(lambda: 6 * 7, lambda: None, lambda: None)
    42
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    results: list[T] = []
    failures: list[BaseException] = []
    done = threading.Event()  # and not join(), which an interrupt leaves believing that the thread has ended

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # handed to the thread that waits
            failures.append(error)
        finally:
            done.set()

    with _noted() as noted:
        thread = threading.Thread(target=run, name="florecon-call", daemon=True)
        thread.start()
        try:
            # a wait without end is not always broken by a signal, and a thread may end before it begins to work
            while not (done.wait(LOOK_SECONDS) or noted) and thread.is_alive():
                pass
        except BaseException:
            _finish(done, ask, cancel)
            raise
        if not thread.is_alive():
            done.set()
        if noted:
            _finish(done, ask, cancel)
    for signum, frame in noted[:1]:
        _handle(signum, frame)
    if failures:
        raise failures[0]
    if not results:
        raise Cancelled("the call was not made: its thread ended at once")
    return results[0]


Noted = list[tuple[int, FrameType | None]]


@contextmanager
def _noted() -> Generator[Noted, None, None]:
    """Collects interrupts during the block, to be passed to the usual handler afterwards.

    An interrupt that is raised at once can be lost in a finalizer; and a library that installed a signal handler of its
    own may have left it in place, below Python, where no interrupt is seen any more.
    """
    noted: Noted = []
    before = signal.getsignal(signal.SIGINT)
    if not callable(before):  # ignored, or not Python's affair
        yield noted
        return
    signal.signal(signal.SIGINT, lambda signum, frame: noted.append((signum, frame)))
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)


def _handle(signum: int, frame: FrameType | None) -> None:
    """Handles an interrupt as Python would have: as a rule by `KeyboardInterrupt`."""
    handler = signal.getsignal(signum)
    if callable(handler):
        handler(signum, frame)


def _finish(done: threading.Event, ask: Callable[[], None], cancel: Callable[[], None]) -> None:
    """Ends the work of the other thread, however often the user presses Ctrl-C."""
    while not done.is_set():
        try:
            ask()
            if not done.wait(GRACE_SECONDS):
                cancel()
                while not done.wait(LOOK_SECONDS):
                    pass
        except KeyboardInterrupt:
            continue
