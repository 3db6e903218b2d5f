"""Predicates over the table of groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from florecon_build.host import BadCommand
from florecon_build.host.report.predicate import Groups, select

TABLE = pa.table(
    {
        "group_id": [1, 2, 3, 4],
        "status": ["proposed", "pinned", "proposed", "proposed"],
        "origin": ["flow", "agg_net", "flow", "unmatched"],
        "reason": ["a: b", None, "tier 2", None],
        "net": [0, 3, -7, 100],
        "size": [2, 3, 2, 1],
        "max_abs": [10, 20, 30, 100],
        "min_side": [1, 1, 1, 0],
        "unique": [True, None, False, None],
        "node": [1, None, 1, None],
        "first_id": [1, 2, 3, 4],
    }
)


Test = Callable[[Groups], Any]


def chosen(predicate: Test) -> list[int]:
    return TABLE.filter(select(TABLE, predicate)).column("group_id").to_pylist()


CASES: list[tuple[Test, list[int]]] = [
    (lambda g: (g.net == 0) & (g.size == 2), [1]),
    (lambda g: g.net != 0, [2, 3, 4]),
    (lambda g: (g.net < 0) | (g.net > 50), [3, 4]),
    (lambda g: (g.net >= 3) & (g.net <= 100), [2, 4]),
    (lambda g: g.clean(3), [1, 2]),
    (lambda g: g.clean(), [1]),
    (lambda g: g.abs_net <= 7, [1, 2, 3]),
    (lambda g: abs(g.net) > 5, [3, 4]),
    (lambda g: g.unique, [1]),
    (lambda g: ~g.unique, [3]),
    (lambda g: g.unique.is_null(), [2, 4]),
    (lambda g: ~g.pinned & (g.origin == "flow"), [1, 3]),
    (lambda g: g.pinned ^ (g.size == 1), [2, 4]),
    (lambda g: g.origin.is_in(["flow", "unmatched"]), [1, 3, 4]),
    (lambda g: g.reason.startswith("tier"), [3]),
    (lambda g: g.reason.contains("b"), [1]),
    (lambda g: g.reason != "a: b", [3]),
    (lambda g: g.max_abs - g.size == 8, [1]),
    (lambda g: 2 * g.size + 1 == 5, [1, 3]),
    (lambda g: 10 - g.size > 8, [4]),
    (lambda g: -g.net == 7, [3]),
    (lambda g: (g.node == 1) | (g.net == 3), [1, 2, 3]),
    (lambda _: True, [1, 2, 3, 4]),
    (lambda _: False, []),
]


@pytest.mark.parametrize(("predicate", "wanted"), CASES)
def test_predicates(predicate: Test, wanted: list[int]) -> None:
    assert chosen(predicate) == wanted


NONE: list[tuple[Test, str]] = [
    (lambda g: g.net == 0 and g.size == 2, "write & | ~ for and, or, not"),
    (lambda g: not g.unique, "write & | ~"),
    (lambda g: 0 <= g.net <= 5, "write & | ~"),
    (lambda g: g.nets == 0, r"groups have no 'nets'; did you mean g\.net\?"),
    (lambda g: g.net, "answers with conditions such as g.net == 0, this one with int64"),
    (lambda _: 7, "this one with int"),
    (lambda _: None, "this one with NoneType"),
    (lambda g: g.net == "x", "cannot be evaluated"),
    (lambda g: g.origin + 1 == 2, "cannot be evaluated"),
    (lambda g: g.net == object(), "cannot be evaluated"),
    (lambda g: g.net * (1 << 62) == 0, "cannot be evaluated: overflow"),
]


@pytest.mark.parametrize(("predicate", "message"), NONE)
def test_predicates_that_are_none(predicate: Test, message: str) -> None:
    with pytest.raises(BadCommand, match=message):
        chosen(predicate)


def test_no_groups() -> None:
    assert select(TABLE.slice(0, 0), lambda g: (g.net == 0) & g.unique).to_pylist() == []


def test_columns_are_not_hashable() -> None:
    with pytest.raises(TypeError):
        hash(Groups(TABLE).net)
