"""Stored workspace: decisions are restored after reopening, and those that no longer apply are listed."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from florecon_build.host import (
    BadCommand,
    DegenerateGroup,
    FloreconError,
    FrozenGroup,
    FrozenMember,
    InsufficientLiveAmount,
    SamePerson,
    Store,
    StoredWorkspace,
    StoreError,
    UnknownAllocation,
    UnknownGroup,
    UnknownId,
    Workspace,
    verify,
)
from tests.support.ledger import LINES, AnyWorkspace, group_of, line, state

Lines = list[dict[str, Any]]
Desk = Callable[..., StoredWorkspace]


@pytest.fixture
def desk(solver_wasm: Path, tmp_path: Path) -> Desk:
    """Opens the workspace as another process would: a new store object, a new module."""

    def open_desk(rows: Lines | None = None, who: str = "anna", **how: Any) -> StoredWorkspace:
        store = Store(tmp_path / "recon.sqlite")
        return Workspace.open(store, solver_wasm, LINES if rows is None else rows, who=who, **how)

    return open_desk


def standing(ws: AnyWorkspace) -> list[Any]:
    """Pinned groups as decided, without the session's numbers."""
    report = ws.report()
    members: dict[int, list[tuple[int, int]]] = {}
    for place in report.allocations.to_pylist():
        members.setdefault(place["group_id"], []).append((place["id"], place["amount"]))
    return sorted(
        (sorted(members[group["group_id"]]), group["status"], group["origin"], group["reason"])
        for group in report.groups.to_pylist()
    )


def pinned_groups(ws: AnyWorkspace) -> list[int]:
    return [group["group_id"] for group in ws.report().groups.to_pylist() if group["status"] == "pinned"]


def without(row_id: int) -> Lines:
    return [entry for entry in LINES if entry["row_id"] != row_id]


def with_amount(row_id: int, amount: float) -> Lines:
    return [{**entry, "amount": amount} if entry["row_id"] == row_id else entry for entry in LINES]


ACTS: dict[str, Callable[[StoredWorkspace], object]] = {
    "pin": lambda ws: ws.pin(group_of(ws, 1), why="same reference"),
    "pin what was classified": lambda ws: ws.pin(group_of(ws, 9)),
    "pin_where": lambda ws: ws.pin_where(lambda g: (g.net == 0) & (g.size == 2)),
    "pin_clean": lambda ws: ws.pin_clean(25),
    "pin_singletons": lambda ws: ws.pin_singletons([5, 10]),
    "merge": lambda ws: ws.merge({3: 500, 4: -500}, label="agreed", reason="by telephone"),
    "merge across proposals": lambda ws: ws.merge({1: 1000, 4: -700, 8: -300}),
    "accept a row that is proposed": lambda ws: (ws.dissolve(group_of(ws, 3)), ws.pin_singletons([3])),
    "dissolve": lambda ws: ws.dissolve(group_of(ws, 6)),
    "detach": lambda ws: ws.detach(group_of(ws, 6), [7]),
    "unpin": lambda ws: (ws.pin(group_of(ws, 1)), ws.pin(group_of(ws, 3)), ws.unpin(group_of(ws, 1))),
    "undo a merge": lambda ws: (ws.merge({3: 500, 4: -500}), ws.undo(1)),
    "undo the undo": lambda ws: (ws.merge({3: 500, 4: -500}), ws.undo(1), ws.undo(2)),
    "undo a dissolve": lambda ws: (ws.dissolve(group_of(ws, 6)), ws.undo(1)),
}


@pytest.mark.parametrize("act", ACTS)
def test_what_stands_is_the_same_after_a_solve_and_after_reopening(desk: Desk, act: str) -> None:
    ws = desk()
    ACTS[act](ws)
    decided = [group for group in standing(ws) if group[1] == "pinned"]
    ws.solve()
    again = desk()
    assert standing(again) == standing(ws)
    assert [group for group in standing(again) if group[1] == "pinned"] == decided
    assert again.unfit == ws.unfit == ()
    assert again.input_digest == ws.input_digest
    assert verify(again.store, head=ws.store.head).ok


