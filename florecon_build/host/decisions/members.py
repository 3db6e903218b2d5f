"""Group members of a store entry: ordered members, and the origin of the group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from florecon_build.host.decisions.group_members import Id, Parts, Shape, Shapes
from florecon_build.host.decisions.store.body import Member
from florecon_build.host.errors import UnknownAllocation


def kind_of(members: Sequence[Member]) -> Literal["pin", "merge"]:
    """The kind of a decision of the portable file, which does not name it."""
    return "merge" if len(members) > 1 else "pin"


def parts_of(members: Iterable[Member]) -> Parts:
    """The members as a group's shape has them."""
    return frozenset((member.id, member.amount) for member in members)


def body_of(members: Sequence[Member], origin: str, reason: str | None) -> dict[str, Any]:
    """The body of a decision about these members."""
    listed = [{"id": each.id, "amount": each.amount, "of": each.of} for each in members]
    body: dict[str, Any] = {"members": listed, "origin": origin}
    return body if reason is None else {**body, "reason": reason}


def body_of_group(shape: Shape, shapes: Shapes) -> dict[str, Any]:
    """The body of a decision about a group, with the strategy's node that formed it."""
    members = [Member(row_id, amount, shapes.totals[row_id]) for row_id, amount in shape.in_order()]
    body = body_of(members, shape.origin, shape.reason)
    return body if shape.node is None else {**body, "node": shape.node}


def check_held(shape: Shape, ids: Iterable[Id]) -> None:
    """Refuses a row that is not in the group. Errors: `UnknownAllocation`."""
    held = {row_id for row_id, _ in shape.parts}
    for row_id in ids:
        if row_id not in held:
            raise UnknownAllocation(f"row {row_id} is not in group {shape.group_id}", id=row_id)
