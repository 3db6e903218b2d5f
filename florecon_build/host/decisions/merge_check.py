"""Dry run of a merge, for a decision that needs approval and therefore changes nothing yet.

The rules and their order are those of the module; one that it refuses later all the same is listed as unfit.
"""

from __future__ import annotations

from collections.abc import Sequence

from florecon_build.host.decisions.group_members import Id, Shapes
from florecon_build.host.errors import (
    BadCommand,
    DegenerateGroup,
    DuplicateId,
    FrozenMember,
    InsufficientLiveAmount,
    UnknownId,
)


def try_merge(pairs: Sequence[tuple[Id, int]], shapes: Shapes) -> None:
    """Refuses what the module would refuse. Errors: those of `Workspace.merge`."""
    seen: set[Id] = set()
    for row_id, amount in pairs:
        if row_id not in shapes.totals:
            raise UnknownId(f"no row has the id {row_id!r}", id=row_id)
        if row_id in seen:
            raise DuplicateId(f"row {row_id} stands twice in the merge; add its amounts up", id=row_id)
        if not amount:
            raise BadCommand(f"the amount for row {row_id} is 0; leave the row out", id=row_id)
        seen.add(row_id)
    if len(pairs) < 2:
        raise DegenerateGroup("a merge joins at least two rows")
    homes = shapes.proposed_of(seen)
    for row_id, amount in pairs:
        free = sum(part for shape in homes[row_id] for member, part in shape.parts if member == row_id)
        if not free:
            raise FrozenMember(f"all of row {row_id} sits in pinned groups; unpin one first", id=row_id)
        if free * amount < 0 or abs(amount) > abs(free):
            raise InsufficientLiveAmount(f"row {row_id} has {free} left, and the merge takes {amount}", id=row_id)
