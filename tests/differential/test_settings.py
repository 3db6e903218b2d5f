"""Settings, orders and cells without a value: the same refusal, or none, from interpreter, wasm and native build."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import florecon_build as fb
from florecon_build.interpreter import ModelError
from tests.differential.compare import Native, Outcome, outcome_of, run_wasm, table
from tests.differential.suite import Suite, compile_suite, shared_params
from tests.support.random_ledgers import Row

pytestmark = pytest.mark.cargo

HUGE = 2**62
ROWS = fb.columns(units=fb.integer(), amount=fb.money(scale=2, display=True), row_id=fb.integer(id=True))
SLACK = fb.param("slack", 1)
TWICE = SLACK * 2


@dataclass(frozen=True, slots=True)
class Case:
    """A strategy, the params and rows that it is given, and the error code that they give (None: a report)."""

    strategy: fb.Strategy
    slack: int
    units: int
    error: str | None
    amounts: tuple[int, ...] = (500, -500)


def per_unit(inner: Callable[[fb.IntegerExpr], fb.Strategy]) -> fb.Strategy:
    """A strategy for each value of ``units``, which it reads."""
    return fb.partition_by_with(ROWS.units, inner)


def flow(penalty: Any = 9, window: Any = 9) -> fb.Strategy:
    """A flow of constant cost."""
    return fb.flow(penalty=penalty, order=ROWS.units, window=window, cost=1.0)


CASES = {
    "a tolerance overflows when params are installed": Case(fb.agg_net(tol=TWICE), HUGE, 1, "bad_config"),
    "a width overflows when params are installed": Case(
        fb.windowed(ROWS.units, TWICE, fb.identity()), HUGE, 1, "bad_config"
    ),
    "a window overflows when params are installed": Case(flow(window=TWICE), HUGE, 1, "bad_config"),
    "a penalty overflows when params are installed": Case(flow(penalty=TWICE), HUGE, 1, "bad_config"),
    "a penalty of a row overflows in the solve": Case(flow(penalty=ROWS.units * SLACK), HUGE, 2, "amount_overflow"),
    "a tolerance that the shard does not reach overflows": Case(
        per_unit(lambda k: fb.seq(fb.exact_1to1(), fb.agg_net(tol=k * SLACK))), HUGE, 2, "amount_overflow"
    ),
    "a tolerance that the shard does not reach is negative": Case(
        per_unit(lambda k: fb.seq(fb.exact_1to1(), fb.agg_net(tol=k))), 1, -2, None
    ),
    "a tolerance that the shard reaches is negative": Case(per_unit(lambda k: fb.agg_net(tol=k)), 1, -2, "bad_config"),
    "a tolerance overflows for the default key alone": Case(
        per_unit(lambda k: fb.agg_net(tol=fb.abs(k - 9) * SLACK)), HUGE, 9, "bad_config"
    ),
    "a tolerance in two shards overflows for the inner default key": Case(
        per_unit(lambda _: per_unit(lambda k: fb.agg_net(tol=fb.abs(k - 9) * SLACK))), HUGE, 9, "bad_config"
    ),
    "the node with such a tolerance gets no lots": Case(
        per_unit(lambda _: fb.seq(fb.soak_all(), per_unit(lambda k: fb.agg_net(tol=fb.abs(k - 9) * SLACK)))),
        HUGE,
        9,
        "bad_config",
    ),
    "a tolerance overflows for the key of a shard and the inner default key": Case(
        per_unit(
            lambda outer: fb.seq(
                fb.soak_all(), per_unit(lambda k: fb.agg_net(tol=fb.abs(k - outer) * fb.max_of(outer, 1) * SLACK))
            )
        ),
        HUGE,
        9,
        "bad_config",
    ),
    "an order overflows in a bucket of one sign": Case(fb.running_zero(ROWS.units * 4), 1, HUGE, None, (500, 500)),
    "an order overflows in a bucket of both signs": Case(fb.running_zero(ROWS.units * 4), 1, HUGE, "amount_overflow"),
}


@pytest.fixture(scope="module")
def suite() -> Suite:
    plugins = [
        fb.Plugin(f"test.s{index}", "1.0.0", rows=ROWS, numeraire=ROWS.amount, strategy=case.strategy).data
        for index, case in enumerate(CASES.values())
    ]
    return compile_suite(shared_params(plugins))


@pytest.fixture(scope="module")
def native(suite: Suite) -> Iterator[Native]:
    with Native(suite.native) as program:
        yield program


@pytest.mark.parametrize("name", CASES)
def test_three_implementations_agree(suite: Suite, native: Native, name: str) -> None:
    case, index = CASES[name], list(CASES).index(name)
    rows: list[Row] = [{"row_id": at, "units": case.units, "amount": amount} for at, amount in enumerate(case.amounts)]
    batch = table(suite.plugins[index].columns, rows)
    expected = interpreted(suite, index, case, rows)
    assert expected.error == case.error
    assert native.run({"strategy": index, "slack": case.slack}, batch) == expected
    assert in_wasm(suite, index, case, batch) == expected


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ({"units": None, "amount": 2**63, "row_id": 1}, "null_value"),
        ({"units": 1, "amount": 2**63, "row_id": 1}, "amount_overflow"),
        ({"units": 1, "amount": 2**63, "row_id": None}, "amount_overflow"),
    ],
)
def test_the_first_bad_column_of_a_row_is_reported(suite: Suite, native: Native, row: Row, error: str) -> None:
    index = len(CASES) - 1
    case = list(CASES.values())[index]
    batch = table(suite.plugins[index].columns, [row])
    assert interpreted(suite, index, case, [row]) == Outcome(error)
    assert native.run({"strategy": index, "slack": case.slack}, batch) == Outcome(error)
    if row["row_id"] is not None:  # the host in front of the wasm refuses a null id before it ships the batch
        assert in_wasm(suite, index, case, batch) == Outcome(error)


def interpreted(suite: Suite, index: int, case: Case, rows: list[Row]) -> Outcome:
    """The interpreter's answer."""
    try:
        model = suite.model(index, {"slack": case.slack})
        model.upsert(rows)
        model.solve()
    except ModelError as error:
        return Outcome(error.code)
    return outcome_of(model)


def in_wasm(suite: Suite, index: int, case: Case, batch: Any) -> Outcome:
    """The answer of the wasm, which may refuse the params already."""
    try:
        workspace = fb.Workspace(suite.wasm, config={"strategy": index, "slack": case.slack})
    except fb.FloreconError as error:
        return Outcome(error.code)
    with workspace:
        return run_wasm(workspace, batch)
