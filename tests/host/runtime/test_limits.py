"""Validation of limits."""

from __future__ import annotations

import time
from typing import Any

import pytest

from florecon_build.host.runtime.limits import Deadline, Limits, interruptibly


@pytest.mark.parametrize(
    "limits",
    [{"timeout": 0}, {"timeout": -1}, {"timeout": float("nan")}, {"timeout": float("inf")}, {"max_memory": 10}],
)
def test_limits_that_are_none(limits: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"timeout is|max_memory is"):
        Limits(**limits)


def test_an_alarm_rings_after_the_time_and_never_after_the_block() -> None:
    rings: list[float] = []
    deadline = Deadline(0.1)
    with deadline.alarm(lambda: rings.append(time.monotonic())):
        time.sleep(0.3)
    assert len(rings) == 1
    assert deadline.over()
    with Deadline(0.05).alarm(lambda: rings.append(0.0)):
        pass
    time.sleep(0.1)
    assert len(rings) == 1


def test_errors_come_through() -> None:
    def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        interruptibly(fail, lambda: None, lambda: None)
