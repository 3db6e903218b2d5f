"""Fuzz test of closures: every text becomes an expression of the builder or raises the typed error."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.frontend.closure.fuzz import check
from tests.frontend.closure.texts import TEXTS


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(text=TEXTS)
def test_any_text_is_an_expression_or_the_typed_error(text: str) -> None:
    check(text)
