"""The profile of docs/engine.md: pictures and table are those of the samples; stacks are read as perf writes them."""

from __future__ import annotations

import pytest

from benchmarks.profile import HOST, KERNEL, LEAST, shortened, stacks
from scripts.draw_profile import PAGE, PICTURES, flame, own_times, page, pictures, profile

SCRIPT = """\
        7f10 wasm[0]::function[7]::florecon::value::text::find::h0123456789abcdef (/tmp/perf-9.map)
        7f20 wasm[0]::function[3]::<acme::Plugin as florecon::sdk::Plugin>::row::h0123456789abcdef (/tmp/perf-9.map)
        7f30 wasm[0]::array_to_wasm_trampoline[4] (/tmp/perf-9.map)
        5600 _PyEval_EvalFrameDefault (/usr/bin/python3.11)

        ffff clear_page_erms ([kernel.kallsyms])
        7f20 wasm[0]::function[3]::<acme::Plugin as florecon::sdk::Plugin>::row::h0123456789abcdef (/tmp/perf-9.map)

        5600 _PyEval_EvalFrameDefault (/usr/bin/python3.11)
"""


def test_stacks_are_those_of_the_module() -> None:
    assert list(stacks(SCRIPT.splitlines())) == [["Plugin::row", "text::find"], ["Plugin::row", KERNEL], [HOST]]


def test_what_is_small_is_given_to_its_caller() -> None:
    parts = {("a",): 0.5, ("a", "b"): LEAST / 2, ("a", "c"): 0.4, ("a", "c", "d"): LEAST / 4, ("e",): LEAST / 8}
    found = shortened(parts)
    assert found == {("a",): 0.5 + LEAST / 2, ("a", "c"): 0.4 + LEAST / 4, ("e",): LEAST / 8}
    assert sum(found.values()) == pytest.approx(sum(parts.values()))


def test_pictures_and_table_are_current() -> None:
    measured = profile()
    for name, picture in pictures(measured).items():
        assert (PICTURES / f"{name}.svg").read_text(encoding="utf-8") == picture, "python -m scripts.draw_profile"
    text = PAGE.read_text(encoding="utf-8")
    steps = {name: step for name, step in measured.items() if name != "rows"}
    assert text == page(text, steps), "python -m scripts.draw_profile"


def test_a_bar_is_as_wide_as_its_part() -> None:
    drawn = flame("a title", {("one",): 0.25, ("one", "two"): 0.5, ("three",): 0.25})
    assert '<rect class="d0" x="0.0" y="28" width="750.0" height="20"><title>one: 75.0%</title>' in drawn
    assert '<rect class="d1" x="0.0" y="48" width="500.0" height="20"><title>two: 50.0%</title>' in drawn
    assert '<rect class="d0" x="750.0" y="28" width="250.0" height="20"><title>three: 25.0%</title>' in drawn


def test_own_times_are_what_a_function_takes_itself() -> None:
    step = {"cpu_ms": 200.0, "stacks": [[0.5, "a"], [0.25, "a", "b"], [0.25, "c", "b"]]}
    assert own_times(step) == [("a", 100.0), ("b", 100.0)]
