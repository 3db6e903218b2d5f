"""Table of rows against sums of single rows, whatever the ids, the order of the allocations and the divided rows."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
import pytest

from florecon_build.host import ConservationViolated
from florecon_build.host.report.rows_table import rows_of

GROUPS = pa.table({"group_id": [4, 1, 3, 2], "origin": ["flow", "unmatched", "unmatched", "x"]})


@pytest.mark.parametrize("textual", [False, True])
@pytest.mark.parametrize("ids", [range(1, 9), range(-4, 4), range(0, 900, 90)])
def test_rows_are_the_sums_of_their_parts(ids: range, textual: bool) -> None:
    for seed in range(60):
        dice = random.Random(seed)
        rows = dice.sample(ids, dice.randrange(1, len(ids)))
        texts = {row: f"R{dice.randrange(10**6):06}" for row in rows}
        parts: list[dict[str, Any]] = [
            {"id": row, "group_id": group, "amount": dice.choice([0, 7, -7, 9, 1 << 61]), "id_text": texts[row]}
            for row in rows
            for group in dice.sample([1, 2, 3, 4], dice.choice([1, 1, 2, 3]))
        ]
        dice.shuffle(parts)
        expected: list[dict[str, object]] = []
        for row in sorted(rows, key=lambda row: texts[row] if textual else row):
            own = [part for part in parts if part["id"] == row]
            left = sum(part["amount"] for part in own if part["group_id"] in (1, 3))
            amount = sum(part["amount"] for part in own)
            most = min(own, key=lambda part: (-abs(part["amount"]), part["group_id"]))
            expected.append(
                {
                    "id": row,
                    **({"id_text": texts[row]} if textual else {}),
                    "group_id": most["group_id"],
                    "amount": amount,
                    "matched": amount - left,
                    "residual": left,
                }
            )
        table = pa.Table.from_pylist(parts)
        made = rows_of(GROUPS, table if textual else table.drop_columns("id_text"))
        assert made.to_pylist() == expected


def test_no_allocations_are_no_rows() -> None:
    empty = pa.table({name: pa.array([], pa.int64()) for name in ("id", "group_id", "amount")})
    made = rows_of(GROUPS.slice(0, 0), empty)
    assert made.column_names == ["id", "group_id", "amount", "matched", "residual"]
    assert not made.num_rows


@pytest.mark.parametrize("amounts", [[1 << 62] * 4, [(1 << 63) - 1, 1], [-(1 << 63), -1]])
def test_sums_do_not_wrap(amounts: list[int]) -> None:
    groups = pa.table({"group_id": list(range(len(amounts))), "origin": ["flow"] * len(amounts)})
    parts = pa.table(
        {"id": [1] * len(amounts), "group_id": groups["group_id"], "amount": pa.array(amounts, pa.int64())}
    )
    with pytest.raises(ConservationViolated, match="64 bits"):
        rows_of(groups, parts)


def test_a_number_has_one_text() -> None:
    parts = pa.table({"id": [0, 0], "id_text": ["a", "b"], "group_id": [4, 1], "amount": [1, 2]})
    with pytest.raises(ConservationViolated, match="by the number of another row"):
        rows_of(GROUPS, parts)
