"""Random command sequences: the interpreter's, the wasm and the native workspace stay equal."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.differential.compare import Native
from tests.differential.keyed import keyed_suite
from tests.differential.machine import machine
from tests.differential.suite import Suite, compile_suite, draw
from tests.differential.test_differential import SEED, STRATEGIES

pytestmark = pytest.mark.cargo

EXAMPLES = 40
STEPS = 25


@pytest.mark.parametrize("which", ["integer ids", "text ids"])
def test_random_verbs(which: str) -> None:
    suite: Suite = keyed_suite() if which == "text ids" else compile_suite(draw(SEED, STRATEGIES, depth=6))
    with Native(suite.native) as native:
        run_state_machine_as_test(
            machine(suite, native, list(range(len(suite.plugins)))),
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                derandomize=True,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )
