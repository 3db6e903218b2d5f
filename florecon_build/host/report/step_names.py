"""Steps of a strategy: the label that names a group in totals."""

from __future__ import annotations

from collections.abc import Iterable


def step_names(nodes: Iterable[tuple[int, str, str | None]]) -> dict[int, str]:
    """The outermost label around each node that has one; ``nodes`` are (id, path, label) in the order of ids.

    >>> step_names([(0, "seq", None), (1, "seq[0] > labeled", "a"), (2, "seq[0] > labeled > flow", None)])
    {1: 'a', 2: 'a'}
    """
    names: dict[int, str] = {}
    inside: tuple[str, str] | None = None
    for number, path, label in nodes:
        if inside is not None and path.startswith(f"{inside[0]} > "):
            names[number] = inside[1]
            continue
        inside = (path, label) if label is not None else None
        if label is not None:
            names[number] = label
    return names
