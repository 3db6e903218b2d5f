"""Reasons for the largest exceptions: the module's explanation of each open row, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from florecon_build.host.errors import Unsupported
from florecon_build.host.explain.explanation import Explanation, Step
from florecon_build.host.report.step_names import step_name

ROWS_PER_CALL = 100
"""Rows per explain call; the module runs its strategy once for each call."""
ROUTING_EVENTS = frozenset({"entered", "bucket", "band", "kept", "matched", "predicate_true", "predicate_false"})
"""Events that record the route of a row; they are not a reason for an open item."""


class Explains(Protocol):
    """What explains rows; a `Workspace` does."""

    def explain(self, *ids: int | str) -> Explanation: ...


def explain_open_rows(workspace: Explains, ids: Sequence[int | str], names: Mapping[int, str]) -> dict[str, str]:
    """Reasons for each open row by its id as text, one line per distinct reason.

    ``names`` maps a node to the name of its step. The result is empty for a module without the explain command.
    """
    reasons: dict[str, str] = {}
    try:
        for start in range(0, len(ids), ROWS_PER_CALL):
            batch = list(ids[start : start + ROWS_PER_CALL])
            # explain of exactly two rows compares them with each other, so they are requested one by one
            requests = [[one] for one in batch] if len(batch) == 2 else [batch]
            for request in requests:
                reasons |= _lines(workspace.explain(*request), names)
    except Unsupported:
        return {}
    return {str(one): reasons[str(one)] for one in ids if reasons.get(str(one))}


def _lines(explanation: Explanation, names: Mapping[int, str]) -> dict[str, str]:
    """Reasons by row; steps with the same text share a line."""
    texts_of_row: dict[str, dict[str, list[str]]] = {}
    for step in explanation.steps:
        if _is_reason(step):
            of_text = texts_of_row.setdefault(str(step.row), {}).setdefault(step.text, [])
            name = step_name(names, step.node, step.kind)
            of_text += [name] if name not in of_text else []
    return {
        row: "\n".join(f"{', '.join(steps)}: {text}" for text, steps in texts.items())
        for row, texts in texts_of_row.items()
    }


def _is_reason(step: Step) -> bool:
    """True for an event that states a reason."""
    return step.event not in ROUTING_EVENTS
