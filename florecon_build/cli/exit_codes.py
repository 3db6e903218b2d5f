"""Exit codes of the command line, so that a scheduler can tell invalid data from a failed machine."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes. They are part of the interface: a code never changes its meaning."""

    DONE = 0
    REFUSED = 1  # a strategy with mistakes, a module that does not verify, two strategies that differ
    USAGE = 2
    EXCEPTIONS = 3  # reconciled, and more is open than was allowed
    DATA = 4  # the rows do not fit what the solver declares
    SOLVER = 5  # the module cannot be loaded, or failed at work
    ENVIRONMENT = 6  # no compiler, no network, a full disk
    BUG = 70
    INTERRUPTED = 130


MEANING: dict[Exit, str] = {
    Exit.DONE: "done",
    Exit.REFUSED: "refused: mistakes in a strategy, a module that does not verify, strategies that differ",
    Exit.USAGE: "the command line itself is wrong",
    Exit.EXCEPTIONS: "reconciled and written, but more lines are open than was allowed",
    Exit.DATA: "the data does not fit what the solver declares; nothing was written",
    Exit.SOLVER: "the solver cannot be loaded or failed; nothing was written",
    Exit.ENVIRONMENT: "something of this machine is missing: a compiler, a network, room on the disk",
    Exit.BUG: "a bug of florecon-build",
    Exit.INTERRUPTED: "interrupted",
}
"""What each code says, as ``run --help`` prints it."""
