"""Names of files and columns in generated files: data, never code."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florecon_build.cli.scaffold.project import files
from florecon_build.cli.scaffold.propose_columns import propose
from florecon_build.cli.scaffold.quoting import printable, python_string
from florecon_build.sources import Source
from florecon_build.sources.detection.detect import Question
from florecon_build.sources.quoting import toml_string


def no_answer(source: str, questions: Sequence[Question]) -> Source:
    raise AssertionError((source, questions))


TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)
EVIL = 'x"""\nimport os; os.abort()\n"""\\.csv'


@given(TEXTS)
def test_strings_are_read_back_as_they_were(text: str) -> None:
    assert tomllib.loads(f"{toml_string(text)} = {toml_string(text)}") == {text: text}
    assert ast.literal_eval(python_string(text)) == text


@given(TEXTS)
def test_docstring_stays_one_docstring_of_one_line(text: str) -> None:
    source = f'"""Reconciles {printable(text)}: a first version."""\n'
    assert len(source.splitlines()) == 1
    body = ast.parse(source).body
    assert len(body) == 1
    assert isinstance(body[0], ast.Expr)
    assert isinstance(body[0].value, ast.Constant)


@pytest.mark.parametrize("header", ["Währung", 'a "b"', "a = 1\nb", "[x]", "a\u202eb", "a.b", "été\\"])
def test_headers_of_a_ledger_make_a_project_that_loads(tmp_path: Path, header: str) -> None:
    name = EVIL.replace("\n", "\u2028") if "\u202e" in header else EVIL.replace("/", "")
    ledger = tmp_path / name
    quoted = header.replace('"', '""')
    ledger.write_text(f'Beleg,Betrag,"{quoted}"\n1,100.00,EUR\n2,-100.00,USD\n', encoding="utf-8")
    made = files(propose({"ledger": ledger}, "my-recon", {}, no_answer).content)
    tree = ast.parse(str(made["strategy.py"]))
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert calls == set()
    assert imported == {"florecon_build"}
    settings = tomllib.loads(str(made["florecon.toml"]))
    assert header.strip() in settings["source"]["ledger"]["columns"].values()
