"""Documentation pages: their code runs and prints the output shown, their pictures equal the interpreter's result."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

import florecon_build as fb
from benchmarks.scale import bars
from florecon_build.host.errors import codes
from florecon_build.ir import nodes as n
from scripts import draw_scale
from scripts.draw_algebra import Example, draw, examples
from tests.cli.command import florecon
from tests.support.pages import DOCS, blocks, run

ALGEBRA = (DOCS / "algebra.md").read_text(encoding="utf-8")
HOST = (DOCS / "host.md").read_text(encoding="utf-8")
SHARED, EXAMPLES = examples(ALGEBRA)
# two kinds of node behind one name; and names that stand for another node, or for a form of it
NAMES = {"partition_by_table": "partition_by_with", "anchored_subset": "subset_net"}
FORMS = {"anchor", "accept"}
ALSO = {"for_n", *FORMS}


@pytest.mark.cargo
def test_tutorial_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    for block, printed in run("tutorial.md", page):
        assert printed == (block.says or ""), f"tutorial.md:{block.line}"
    commands = re.findall(r"^florecon-build (.*)$", page, re.MULTILINE)
    assert [line.split()[0] for line in commands] == ["run", "report", "close"]
    for line in commands:
        done = florecon(*line.split())
        assert done.code == 0, done.err
    assert (tmp_path / "march" / "report.html").stat().st_size > 10_000


@pytest.mark.cargo
def test_host_page_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for block, printed in run("host.md", HOST):
        assert printed == (block.says or ""), f"host.md:{block.line}"


def test_host_page_lists_every_error() -> None:
    listed = dict(re.findall(r"^\| `(\w+)` \| `(\w+)` \|", HOST, re.MULTILINE))
    assert listed == {kind.__name__: code for code, kind in codes().items()}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_picture_equals_the_result_of_its_code(example: Example) -> None:
    kept = (DOCS / "pictures" / f"{example.name}.svg").read_text(encoding="utf-8")
    assert kept == draw(SHARED, example), "draw it anew: python scripts/draw_algebra.py"


def test_curves_and_tables_are_those_that_were_measured() -> None:
    rows, again = draw_scale.results(), "draw them anew: python -m scripts.draw_scale"
    for name, picture in draw_scale.curves(rows).items():
        assert (DOCS / "pictures" / f"{name}.svg").read_text(encoding="utf-8") == picture, again
    page = draw_scale.PAGE.read_text(encoding="utf-8")
    assert draw_scale.written(page, rows) == page, again
    assert page.count(f"| {rows[-1]['rows']:,} |") == 1
    assert not any(line.startswith("MISSED") for line in bars(rows))


def test_every_node_has_a_picture() -> None:
    kinds = {kind_of(node) for node in get_args(n.Node)}
    assert {example.name for example in EXAMPLES} == {NAMES.get(kind, kind) for kind in kinds} | ALSO
    assert all(hasattr(fb, example.name) for example in EXAMPLES if example.name not in FORMS)
    assert all(f"pictures/{example.name}.svg" in ALGEBRA for example in EXAMPLES)


def kind_of(node: type[n.Base]) -> str:
    """The name of a node class as the author writes it."""
    assert fields(node)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", node.__name__).lower().replace("exact1to1", "exact_1to1")


def test_page_is_split_into_blocks_with_output() -> None:
    page = "a\n```python\nprint(1)\n```\n\n```text\n1\n```\n```python\nx = 2\n```\nso\n```text\n2\n```\n"
    assert [(block.line, block.says) for block in blocks(page)] == [(3, "1\n"), (10, None)]
