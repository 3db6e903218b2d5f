"""The vocabulary of the wire: generated files are current, and every name is used where it is not generated."""

from __future__ import annotations

import ast
import shutil
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from florecon_build.host.errors import codes
from florecon_build.host.explain.sentences import PAIRS, ROWS
from florecon_build.interpreter import Allocation, GroupLine, Stage
from florecon_build.interpreter.report import RowLine
from florecon_build.ir import nodes as n
from florecon_build.ir.traversal import kind_name
from florecon_build.wire import (
    COUNTERS,
    ERROR_CODES,
    LEAVES,
    NODE_KINDS,
    PAIR_EVENTS,
    REFUSALS,
    ROW_EVENTS,
    TABLES,
)
from scripts.generate_wire import FILES, ROOT, SECTIONS, SOURCE, load, section, stale

TESTS = ROOT / "tests"


def test_generated_files_are_current() -> None:
    assert stale() == [], "generate them: python -m scripts.generate_wire"


def test_a_changed_name_makes_every_kind_of_file_stale(tmp_path: Path) -> None:
    for name in (*FILES, *SECTIONS, str(SOURCE.relative_to(ROOT))):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    assert stale(tmp_path) == []
    source = tmp_path / SOURCE.relative_to(ROOT)
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace('code = "frozen_group"', 'code = "cold_group"'), encoding="utf-8")
    changed = {str(path) for path in stale(tmp_path)}
    assert {"florecon_build/wire.py", "florecon_build/host/errors.py", "docs/wire.md", "docs/host.md"} <= changed
    source.write_text(text.replace('"budget?"', '"bugdet?"'), encoding="utf-8")
    with pytest.raises(ValueError, match="bugdet"):
        stale(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('base = "LoadError"', 'base = "BadCommand"', "does not come before"),
        ('code = "not_a_wasm"', 'code = "busy"', "twice"),
        ("[events.too_large]", "[events.too_large]\nrefusal = true", "without a counter"),
    ],
)
def test_a_contradiction_in_the_source_is_refused(old: str, new: str, message: str) -> None:
    text = SOURCE.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(ValueError, match=message):
        load(text.replace(old, new, 1))


def test_a_section_without_its_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="no section"):
        section("# generated: a\n", "a", "")


def test_kinds_of_nodes_are_those_of_the_ir() -> None:
    kinds: tuple[type[n.Base], ...] = get_args(n.Node)
    assert {kind_name(kind) for kind in kinds} == set(NODE_KINDS)
    below = {"inner", "steps", "strategies", "cases", "default"}
    assert {kind_name(kind) for kind in kinds if not below & {each.name for each in fields(kind)}} == LEAVES


@pytest.mark.parametrize(
    ("what", "line"), [("groups", GroupLine), ("allocations", Allocation), ("rows", RowLine), ("stages", Stage)]
)
def test_lines_of_the_interpreter_have_the_columns_of_the_tables(what: str, line: type) -> None:
    names = [each.name for each in fields(line)]
    assert ["status" if name == "pinned" else name for name in names] == list(TABLES[what])


def test_every_event_has_a_sentence() -> None:
    assert set(ROWS) == set(ROW_EVENTS)
    assert set(PAIRS) == set(PAIR_EVENTS)
    assert set(REFUSALS) <= set(COUNTERS) & set(ROW_EVENTS)


def test_every_error_that_only_the_host_raises_occurs_in_a_test() -> None:
    used: set[str] = set()
    for path in TESTS.rglob("test_*.py"):
        used |= {
            node.id for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Name)
        }
    names = {kind.__name__ for code, kind in codes().items() if code not in ERROR_CODES}
    assert names - used == set()
    assert len(names) > 20
