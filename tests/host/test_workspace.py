"""Workspace over a real module: every method, and every invalid input leaves the workspace unchanged."""

from __future__ import annotations

import pickle
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from florecon_build.host import (
    AmountOverflow,
    BadAmount,
    BadCommand,
    BadConfig,
    BadTable,
    Change,
    DegenerateGroup,
    DuplicateId,
    FloreconError,
    FrozenGroup,
    FrozenMember,
    InsufficientLiveAmount,
    MemoryLimit,
    MissingColumn,
    NullValue,
    Report,
    UnknownAllocation,
    UnknownGroup,
    UnknownId,
    Workspace,
    WrongType,
    load,
)
from florecon_build.host.runtime.instance import Instance
from florecon_build.host.runtime.limits import Deadline, Limits
from tests.support.ledger import LINES, Act, for_any_host, group_of, line, opened, state


@pytest.fixture
def ws(solver_wasm: Path) -> Workspace:
    return opened(solver_wasm)


def origins(ws: Workspace) -> dict[int, str]:
    """The label of each group, by its smallest row."""
    groups = ws.report().groups.to_pylist()
    return {group["first_id"]: group["origin"] for group in groups}


def members(ws: Workspace, group_id: int) -> dict[int, int]:
    places = ws.report().allocations.to_pylist()
    return {place["id"]: place["amount"] for place in places if place["group_id"] == group_id}


