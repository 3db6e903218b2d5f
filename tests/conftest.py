"""Markers that follow from what a test is given (one with a compiled module has the marker ``cargo``), and the order of
the files: between two that compile come some that do not, since only one compilation runs at a time. The last files do
not compile, so that no worker is left alone with a compiler.

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


COMPILING_UNTIL = 0.8
"""The part of the other files by which all files that compile have begun."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Adds the markers, and spreads the files that compile."""
    for item in items:
        fixtures = set(item.fixturenames) if isinstance(item, pytest.Function) else set[str]()
        if COMPILED & fixtures or item.name in DOCTESTS:
            item.add_marker(pytest.mark.cargo)
    paths = dict.fromkeys(item.path for item in items)
    marked = {item.path for item in items if item.get_closest_marker("cargo")}
    compiling, others = [path for path in paths if path in marked], [path for path in paths if path not in marked]
    apart = COMPILING_UNTIL * len(others) / max(len(compiling), 1)
    places = {path: (place * apart, 0) for place, path in enumerate(compiling)}
    places |= {path: (place, 1) for place, path in enumerate(others)}
    items.sort(key=lambda item: places[item.path])
