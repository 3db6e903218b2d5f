"""Replayer: keeps a workspace at the decisions that are in force in a store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from florecon_build.host.decisions.group_members import shapes_of
from florecon_build.host.decisions.replay import Misfit, Verbs, misfit_of, place, wanted_of, withhold
from florecon_build.host.decisions.store import Decision

PINNING = ("pin", "merge", "resolve")
BREAKING = ("detach", "dissolve")


class Decisions(Protocol):
    """Decisions by number, and those in force; the book of a `Store` has them."""

    @property
    def decisions(self) -> Mapping[int, Decision]: ...
    def standing(self, *kinds: str) -> list[Decision]: ...


class HasDecisions(Protocol):
    """What a workspace is kept at: a `Store`, or a part of its decisions. `head` changes with them."""

    @property
    def head(self) -> str: ...
    @property
    def book(self) -> Decisions: ...


@dataclass(frozen=True, slots=True)
class Replayed:
    """State of a replayer: what has been carried out in the workspace, as of the store's head."""

    head: str
    placed: Mapping[int, int]
    broken: frozenset[int]
    misfits: Mapping[int, Misfit]


class Replayer:
    """Carries each decision in force out once, and takes it back when it is no longer in force.

    A decision about groups is in one of three states: placed as a pinned group (`pin`, `merge`), carried out on the
    proposals of the last solve (`detach`, `dissolve`), or a misfit, which is tried again at the next solve.
    """

    def __init__(self, workspace: Verbs, store: HasDecisions) -> None:
        self._workspace = workspace
        self._store = store
        self._head = ""
        self._placed: dict[int, int] = {}
        self._broken: set[int] = set()
        self._misfits: dict[int, Misfit] = {}

    @property
    def state(self) -> Replayed:
        """The state, to go back to together with the workspace's."""
        return Replayed(self._head, dict(self._placed), frozenset(self._broken), dict(self._misfits))

    def back_to(self, state: Replayed) -> None:
        """Goes back to a state that the workspace is in again."""
        self._head, self._broken = state.head, set(state.broken)
        self._placed, self._misfits = dict(state.placed), dict(state.misfits)

    @property
    def placed(self) -> Mapping[int, int]:
        """The pinned group of each decision that is placed, by the decision's number."""
        return self._placed

    @property
    def misfits(self) -> Mapping[int, Misfit]:
        """The decisions that do not fit the rows, by number."""
        return self._misfits

    def decision_of(self, group_id: int) -> Decision | None:
        """The decision that is placed as a group."""
        for seq, placed in self._placed.items():
            if placed == group_id:
                return self._store.book.decisions[seq]
        return None

    # What the verbs of a stored workspace report

    def adopt(self, placed: Mapping[int, int] | None = None, broken: Iterable[int] = ()) -> None:
        """Takes note of decisions that a verb has carried out and appended.

        Parameters: `placed` has the group of each pin and merge by the decision's number; `broken` are the numbers of
        break-ups.
        """
        self._placed.update(placed or {})
        self._broken.update(broken)
        self._head = self._store.head

    def demoted(self, group_ids: Iterable[int]) -> None:
        """Takes note of pinned groups that a change of rows has demoted: their decisions are misfits from now on."""
        gone = set(group_ids)
        lost = [seq for seq, group_id in self._placed.items() if group_id in gone]
        shapes = shapes_of(self._workspace.report()) if lost else None
        for seq in lost:
            del self._placed[seq]
            members = self._store.book.decisions[seq].members
            found = misfit_of(seq, members, shapes) if shapes else None
            self._misfits[seq] = found or Misfit(seq, "its group was broken up")

    # What the store says

    def catch_up(self) -> None:
        """Brings the workspace to what is in force; nothing to do while the store's head is the same."""
        if self._store.head == self._head:
            return
        in_force = {decision.seq for decision in self._standing(*PINNING, *BREAKING)}
        for seq in [seq for seq in self._placed if seq not in in_force]:
            self._lift(self._store.book.decisions[seq], self._placed.pop(seq))
        for seq in [seq for seq in self._misfits if seq not in in_force]:
            del self._misfits[seq]
        self._broken &= in_force
        self._place()
        self._break_up()
        self._head = self._store.head

    def retry(self) -> None:
        """Brings the workspace to what is in force before a solve; misfits are tried again."""
        self._head = ""
        self._misfits.clear()
        self.catch_up()

    def solved(self) -> None:
        """Breaks up again, in the proposals of a new solve, what a person broke up."""
        self._broken.clear()
        self._break_up()
        self._head = self._store.head

    def _standing(self, *kinds: str) -> list[Decision]:
        """The decisions in force that change groups: a resolution whose code carries the item on does not."""
        standing = self._store.book.standing(*kinds)
        return [each for each in standing if each.entry.body.get("effect") != "carried"]

    def _lift(self, decision: Decision, group_id: int) -> None:
        self._workspace.unpin(group_id)
        if decision.kind == "merge":
            self._workspace.dissolve(group_id)

    def _place(self) -> None:
        tried = self._placed.keys() | self._misfits.keys()
        wanted = [wanted_of(each) for each in self._standing(*PINNING) if each.seq not in tried]
        if wanted:
            done = place(self._workspace, wanted, self._placed.values())
            self._misfits.update({misfit.key: misfit for misfit in done.misfits})
            self._placed.update(done.groups)

    def _break_up(self) -> None:
        tried = self._broken | self._misfits.keys()
        left = [each for each in self._store.book.standing(*BREAKING) if each.seq not in tried]
        if left:
            misfits = withhold(self._workspace, left)
            self._misfits.update({misfit.key: misfit for misfit in misfits})
            self._broken |= {each.seq for each in left} - self._misfits.keys()
