"""Verdict of the conformance checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

SHOWN = 10
"""Number of rows that `str()` of a failure prints; its table has all of them."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed check with a minimal input: rows of which none can be left out without the check passing.

    `check` is its name; `expected` and `got` say what differs; `rows` are the rows, in the order in which they were
    sent, and `ids` their ids.
    """

    check: str
    expected: str
    got: str
    rows: pa.Table
    ids: tuple[int | str, ...]

    def __str__(self) -> str:
        lines = [f"{self.check}", f"  expected: {self.expected}", f"  got:      {self.got}"]
        lines.append(f"  with {len(self.ids)} rows:" if self.ids else "  with no rows at all")
        lines += [f"    {row}" for row in self.rows.slice(0, SHOWN).to_pylist()]
        if len(self.ids) > SHOWN:
            lines.append(f"    and {len(self.ids) - SHOWN} more")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of all checks: `checks` are the names of those that ran, `failures` those that failed.

    `not_run` has the reason for each check that was left out. `str()` gives one line per check, and every failure with
    its rows. A verdict is true where `ok`.
    """

    module: str
    checks: tuple[str, ...]
    failures: tuple[Failure, ...]
    not_run: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def ok(self) -> bool:
        """Whether every check holds."""
        return not self.failures

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        failed = {failure.check: failure for failure in self.failures}
        lines = [f"{self.module}: {len(self.checks) - len(failed)} of {len(self.checks)} checks hold"]
        for check in self.checks:
            lines.append(f"FAILED {failed[check]}" if check in failed else f"ok     {check}")
        lines += [f"--     {check}: {why}" for check, why in self.not_run.items()]
        return "\n".join(lines)