def test_an_entry_says_who_why_on_what(desk: Desk) -> None:
    ws = desk()
    ws.pin(group_of(ws, 1), why="same reference")
    (decision,) = ws.decisions
    entry = decision.entry
    assert (entry.who, entry.why, entry.kind) == ("anna", "same reference", "pin")
    assert (entry.input, entry.strategy) == (ws.input_digest, ws.about.strategy)
    assert entry.body["origin"] == "signal_group"
    assert [(each.id, each.amount, each.of) for each in decision.members] == [(1, 1000, 1000), (2, -1000, -1000)]
    assert ws.decision_of(group_of(ws, 1)) == decision
    assert ws.decision_of(group_of(ws, 3)) is None


def test_the_digest_is_of_the_rows_not_of_their_batches(desk: Desk) -> None:
    one, other = desk(), desk(with_amount(5, 4.0))
    assert one.input_digest != other.input_digest
    one.upsert([line(5, 4.0, account="B")])
    assert len({one.input_digest, other.input_digest, desk().input_digest}) == 3


UNFIT: dict[str, tuple[Callable[[StoredWorkspace], object], Lines, str, int]] = {
    "gone": (ACTS["pin"], without(2), "row 2 is gone", 2),
    "changed": (ACTS["pin"], with_amount(2, -9.0), "row 2 carries -900 now, and carried -1000 then", 2),
    "a merge": (ACTS["merge"], with_amount(3, 6.0), "row 3 carries 600 now", 3),
    "alone": (ACTS["pin_singletons"], without(5), "row 5 is gone", 5),
    "a dissolve": (ACTS["dissolve"], without(7), "row 7 is gone", 7),
}


@pytest.mark.parametrize("case", UNFIT)
def test_a_decision_that_does_not_fit_is_listed_and_fits_again_with_its_rows(desk: Desk, case: str) -> None:
    act, rows, reason, row_id = UNFIT[case]
    act(desk())
    ws = desk(rows)
    unfit = ws.unfit[0]
    assert unfit.reason.startswith(reason)
    assert unfit.id == row_id
    assert unfit.decision in ws.decisions
    ws.upsert(LINES)
    ws.solve()
    assert ws.unfit == ()
    assert standing(ws) == standing(desk())


def test_rows_that_change_under_a_decision(desk: Desk) -> None:
    ws = desk()
    pair = group_of(ws, 1)
    ws.pin(pair)
    assert ws.upsert([line(1, 11.0, "INV1234")]).demoted == (pair,)
    assert [(each.decision.seq, each.id) for each in ws.unfit] == [(1, 1)]
    ws.solve()
    assert [(each.decision.seq, each.id) for each in ws.unfit] == [(1, 1)]
    ws.upsert([line(1, 10.0, "INV1234")])
    ws.solve()
    assert ws.unfit == ()
    ws.remove([2])
    assert ws.unfit[0].reason == "row 2 is gone"


def test_two_decisions_about_the_same_money(desk: Desk) -> None:
    """The first could not stand when the second was made; when its row comes back, the later one keeps what it has."""
    first = desk()
    first.merge({3: 700, 4: -700})
    second = desk(without(4))
    second.merge({3: 700, 8: -700})
    ws = desk()
    assert len(ws.decisions) == 2
    assert len(ws.unfit) == 1
    assert "3" in ws.unfit[0].reason


def test_others_decisions_come_before_ones_own(desk: Desk) -> None:
    anna, ben = desk(), desk(who="ben")
    anna.merge({3: 700, 8: -700})
    with pytest.raises(FrozenMember):
        ben.merge({3: 100, 4: -100})
    ben.pin(group_of(ben, 1))
    anna.refresh()
    assert standing(anna) == standing(ben)
    assert [each.entry.who for each in anna.decisions] == ["anna", "ben"]
    ben.undo(1, why="not ours")
    anna.refresh()
    anna.solve()
    ben.solve()
    assert standing(anna) == standing(ben) == standing(desk())


# A workspace that is there already


def test_a_restored_workspace_is_kept_like_one_that_was_given_its_rows(desk: Desk, solver_wasm: Path) -> None:
    first = desk()
    for act in ("pin", "merge", "pin_singletons", "detach"):
        ACTS[act](first)
    first.solve()
    restored = StoredWorkspace(Workspace.restore(solver_wasm, first.snapshot()), first.store, who="ben")
    assert standing(restored) == standing(first) == standing(desk())
    assert restored.unfit == ()
    decided = [restored.decision_of(group_id) for group_id in pinned_groups(restored)]
    assert sorted(each.kind for each in decided if each) == ["merge", "pin", "pin", "pin"]
    restored.unpin(group_of(restored, 1), why="on second thoughts")
    restored.solve()
    first.solve()
    assert standing(restored) == standing(first)


