"""State of a history: a pure fold over its entries, with the rules for the next entry.

| kind | body |
|---|---|
| `pin`, `merge`, `dissolve` | `members: [{id, amount, of}]` (`of`: the whole row's amount then), `origin`, `reason` |
| `detach` | the same, and the `ids` that were taken out |
| `unpin`, `undo`, `approve`, `reject` | `target`: the number of the entry that they are about |
| `tag`, `untag` | `ids`, `label` |
| `comment` | `text`, and `ids` or a `target` |
| `policy` | `second_person_from`: the value in minor units from which a decision needs a second person, or null |
| `rename` | `from`, `to`: two names of one person |
| `params` | `values`: parameters by name, as the module takes them |
| `codes` | `codes`: the reason codes, `{name: {effect, second_person_from}}` |
| `resolve` | one member, its `code` and the `effect` that the code had |
| `unresolve` | `target` |

The kinds of a book's periods are in `periods`.

The value that is compared with the policy is that of the decision and of all that the same person decided alone about
the same rows, so that a large decision cannot be made in small ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from florecon_build.host.decisions.codes import DEFAULT_CODES, Code, codes_of
from florecon_build.host.decisions.errors import BookError, PeriodClosed, UnknownCode
from florecon_build.host.decisions.identity import People
from florecon_build.host.decisions.store.body import Id, Member, check_body, is_int, members_of, value_of
from florecon_build.host.decisions.store.entry import Draft, Entry
from florecon_build.host.decisions.store.periods import KINDS as PERIOD_KINDS
from florecon_build.host.decisions.store.periods import Periods
from florecon_build.host.decisions.tags import Tags
from florecon_build.host.errors import BadCommand, NotPending, SamePerson, UnknownEntry

Status = Literal["in force", "pending", "rejected", "undone", "closed"]
ON_GROUPS = ("pin", "merge", "detach", "dissolve")
ON_ITEMS = ("resolve",)
WITHDRAWING = ("unpin", "undo", "unresolve")
ANSWERS = ("approve", "reject")
NEVER_PENDING = ("tag", "untag", "comment", "rename", "params", *ANSWERS, *PERIOD_KINDS)
NO_PART_IN_THE_RESULT = ("tag", "untag", "comment", "rename", "policy", "codes", "close", "reopen", *ANSWERS)


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


class Book:
    """Status of every decision, tags, settings, persons and periods after the entries added so far."""

    def __init__(self) -> None:
        self.decisions: dict[int, Decision] = {}
        self.tags = Tags()
        self.people = People()
        self.second_person_from: int | None = None
        self.codes: Mapping[str, Code] = DEFAULT_CODES
        self._every_code: Mapping[str, Code] = DEFAULT_CODES  # with those that were removed, as they were last
        self.params: Mapping[str, Any] = {}
        self.periods = Periods()
        self._about: dict[Id, list[int]] = {}
        self._withdrawals: dict[int, list[int]] = {}

    @property
    def resolutions(self) -> dict[Id, Decision]:
        """The resolution in force of each resolved item."""
        return {each.members[0].id: each for each in self.standing(*ON_ITEMS)}

    def makers(self, after: int) -> list[str]:
        """The persons who ran or decided something after an entry, oldest first, each by the first name used."""
        found: list[str] = []
        for seq, decision in self.decisions.items():
            counts = seq > after and decision.kind not in NO_PART_IN_THE_RESULT and decision.status != "rejected"
            if counts and not any(self.people.is_same(decision.entry.who, each) for each in found):
                found.append(decision.entry.who)
        return found

    def changes_after(self, seq: int) -> list[Decision]:
        """The entries after a run that may have changed what it comes to; one that waits, or was rejected, has not."""
        quiet = {*NO_PART_IN_THE_RESULT, "run"} - {"approve"}
        later = [each for number, each in self.decisions.items() if number > seq and each.kind not in quiet]
        return [each for each in later if each.status not in ("pending", "rejected")]

    def code(self, name: object) -> Code:
        """The code of a name. Errors: `UnknownCode`, with the codes there are."""
        if not isinstance(name, str) or name not in self.codes:
            raise UnknownCode(f"there is no code {name!r}; the book has {', '.join(sorted(self.codes))}")
        return self.codes[name]

    def needs_second(self, draft: Draft | Entry) -> bool:
        """True when the rules ask for a second person."""
        if draft.kind in NEVER_PENDING:
            return False
        if draft.kind in WITHDRAWING:
            return self._withdrawal_needs_second(draft)
        limit = self._limit(draft)
        if draft.kind in ("policy", "codes"):
            return self.second_person_from is not None
        return limit is not None and self._value(draft.who, members_of(draft.body)) >= limit

    def check(self, draft: Draft | Entry) -> None:
        """Refuses an entry that the rules forbid.

        Errors: `UnknownEntry`, `NotPending`, `SamePerson`, `UnknownCode`, `BadCommand`, `BookError` and its kinds.
        """
        check_body(draft.kind, draft.body)
        if draft.kind in ANSWERS:
            target = self._target(draft)
            if target.status != "pending":
                raise NotPending(f"entry {target.seq} waits for nobody: it is {target.status}")
            for made in (target, self._root(target)) if draft.kind == "approve" else (target,):
                if made.status != "in force" and self.people.is_same(made.entry.who, draft.who):
                    raise SamePerson(_own(made, draft.who))
        elif draft.kind in WITHDRAWING:
            target = self._target(draft)
            if target.status == "closed":
                raise PeriodClosed(f"entry {target.seq} belongs to a closed period; reopen the period to change it")
            if target.status not in ("in force", "pending"):
                raise NotPending(f"entry {target.seq} is {target.status} already")
            if target.kind in ("comment", *ANSWERS, *PERIOD_KINDS):
                raise BadCommand(f"entry {target.seq} is a {target.kind} and stays said")
        elif draft.kind == "comment" and "target" in draft.body:
            self._target(draft)
        elif draft.kind in ON_ITEMS:
            effect = self.code(draft.body.get("code")).effect
            if draft.body.get("effect") != effect:
                raise BadCommand(f"the code {draft.body.get('code')!r} says {effect}, not {draft.body.get('effect')!r}")
        elif draft.kind in PERIOD_KINDS:
            self.periods.check(draft)
            self._check_close(draft)

    def add(self, entry: Entry) -> None:
        """Takes the next entry in. Errors: those of `check`, with the book as it was."""
        self.check(entry)
        decision = Decision(entry, "pending" if self.needs_second(entry) else "in force")
        self.decisions[entry.seq] = decision
        if entry.kind in (*ON_GROUPS, *ON_ITEMS):
            for member in decision.members:
                self._about.setdefault(member.id, []).append(entry.seq)
        elif entry.kind in WITHDRAWING:
            self._withdrawals.setdefault(self._root(decision).seq, []).append(entry.seq)
        if decision.status == "in force":
            self._applied(decision)

    def standing(self, *kinds: str) -> list[Decision]:
        """The decisions in force, of the given kinds, oldest first."""
        return [each for each in self.decisions.values() if each.status == "in force" and each.kind in kinds]

    def pending(self) -> list[Decision]:
        """The decisions that wait for a second person, oldest first."""
        return [each for each in self.decisions.values() if each.status == "pending"]

    def _limit(self, draft: Draft | Entry) -> int | None:
        """The value from which a decision needs a second person, by the policy or by its code."""
        limits = [self.second_person_from]
        if draft.kind in ON_ITEMS:
            limits.append(self._every_code[str(draft.body.get("code"))].second_person_from)
        return min((each for each in limits if each is not None), default=None)

    def _check_close(self, draft: Draft | Entry) -> None:
        """The rules of a close, and of a reopening, that concern persons and decisions."""
        if draft.kind == "reopen" and not (draft.why or "").strip():
            raise BadCommand("a period is reopened for a reason; give reason='...'")
        if draft.kind != "close":
            return
        for decision in self.pending():
            raise BookError(
                f"entry {decision.seq}, a {decision.kind} by {decision.entry.who}, waits for a second person;"
                " approve or reject it before the period is closed"
            )
        if self.second_person_from is not None:
            for maker in self.makers(draft.body["previous"]):
                if self.people.is_same(maker, draft.who):
                    raise SamePerson(f"{draft.who} worked on the period as {maker}; a second person closes it")
        for seq in draft.body["consumed"]:
            if seq not in self.decisions or self.decisions[seq].status != "in force":
                raise BookError(f"entry {seq} is not in force, and the close says that it is")

    def _target(self, draft: Draft | Entry) -> Decision:
        number = draft.body.get("target")
        if not is_int(number) or number not in self.decisions:
            raise UnknownEntry(f"there is no entry {number!r}; history() lists them")
        return self.decisions[number]

    def _root(self, decision: Decision) -> Decision:
        while decision.kind in WITHDRAWING:
            decision = self._target(decision.entry)
        return decision

    def _withdrawal_needs_second(self, draft: Draft | Entry) -> bool:
        """True for an undo that takes back what two persons agreed, or that makes a large change in small ones."""
        target = self._target(draft)
        root = self._root(target)
        if target.status != "in force" or root.kind in ("tag", "untag"):
            return False
        if root.kind == "rename":
            return True
        limit = self._limit(root.entry)
        if limit is None:
            return False
        if root.kind in ("policy", "codes") or target.checker is not None or root.checker is not None:
            return True
        if value_of(root.members) >= limit:
            return True
        puts_back = root.status != "in force"
        if self.people.is_same(draft.who, root.entry.who) and not puts_back:
            return False
        persons = (draft.who, root.entry.who) if puts_back else (draft.who,)
        return any(self._value(who, root.members, root) >= limit for who in persons)

    def _value(self, who: str, members: tuple[Member, ...], root: Decision | None = None) -> int:
        """The value of a decision about these members, and of all that the person decided alone about these rows."""
        earlier = {seq for member in members for seq in self._about.get(member.id, ())}
        others = (self.decisions[seq] for seq in earlier if root is None or seq != root.seq)
        return value_of(members) + sum(value_of(each.members) for each in others if self._is_by(who, each))

    def _is_by(self, who: str, decision: Decision) -> bool:
        """True for a decision that a person alone made, or took back from another, so that it stands or waits."""
        if self.people.is_same(who, decision.entry.who):
            return _stands(decision) and decision.checker is None
        chain = (self.decisions[seq] for seq in self._withdrawals.get(decision.seq, ()))
        return any(
            _stands(each) and each.checker is None and self.people.is_same(who, each.entry.who) for each in chain
        )

    def _applied(self, decision: Decision) -> None:
        entry = decision.entry
        match entry.kind:
            case "unpin" | "undo" | "unresolve":
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
            case "policy" | "codes" | "params":
                self._read_settings()
            case "rename":
                self.people.rename(entry.body["from"], entry.body["to"])
            case "close":
                self._set(entry.body["consumed"], "closed")
                self.periods.add(entry)
            case "reopen":
                self._set(self.decisions[entry.body["target"]].entry.body["consumed"], "in force")
                self.periods.add(entry)
            case kind if kind in PERIOD_KINDS:
                self.periods.add(entry)
            case _:
                pass

    def _withdrawn(self, target: Decision) -> None:
        if target.status not in ("in force", "pending"):
            return  # withdrawn by another entry while this one waited for its second person
        was_in_force, target.status = target.status == "in force", "undone"
        if not was_in_force:
            return
        match target.kind:
            case "unpin" | "undo" | "unresolve":
                again = self._target(target.entry)
                if again.status == "undone":
                    again.status = "in force"
                    self._applied(again)
            case "tag" | "untag":
                self._tagged(target.entry, target.kind == "untag")
            case "policy" | "codes" | "params":
                self._read_settings()
            case "rename":
                self._read_people()
            case _:
                pass

    def _read_settings(self) -> None:
        policies, codes = self.standing("policy"), self.standing("codes")
        self.second_person_from = policies[-1].entry.body["second_person_from"] if policies else None
        self.codes = codes_of(codes[-1].entry.body["codes"]) if codes else DEFAULT_CODES
        self._every_code = {**self._every_code, **self.codes}
        self.params = {name: each for one in self.standing("params") for name, each in one.entry.body["values"].items()}

    def _set(self, numbers: Iterable[int], status: Status) -> None:
        for seq in numbers:
            self.decisions[seq].status = status

    def _read_people(self) -> None:
        self.people = People()
        for each in self.standing("rename"):
            self.people.rename(each.entry.body["from"], each.entry.body["to"])

    def _tagged(self, entry: Entry, on: bool) -> None:
        change = self.tags.add if on else self.tags.remove
        change(cast("list[Id]", entry.body["ids"]), entry.body["label"])


def _stands(decision: Decision) -> bool:
    return decision.status in ("in force", "pending")


def _own(target: Decision, who: str) -> str:
    maker = target.entry.who
    if who == maker:
        return f"entry {target.seq} is {maker}'s own; a second person answers it"
    return (
        f"entry {target.seq} is {maker}'s own; a second person answers it, and {who!a} is the same person by name:"
        " case, spaces and letters that look alike make no difference"
    )
