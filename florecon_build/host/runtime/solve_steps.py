"""Steps of a solve: a solve is asked for in budgets that take about a tenth of a second each.

>>> asked = []
>>> def ask(budget, before):
...     asked.append(budget)
...     return Step(len(asked), 2, None)
>>> [step.done for step in solve_steps(ask)], asked[0]
([1, 2], 16384)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from florecon_build.host.errors import BrokenReply
from florecon_build.host.runtime.limits import Deadline

FIRST_BUDGET = 1 << 14
MAX_BUDGET = 1 << 40
STEP_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Step:
    """Progress after a step: units of work done and in total, and the flows that were certified, if that was asked."""

    done: int
    total: int
    certified: int | None

    @property
    def is_last(self) -> bool:
        """Whether the solve is over."""
        return self.done >= self.total


def solve_steps(ask: Callable[[int, int], Step]) -> Iterator[Step]:
    """The steps of a solve, up to the last one; `ask` has one carried out.

    Parameters: `ask` is given the budget and the units that were done before.
    """
    budget, before = FIRST_BUDGET, -1
    while True:
        clock = Deadline(STEP_SECONDS)
        step = ask(budget, before)
        yield step
        if step.is_last:
            return
        before = step.done
        if clock.left() > STEP_SECONDS / 2:
            budget = min(MAX_BUDGET, budget * 2)
        elif clock.left() == 0:
            budget = max(1, budget // 2)


def solving(budget: int, *, certify: bool) -> dict[str, object]:
    """The fields of the command."""
    return {"budget": budget, "reply": "none", **({"certify": True} if certify else {})}


def step_of(envelope: Mapping[str, Any], before: int) -> Step:
    """The step that a reply tells of; a module that tells no progress is done.

    Errors: `BrokenReply` for counts that do not rise, with which the loop would never end.
    """
    certified = _certified(envelope.get("certified"))
    given = envelope.get("progress")
    if given is None:
        return Step(1, 1, certified)
    counts = cast("dict[str, object]", given) if isinstance(given, dict) else {}
    done, total = counts.get("done"), counts.get("total")
    if not isinstance(done, int) or not isinstance(total, int) or not before < done:
        raise BrokenReply(f"a partial solve reports no progress: {str(counts)[:80]} after {before}")
    return Step(done, total, certified)


def _certified(given: object) -> int | None:
    if given is None or type(given) is int:
        return given
    raise BrokenReply(f"the number of certified flows is no number: {str(given)[:80]}")