@pytest.mark.parametrize("act", ACTS)
def test_every_verb_works_on_a_restored_workspace(desk: Desk, solver_wasm: Path, tmp_path: Path, act: str) -> None:
    plain = Workspace(solver_wasm)
    plain.upsert(LINES)
    plain.solve()
    ws = StoredWorkspace(Workspace.restore(solver_wasm, plain.snapshot()), Store(tmp_path / "recon.sqlite"), who="ben")
    ACTS[act](ws)
    ws.solve()
    assert standing(ws) == standing(desk())
    assert ws.input_digest
    assert {each.entry.input for each in ws.decisions} <= {ws.input_digest}


def test_a_pin_that_the_store_does_not_have_is_given_back(desk: Desk, solver_wasm: Path) -> None:
    first = desk()
    first.pin(group_of(first, 1))
    first.merge({3: 500, 4: -500})
    snapshot = first.snapshot()
    first.undo(1)
    first.undo(2)
    restored = StoredWorkspace(Workspace.restore(solver_wasm, snapshot), first.store, who="ben")
    assert pinned_groups(restored) == []
    assert standing(restored) == standing(desk())


def test_a_stored_workspace_is_no_workspace_and_has_one() -> None:
    assert not issubclass(StoredWorkspace, Workspace)
    assert not hasattr(StoredWorkspace, "restore")


def test_a_stored_workspace_has_the_verbs_of_a_workspace_with_their_parameters() -> None:
    making = {"open", "restore", "frame", "pin_groups", "transaction", "set_aside"}
    making.add("apply")  # the changes of a solve are not those of the decisions that are replayed after it
    verbs = [name for name in vars(Workspace) if not name.startswith("_") and name not in making]
    assert len(verbs) > 20
    for name in verbs:
        ours, theirs = (inspect.getattr_static(kind, name) for kind in (StoredWorkspace, Workspace))
        assert type(ours) is type(theirs), name
        if not isinstance(theirs, property):
            taken = inspect.signature(ours).parameters
            assert {each: taken.get(each) for each in inspect.signature(theirs).parameters} == dict(
                inspect.signature(theirs).parameters
            ), name


# A second person


def test_a_decision_that_waits_changes_nothing(desk: Desk) -> None:
    ws = desk()
    ws.store.require_second_person(60_000, who="chief")
    ws.store.require_second_person(700, who="chief")
    ws.store.approve(2, who="controller")
    before = standing(ws)
    assert ws.merge({3: 700, 4: -700}) == 0
    ws.pin(group_of(ws, 1))
    ws.pin(group_of(ws, 1))
    ws.dissolve(group_of(ws, 6))
    ws.detach(group_of(ws, 6), [6])
    assert standing(ws) == before
    assert [each.kind for each in ws.pending] == ["merge", "pin", "dissolve", "detach"]
    ws.solve()
    assert standing(ws) == standing(desk()) == before
    with pytest.raises(SamePerson):
        ws.approve(4)
    ben = desk(who="ben")
    for decision in ben.pending[:3]:
        ben.approve(decision.seq, why="seen")
    ben.reject(ben.pending[0].seq)
    assert ben.pending == ()
    ben.solve()
    ws.refresh()
    ws.solve()
    assert standing(ws) == standing(ben) == standing(desk()) != before
    assert [(each.entry.who, each.checker) for each in ws.decisions] == [("anna", "ben")] * 3
    pinned = group_of(ws, 1)
    ws.unpin(pinned)
    assert ws.pending[0].kind == "unpin"
    assert ws.decision_of(pinned) is not None
    ben.approve(ws.pending[0].seq)
    ws.refresh()
    assert ws.decision_of(pinned) is None


