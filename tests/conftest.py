"""Markers that follow from what a test is given: one with a compiled module has the marker ``cargo``."""

from __future__ import annotations

import pytest

COMPILED = {"solver_wasm", "foreign", "plugin"}
"""Fixtures that compile."""
DOCTESTS = {"florecon_build.conformance.conformance"}
"""Examples of docstrings that compile."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Adds the markers."""
    for item in items:
        fixtures = set(item.fixturenames) if isinstance(item, pytest.Function) else set[str]()
        if COMPILED & fixtures or item.name in DOCTESTS:
            item.add_marker(pytest.mark.cargo)
