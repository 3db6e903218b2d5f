"""Markers that follow from what a test is given (one with a compiled module has the marker ``cargo``) and where it is
(``slow``), and the order of the files: those that compile come first, so that no worker is left alone with a compiler
at the end.

Programs of this machine are built in the profile ``dev``: one compiled runtime serves all tests, over the dependencies
that the runtime's own tests compiled, and every overflow and every optimum is checked in it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from florecon_build.codegen.build.native import PROFILE

os.environ.setdefault(PROFILE, "dev")

COMPILED = {"solver_wasm", "foreign", "plugin"}
"""Fixtures that compile."""
DOCTESTS = {"florecon_build.conformance.conformance", "florecon_build.host.workspace.Workspace"}
"""Examples of docstrings that compile."""


SLOW = (
    "tests/scale/",
    "tests/cli/test_accounts.py",
    "tests/cli/test_book",
    "tests/cli/test_console.py",
    "tests/cli/test_data_set_run.py",
    "tests/cli/test_diagnosis.py",
    "tests/cli/test_quoting.py",
    "tests/docs/test_month_end.py",
    "tests/host/decisions/",
    "tests/host/explain/test_alternatives.py",
    "tests/host/explain/test_many.py",
    "tests/host/runtime/test_pages.py",
    "tests/host/test_changes.py",
    "tests/ir/test_operators.py",
    "tests/ir/test_strings.py",
)
"""Where tests begin that together take seconds, so that ``make quick`` leaves them out."""
ROOT = Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Adds the markers, and moves the files that compile to the front."""
    for item in items:
        fixtures = set(item.fixturenames) if isinstance(item, pytest.Function) else set[str]()
        if COMPILED & fixtures or item.name in DOCTESTS:
            item.add_marker(pytest.mark.cargo)
        if item.path.is_relative_to(ROOT) and item.path.relative_to(ROOT).as_posix().startswith(SLOW):
            item.add_marker(pytest.mark.slow)
    compiling = {item.path for item in items if item.get_closest_marker("cargo")}
    items.sort(key=lambda item: item.path not in compiling)