WAITING_REFUSED: dict[str, tuple[Callable[[StoredWorkspace], object], type[FloreconError]]] = {
    "no row": (lambda ws: ws.merge({3: 1, 77: -1}), UnknownId),
    "one": (lambda ws: ws.merge({3: 700}), DegenerateGroup),
    "none": (lambda ws: ws.merge({}), DegenerateGroup),
    "nothing": (lambda ws: ws.merge({3: 0, 4: -1}), BadCommand),
    "too much": (lambda ws: ws.merge({3: 701, 4: -700}), InsufficientLiveAmount),
    "the other sign": (lambda ws: ws.merge({3: -1, 4: -1}), InsufficientLiveAmount),
    "frozen": (lambda ws: ws.merge({1: 100, 4: -100}), FrozenMember),
    "pin": (lambda ws: ws.pin(999), UnknownGroup),
    "dissolve": (lambda ws: ws.dissolve(999), UnknownGroup),
    "dissolve pinned": (lambda ws: ws.dissolve(group_of(ws, 1)), FrozenGroup),
    "detach": (lambda ws: ws.detach(group_of(ws, 6), [1]), UnknownAllocation),
    "pin a singleton": (lambda ws: ws.pin_singletons([3]), UnknownAllocation),
    "pin no row": (lambda ws: ws.pin_singletons([5, 77]), UnknownId),
    "pin below zero": (lambda ws: ws.pin_clean(-1), BadCommand),
    "tag no row": (lambda ws: ws.tag([77], "x"), UnknownId),
    "comment on no row": (lambda ws: ws.comment("x", ids=[77]), UnknownId),
    "nobody": (lambda ws: (setattr(ws, "who", ""), ws.dissolve(group_of(ws, 3))), BadCommand),
}


@pytest.mark.parametrize("policy", [None, 0])
@pytest.mark.parametrize("case", WAITING_REFUSED)
def test_what_is_refused_is_not_kept_and_changes_nothing(desk: Desk, case: str, policy: int | None) -> None:
    act, kind = WAITING_REFUSED[case]
    ws = desk()
    ws.pin(group_of(ws, 1))
    ws.store.require_second_person(policy, who="chief")
    before, head = standing(ws), ws.store.head
    with pytest.raises(kind) as caught:
        act(ws)
    assert type(caught.value) is kind
    assert standing(ws) == before
    assert ws.store.head == head


# Faults


def test_a_decision_that_the_store_cannot_keep_is_taken_back(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ws = desk()
    ws.pin(group_of(ws, 3))
    before = state(ws)

    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("florecon_build.host.decisions.store.database.insert", full)
        with pytest.raises(StoreError, match="disk is full"):
            ws.pin(group_of(ws, 1))
        with pytest.raises(StoreError, match="disk is full"):
            ws.merge({5: 100, 8: -100})
    assert state(ws) == before
    assert ws.rebuilt == 2
    ws.pin(group_of(ws, 1))
    assert standing(ws) == standing(desk())
    assert os.path.getsize(tmp_path / "recon.sqlite")


def test_a_fault_of_the_module_keeps_what_stands(desk: Desk) -> None:
    ws = desk()
    ws.pin(group_of(ws, 1))
    before = standing(ws)
    ws.workspace._session._instances.current.cancel()  # pyright: ignore[reportPrivateUsage]
    assert standing(ws) == before
    ws.unpin(group_of(ws, 1))
    assert ws.decisions == ()


# Tags and comments


def test_tags_and_comments(desk: Desk) -> None:
    ws = desk()
    ws.tag([5, 10], "Needs review", why="who is this?")
    ws.tag([5], "FX")
    ws.untag([10], "needs review")
    ws.comment("asked the bank", ids=[5])
    ws.comment("all of it looks fine")
    ws.pin(group_of(ws, 1))
    ws.comment("really?", decision=ws.decisions[0].seq)
    ws.solve()
    again = desk(without(5), who="ben")
    assert again.tags.of(5) == ws.tags.of(5) == ("FX", "Needs review")
    assert again.store.history().column("kind").to_pylist().count("comment") == 3


def test_a_workspace_without_a_store_has_tags_too(solver_wasm: Path) -> None:
    ws = Workspace(solver_wasm)
    ws.upsert(LINES)
    ws.tag([1, 2], "Review")
    ws.solve()
    ws.untag([2], "review")
    assert ws.tags.rows("REVIEW") == (1,)
    with pytest.raises(UnknownId, match="77"):
        ws.tag([1, 77], "Review")
    with pytest.raises(BadCommand, match="has a label"):
        ws.tag([1], "  ")
