"""Shipped rows against a dict: whatever was inserted, replaced and removed is what a report has to show."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import partial

import pyarrow as pa
import pytest

from florecon_build.host import ConservationViolated, Description, Field
from florecon_build.host.report.in_minor_units import in_minor_units
from florecon_build.host.report.rows_table import rows_of
from florecon_build.host.report.shipped_rows import ShippedRows, amount_column

Id = int | str


def about(kind: str = "integer", **more: object) -> Description:
    identity = Field(name="id", base="utf8" if kind == "text" else "i64", kind=kind, is_id=True)  # pyright: ignore[reportArgumentType]
    amount = Field(name="amount", base="f64", kind="money", scale=2, is_amount=True)
    return Description(
        domain="d",
        version="1",
        id_name="id",
        id_is_text=kind == "text",
        fields=(identity, amount),
        **more,  # pyright: ignore[reportArgumentType]
    )


def shipped(rows: dict[Id, int]) -> pa.Table:
    return pa.table(
        {"id": list(rows), "amount": pa.array([Decimal(v).scaleb(-2) for v in rows.values()], pa.decimal128(38, 2))}
    )


def reported(rows: dict[Id, int], textual: bool) -> pa.Table:
    ids = pa.array(list(rows), pa.string() if textual else pa.int64())
    numbers = {"id": list(range(len(rows))), "id_text": ids} if textual else {"id": ids}
    return pa.table({**numbers, "amount": pa.array(list(rows.values()), pa.int64())})


def lies(dice: random.Random, rows: dict[Id, int]) -> list[tuple[str, dict[Id, int]]]:
    """What a report may say instead, and the word of the error."""
    victim = dice.choice(list(rows))
    dropped = {row: amount for row, amount in rows.items() if row != victim}
    invented = {**rows, ("X" if isinstance(victim, str) else 999): 5}
    renamed = {("Y" if row == victim and isinstance(row, str) else 998 if row == victim else row): amount
               for row, amount in rows.items()}  # fmt: skip
    return [
        ("lacks row", dropped),
        ("changes row", {**rows, victim: rows[victim] + 1}),
        ("which was not shipped", invented),
        ("which was not shipped", renamed),
    ]


@pytest.mark.parametrize("textual", [False, True])
def test_any_edits(textual: bool) -> None:
    for seed in range(15):
        dice = random.Random(seed)
        every: list[Id] = [f"R{n}" if textual else n for n in range(12)]
        held = ShippedRows.none(about("text" if textual else "integer"))
        truth: dict[Id, int] = {}
        for _ in range(12):
            if dice.random() < 0.7:
                batch = {row: dice.randrange(-99, 99) for row in dice.sample(every, dice.randrange(1, 6))}
                held = held.upserted(shipped(batch))
                truth.update(batch)
            elif truth:
                gone = dice.sample(list(truth), dice.randrange(1, len(truth) + 1))
                held = held.removed(gone)
                for row in gone:
                    del truth[row]
            if dice.random() < 0.4 and truth:
                for word, lie in lies(dice, truth):
                    with pytest.raises(ConservationViolated, match=word):
                        held.compared(reported(lie, textual))
                order = dice.sample(list(truth), len(truth))
                held = held.compared(reported({row: truth[row] for row in order}, textual))


def test_many_small_edits_are_applied_in_between() -> None:
    held = ShippedRows.none(about())
    for at in range(600):
        held = held.upserted(shipped({at % 7: at}))
        assert len(held.edits) <= 256
    held.compared(reported({row: 599 - (599 - row) % 7 for row in range(7)}, False))


def test_rows_of_a_snapshot_are_taken_over_at_the_first_report_and_held_to_from_then_on() -> None:
    held = ShippedRows.none(about()).restored().upserted(shipped({1: 500, 2: 7})).removed([2, 3])
    with pytest.raises(ConservationViolated, match="has row 3, which was removed"):
        held.compared(reported({1: 500, 3: 1}, False))
    with pytest.raises(ConservationViolated, match="lacks row 1"):
        held.compared(reported({9: 4}, False))
    with pytest.raises(ConservationViolated, match="changes row 1"):
        held.compared(reported({1: 501, 9: 4}, False))
    known = held.compared(reported({1: 500, 9: 4}, False))
    for lie in ({1: 500}, {1: 500, 9: 5}, {1: 500, 9: 4, 8: 0}):
        with pytest.raises(ConservationViolated):
            known.compared(reported({**lie}, False))


def test_amounts_that_the_module_computes_may_not_change_once_reported() -> None:
    held = ShippedRows.none(about(numeraire_is_derived=True)).upserted(shipped({1: 500, 2: 7}))
    known = held.compared(reported({1: -500, 2: 7}, False))
    with pytest.raises(ConservationViolated, match="changes row 1"):
        known.compared(reported({1: 500, 2: 7}, False))
    known.upserted(shipped({1: 500})).compared(reported({2: 7, 1: 500}, False))


def test_text_ids_by_number() -> None:
    held = ShippedRows.none(about("text")).upserted(shipped({"B": 5, "A": 6})).upserted(shipped({"C": 7, "B": 8}))
    numbered = [{"id": 2, "amount": 7}, {"id": 0, "amount": 8}, {"id": 1, "amount": 6}]
    held.compared(pa.Table.from_pylist(numbered))
    for at, change in ((0, {"amount": 8}), (1, {"id": 3}), (2, {"amount": 5})):
        lie = [{**line, **change} if place == at else line for place, line in enumerate(numbered)]
        with pytest.raises(ConservationViolated):
            held.compared(pa.Table.from_pylist(lie))
    with pytest.raises(ConservationViolated, match="2 rows, and 3 were shipped"):
        held.compared(pa.Table.from_pylist(numbered[:2]))


def test_an_id_twice_in_one_batch_is_a_row_lost() -> None:
    twice = pa.concat_tables([shipped({1: 5, 2: 7}), shipped({1: 9})])
    for held in (ShippedRows.none(about()), ShippedRows.none(about()).upserted(shipped({3: 4}))):
        with pytest.raises(ConservationViolated, match="row 1 twice in one batch"):
            held.upserted(twice).compared(reported({3: 4, 1: 9, 2: 7} if held.edits else {1: 9, 2: 7}, False))


def test_the_column_of_the_amounts() -> None:
    def of(*fields: Field, **more: object) -> str | None:
        made = Description(domain="d", version="1", fields=fields, **more)  # pyright: ignore[reportArgumentType]
        column = amount_column(made)
        return None if column is None else f"{column.name}/{column.scale}"

    net = Field(name="net", base="f64", kind="money", scale=2)
    shown = Field(name="shown", base="f64", kind="money", scale=2, is_amount=True)
    cents = Field(name="cents", base="i64", kind="integer", is_amount=True)
    plain = Field(name="plain", base="f64", kind="real", is_amount=True)
    assert of(net, shown, numeraire_column="net") == "net/2"
    assert of(net, shown) == of(net, shown, numeraire_scale=2) == "shown/2"
    assert of(net) == "net/2"
    assert of(plain) == "plain/2"
    assert of(plain, numeraire_scale=3) == "plain/3"
    assert of(cents, numeraire_scale=2) == "cents/0"
    assert of(shown, numeraire_scale=3) is None
    assert of(net, shown, numeraire_is_derived=True) is None
    assert of(net, Field(name="other", base="f64", kind="money", scale=2)) is None


@pytest.mark.parametrize("scale", [0, 2, 3, 8, 18])
def test_floats_are_the_nearest_minor_units(scale: int) -> None:
    dice = random.Random(scale)
    floats = [(dice.randrange(-9 * 10**17, 9 * 10**17) >> dice.randrange(50)) / 10**scale for _ in range(2000)]
    for value, minor in zip(floats, in_minor_units(pa.array(floats), scale).to_pylist(), strict=True):
        assert abs(Fraction(value) * 10**scale - minor) <= Fraction(1, 2)


def divided(dice: random.Random, rows: dict[Id, int], textual: bool) -> tuple[pa.Table, pa.Table]:
    """Groups and allocations of these rows, some of which are in several groups, in the order of the wire page."""
    numbers = {row: place for place, row in enumerate(rows)}
    parts: list[tuple[int, Id, int]] = []
    for row, amount in rows.items():
        of = dice.sample(range(1, 5), dice.choice([1, 1, 1, 2, 3]))
        cut = [dice.choice([0, 1, -1, amount // 2]) for _ in of[1:]]
        parts += [(group, row, part) for group, part in zip(of, [*cut, amount - sum(cut)], strict=True)]
    parts.sort()
    groups = sorted({group for group, *_ in parts})
    columns: dict[str, pa.Array] = {
        "group_id": pa.array([group for group, *_ in parts]),
        "id": pa.array([numbers[row] if textual else row for _, row, _ in parts], pa.int64()),
        "amount": pa.array([part for *_, part in parts], pa.int64()),
    }
    if textual:
        columns["id_text"] = pa.array([row for _, row, _ in parts], pa.string())
    return pa.table({"group_id": groups, "origin": ["unmatched" if group == 2 else "x" for group in groups]}), pa.table(
        columns
    )


@pytest.mark.parametrize("textual", [False, True])
def test_parts_are_compared_as_their_rows_are(textual: bool) -> None:
    """Whatever is changed of the allocations: both ways say the same, with the same words."""

    def outcome(compare: Callable[[], ShippedRows]) -> str | list[dict[str, object]]:
        try:
            return sorted(compare().settled()[0].to_pylist(), key=lambda row: str(row["id"]))
        except ConservationViolated as error:
            return str(error)

    def by_rows(held: ShippedRows, groups: pa.Table, parts: pa.Table) -> ShippedRows:
        return held.compared(rows_of(groups, parts))

    refused = 0
    for seed in range(120):
        dice = random.Random(seed)
        ids = dice.sample(range(-3, 12) if seed % 2 else range(100), dice.randrange(1, 9))
        rows: dict[Id, int] = {f"R{row + 9:02}" if textual else row: dice.choice([0, 3, -3, 5, 1 << 62]) for row in ids}
        held = ShippedRows.none(about("text" if textual else "integer")).upserted(shipped(rows))
        groups, parts = divided(dice, rows, textual)
        at = dice.randrange(parts.num_rows)
        other = parts.slice(dice.randrange(parts.num_rows), 1)
        more = other.set_column(other.column_names.index("group_id"), "group_id", pa.array([4]))
        less = pa.concat_tables([parts.slice(0, at), parts.slice(at + 1)])
        all_groups = pa.table({"group_id": [1, 2, 3, 4], "origin": ["x", "unmatched", "x", "x"]})
        for changed in (parts, less, pa.concat_tables([parts, more]), pa.concat_tables([less, more])):
            told = outcome(partial(held.compared_with_parts, all_groups, changed))
            assert told == outcome(partial(by_rows, held, all_groups, changed))
            refused += isinstance(told, str)
        assert outcome(partial(held.compared_with_parts, groups, parts)) == outcome(
            partial(by_rows, held, groups, parts)
        )
        assert not isinstance(outcome(partial(held.compared_with_parts, groups, parts)), str)
    assert refused > 40
