"""Module of a wheel: names and docs of a strategy enter its Python as data."""

from __future__ import annotations

import ast
import sys
from typing import Any

import pytest

import florecon_build as fb
from florecon_build.cli.wheel import module_text
from tests.codegen.strategies import STRATEGIES

EVIL = "x: int = __import__('os').abort() #"


def plugin(columns: dict[str, Any]) -> fb.Plugin:
    """A plugin with params that Python has no argument for."""
    rows = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2), **columns)
    slack = fb.param("class", 5, doc='a """ doc\\\n\u202e\u2028import os') + fb.param("timeout", 3)
    return fb.Plugin("acme.wheel", "1.0.0", rows=rows, numeraire=rows.amount, strategy=fb.agg_net(tol=slack))


@pytest.mark.parametrize("header", [EVIL, "Betrag (EUR)", "from", 'a"b\\', "größe", "memo"])
def test_names_stay_names(header: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = plugin({header: fb.text(nullable=True)})
    text = module_text(made.data, made.fingerprint)
    assert text.replace("\n", "").isprintable()
    calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)}
    assert calls <= {"TypedDict", "Path", "Path(__file__).with_name", "given.items", "Workspace"}
    module: dict[str, Any] = {"__name__": "wheel", "__file__": "wheel.py"}
    monkeypatch.setitem(sys.modules, "wheel", None)
    exec(compile(text, "wheel.py", "exec"), module)
    assert set(module["Row"].__annotations__) == {"row_id", "amount", header}
    assert {"class_", "timeout_", "timeout"} <= set(module["workspace"].__kwdefaults__)


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_makes_a_module(name: str) -> None:
    made = STRATEGIES[name]()
    assert ast.parse(module_text(made.data, made.fingerprint))
