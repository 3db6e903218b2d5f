"""Atomic step of a stored workspace: workspace, replayer and store change together or not at all.

The store decides. A step that is broken off, by Ctrl-C, a timeout or a full disk, takes the workspace back to where it
was and then takes in what the store holds: if the store had committed, the decision is carried out again, and if not,
it never was. Going back can be broken off itself, and is then done before the workspace is next used.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from florecon_build.host.errors import Busy, Cancelled, FloreconError, StoreError
from florecon_build.host.runtime.session import Session

T = TypeVar("T")
State = TypeVar("State")


class WholeSteps(Generic[State]):
    """Runs the verbs of a stored workspace, each as a whole.

    Parameters: `session` makes the calls of the module; `state` returns the state of all, and `back_to` goes back to
    it; `take_in` brings the workspace to what the store holds now.

    In the main thread a verb runs in a thread of its own, so that Ctrl-C never lands between two of its lines: it stops
    what the module computes, and is raised when the step is over or taken back.
    """

    def __init__(
        self,
        session: Session,
        state: Callable[[], State],
        back_to: Callable[[State], None],
        take_in: Callable[[], None],
    ) -> None:
        self._session = session
        self._state = state
        self._back_to = back_to
        self._take_in = take_in
        self._lock = threading.Lock()
        self._owner: int | None = None
        self._is_stopped = False
        self._point: State | None = None

    def run(self, step: Callable[[], T]) -> T:
        """Runs a step; one within a step is part of it. Errors: those of the step; `Busy` in another thread."""
        if self._owner == threading.get_ident():
            return step()
        return self._session.uninterrupted(lambda: self._whole(step), self._stop)

    def agree(self) -> None:
        """Declares, within a step, that all agree as they are: a fault from here on goes back to here.

        Errors: `Cancelled` after an interrupt, which may have come while no call of the module was running.
        """
        if self._is_stopped:
            raise Cancelled("the call was stopped before the module was asked for anything")
        self._point = self._state()

    def settle(self) -> None:
        """Goes back after a step that was broken off, if that has not been done; to be called before reading."""
        if self._point is not None:
            self.run(lambda: None)

    def _stop(self) -> None:
        self._is_stopped = True

    def _whole(self, step: Callable[[], T]) -> T:
        if not self._lock.acquire(blocking=False):
            raise Busy("this workspace is in use by another thread; give each thread its own, or take turns")
        try:
            self._owner = threading.get_ident()
            self._is_stopped = False
            self._go_back()
            self.agree()
            try:
                done = step()
            except BaseException:
                with suppress(FloreconError):  # then it is done before the workspace is next used
                    self._go_back()
                raise
            self._point = None
            return done
        finally:
            self._owner = None
            self._lock.release()

    def _go_back(self) -> None:
        """Brings all to the last point, and then the workspace to what the store holds."""
        if self._point is None:
            return
        self._back_to(self._point)
        with suppress(StoreError):  # out of reach: the workspace is as of the last time that it was read
            self._take_in()
        self._point = None
