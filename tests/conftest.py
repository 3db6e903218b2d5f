"""Markers that follow from what a test is given (one with a compiled module has the marker ``cargo``), and the order of
the files: those that compile come first, so that no worker is left alone with a compiler at the end.

Programs of this machine are built in the profile ``dev``: one compiled runtime serves all tests, over the dependencies
that the runtime's own tests compiled, and every overflow and every optimum is checked in it.
"""

from __future__ import annotations

import os

import pytest

from florecon_build.codegen.build.native import PROFILE

os.environ.setdefault(PROFILE, "dev")

COMPILED = {"solver_wasm", "foreign", "plugin"}
"""Fixtures that compile."""
DOCTESTS = {"florecon_build.conformance.conformance", "florecon_build.host.workspace.Workspace"}
"""Examples of docstrings that compile."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Adds the markers, and moves the files that compile to the front."""
    for item in items:
        fixtures = set(item.fixturenames) if isinstance(item, pytest.Function) else set[str]()
        if COMPILED & fixtures or item.name in DOCTESTS:
            item.add_marker(pytest.mark.cargo)
    compiling = {item.path for item in items if item.get_closest_marker("cargo")}
    items.sort(key=lambda item: item.path not in compiling)
