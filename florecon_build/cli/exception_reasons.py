"""Reasons for the largest exceptions: the module's explanation of each open row, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from florecon_build.host import Unsupported, Workspace
from florecon_build.host.explain.explanation import Explanation, Step

AT_ONCE = 100
"""Rows that a module explains in one call, by running its strategy once more."""
SILENT = frozenset({"entered", "band", "kept", "predicate_true", "predicate_false"})
"""Events that say where a row went, and not why it stayed open."""


def why(workspace: Workspace, ids: Sequence[int | str], names: Mapping[int, str]) -> dict[str, str]:
    """For each row, by its id as text: what every step had to say against it, a line each.

    ``names`` gives a node the name of its step. A module that does not explain itself gives nothing.
    """
    told: dict[str, str] = {}
    try:
        for start in range(0, len(ids), AT_ONCE):
            some = list(ids[start : start + AT_ONCE])
            # of exactly two rows a module says why they did not meet, which nobody asked
            asked = [[one] for one in some] if len(some) == 2 else [some]
            for part in asked:
                told |= _lines(workspace.explain(*part), names)
    except Unsupported:
        return {}
    return {str(one): told[str(one)] for one in ids if told.get(str(one))}


def _lines(explanation: Explanation, names: Mapping[int, str]) -> dict[str, str]:
    """What was said of each row; steps that say the same share a line."""
    said: dict[str, dict[str, list[str]]] = {}
    for step in explanation.steps:
        if _is_reason(step):
            of_text = said.setdefault(str(step.row), {}).setdefault(step.text, [])
            name = names.get(step.node, step.kind)
            of_text += [name] if name not in of_text else []
    return {row: "\n".join(f"{', '.join(who)}: {text}" for text, who in texts.items()) for row, texts in said.items()}


def _is_reason(step: Step) -> bool:
    """A bucket on the way to a step is none; the shard that the row was looked at in is worth a line."""
    return step.event not in SILENT and (step.event != "bucket" or step.kind == "partition_by")
