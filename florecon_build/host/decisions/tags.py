"""Review tags: labels of rows that the solver does not read.

A tag is keyed by the row's own id, never by a group, so it survives every re-solve. A row may carry many tags and a tag
may lie on many rows. Labels that differ only in case or outer spaces are one tag.

>>> tags = Tags()
>>> tags.add([1, 2], "Needs review")
>>> tags.add([2], "FX")
>>> tags.of(2), tags.rows("needs REVIEW")
(('FX', 'Needs review'), (1, 2))
>>> tags.remove([2], "fx")
>>> tags.of(2)
('Needs review',)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import pyarrow as pa

from florecon_build.host.errors import BadCommand, BadTable

Id = int | str
PREFIX = "tag:"
KIND = "bucket"
COLOURS = ("#1f6f4a", "#5b3fb8", "#a86a12", "#0c7f73", "#b3400f", "#2458c9", "#a81a5f", "#4f7a0c")


def key_of(label: str) -> str:
    """The tag that a label names. Errors: `BadCommand` for an empty one."""
    name = label.strip() if isinstance(cast(object, label), str) else ""
    if not name:
        raise BadCommand(f"a tag has a label, such as 'needs review', not {label!r}")
    return PREFIX + name.lower()


class Tags:
    """Tags per row; `about` has a label, a colour and a kind for each tag. A change is made whole or not at all."""

    def __init__(self) -> None:
        self.about: dict[str, dict[str, Any]] = {}
        self._of: dict[Id, frozenset[str]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._of.values()))

    def add(self, ids: Iterable[Id], label: str) -> None:
        """Adds a tag to rows. Errors: `BadCommand` for an empty label."""
        key = key_of(label)
        ids = list(ids)
        if ids and key not in self.about:
            colour = COLOURS[len(self.about) % len(COLOURS)]
            self.about[key] = {"label": label.strip(), "color": colour, "kind": KIND}
        self._of.update({row_id: self._of.get(row_id, frozenset()) | {key} for row_id in ids})

    def remove(self, ids: Iterable[Id], label: str) -> None:
        """Removes a tag from rows; a row without it is ignored. Errors: `BadCommand` for an empty label."""
        key = key_of(label)
        changed = {row_id: self._of.get(row_id, frozenset()) - {key} for row_id in ids}
        self._of.update(changed)
        for row_id in [row_id for row_id, keys in changed.items() if not keys]:
            self._of.pop(row_id, None)

    def label(self, key: str) -> str:
        """A tag's label."""
        return str(self.about.get(key, {}).get("label", key.removeprefix(PREFIX)))

    def of(self, row_id: Id) -> tuple[str, ...]:
        """The labels on a row, in order."""
        return tuple(sorted(self.label(key) for key in self._of.get(row_id, ())))

    def rows(self, label: str) -> tuple[Id, ...]:
        """The ids of the rows that carry a tag, in order."""
        key = key_of(label)
        return tuple(sorted((row_id for row_id, keys in self._of.items() if key in keys), key=_order))

    def by_label(self) -> list[tuple[str, list[Id]]]:
        """Each label in use, with the ids of its rows in order."""
        keys = sorted({key for keys in self._of.values() for key in keys})
        return [(self.label(key), list(self.rows(self.label(key)))) for key in keys]

    def update(self, other: Tags) -> None:
        """Adds all tags of another overlay."""
        for key, about in other.about.items():
            self.about.setdefault(key, about)
        self._of.update({row_id: self._of.get(row_id, frozenset()) | keys for row_id, keys in other._of.items()})

    def to_table(self) -> pa.Table:
        """`id, tag`, one line per row and tag; ids as texts where the module's are."""
        lines = [(row_id, self.label(key)) for row_id in sorted(self._of, key=_order) for key in self._of[row_id]]
        lines.sort(key=lambda line: (_order(line[0]), line[1]))
        ids = [row_id for row_id, _ in lines]
        textual = any(isinstance(row_id, str) for row_id in ids)
        return pa.table(
            {
                "id": pa.array(
                    [str(row_id) for row_id in ids] if textual else ids, pa.string() if textual else pa.int64()
                ),
                "tag": pa.array([label for _, label in lines], pa.string()),
            }
        )

    def dump(self) -> dict[str, Any]:
        """The overlay as the portable file has it: `{"tags": {id: [tag]}, "meta": {tag: {label, color, kind}}}`."""
        ids = sorted((row_id for row_id, keys in self._of.items() if keys), key=_order)
        return {"tags": {str(row_id): sorted(self._of[row_id]) for row_id in ids}, "meta": dict(self.about)}

    @classmethod
    def restored(cls, dumped: object, text_ids: bool = False) -> Tags:
        """The overlay of a dump.

        Parameters: `text_ids`: whether the module's ids are texts; JSON keys are texts either way.
        Errors: `BadTable` for what is no such dump.
        """
        made = cls()
        try:
            given = cast("dict[str, dict[Any, Any]]", dumped or {})
            for key, about in given.get("meta", {}).items():
                made.about[str(key)] = dict(about)
            for row_id, keys in given.get("tags", {}).items():
                made._of[str(row_id) if text_ids else int(row_id)] = frozenset(str(key) for key in keys)
        except (AttributeError, TypeError, ValueError) as error:
            raise BadTable(f"the tags of the file are malformed: {error}") from error
        return made


def _order(row_id: Id) -> tuple[bool, int, str]:
    return (True, 0, row_id) if isinstance(row_id, str) else (False, row_id, "")
