"""Exit codes of the command line, so that a scheduler can tell invalid data from a failed machine."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes; part of the public interface, so that a code never changes its meaning."""

    DONE = 0
    REFUSED = 1  # invalid strategy, module that does not verify, strategies that differ
    USAGE = 2
    EXCEPTIONS = 3  # reconciled, with more open items than allowed
    DATA = 4  # the rows do not match the declared columns
    SOLVER = 5  # the module cannot be loaded or failed
    ENVIRONMENT = 6  # no compiler, no network, a full disk
    BOOK = 7  # the book refuses: another period, changed rows, open items
    BUG = 70
    INTERRUPTED = 130


MEANING: dict[Exit, str] = {
    Exit.DONE: "done",
    Exit.REFUSED: "rejected: invalid strategy, module that does not verify, or strategies that differ",
    Exit.USAGE: "invalid command line",
    Exit.EXCEPTIONS: "reconciled and written, with more open items than allowed",
    Exit.DATA: "the data does not match the columns that the solver declares; nothing was written",
    Exit.SOLVER: "the solver cannot be loaded or failed; nothing was written",
    Exit.ENVIRONMENT: "the environment lacks a compiler, network access or disk space",
    Exit.BOOK: "the book refuses, such as for a closed period, changed rows or open items; it is as it was",
    Exit.BUG: "internal error of florecon-build",
    Exit.INTERRUPTED: "interrupted",
}
"""Meaning of each code, printed by ``run --help`` and in docs/cli.md."""
