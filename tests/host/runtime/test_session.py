"""Session: recovery after an error, one thread per workspace, Ctrl-C, progress."""

from __future__ import annotations

import ctypes
import io
import logging
import os
import signal
import threading
import time
from collections.abc import Callable

import pytest

from florecon_build.host import (
    Busy,
    Cancelled,
    Closed,
    FloreconError,
    Poisoned,
    TimedOut,
    Trapped,
    Unsupported,
    Workspace,
    WrongType,
)
from florecon_build.host.runtime.progress import shown
from tests.support.wat_modules import ENDLESS, HEAP_AT, OK, REPLY_AT, ROWS, ok, on, packed, solver

COUNTED = "(global.set $calls (i32.add (global.get $calls) (i32.const 1)))"
COUNTER = "(global $calls (mut i32) (i32.const 0))"


def later(seconds: float, act: Callable[[], object]) -> threading.Timer:
    timer = threading.Timer(seconds, act)
    timer.start()
    return timer


def times_out(ws: Workspace) -> None:
    with pytest.raises(TimedOut):
        ws.solve()


# Recovery


def test_after_a_timeout_the_next_call_rebuilds(caplog: pytest.LogCaptureFixture) -> None:
    ws = Workspace(solver(dispatch=on("s", ENDLESS, ok())), timeout=0.2)
    ws.upsert(ROWS)
    with pytest.raises(TimedOut):
        ws.solve()
    assert ws.rebuilt == 0
    with caplog.at_level(logging.WARNING, "florecon_build.host"):
        ws.upsert(ROWS)
    assert ws.rebuilt == 1
    assert "rebuilding the workspace of <bytes> from 2 steps" in caplog.text
    ws.upsert(ROWS)
    assert ws.rebuilt == 1


def test_a_fault_is_said_once_and_every_time_it_happens() -> None:
    ws = Workspace(solver(dispatch=on("s", "unreachable", ok())))
    for time_round in range(3):
        with pytest.raises(Trapped):
            ws.solve()
        assert ws.rebuilt == time_round
    ws.upsert(ROWS)


def test_a_workspace_that_cannot_be_rebuilt_says_why() -> None:
    """The second instance meets a clock it cannot know: this module fails at its third command, whatever it is."""
    third = f"{COUNTED} (if (i32.ge_u (global.get $calls) (i32.const 3)) (then unreachable)) {ok()}"
    ws = Workspace(solver(dispatch=third, extra=COUNTER))
    ws.upsert(ROWS)
    with pytest.raises(Trapped):
        ws.upsert(ROWS)
    with pytest.raises(Trapped):  # rebuilt from two steps, and the third fails again
        ws.upsert(ROWS)
    assert ws.rebuilt == 1


def test_rebuilding_that_fails_is_poisoned(monkeypatch: pytest.MonkeyPatch) -> None:
    ws = Workspace(solver(dispatch=on("s", "unreachable", ok())))
    with pytest.raises(Trapped):
        ws.solve()

    def refuse(*_: object) -> bytes:
        raise Trapped("once more")

    monkeypatch.setattr("florecon_build.host.runtime.instance.Instance.dispatch", refuse)
    with pytest.raises(Poisoned, match="could not be rebuilt: once more"):
        ws.upsert(ROWS)


def test_a_reply_that_breaks_the_contract_poisons() -> None:
    ws = Workspace(solver(dispatch=on("s", packed(REPLY_AT, 3), ok())))
    with pytest.raises(FloreconError):
        ws.solve()
    ws.upsert(ROWS)
    assert ws.rebuilt == 1


def test_rows_that_are_refused_never_reach_the_module() -> None:
    ws = Workspace(solver(dispatch=on("u", "unreachable", ok())))
    with pytest.raises(WrongType):
        ws.upsert([{"row_id": "x", "amount": 1, "memo": None}])
    assert ws.rebuilt == 0


# Threads


def test_one_workspace_in_two_threads_is_refused() -> None:
    ws = Workspace(solver(dispatch=on("s", ENDLESS, ok())), timeout=0.6)
    worker = threading.Thread(target=times_out, args=(ws,))
    worker.start()
    time.sleep(0.2)
    with pytest.raises(Busy, match="in use by another thread"):
        ws.upsert(ROWS)
    worker.join()
    ws.upsert(ROWS)


SPIN = """(local $n i64)
  (loop $more
    (local.set $n (i64.add (local.get $n) (i64.const 1)))
    (br_if $more (i64.lt_u (local.get $n) (i64.const 600000000))))"""


def test_two_workspaces_in_two_threads_run_at_once() -> None:
    """Not a timing of the machine: the second call starts and ends while the first is still inside its module."""
    slow = Workspace(solver(dispatch=on("s", ENDLESS, ok())), timeout=1.5)
    quick = Workspace(solver())
    worker = threading.Thread(target=times_out, args=(slow,))
    worker.start()
    time.sleep(0.2)
    for _ in range(20):
        quick.upsert(ROWS)
    assert worker.is_alive()
    worker.join()


