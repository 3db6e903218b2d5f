"""Effect of a verb: how many groups or rows it changed, and which."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Self

Id = int | str


class Effect(int):
    """The groups or rows that a verb changed; as a number, how many.

    `ids` are the rows that it was about, `groups` the groups that it changed now. A workspace with a store adds
    `decisions`, the numbers of its entries, and `pending`, those of them that wait for a second person and change
    nothing yet. `ids` may be given as a function, which is called when they are first asked for.

    >>> effect = Effect(1, ids=(7,), decisions=(3,))
    >>> effect == 1, effect.count, effect.ids
    (True, 1, (7,))
    """

    groups: tuple[int, ...]
    decisions: tuple[int, ...]
    pending: tuple[int, ...]
    _ids: Iterable[Id] | Callable[[], Iterable[Id]]

    def __new__(
        cls,
        count: int,
        *,
        ids: Iterable[Id] | Callable[[], Iterable[Id]] = (),
        groups: Iterable[int] = (),
        decisions: Iterable[int] = (),
        pending: Iterable[int] = (),
    ) -> Self:
        made = super().__new__(cls, count)
        made._ids = ids if callable(ids) else tuple(ids)
        made.groups = tuple(groups)
        made.decisions, made.pending = tuple(decisions), tuple(pending)
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[int], dict[str, Any]]:
        return (int(self),), {
            "ids": self.ids,
            "groups": self.groups,
            "decisions": self.decisions,
            "pending": self.pending,
        }

    def __getstate__(self) -> None:
        """Nothing beside the arguments of `__new__`."""

    @property
    def count(self) -> int:
        """The number of groups or rows."""
        return int(self)

    @property
    def ids(self) -> tuple[Id, ...]:
        """The rows that the verb was about."""
        if callable(self._ids):
            self._ids = self._ids()
        self._ids = tuple(self._ids)
        return self._ids
