"""Reasons for open items: the module's explanation of each open row, as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from florecon_build.host.description import Description
from florecon_build.host.errors import Unsupported
from florecon_build.host.explain.explanation import Explanation
from florecon_build.host.report.step_names import step_name

ROWS_PER_CALL = 100
ROWS_APART = 10_000
"""Rows per explain call, of a module that explains rows apart: it runs its strategy once for each call."""
MOST_EXPLAINED = 50_000
"""Open rows that a run asks reasons for unless told otherwise; every ten thousand cost about a further solve."""
ROUTING_EVENTS = frozenset({"entered", "bucket", "band", "kept", "matched", "predicate_true", "predicate_false"})
"""Events that record the route of a row; they are not a reason for an open item."""


class Explains(Protocol):
    """What explains rows; a `Workspace` does."""

    @property
    def about(self) -> Description: ...
    def explain(self, *ids: int | str) -> Explanation: ...
    def explain_all(self, ids: Sequence[int | str]) -> Iterable[Explanation]: ...


def explain_open_rows(workspace: Explains, ids: Sequence[int | str], names: Mapping[int, str]) -> dict[str, str]:
    """Reasons for each open row by its id as text, one line per distinct reason.

    ``names`` maps a node to the name of its step. The result is empty for a module without the explain command.
    """
    reasons: dict[str, str] = {}
    try:
        if workspace.about.has("explain.apart"):
            for explanation in workspace.explain_all(ids):
                reasons |= _lines(explanation, names)
            return {str(one): reasons[str(one)] for one in ids if reasons.get(str(one))}
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
    for step in explanation.steps_but(ROUTING_EVENTS):
        of_text = texts_of_row.setdefault(str(step.row), {}).setdefault(step.text, [])
        name = step_name(names, step.node, step.kind)
        of_text += [name] if name not in of_text else []
    return {
        row: "\n".join(f"{', '.join(steps)}: {text}" for text, steps in texts.items())
        for row, texts in texts_of_row.items()
    }
