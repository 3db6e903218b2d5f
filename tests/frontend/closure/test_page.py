"""docs/closures.md: the output of its code, and one tree and type for each row of its tables."""

from __future__ import annotations

import re
from typing import Any

import pytest

import florecon_build as fb
from florecon_build.frontend.closure.access import MEMBERS, METRICS
from florecon_build.frontend.closure.calls import FUNCTIONS, METHODS
from florecon_build.frontend.handles import lift
from florecon_build.frontend.rows import side, source_of
from florecon_build.ir import expressions as e
from scripts import operator_reference
from tests.support.pages import DOCS, run

PAGE = (DOCS / "closures.md").read_text(encoding="utf-8")
LINE = re.compile(r"^\| `((?:[^`\\]|\\.)+)` \| `((?:[^`\\]|\\.)+)` \| ([^|`]+) \|$", re.MULTILINE)
PARAMS = {
    "### Row expressions": "|row|",
    "### Pair expressions": "|a, b|",
    "### Group expressions": "|g|",
    "## Operators and functions": "|row|",
}


def lines() -> list[tuple[str, str, str]]:
    """Closure, builder's expression and type of every row."""
    found: list[tuple[str, str, str]] = []
    for heading, params in PARAMS.items():
        section = re.split(r"^##+ ", PAGE.split(f"\n{heading}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]
        rows = LINE.findall(section)
        assert len(rows) == sum(line.startswith("| `") for line in section.splitlines())
        found += [
            (f"{params} {text}".replace("\\|", "|"), built.replace("\\|", "|"), kind) for text, built, kind in rows
        ]
    return found


LINES = lines()


@pytest.fixture(scope="module")
def known() -> dict[str, Any]:
    """The names of the page after its code has run, which prints what the page says."""
    names: dict[str, Any] = {}
    for block, printed in run("closures.md", PAGE, names):
        assert printed == (block.says or ""), f"closures.md:{block.line}"
    source = source_of(names["row"])
    return {**names, "a": side(source, e.Var.A), "b": side(source, e.Var.B), "g": fb.Group()}


@pytest.mark.parametrize(("text", "built", "kind"), LINES, ids=[text for text, _, _ in LINES])
def test_a_line_of_the_table(text: str, built: str, kind: str, known: dict[str, Any]) -> None:
    closure = fb.rust(text, rows=known["row"], slack=known["slack"])
    views = {"|a": (known["a"], known["b"]), "|g": (known["g"],)}.get(text[:2], (known["row"],))
    expr = closure(*views)
    assert expr.ir == lift(eval(built, known), what="test").ir
    assert str(expr.type) == kind


def test_the_operators_are_those_of_the_table() -> None:
    """`python -m scripts.operator_reference` writes them."""
    assert operator_reference.page(PAGE) == PAGE
    assert operator_reference.table() in PAGE


def test_the_tables_leave_nothing_out() -> None:
    shown = " ".join(text for text, _, _ in LINES)
    assert [name for name in METHODS if "(" not in name and f".{name}(" not in shown] == []
    assert [name for name in FUNCTIONS if f"{name}(" not in shown] == []
    assert [name for name in (*METRICS, *MEMBERS) if f"g.{name}" not in shown] == []
