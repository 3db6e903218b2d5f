"""Interrupt test of the stored workspace, some places; `make fuzz` tries all of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest

from florecon_build.host import Cancelled, Workspace
from tests.host.decisions.store.interrupting import (
    VERBS,
    Interrupted,
    Prepared,
    Steps,
    course_of,
    prepare,
    press_ctrl_c,
    raise_here,
    try_call,
    try_place,
)
from tests.support.ledger import group_of, line, opened, state

pytestmark = [
    # a thread that is broken off at its first line reports that by itself
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
    pytest.mark.usefixtures("ctrl_c"),
]

BETWEEN = 601
"""Every how-manieth place is tried; a prime, so that other places come up for other verbs."""


@pytest.fixture(scope="module")
def prepared(solver_wasm: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare(solver_wasm, tmp_path_factory.mktemp("interrupting"))


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_that_is_broken_off_happened_whole_or_not_at_all(prepared: Prepared, verb: str) -> None:
    course = course_of(prepared, verb)
    assert len(course.places) > 100
    first = 61 * list(VERBS).index(verb) % BETWEEN
    for number, at in enumerate(course.places[first::BETWEEN]):
        try_place(prepared, course, at, press_ctrl_c if number % 3 == 2 else raise_here)
    try_call(prepared, course, course.calls)


PLAIN: dict[str, Callable[[Workspace], object]] = {
    "pin": lambda ws: ws.pin(group_of(ws, 3)),
    "merge": lambda ws: ws.merge({5: 300, 8: -300}),
    "upsert": lambda ws: ws.upsert([line(1, 11.0, "INV1234"), line(20, 5.0)]),
    "solve": lambda ws: ws.solve(progress=lambda done, total: None),
    "load": lambda ws: ws.load(cast(Any, ws).file),
}


@pytest.mark.parametrize("verb", PLAIN)
def test_a_workspace_without_a_store_too(solver_wasm: Path, tmp_path: Path, verb: str) -> None:
    """What stands is what a rebuilding from the journal brings, and that is the state of before or of after."""
    first = opened(solver_wasm)
    first.pin(group_of(first, 1))
    first.merge({3: 500, 4: -500})
    first.save(tmp_path / "file.json")
    first.configure(slack=5)
    first.unpin(group_of(first, 3))
    snapshot = first.snapshot()

    def desk() -> Workspace:
        ws = Workspace.restore(solver_wasm, snapshot)
        cast(Any, ws).file = tmp_path / "file.json"
        return ws

    ws, steps = desk(), Steps()
    before = (state(ws), ws.tags.dump())
    with steps.watching():
        PLAIN[verb](ws)
    after = (state(ws), ws.tags.dump())
    places = [(place, at) for place, count in steps.seen.items() for at in sorted({1, count})]
    for at in places[list(PLAIN).index(verb) :: 53]:
        ws = desk()
        with suppress(Interrupted, Cancelled), Steps(at, raise_here).watching():
            PLAIN[verb](ws)
        left = state(ws)
        assert (left, ws.tags.dump()) in (before, after), at
        ws._session._instances.current.cancel()  # pyright: ignore[reportPrivateUsage]
        assert state(ws) == left, f"{at}: the journal has another state than the module"


def test_a_progress_function_that_raises_at_the_end_leaves_the_state_of_before(solver_wasm: Path) -> None:
    ws = opened(solver_wasm)
    ws.upsert([line(20, 5.0), line(21, -5.0)])
    before = state(ws)

    def tell(done: int, total: int) -> None:
        if done == total:
            raise Interrupted

    with pytest.raises(Interrupted):
        ws.solve(progress=tell)
    assert state(ws) == before
    ws.solve()
    assert state(ws) != before
