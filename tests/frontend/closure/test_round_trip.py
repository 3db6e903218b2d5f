"""Round trip of closures: ``parse(emit(e)) == e`` for random expressions of every kind."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from florecon_build.frontend.closure.printer import emit
from florecon_build.ir.traversal import VALUE_KINDS, values_in
from florecon_build.ir.validation import expressions
from tests.frontend.closure.text import again
from tests.ir.test_python_printer import rows_of
from tests.support.random_strategies import ROWS, random_plugin


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), depth=st.integers(1, 5))
def test_an_emitted_expression_elaborates_back(seed: int, depth: int) -> None:
    plugin = random_plugin(random.Random(seed), ROWS, depth).data
    rows = rows_of(plugin)
    lanes = [("lane", lane.value) for lane in plugin.lanes]
    for _, value in [*expressions(plugin), *lanes]:
        assert again(value, rows) == value, emit(value)


@pytest.mark.slow
def test_every_kind_has_a_text_that_elaborates_back() -> None:
    missing = set(VALUE_KINDS)
    for seed in range(600):
        plugin = random_plugin(random.Random(seed), ROWS, 1 + seed % 6).data
        for _, value in expressions(plugin):
            kinds = {type(part) for part in values_in(value)}
            if kinds & missing:
                assert again(value, rows_of(plugin)) == value
                missing -= kinds
        if not missing:
            break
    assert missing == set()
