"""Markers that follow from fixtures: a test that is given a compiled module has the marker ``cargo``."""

from __future__ import annotations

import pytest

COMPILED = {"solver_wasm"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests whose fixtures compile."""
    for item in items:
        if isinstance(item, pytest.Function) and COMPILED & set(item.fixturenames):
            item.add_marker(pytest.mark.cargo)