def test_a_timeout_stops_its_own_workspace_only() -> None:
    hurried = Workspace(solver(dispatch=on("s", ENDLESS, ok())), timeout=0.2)
    spin = f"(func $spin {SPIN})"
    patient = Workspace(solver(dispatch=on("s", f"(call $spin) {ok()}", ok()), extra=spin))
    worker = threading.Thread(target=times_out, args=(hurried,))
    worker.start()
    patient.solve()
    worker.join()
    assert patient.rebuilt == 0


def test_another_thread_may_cancel() -> None:
    ws = Workspace(solver(dispatch=on("s", ENDLESS, ok())))
    timer = later(0.2, ws.cancel)
    with pytest.raises(Cancelled, match="was cancelled"):
        ws.solve()
    timer.join()
    ws.upsert(ROWS)
    assert ws.rebuilt == 1


def test_a_cancel_when_nothing_runs_does_nothing() -> None:
    ws = Workspace(solver())
    ws.cancel()
    ws.upsert(ROWS)
    assert ws.rebuilt == 0


# Ctrl-C


@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason="only the main thread gets it")
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_a_long_call() -> None:
    ws = Workspace(solver(dispatch=on("s", ENDLESS, ok())), timeout=60)
    ws.upsert(ROWS)
    timer = later(0.2, lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        ws.solve()
    timer.join()
    ws.upsert(ROWS)
    assert ws.rebuilt == 1


@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason="only the main thread gets it")
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_works_after_a_library_took_the_signal_away() -> None:
    """As some do that read files: below Python, which still believes that interrupts are its own."""
    ws = Workspace(solver(dispatch=on("s", ENDLESS, ok())), timeout=60)
    ws.upsert(ROWS)
    before = signal.getsignal(signal.SIGINT)
    ignored = ctypes.CDLL(None).signal
    ignored.argtypes, ignored.restype = [ctypes.c_int, ctypes.c_void_p], ctypes.c_void_p
    ignored(signal.SIGINT, 1)
    timer = later(0.2, lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        ws.solve()
    timer.join()
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_between_steps_costs_no_rebuilding() -> None:
    ws = Workspace(endless_steps())

    def interrupt(done: int, _total: int) -> None:
        if done == 3:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.1)

    with pytest.raises(KeyboardInterrupt):
        ws.solve(progress=interrupt)
    ws.upsert(ROWS)
    assert ws.rebuilt == 0


# Progress


def steps(total: int) -> bytes:
    """A module that solves in `total` steps: its reply counts them in one digit."""
    reply = b'{"ok":true,"progress":{"done":0,"total":%d}}' % total
    digit = HEAP_AT - 200
    at = digit + reply.index(b'"done":') + 7
    write = f"(i32.store8 (i32.const {at}) (i32.add (i32.const 48) (global.get $calls)))"
    copied = f"(memory.copy (i32.const {digit}) (i32.const {REPLY_AT + len(OK)}) (i32.const {len(reply)}))"
    again = f"(if (i32.ge_u (global.get $calls) (i32.const {total})) (then (global.set $calls (i32.const 0))))"
    body = f"{again} {COUNTED} {copied} {write} {packed(digit, len(reply))}"
    return solver(reply=OK + reply, dispatch=on("s", body, ok()), extra=COUNTER)


def endless_steps() -> bytes:
    return steps(9)


def test_progress_is_told_in_steps() -> None:
    told: list[tuple[int, int]] = []
    Workspace(steps(4)).solve(progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_an_error_in_the_callers_progress_is_the_callers() -> None:
    ws = Workspace(steps(4))

    def fail(_done: int, _total: int) -> None:
        raise RuntimeError("the window was closed")

    with pytest.raises(RuntimeError, match="the window was closed"):
        ws.solve(progress=fail)


def test_a_bar_is_drawn() -> None:
    out = io.StringIO()
    with shown(True, "solving", out) as tell:
        assert tell is not None
        tell(1, 4)
        tell(4, 4)
    lines = out.getvalue().split("\r")
    assert "[#######.......................]  25 %" in lines[1]
    assert "[##############################] 100 %" in lines[2]


def test_a_module_without_steps_is_solved_in_one() -> None:
    told: list[tuple[int, int]] = []
    Workspace(solver()).solve(progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 1)]


# The end


def test_a_closed_workspace() -> None:
    with Workspace(solver()) as ws:
        ws.upsert(ROWS)
    with pytest.raises(Closed):
        ws.upsert(ROWS)
    ws.close()


def test_stages_of_a_module_that_does_not_count_them() -> None:
    reply = b'{"ok":true,"report":{"groups":[],"allocations":[]}}'
    refuse = b'{"ok":false,"error":{"code":"bad_command","message":"no op fetch"}}'
    plain = {"abi_version": 1, "input": [{"name": "row_id", "type": "i64"}]}
    fetch = packed(REPLY_AT + len(reply), len(refuse))
    ws = Workspace(solver(about=plain, reply=reply + refuse, dispatch=on("f", fetch, packed(REPLY_AT, len(reply)))))
    assert ws.report().groups.num_rows == 0
    with pytest.raises(Unsupported):
        ws.stages()
