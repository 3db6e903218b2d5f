"""Interrupt test of the stored workspace: every verb, broken off at every step that instrumentation finds.

A step is a place in the host's code: a function that is entered or left. `python -m
tests.host.decisions.store.interrupting` tries all of them, in three ways: an exception raised there, a call of the
module that times out, and a real Ctrl-C; the tests try some.
"""

from __future__ import annotations

import argparse
import inspect
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, cast

from florecon_build import host
from florecon_build.host import Cancelled, Store, StoredWorkspace, TimedOut, Workspace, verify
from florecon_build.host.runtime.instance import Instance
from tests.host.conftest import build
from tests.support.ledger import LINES, group_of, line

FOLDER = str(Path(host.__file__).parent)
Place = tuple[str, int, str]
"""A function, by file and line, and whether it is entered or left."""
Outcome = tuple[int, str]
"""How many entries were added, and what stands."""


ROWS = [*LINES, *(line(row_id, 40.0 + row_id, account="D") for row_id in (11, 12, 13))]
VERBS: dict[str, Callable[[StoredWorkspace], object]] = {
    "pin": lambda ws: ws.pin(group_of(ws, 5)),
    "pin_where": lambda ws: ws.pin_where(lambda g: (g.net == 0) & (g.size == 2)),
    "pin_clean": lambda ws: ws.pin_clean(25),
    "pin_singletons": lambda ws: ws.pin_singletons([5, 10]),
    "unpin": lambda ws: ws.unpin(group_of(ws, 1)),
    "merge": lambda ws: ws.merge({5: 300, 8: -300}, "agreed", "by telephone"),
    "merge that waits": lambda ws: ws.merge({7: 25_000, 8: -25_000}),
    "detach": lambda ws: ws.detach(group_of(ws, 6), [6]),
    "dissolve": lambda ws: ws.dissolve(group_of(ws, 6)),
    "undo a pin": lambda ws: ws.undo(1),
    "undo a merge": lambda ws: ws.undo(2),
    "undo an undo": lambda ws: ws.undo(5),
    "approve": lambda ws: ws.approve(7),
    "reject": lambda ws: ws.reject(7),
    "resolve": lambda ws: ws.resolve([11, 12], "timing", "comes next month"),
    "resolve and clear": lambda ws: ws.resolve([11], "write_off", "too small"),
    "unresolve": lambda ws: ws.unresolve([13]),
    "tag": lambda ws: ws.tag([5, 10], "review"),
    "untag": lambda ws: ws.untag([5], "open"),
    "comment": lambda ws: ws.comment("hm", ids=[5]),
    "upsert": lambda ws: ws.upsert([line(1, 11.0, "INV1234"), line(20, 5.0)]),
    "remove": lambda ws: ws.remove([2]),
    "configure": lambda ws: ws.configure(slack=5),
    "solve": lambda ws: ws.solve(),
    "refresh": lambda ws: ws.refresh(),
    "load": lambda ws: ws.load(cast(Any, ws).file),
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A desk to begin each try with: the database, a snapshot of the workspace, and a portable file."""

    wasm: Path
    folder: Path
    snapshot: bytes

    @contextmanager
    def desk(self) -> Generator[StoredWorkspace]:
        """A stored workspace in the prepared state; entries of another person wait to be taken in."""
        place = self.folder / "try.sqlite"
        shutil.copyfile(self.folder / "begin.sqlite", place)
        store = Store(place)
        ws = StoredWorkspace(Workspace.restore(self.wasm, self.snapshot, timeout=60), store, who="ben")
        cast(Any, ws).file = self.folder / "file.json"
        other = Store(place)
        other.comment("meanwhile", who="carl")
        other.undo(3, who="anna")
        other.close()
        try:
            yield ws
        finally:
            ws.close()
            store.close()


def prepare(wasm: Path, folder: Path) -> Prepared:
    """Decisions by Anna: 1 pin, 2 merge, 3 pin of a row, 4 detach, 5 its undo, 6 policy, 7 pin that waits."""
    plain = Workspace(wasm)
    plain.upsert(ROWS)
    plain.solve()
    plain.merge({3: 100, 4: -100})
    plain.save(folder / "file.json")
    plain.close()
    store = Store(folder / "begin.sqlite")
    with Workspace.open(store, wasm, ROWS, who="anna") as ws:
        ws.pin(group_of(ws, 1))
        ws.merge({3: 500, 4: -500})
        ws.pin_singletons([9])
        ws.detach(group_of(ws, 6), [7])
        ws.undo(4)
        ws.solve()
        store.require_second_person(20_000, who="chief")
        ws.pin(group_of(ws, 6))
        ws.tag([5], "open")
        ws.resolve([13], "write_off", "too small")
        ws.refresh()
        snapshot = ws.snapshot()
    store.close()
    return Prepared(wasm, folder, snapshot)


class Steps:
    """Watches the host's code; raises, or interrupts the process, at one occurrence of one place.

    A generator is not left by an exception where it yields, as no interrupt does that.
    """

    def __init__(self, at: tuple[Place, int] | None = None, act: Callable[[], None] | None = None) -> None:
        self.seen: dict[Place, int] = {}
        self._at = at
        self._act = act

    @contextmanager
    def watching(self) -> Generator[None]:
        """Watches all threads during the block."""
        before = sys.gettrace()
        threading.settrace(self._enter)
        sys.settrace(self._enter)
        try:
            yield
        finally:
            sys.settrace(before)
            threading.settrace(cast(Any, before))

    def _enter(self, frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(FOLDER):
            return None
        frame.f_trace_lines = False
        self._pass(frame, "enter")
        return None if frame.f_code.co_flags & inspect.CO_GENERATOR else self._leave

    def _leave(self, frame: FrameType, event: str, _: Any) -> Any:
        if event == "return":
            self._pass(frame, "leave")
        return self._leave

    def _pass(self, frame: FrameType, way: str) -> None:
        place = (frame.f_code.co_filename, frame.f_code.co_firstlineno, way)
        self.seen[place] = self.seen.get(place, 0) + 1
        if self._act is not None and self._at == (place, self.seen[place]):
            act, self._act = self._act, None
            act()


class Interrupted(BaseException):
    """What is raised; nothing in the host expects it."""


def raise_here() -> None:
    raise Interrupted


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Course:
    """A verb's undisturbed course: its places, at the first and last passing; its calls of the module; its outcomes."""

    verb: str
    places: list[tuple[Place, int]]
    calls: int
    outcomes: tuple[Outcome, Outcome]


def course_of(prepared: Prepared, verb: str) -> Course:
    """Carries a verb out undisturbed, and records it."""
    with prepared.desk() as ws:
        without = outcome(ws, len(ws.store))
    with prepared.desk() as ws, stopped_at(0) as made:
        before, steps = len(ws.store), Steps()
        with steps.watching():
            VERBS[verb](ws)
        calls = len(made)
        whole = outcome(ws, before)
    ends = [(place, at) for place, count in steps.seen.items() for at in sorted({1, count})]
    return Course(verb, ends, calls, (without, whole))


@contextmanager
def stopped_at(number: int) -> Generator[list[None]]:
    """Lets the call of a module with this number, counted from 1, run out of time when it is done."""
    made: list[None] = []
    dispatch = Instance.dispatch

    def counted(instance: Instance, *arguments: Any) -> bytes:
        made.append(None)
        reply = dispatch(instance, *arguments)
        if len(made) == number:
            instance.poisoned = TimedOut("the time is over")
            raise instance.poisoned
        return reply

    Instance.dispatch = counted  # type: ignore[method-assign]
    try:
        yield made
    finally:
        Instance.dispatch = dispatch  # type: ignore[method-assign]


def try_place(prepared: Prepared, course: Course, at: tuple[Place, int], act: Callable[[], None]) -> None:
    """Breaks a verb off at a place, and checks what is left."""
    with prepared.desk() as ws:
        before = len(ws.store)
        with suppress(Interrupted, KeyboardInterrupt, Cancelled), Steps(at, act).watching():
            VERBS[course.verb](ws)
        check(ws, course, before, f"{course.verb} at {at}")


def try_call(prepared: Prepared, course: Course, number: int) -> None:
    """Lets a call of a verb run out of time, and checks what is left."""
    with prepared.desk() as ws:
        before = len(ws.store)
        with suppress(TimedOut), stopped_at(number):
            VERBS[course.verb](ws)
        check(ws, course, before, f"{course.verb} in call {number}")


def check(ws: StoredWorkspace, course: Course, before: int, where: str) -> None:
    """Workspace and store agree, the verb happened whole or not at all, and the desk goes on."""
    loose = {group for group in pinned(ws.workspace) if ws.decision_of(group) is None}
    assert not loose, f"{where}: pinned groups that no decision holds"
    ws.refresh()
    held = {decision.seq for group in pinned(ws) if (decision := ws.decision_of(group)) is not None}
    cleared = {each.seq for each in ws.resolutions.values() if each.entry.body["effect"] == "cleared"}
    wanted = {each.seq for each in ws.decisions if each.kind in ("pin", "merge")} | cleared
    assert held == wanted - {each.decision.seq for each in ws.unfit}, f"{where}: a decision without its group"
    assert verify(ws.store).ok, where
    assert outcome(ws, before) in course.outcomes, f"{where}: done by half"


def outcome(ws: StoredWorkspace, before: int) -> Outcome:
    """How many entries were added, and what stands after the next solve: groups by members, tags, those that wait."""
    ws.solve()
    added = len(ws.store) - before
    report = ws.report()
    members: dict[int, list[tuple[int, int]]] = {}
    for place in report.allocations.to_pylist():
        members.setdefault(place["group_id"], []).append((place["id"], place["amount"]))
    groups = [(sorted(members[each["group_id"]]), each["status"], each["origin"]) for each in report.groups.to_pylist()]
    waiting = [each.seq for each in ws.pending]
    return added, repr((sorted(groups), ws.tags.to_table().to_pylist(), waiting, ws.input_digest))


def pinned(ws: Workspace | StoredWorkspace) -> set[int]:
    """The pinned groups."""
    groups = ws.report().groups.select(["group_id", "status"]).to_pylist()
    return {group["group_id"] for group in groups if group["status"] == "pinned"}


def main() -> None:
    """Tries everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wasm", type=Path, help="a module of the starter plugin; built unless given")
    parser.add_argument("--stride", type=int, default=1, help="try every n-th place")
    parser.add_argument("--verbs", nargs="*", default=list(VERBS))
    given = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # of a process in the background too
    tries = 0
    with tempfile.TemporaryDirectory() as folder:
        prepared = prepare(given.wasm or build("starter"), Path(folder))
        for verb in given.verbs:
            course = course_of(prepared, verb)
            for at in course.places[:: given.stride]:
                for act in (raise_here, press_ctrl_c):
                    try_place(prepared, course, at, act)
                    tries += 1
            for number in range(1, course.calls + 1):
                try_call(prepared, course, number)
                tries += 1
            print(f"{verb}: {len(course.places)} places, {course.calls} calls", flush=True)
    print(f"{tries} interrupts, nothing done by half")


if __name__ == "__main__":
    main()
