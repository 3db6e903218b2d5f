"""The architecture page: its tables are those of the code, its tests exist, its walks are the recorded ones."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

import florecon_build as fb
from florecon_build import codegen
from florecon_build.host.errors import FrozenGroup
from florecon_build.host.report.tables import from_json
from tests.support.pages import DOCS, ROOT
from tests.support.wat_modules import OK, REPLY_AT, ROWS, on, packed, reporting, solver
from tests.test_structure import MAY_INSTALL, MAY_USE

PAGE = (DOCS / "architecture.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "florecon_build"
CRATE = ROOT / "rust_runtime" / "florecon" / "src"
OK_AT = 60_000
PLAIN_OK = f'(data (i32.const {OK_AT}) "{{\\22ok\\22:true}}")'
REFUSAL = b'{"ok":false,"error":{"code":"frozen_group","message":"group 7 is pinned; unpin it first","group_id":7}}'
# Visited by a compiler, which no test of this file runs.
COMPILING = {"codegen.build.wasm"}


def section(title: str) -> str:
    """The text under a heading, up to the next heading of its level or above."""
    found = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^#{{1,3}} |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"no section {title!r}"
    return found[2]


def table(text: str) -> list[list[str]]:
    """The body of a Markdown table as cells."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def code(cell: str) -> list[str]:
    """The names in backticks of a cell."""
    return re.findall(r"`([^`]+)`", cell)


def steps(title: str) -> list[str]:
    """The modules that a walk lists: the first name of each numbered step."""
    return re.findall(r"^\d+\. `([^`]+)`", section(title), re.MULTILINE)


@contextmanager
def recorded(visited: list[str]) -> Generator[None]:
    """Appends each module of the package to ``visited`` when one of its functions is first called, in any thread."""

    def profile(frame: FrameType, event: str, _: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and frame.f_code.co_name != "<module>" and path.is_relative_to(PACKAGE):
            module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
            if module not in visited:
                visited.append(module)

    threading.setprofile(profile)
    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def one_expression(visited: list[str]) -> None:
    """A text function as the key of a leaf, up to the Rust source."""
    assert codegen.emit, "loaded before the recording starts"
    row = fb.columns(row_id=fb.integer(id=True), ref=fb.text(), amount=fb.money(scale=2))
    with recorded(visited):
        leaf = fb.exact_1to1(row.ref.upper())
        fb.Plugin("acme.demo", "1.0.0", rows=row, numeraire=row.amount, strategy=leaf).rust()


def one_row(visited: list[str]) -> None:
    """Two rows in, and the table of groups out, of a module that answers with a report of them."""
    lines = [{"group_id": 1, "status": "proposed", "net": 0, "size": 2, "origin": "flow"}]
    places = [{"id": row, "group_id": 1, "amount": amount} for row, amount in ((1, 500), (2, -500))]
    module = reporting(from_json({"groups": lines, "allocations": places}))
    with fb.Workspace(module) as workspace, recorded(visited):
        workspace.upsert(ROWS)
        assert workspace.solve().groups.num_rows == 1


def one_error(visited: list[str]) -> None:
    """A decision that the module refuses."""
    answers = on("d", packed(REPLY_AT, len(REFUSAL)), packed(OK_AT, len(OK)))
    with (
        fb.Workspace(solver(reply=REFUSAL, dispatch=answers, extra=PLAIN_OK)) as workspace,
        recorded(visited),
        pytest.raises(FrozenGroup, match="group 7 is pinned"),
    ):
        workspace.detach(7, [1])


WALKS: dict[str, Callable[[list[str]], None]] = {
    "One expression": one_expression,
    "One row": one_row,
    "One error": one_error,
}


def test_the_table_of_packages_is_the_import_table() -> None:
    rows = table(section("Packages"))
    assert {part: set(code(uses)) for cell, _, uses, _ in rows for part in code(cell)} == MAY_USE
    assert {part: set(code(packages)) for cell, _, _, packages in rows for part in code(cell)} == MAY_INSTALL


def test_the_table_of_the_crate_has_every_module() -> None:
    listed = {name for row in table(section("Runtime crate")) for name in code(row[0])}
    assert listed == {path.stem for path in CRATE.iterdir()} - {"lib", "bin"}


@pytest.mark.parametrize("title", WALKS)
def test_a_walk_visits_its_modules_in_order_and_none_twice(title: str) -> None:
    listed = [step for step in steps(title) if not step.endswith(".rs") and step not in COMPILING]
    visited: list[str] = []
    WALKS[title](visited)
    assert len(listed) >= 5
    assert listed == [module for module in visited if module in listed], f"in the order of the visits: {visited}"


@pytest.mark.parametrize("title", WALKS)
def test_a_walk_names_files_that_exist(title: str) -> None:
    rust = [step for step in steps(title) if step.endswith(".rs")]
    assert [path for path in rust if not (CRATE / path).is_file()] == []
    assert len(set(steps(title))) == len(steps(title))
    assert all((PACKAGE / f"{name.replace('.', '/')}.py").is_file() for name in COMPILING)


INVARIANTS = table(section("Invariants"))


@pytest.mark.parametrize("row", INVARIANTS, ids=lambda row: row[0][:40])
def test_an_invariant_names_tests_that_exist(row: list[str]) -> None:
    named = code(row[2])
    assert named
    for reference in named:
        file, _, name = reference.partition("::")
        text = (ROOT / file).read_text(encoding="utf-8")
        assert not name or re.search(rf"\b(?:def|fn) {name}\b", text), reference


@pytest.mark.parametrize("row", INVARIANTS, ids=lambda row: row[0][:40])
def test_an_invariant_names_files_that_exist(row: list[str]) -> None:
    for path in code(row[1]):
        assert any((root / path).exists() for root in (CRATE, PACKAGE)), path
