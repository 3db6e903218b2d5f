"""Error messages of the frontend: location, expected and actual type, suggested fix."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

import pytest
from syrupy.assertion import SnapshotAssertion

import florecon_build as fb
from tests.frontend import mistakes, mistakes_in_nodes, slips

CASES: dict[str, Callable[[], object]] = {
    name: function
    for module in (mistakes, mistakes_in_nodes)
    for name, function in vars(module).items()
    if inspect.isfunction(function) and function.__module__ == module.__name__
}


def shown(error: fb.StrategyError, case: Callable[[], object]) -> str:
    """The message, with lines counted from the function that makes the mistake."""
    start = case.__code__.co_firstlineno
    return re.sub(
        r"tests/frontend/mistakes\w*\.py:(\d+)", lambda found: f"mistakes.py:+{int(found[1]) - start}", str(error)
    )


@pytest.mark.parametrize("name", CASES)
def test_error_names_its_source_line(name: str, snapshot: SnapshotAssertion) -> None:
    with pytest.raises(fb.StrategyError) as raised:
        CASES[name]()
    error = raised.value
    assert error.file == CASES[name].__module__.replace(".", "/") + ".py"
    first, last = inspect.getsourcelines(CASES[name])[1], CASES[name].__code__.co_firstlineno + 12
    assert error.line is not None
    assert first < error.line <= last
    assert error.fix
    assert shown(error, CASES[name]) == snapshot


def test_unknown_column_is_not_an_attribute() -> None:
    assert not hasattr(mistakes.row, "compny")
    assert hasattr(mistakes.row, "company")
    assert "company" in dir(mistakes.row)


def test_expression_is_not_hashable() -> None:
    with pytest.raises(TypeError):
        hash(mistakes.row.company)


def collected() -> None:
    with fb.collecting():
        slips.premiums()


def test_collecting_reports_every_error_of_a_file(snapshot: SnapshotAssertion) -> None:
    source = inspect.getsource(slips).splitlines()
    marked = [number for number, line in enumerate(source, 1) if re.search(r"# \d: ", line)]
    with pytest.raises(fb.StrategyError) as raised:
        collected()
    assert [problem.span.line for problem in raised.value.problems if problem.span] == marked
    assert len(marked) == 8
    assert str(raised.value) == snapshot


def test_collecting_continues_after_an_invalid_plugin() -> None:
    def two_plugins() -> None:
        with fb.collecting():
            rows = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2))
            fb.Plugin("acme.x", "1.0.0", rows=rows, numeraire=rows.amount, strategy=fb.agg_net(rows.acount))
            fb.Plugin("acme.y", "1.0.0", rows=rows, numeraire=rows.amont, strategy=fb.agg_net())

    with pytest.raises(fb.StrategyError) as raised:
        two_plugins()
    assert [problem.code for problem in raised.value.problems] == ["unknown_lane", "unknown_lane"]


def test_collecting_accepts_a_valid_file() -> None:
    with fb.collecting():
        rows = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2))
        plugin = fb.Plugin("acme.x", "1.0.0", rows=rows, numeraire=rows.amount, strategy=fb.agg_net())
    assert plugin.simulate([]).groups.num_rows == 0


def test_collecting_propagates_other_errors() -> None:
    with pytest.raises(ZeroDivisionError), fb.collecting():
        _ = 1 // 0
