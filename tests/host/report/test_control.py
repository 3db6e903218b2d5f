"""Control of a report: every dropped, changed or invented figure is found, in exact arithmetic."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
import pytest

from florecon_build.host import BrokenReply, ConservationViolated
from florecon_build.host.report import control
from florecon_build.host.report.control import check_tables
from florecon_build.host.report.tables import from_json

BIG = (1 << 63) - 1
Tables = dict[str, pa.Table]


@pytest.fixture(autouse=True, params=[control.BLOCK, 3])
def lines_of_a_block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a real report, and such that a small one has several of them."""
    monkeypatch.setattr(control, "BLOCK", request.param)


def report(seed: int, *, textual: bool = False, sizes: list[int] | None = None) -> Tables:
    """A conserved report over some rows, some of them split, in the order of the wire page."""
    dice = random.Random(seed)
    rows = dice.sample(range(-20, 60), dice.choice(sizes or [1, 2, 5, 12]))
    parts = [(row, group) for row in rows for group in dice.sample(range(1, 9), dice.choice([1, 1, 2, 3]))]
    amounts = {part: dice.choice([0, 5, -5, 7, -7, BIG // 8, -BIG // 9]) for part in parts}
    names = dice.sample(["unmatched", "flow", "manual"] * 3, 9)
    by_group: dict[int, list[int]] = {}
    for row, group in sorted(parts):
        by_group.setdefault(group, []).append(row)
    order = sorted(by_group, key=lambda group: (min(by_group[group]), group))
    groups = [
        {
            "group_id": group,
            "status": dice.choice(["pinned", "proposed"]),
            "net": sum(amounts[row, group] for row in by_group[group]),
            "size": len(by_group[group]),
            "origin": names[group],
        }
        for group in order
    ]
    places = [
        {"id": row, "group_id": group, "amount": amounts[row, group]} for group in order for row in by_group[group]
    ]
    tables = from_json({"groups": groups, "allocations": places})
    return {what: _named(table) if textual else table for what, table in tables.items()}


def _named(table: pa.Table) -> pa.Table:
    if "id" not in table.column_names:
        return table
    texts = pa.array([f"R{number + 50:03}" for number in table["id"].to_pylist()])
    return table.append_column("id_text", texts)


def other(dice: random.Random, value: Any) -> Any:
    """Another value of the same type."""
    if isinstance(value, str):
        return value + "x"
    return value + dice.choice([1, -1, 2, 1 << 32, -(1 << 33)])


@pytest.mark.parametrize("textual", [False, True])
def test_a_row_that_a_group_has_twice_is_found(textual: bool) -> None:
    """Both allocations are as the row says, and the group adds up to them."""
    groups = [{"group_id": 1, "status": "proposed", "net": 10, "size": 2, "origin": "flow"}]
    twice = [{"id": 1, "group_id": 1, "amount": 5}, {"id": 1, "group_id": 1, "amount": 5}]
    tables = from_json({"groups": groups, "allocations": twice})
    row = {"id": [1], "group_id": [1], "amount": [5], "matched": [5], "residual": [0]}
    tables["rows"] = pa.table(row, schema=tables["rows"].schema)
    tables = {what: _named(table) if textual else table for what, table in tables.items()}
    with pytest.raises(ConservationViolated):
        check_tables(**tables)


@pytest.mark.parametrize("textual", [False, True])
def test_every_changed_cell_is_found(textual: bool) -> None:
    for seed in range(12):
        tables = report(seed, textual=textual)
        check_tables(**tables)
        dice = random.Random(seed)
        for what, table in tables.items():
            for name in table.column_names:
                if name in ("reason", "node", "unique") or (what, name) == ("groups", "origin"):
                    continue
                at = dice.randrange(table.num_rows)
                cells = table[name].to_pylist()
                cells[at] = other(dice, cells[at])
                changed = table.set_column(
                    table.column_names.index(name), name, pa.array(cells, table.schema.field(name).type)
                )
                with pytest.raises((ConservationViolated, BrokenReply)):
                    check_tables(**{**tables, what: changed})


def test_every_dropped_and_doubled_line_is_found() -> None:
    for seed in range(12):
        tables = report(seed)
        for what, table in tables.items():
            at = random.Random(seed).randrange(table.num_rows)
            dropped = pa.concat_tables([table.slice(0, at), table.slice(at + 1)])
            doubled = pa.concat_tables([table, table.slice(at, 1)])
            for changed in (dropped, doubled):
                with pytest.raises(ConservationViolated):
                    check_tables(**{**tables, what: changed})


def test_the_order_and_the_pieces_of_the_tables_do_not_matter() -> None:
    for seed in range(12):
        dice, tables = random.Random(seed), report(seed, textual=seed % 2 == 0)
        shuffled = {what: table.take(dice.sample(range(len(table)), len(table))) for what, table in tables.items()}
        check_tables(**shuffled)
        cut = {what: pa.concat_tables([table.slice(0, 1), table.slice(1)]) for what, table in tables.items()}
        check_tables(**cut)
    check_tables(**from_json({"groups": [], "allocations": []}))


def test_a_group_that_becomes_open_changes_what_its_rows_have_open() -> None:
    tables = report(3, sizes=[12])
    origins = ["flow" if origin == "unmatched" else "unmatched" for origin in tables["groups"]["origin"].to_pylist()]
    at = tables["groups"].column_names.index("origin")
    with pytest.raises(ConservationViolated, match="minor units"):
        check_tables(**{**tables, "groups": tables["groups"].set_column(at, "origin", pa.array(origins))})


@pytest.mark.parametrize(
    "amounts",
    [
        [1 << 62, 1 << 62, 1 << 62, 1 << 62, 5],  # wraps round to 5
        [BIG, BIG, 2, 5],
        [-(1 << 63), -(1 << 63), 5],
    ],
)
def test_sums_do_not_wrap(amounts: list[int]) -> None:
    """Parts of one row that a 64-bit sum takes for 5."""
    ones, count = [1] * len(amounts), len(amounts)
    ids = list(range(count))
    same = pa.table({"id": ones, "group_id": ids, "amount": pa.array(amounts, pa.int64())})
    sizes = {"net": amounts, "size": ones, "min_side": [0] * count, "first_id": ones}
    groups = pa.table(
        {
            "group_id": ids,
            "status": ["pinned"] * count,
            "origin": ["flow"] * count,
            **{name: pa.array(cells, pa.int64()) for name, cells in sizes.items()},
            "max_abs": pa.array([min(abs(amount), BIG) for amount in amounts], pa.int64()),
        }
    )
    rows = pa.table({"id": [1], "group_id": [0], "amount": [5], "matched": [5], "residual": [0]})
    with pytest.raises(ConservationViolated):
        check_tables(groups=groups, allocations=same, rows=rows)
    one = pa.table({"id": ids, "group_id": ones, "amount": same["amount"]})
    whole = pa.table(
        {"id": ids, "group_id": ones, "amount": one["amount"], "matched": one["amount"], "residual": [0] * count}
    )
    net = groups.slice(0, 1).set_column(3, "net", pa.array([5])).set_column(0, "group_id", pa.array([1]))
    with pytest.raises(ConservationViolated, match="group 1: "):
        check_tables(groups=net, allocations=one, rows=whole)


@pytest.mark.parametrize("amount", [99.75, 99.0, "99", True, None, 1 << 63])
def test_a_json_amount_that_is_no_whole_number_is_refused(amount: object) -> None:
    groups = [{"group_id": 1, "status": "proposed", "net": 99, "size": 1, "origin": "unmatched"}]
    for what, name in (("allocations", "amount"), ("allocations", "id"), ("groups", "net"), ("groups", "group_id")):
        lines: dict[str, list[dict[str, Any]]] = {
            "groups": [dict(line) for line in groups],
            "allocations": [{"id": 1, "group_id": 1, "amount": 99}],
        }
        lines[what][0][name] = amount
        with pytest.raises(BrokenReply, match="report is malformed"):
            from_json(lines)
