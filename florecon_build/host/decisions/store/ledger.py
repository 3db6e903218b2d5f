"""State of a history: a pure fold over its entries, with the rules for the next entry.

| kind | body |
|---|---|
| `pin`, `merge`, `dissolve` | `members: [{id, amount, of}]` (`of`: the whole row's amount then), `origin`, `reason` |
| `detach` | the same, and the `ids` that were taken out |
| `unpin`, `undo`, `approve`, `reject` | `target`: the number of the entry that they are about |
| `tag`, `untag` | `ids`, `label` |
| `comment` | `text`, and `ids` or a `target` |
| `policy` | `second_person_from`: the value in minor units from which a decision needs a second person, or null |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from florecon_build.host.decisions.store.entry import Draft, Entry
from florecon_build.host.decisions.tags import Tags
from florecon_build.host.errors import BadCommand, NotPending, SamePerson, UnknownEntry

Id = int | str
Status = Literal["in force", "pending", "rejected", "undone"]
ON_GROUPS = ("pin", "merge", "detach", "dissolve")
WITHDRAWING = ("unpin", "undo")
ANSWERS = ("approve", "reject")
NEVER_PENDING = ("tag", "untag", "comment", *ANSWERS)


@dataclass(frozen=True, slots=True)
class Member:
    """A row's part in a decision: `amount` of it, out of the `of` that the row carried when the decision was made."""

    id: Id
    amount: int
    of: int


@dataclass(slots=True)
class Decision:
    """An entry with its status; `checker` is who approved or rejected it."""

    entry: Entry
    status: Status
    checker: str | None = None

    @property
    def seq(self) -> int:
        """The number of the entry."""
        return self.entry.seq

    @property
    def kind(self) -> str:
        """The kind of the entry: `pin`, `merge` and so on."""
        return self.entry.kind

    @property
    def members(self) -> tuple[Member, ...]:
        """The rows and amounts that the decision is about."""
        return members_of(self.entry.body)


def members_of(body: Mapping[str, Any]) -> tuple[Member, ...]:
    """The members in a body."""
    return tuple(Member(each["id"], each["amount"], each["of"]) for each in body.get("members", ()))


def value_of(members: Iterable[Member]) -> int:
    """The value of a decision: the larger of its inflow and outflow, in minor units.

    >>> value_of([Member(1, 500, 500), Member(2, -300, -400)])
    500
    """
    amounts = [member.amount for member in members]
    return max(sum(each for each in amounts if each > 0), -sum(each for each in amounts if each < 0))


class Book:
    """Status of every decision, tags and policy after the entries added so far."""

    def __init__(self) -> None:
        self.decisions: dict[int, Decision] = {}
        self.tags = Tags()
        self.second_person_from: int | None = None

    def needs_second(self, draft: Draft | Entry) -> bool:
        """True when the policy in force asks for a second person."""
        if self.second_person_from is None or draft.kind in NEVER_PENDING:
            return False
        if draft.kind == "policy":
            return True
        if draft.kind in WITHDRAWING:
            target = self._target(draft)
            return target.status == "in force" and self.needs_second(self._root(target).entry)
        return value_of(members_of(draft.body)) >= self.second_person_from

    def check(self, draft: Draft | Entry) -> None:
        """Refuses an entry that the rules forbid.

        Errors: `UnknownEntry`, `NotPending`, `SamePerson`, `BadCommand`.
        """
        if draft.kind in ANSWERS:
            target = self._target(draft)
            if target.status != "pending":
                raise NotPending(f"entry {target.seq} waits for nobody: it is {target.status}")
            if target.entry.who == draft.who:
                raise SamePerson(f"entry {target.seq} is {draft.who}'s own; a second person answers it")
        elif draft.kind in WITHDRAWING:
            target = self._target(draft)
            if target.status not in ("in force", "pending"):
                raise NotPending(f"entry {target.seq} is {target.status} already")
            if target.kind in ("comment", *ANSWERS):
                raise BadCommand(f"entry {target.seq} is a {target.kind} and stays said")
        elif draft.kind == "policy":
            value = draft.body.get("second_person_from")
            if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
                raise BadCommand(f"second_person_from is an amount in minor units or None, not {value!r}")
        elif draft.kind in ON_GROUPS:
            _check_members(draft.body)

    def add(self, entry: Entry) -> None:
        """Takes the next entry in. Errors: those of `check`, with the book as it was."""
        self.check(entry)
        decision = Decision(entry, "pending" if self.needs_second(entry) else "in force")
        self.decisions[entry.seq] = decision
        if decision.status == "in force":
            self._applied(decision)

    def standing(self, *kinds: str) -> list[Decision]:
        """The decisions in force, of the given kinds, oldest first."""
        return [each for each in self.decisions.values() if each.status == "in force" and each.kind in kinds]

    def pending(self) -> list[Decision]:
        """The decisions that wait for a second person, oldest first."""
        return [each for each in self.decisions.values() if each.status == "pending"]

    def _target(self, draft: Draft | Entry) -> Decision:
        number = draft.body.get("target")
        if not isinstance(number, int) or number not in self.decisions:
            raise UnknownEntry(f"there is no entry {number!r}; history() lists them")
        return self.decisions[number]

    def _root(self, decision: Decision) -> Decision:
        while decision.kind in WITHDRAWING:
            decision = self._target(decision.entry)
        return decision

    def _applied(self, decision: Decision) -> None:
        entry = decision.entry
        match entry.kind:
            case "unpin" | "undo":
                self._withdrawn(self._target(entry))
            case "approve":
                target = self._target(entry)
                target.status, target.checker = "in force", entry.who
                self._applied(target)
            case "reject":
                target = self._target(entry)
                target.status, target.checker = "rejected", entry.who
            case "tag" | "untag":
                self._tagged(entry, entry.kind == "tag")
            case "policy":
                self._read_policy()
            case _:
                pass

    def _withdrawn(self, target: Decision) -> None:
        if target.status not in ("in force", "pending"):
            return  # withdrawn by another entry while this one waited for its second person
        was_in_force, target.status = target.status == "in force", "undone"
        if not was_in_force:
            return
        match target.kind:
            case "unpin" | "undo":
                again = self._target(target.entry)
                if again.status == "undone":
                    again.status = "in force"
                    self._applied(again)
            case "tag" | "untag":
                self._tagged(target.entry, target.kind == "untag")
            case "policy":
                self._read_policy()
            case _:
                pass

    def _read_policy(self) -> None:
        policies = self.standing("policy")
        self.second_person_from = policies[-1].entry.body["second_person_from"] if policies else None

    def _tagged(self, entry: Entry, on: bool) -> None:
        change = self.tags.add if on else self.tags.remove
        change(cast("list[Id]", entry.body["ids"]), entry.body["label"])


def _check_members(body: Mapping[str, Any]) -> None:
    try:
        members = members_of(body)
    except (KeyError, TypeError) as error:
        raise BadCommand(f"a decision about groups names its members as {{id, amount, of}}: {error!r}") from None
    if not members:
        raise BadCommand("a decision about groups names its members")
