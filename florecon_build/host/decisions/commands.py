"""Decision commands without a store: the workspace methods that change groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from florecon_build.host.decisions.group_members import Id
from florecon_build.host.report.report import Report
from florecon_build.wire import PINNED, Op


class Change(Protocol):
    """Carries out a command and returns its envelope."""

    def __call__(self, op: Op, fields: dict[str, object]) -> dict[str, Any]: ...


class Plain:
    """The verbs over one session. Ids and amounts are checked already."""

    def __init__(self, change: Change, report: Callable[[], Report]) -> None:
        self._change = change
        self.report = report

    def pin_groups(self, group_ids: list[int]) -> None:
        """Pins all of the groups, or none."""
        self._change("pin", {"by": "groups", "group_ids": group_ids})

    def merge(self, allocations: list[tuple[Id, int]], label: str, reason: str | None) -> int:
        """Makes one pinned group; returns its id."""
        entries = [{"id": row_id, "amount": amount} for row_id, amount in allocations]
        fields: dict[str, object] = {"allocations": entries, "label": label}
        if reason is not None:
            fields["reason"] = reason
        made = self._change("merge", fields).get("group_id")
        if isinstance(made, int):
            return made
        groups = self.report().groups.select(["group_id", "status"]).to_pylist()
        return max(each["group_id"] for each in groups if each["status"] == PINNED)  # ids only grow

    def detach(self, group_id: int, ids: list[Id]) -> None:
        """Takes rows out of a proposed group."""
        self._change("detach", {"group_id": group_id, "ids": ids})

    def dissolve(self, group_id: int) -> None:
        """Breaks a proposed group up."""
        self._change("dissolve", {"group_id": group_id})