def truncated(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()[:-150]


# Rows and solving


def test_a_ledger_is_reconciled(ws: Workspace) -> None:
    assert origins(ws) == {
        1: "signal_group",
        3: "exact_1to1",
        5: "unmatched",
        6: "signal_group",
        9: "write_off",
        10: "unmatched",
    }
    rows = {row["id"]: row for row in ws.report().rows.to_pylist()}
    assert rows[1]["matched"] == 1000
    assert rows[5]["residual"] == 300


def test_every_sum_is_conserved(ws: Workspace) -> None:
    sums: dict[int, int] = {}
    for place in ws.report().allocations.to_pylist():
        sums[place["id"]] = sums.get(place["id"], 0) + place["amount"]
    assert sums == {entry["row_id"]: round(entry["amount"] * 100) for entry in LINES}


def test_stages_count_what_was_matched(ws: Workspace) -> None:
    stages = {stage["kind"]: stage for stage in ws.stages().to_pylist()}
    assert stages["signal_group"]["groups"] == 2
    assert stages["exact_1to1"]["items_matched"] == 2


def test_a_report_is_a_moment_even_when_read_later(ws: Workspace) -> None:
    before = ws.report()
    ws.remove([1])
    assert 1 in before.rows.column("id").to_pylist()
    assert 1 not in ws.report().rows.column("id").to_pylist()


def test_upserting_replaces_and_names_what_was_demoted(ws: Workspace) -> None:
    pair = group_of(ws, 1)
    ws.pin(pair)
    assert ws.upsert([line(1, 10.00, "INV1234", day=9)]) == Change(1)
    assert group_of(ws, 1) == pair
    assert ws.upsert([line(1, 11.00, "INV1234")]) == Change(1, (pair,))
    assert origins(ws)[1] == "unmatched"


def test_removing(ws: Workspace) -> None:
    pair = group_of(ws, 3)
    ws.pin(pair)
    assert ws.remove([4]) == Change(1, (pair,))
    assert origins(ws)[3] == "unmatched"
    assert ws.remove(pa.array([5, 6])) == Change(2)


def test_the_order_and_size_of_batches_do_not_matter(solver_wasm: Path) -> None:
    whole = opened(solver_wasm)
    parts = Workspace(solver_wasm)
    for entry in reversed(LINES):
        parts.upsert([entry])
    parts.solve()
    keys = [
        [
            {name: value for name, value in group.items() if name != "group_id"}
            for group in each.report().groups.to_pylist()
        ]
        for each in (whole, parts)
    ]
    assert keys[0] == keys[1]


def test_params(solver_wasm: Path) -> None:
    strict = opened(solver_wasm, config={"slack": 10})
    assert origins(strict)[6] == "unmatched"
    strict.configure(slack=25)
    assert origins(strict)[6] == "unmatched"
    strict.solve()
    assert origins(strict)[6] == "signal_group"
    fresh = opened(solver_wasm, config={"slack": 25})
    assert fresh.report().groups.drop_columns("group_id").equals(strict.report().groups.drop_columns("group_id"))


def test_a_column_map_and_written_amounts(solver_wasm: Path, tmp_path: Path) -> None:
    path = tmp_path / "konto.csv"
    path.write_text(
        'Nr;Konto;Betrag;Datum;reference\n1;A;"1.234,50";2024-01-01;\n2;A;"1.234,50-";2024-01-02;\n', encoding="utf-8"
    )
    headers = {"row_id": "Nr", "account": "Konto", "amount": "Betrag", "date": "Datum"}
    ws = Workspace(solver_wasm, columns=headers, text_amounts="comma")
    ws.upsert(path)
    assert ws.solve().groups.column("max_abs").to_pylist() == [123450]


# Decisions


def test_pin_and_unpin(ws: Workspace) -> None:
    pair = group_of(ws, 1)
    ws.pin(pair)
    ws.pin(pair)
    ws.solve()
    assert group_of(ws, 1) == pair
    ws.unpin(pair)
    ws.unpin(pair)
    ws.solve()
    assert group_of(ws, 1) != pair


def test_verbs_return_what_they_changed(ws: Workspace) -> None:
    pair, three = group_of(ws, 1), group_of(ws, 6)
    pinned, broken = ws.pin(pair), ws.detach(three, [8])
    assert (pinned.count, pinned.groups, pinned.ids, pinned.decisions) == (1, (pair,), (1, 2), ())
    assert (broken.count, broken.groups, broken.ids) == (1, (three,), (8,))
    dissolved = ws.dissolve(three)
    assert (dissolved.count, dissolved.groups, dissolved.ids) == (1, (three,), (6, 7))
    more = ws.pin_clean()
    assert (more.count, more.ids) == (1, (3, 4))
    alone = ws.pin_singletons([5, 10, 5])
    assert (alone.count, set(alone.ids), len(alone.groups)) == (2, {5, 10}, 2)
    assert ws.pin_singletons([5]).count == 0
    assert ws.unpin(pair).ids == (1, 2)
    ws.remove([1, 2, 3, 4])
    assert (pinned.ids, more.ids) == ((1, 2), (3, 4))  # as it was then
    assert pickle.loads(pickle.dumps(more)).ids == more.ids
    assert (ws.tag([5, 6], "late").ids, ws.untag([6], "late").count) == ((5, 6), 1)


def test_pin_where(ws: Workspace) -> None:
    assert ws.pin_where(lambda g: (g.net == 0) & (g.size == 2)) == 2
    assert ws.pin_where(lambda g: (g.net == 0) & (g.size == 2)) == 0
    assert ws.pin_where(lambda g: g.clean(25) & (g.origin == "signal_group")) == 1
    assert ws.pin_where(lambda g: g.size > 1000) == 0
    pinned = [group for group in ws.report().groups.to_pylist() if group["status"] == "pinned"]
    assert [group["first_id"] for group in pinned] == [1, 3, 6]


def test_pin_clean(ws: Workspace) -> None:
    assert ws.pin_clean() == 2
    assert ws.pin_clean(25) == 1


def test_pin_singletons(ws: Workspace) -> None:
    ws.pin_singletons([5, 10])
    ws.pin_singletons([5])
    ws.solve()
    assert {entry["status"] for entry in ws.report().groups.to_pylist() if entry["first_id"] in (5, 10)} == {"pinned"}


@pytest.mark.parametrize(
    "allocations",
    [{3: 500, 4: -500}, [(3, 500), (4, -500)], [{"id": 3, "amount": 500}, {"id": 4, "amount": -500}]],
)
def test_merge(ws: Workspace, allocations: Any) -> None:
    group = ws.merge(allocations, label="agreed", reason="by telephone")
    assert members(ws, group) == {3: 500, 4: -500}
    shown = {entry["group_id"]: entry for entry in ws.report().groups.to_pylist()}[group]
    assert (shown["status"], shown["origin"], shown["reason"]) == ("pinned", "agreed", "by telephone")
    rest = {row["id"]: row for row in ws.report().rows.to_pylist()}
    assert rest[3]["residual"] == 200


def test_detach_and_dissolve(ws: Workspace) -> None:
    three = group_of(ws, 6)
    ws.detach(three, [8])
    assert members(ws, three) == {6: 25000, 7: 25025}
    ws.dissolve(three)
    assert origins(ws)[6] == origins(ws)[7] == origins(ws)[8] == "unmatched"


# Bad input: a typed error that names the place, and nothing changed

GOOD = line(11, 1.00)
TABLE = for_any_host([GOOD])
NO_REFERENCE: dict[str, Any] = {"reference": None}


def with_column(name: str, values: pa.Array) -> pa.Table:
    return TABLE.set_column(TABLE.column_names.index(name), name, values)


ROWS_REFUSED: dict[str, tuple[Any, type[FloreconError], str]] = {
    "a missing column": (TABLE.drop_columns("amount"), MissingColumn, "column 'amount', declared by florecon.starter"),
    "a wrong type": (with_column("account", pa.array([5])), WrongType, "column 'account': the column is int64"),
    "a fraction for an id": (with_column("row_id", pa.array([1.5])), WrongType, "column 'row_id', row 0: 1.5"),
    "a time of day": ([{**GOOD, "date": datetime(2024, 1, 1, 9)}], WrongType, "column 'date', row 0"),
    "a null": ([GOOD, line(12, None)], NullValue, r"column 'amount', row 1 \(row_id 12\)"),  # type: ignore[arg-type]
    "a null id": ([{**GOOD, "row_id": None}], NullValue, "column 'row_id'"),
    "NaN": ([GOOD, line(12, float("nan"))], BadAmount, r"column 'amount', row 1 \(row_id 12\)"),
    "infinity": ([line(12, float("inf"))], BadAmount, r"column 'amount', row 0 \(row_id 12\)"),
    "a fraction of a cent": ([line(12, Decimal("1.005"))], BadAmount, r"column 'amount', row 0 \(row_id 12\)"),  # type: ignore[arg-type]
    "a float fraction of a cent": ([GOOD, line(12, 1.005)], BadAmount, "row 1"),
    "beyond i64": ([line(11, Decimal(1)), line(12, Decimal("92233720368547758.08"))], AmountOverflow, "row 1"),  # type: ignore[arg-type]
    "far beyond i64": ([line(12, Decimal(10) ** 40)], AmountOverflow, r"row 0 \(row_id 12\)"),  # type: ignore[arg-type]
    "a large float": ([line(12, 1e300)], AmountOverflow, "row 0"),
    "a duplicate id": ([GOOD, line(12, 1), GOOD], DuplicateId, "11"),
    "a truncated stream": (truncated(for_any_host(LINES)), BadTable, "breaks off"),
    "no table": (object(), BadTable, "holds no rows"),
}


@pytest.mark.parametrize("case", ROWS_REFUSED)
def test_rows_that_are_refused(ws: Workspace, case: str) -> None:
    rows, kind, message = ROWS_REFUSED[case]
    before = state(ws)
    with pytest.raises(kind, match=message) as caught:
        ws.upsert(rows)
    assert type(caught.value) is kind
    assert state(ws) == before
    assert ws.rebuilt == 0


@pytest.mark.parametrize("cut", [0, 1, 8, 50, 300])
def test_a_truncated_stream_that_reaches_the_module(solver_wasm: Path, cut: int) -> None:
    """Past our own reader, straight into the module, as another host may do."""

    class Raw:
        data = truncated(for_any_host(LINES))[: -cut or None]
        size = len(data)

        def write(self, into: pa.Buffer) -> None:
            memoryview(into).cast("B")[:] = self.data  # type: ignore[arg-type]

    instance = Instance(load(solver_wasm), Limits())
    reply = instance.dispatch(b'{"op":"init"}', Raw(), Deadline(None))
    assert b'"code":"bad_table"' in reply


def pinned_pair(ws: Workspace) -> int:
    group = group_of(ws, 1)
    ws.pin(group)
    return group


VERBS_REFUSED: dict[str, tuple[Act, type[FloreconError], str]] = {
    "pin": (lambda ws: ws.pin(999), UnknownGroup, "999"),
    "unpin": (lambda ws: ws.unpin(999), UnknownGroup, "999"),
    "dissolve": (lambda ws: ws.dissolve(999), UnknownGroup, "999"),
    "dissolve pinned": (lambda ws: ws.dissolve(group_of(ws, 1)), FrozenGroup, "pinned; unpin it first"),
    "detach": (lambda ws: ws.detach(999, [1]), UnknownGroup, "999"),
    "detach pinned": (lambda ws: ws.detach(group_of(ws, 1), [1]), FrozenGroup, "unpin it first"),
    "detach no row": (lambda ws: ws.detach(group_of(ws, 3), [77]), UnknownId, "77"),
    "detach from elsewhere": (lambda ws: ws.detach(group_of(ws, 3), [3, 5]), UnknownAllocation, "5"),
    "remove": (lambda ws: ws.remove([5, 77]), UnknownId, "77"),
    "merge no row": (lambda ws: ws.merge({3: 1, 77: -1}), UnknownId, "77"),
    "merge twice": (lambda ws: ws.merge([(3, 1), (3, 1)]), DuplicateId, "3"),
    "merge one": (lambda ws: ws.merge({3: 700}), DegenerateGroup, "two"),
    "merge none": (lambda ws: ws.merge([]), DegenerateGroup, "two"),
    "merge nothing": (lambda ws: ws.merge({3: 0, 4: -1}), BadCommand, "0"),
    "merge too much": (lambda ws: ws.merge({3: 701, 4: -700}), InsufficientLiveAmount, "3"),
    "merge the other sign": (lambda ws: ws.merge({3: -1, 4: -1}), InsufficientLiveAmount, "3"),
    "merge frozen": (lambda ws: ws.merge({1: 100, 4: -100}), FrozenMember, "1"),
    "merge a float": (lambda ws: ws.merge({3: 1.5, 4: -1}), BadCommand, "whole number"),  # type: ignore[dict-item]
    "merge no pairs": (lambda ws: ws.merge([3, 4]), BadCommand, "a pair of an id and an amount"),  # type: ignore[list-item]
    "pin a singleton": (lambda ws: ws.pin_singletons([3]), UnknownAllocation, "3"),
    "pin no row": (lambda ws: ws.pin_singletons([5, 77]), UnknownId, "77"),
    "pin below zero": (lambda ws: ws.pin_clean(-1), BadCommand, "tol"),
    "a text id": (lambda ws: ws.remove(["x"]), BadCommand, "integers"),
    "one bare id": (lambda ws: ws.remove(5), BadCommand, r"write \[5\]"),  # type: ignore[arg-type]
    "an id beyond 64 bits": (lambda ws: ws.remove([1 << 70]), BadCommand, "64 bits"),
    "an unknown param": (lambda ws: ws.configure(slak=5), BadConfig, "slak"),
    "a mistyped param": (lambda ws: ws.configure(slack="much"), BadConfig, "slack"),
    "a negative slack": (lambda ws: (ws.configure(slack=-1), ws.solve()), BadConfig, "give zero or a positive number"),
    "a predicate of nothing": (lambda ws: ws.pin_where(lambda g: g.nett == 0), BadCommand, "did you mean g.net"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("case", VERBS_REFUSED)
def test_verbs_that_are_refused(ws: Workspace, case: str) -> None:
    act, kind, message = VERBS_REFUSED[case]
    pinned_pair(ws)
    before = state(ws)
    with pytest.raises(kind, match=message) as caught:
        act(ws)
    assert type(caught.value) is kind
    assert state(ws) == before
    assert ws.rebuilt == 0


def test_errors_carry_what_they_are_about(ws: Workspace) -> None:
    group = pinned_pair(ws)
    with pytest.raises(FrozenGroup) as frozen:
        ws.dissolve(group)
    assert frozen.value.group_id == group
    with pytest.raises(UnknownId) as unknown:
        ws.remove([77])
    assert unknown.value.id == 77
    with pytest.raises(BadAmount) as bad:
        ws.upsert([GOOD, line(12, float("nan"))])
    assert (bad.value.column, bad.value.row, bad.value.id) == ("amount", 1, 12)


def test_a_config_that_is_refused_when_opening(solver_wasm: Path) -> None:
    with pytest.raises(BadConfig, match="slak"):
        Workspace(solver_wasm, config={"slak": 5})


# Transactions


def test_a_transaction_that_raises_leaves_the_workspace_as_it_was(ws: Workspace) -> None:
    ws.pin(group_of(ws, 1))
    before = state(ws)
    inside: list[Report] = []

    def change() -> None:
        with ws.transaction():
            ws.upsert([line(20, 5.0)])
            ws.merge({3: 500, 4: -500})
            inside.append(ws.report())
            ws.solve()
            ws.pin(999)

    with pytest.raises(UnknownGroup):
        change()
    assert state(ws) == before
    assert ws.rebuilt == 1
    assert 20 in inside[0].rows.column("id").to_pylist()


def test_a_transaction_that_ends_well_stays(ws: Workspace) -> None:
    with ws.transaction():
        group_id = ws.merge({3: 500, 4: -500})
    assert ws.rebuilt == 0
    ws.unpin(group_id)
    with ws.transaction(), pytest.raises(BadCommand, match="do not nest"), ws.transaction():
        pass


def test_several_groups_are_pinned_or_none(ws: Workspace) -> None:
    first, second = group_of(ws, 1), group_of(ws, 3)
    before = state(ws)
    with pytest.raises(UnknownGroup):
        ws.pin_groups([first, second, 999])
    assert state(ws) == before
    ws.pin_groups([first, second])
    ws.pin_groups([])
    assert ws.report().groups.column("status").to_pylist().count("pinned") == 2


def test_rows_are_conformed_once_and_then_taken_as_they_are(ws: Workspace) -> None:
    frame = ws.frame([line(20, 5.0)])
    assert frame.rows == 1
    assert 20 not in ws.report().rows.column("id").to_pylist()
    assert ws.frame(frame) is frame
    assert ws.upsert(frame) == Change(1)
    assert 20 in ws.report().rows.column("id").to_pylist()


def test_a_snapshot_and_a_config_exclude_each_other(ws: Workspace, solver_wasm: Path) -> None:
    with pytest.raises(ValueError, match="a snapshot has its own params"):
        Workspace(solver_wasm, {"slack": 1}, snapshot=ws.snapshot())


# Limits and faults


def test_too_many_rows_for_the_memory(solver_wasm: Path) -> None:
    ws = opened(solver_wasm, max_memory=8 << 20)
    before = state(ws)
    many = for_any_host([line(number, 1.0, f"REF{number}") for number in range(100, 100_100)])
    with pytest.raises(MemoryLimit, match="max_memory"):
        ws.upsert(many)
    assert state(ws) == before


def test_recovery_keeps_rows_decisions_and_ids(ws: Workspace) -> None:
    pinned_pair(ws)
    ws.merge({3: 500, 4: -500}, label="agreed")
    ws.solve()
    ws.configure(slack=10)
    ws.solve()
    ws.detach(group_of(ws, 5), [5])
    before = state(ws)
    kept = ws.report()
    ws._session._instances.current.cancel()  # pyright: ignore[reportPrivateUsage]
    assert state(ws) == before
    assert ws.rebuilt == 1
    ws.upsert([GOOD])
    assert kept.groups.to_pylist() == before[0]
