"""Explanations of several instances are those of one, and of rows of one part they come from its instance."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import pyarrow.compute as pc
import pytest

from florecon_build.host import BadCommand, FloreconError, TimedOut, Trapped, UnknownId, Workspace
from florecon_build.host.explain.of_parts import nodes_of_all
from florecon_build.host.runtime.parallel_instances import ParallelInstances
from tests.host.runtime.test_parallel_instances import PLUGIN, ROWS_OF_LEDGER, drawn, fault, is_divided, tried

__all__ = ["fault"]
Id = int | str


class Question(NamedTuple):
    """The arguments of `explain`."""

    ids: list[Id]
    apart: bool


def by_part(ws: Workspace, ids: list[Id]) -> list[list[Id]]:
    """The ids of each part."""
    parts = ws._session._instances.current  # pyright: ignore[reportPrivateUsage]
    assert isinstance(parts, ParallelInstances)
    return [mine for _, mine in parts.by_part(ids)]


def told(ws: Workspace, asked: list[Question]) -> list[Any]:
    return [tried(lambda one=one: ws.explain(*one.ids, apart=one.apart).data) for one in asked]


def apart(ws: Workspace, ids: list[Id]) -> dict[Any, Any]:
    """The rows and steps of `explain_all`, by row."""
    found: dict[Any, Any] = {}
    for explanation in ws.explain_all(ids):
        for row in explanation.data["rows"]:
            found[row["id"]] = (row, [])
        for step in explanation.data["steps"]:
            found[step["id"]][1].append(step)
    return found


def check(seeds: range) -> int:
    """Compares questions about rows of one part, then about rows of several; how many strategies were divided."""
    answered = 0
    for seed in seeds:
        plugin, rows = drawn(seed)
        rng = random.Random(seed)
        ids: list[Id] = rows["row_id"].to_pylist()
        with Workspace(plugin, workers=1) as one, Workspace(plugin, workers=3) as several:
            for ws in (one, several):
                tried(lambda ws=ws, rows=rows: ws.upsert(rows))
                tried(ws.solve)
            if not is_divided(several):
                continue
            asked = [Question([row], False) for row in rng.sample(ids, min(3, len(ids)))]
            for mine in by_part(several, ids):
                pair, some = rng.sample(mine, min(2, len(mine))), rng.sample(mine, min(9, len(mine)))
                asked += [Question(pair, False), Question(pair, True), Question(some, False), Question(mine, True)]
                asked.append(Question([*some[:1], "none" * 9], True))
            if isinstance(ids[0], str):  # the number that stands for a text, and one that stands for none
                asked += [Question([rng.randrange(len(ids))], False), Question([10**9], False), Question([-1, 0], True)]
            assert told(one, asked) == told(several, asked), seed
            is_exact = nodes_of_all(plugin.workspace().about) is not None
            assert is_divided(several) == is_exact, (seed, "they answered for the rows of one part each")
            answered += is_exact
            assert apart(one, ids) == apart(several, ids), seed
            assert is_divided(several) == is_exact
            across = [
                Question(rng.sample(ids, min(2, len(ids))), False),
                Question(ids[:100], False),
                Question(ids, True),
            ]
            assert told(one, across) == told(several, across), seed
            assert not is_divided(several)
    return answered


def test_a_few_strategies() -> None:
    assert check(range(14)) > 6


@pytest.mark.slow
def test_strategies() -> None:
    assert check(range(14, 140)) > 60


def open_rows(ws: Workspace) -> list[Id]:
    ws.upsert(ROWS_OF_LEDGER)
    rows = ws.solve().rows
    return rows.filter(pc.not_equal(rows["residual"], 0))["id"].to_pylist()


def test_explanations_are_put_into_words_as_those_of_one_instance() -> None:
    with Workspace(PLUGIN, workers=1) as one, Workspace(PLUGIN, workers=2) as two:
        ids, same = open_rows(one), open_rows(two)
        assert ids == same
        assert [str(one.explain(row)) for row in ids[:5]] == [str(two.explain(row)) for row in ids[:5]]
        assert is_divided(two)


def test_ids_that_no_row_has_are_refused_without_solving_again() -> None:
    with Workspace(PLUGIN, workers=2) as ws:
        row = open_rows(ws)[0]
        for ids, error in (([-5], UnknownId), ([row, -5], UnknownId), (["a"], BadCommand), ([], BadCommand)):
            with pytest.raises(error):
                ws.explain(*ids)
        with pytest.raises(BadCommand, match="name from 1 to 100"):
            ws.explain(*[row] * 101)
        assert is_divided(ws)
        with pytest.raises(UnknownId):
            list(ws.explain_all([row, -5]))


@pytest.mark.parametrize("error", [Trapped, TimedOut])
def test_a_failing_instance_leaves_explanations_to_one(error: type[FloreconError], fault: Callable[..., Any]) -> None:
    with Workspace(PLUGIN, workers=1) as one, Workspace(PLUGIN, workers=2) as two:
        ids = open_rows(one)
        open_rows(two)
        expected = apart(one, ids)
        fault(b'"explain"', error)
        if error is TimedOut:
            with pytest.raises(TimedOut):
                apart(two, ids)
        assert apart(two, ids) == expected
        assert not is_divided(two)
