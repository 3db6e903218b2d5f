"""Report tables from replies: strict parsing, text ids, exact amounts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from florecon_build.host import BrokenReply
from florecon_build.host.report.projections import connected_components, primary_assignments, strict_assignments
from florecon_build.host.report.tables import from_json, in_major_units, read

ALLOCATIONS = pa.table({"id": [0, 1], "id_text": ["B0001", "G0001"], "group_id": [4, 4], "amount": [5, -5]})


def reply(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def test_text_ids_stand_beside_their_numbers() -> None:
    table = read("allocations", reply(ALLOCATIONS))
    assert table.column_names == ["id", "id_text", "group_id", "amount"]
    groups = pa.table({"group_id": [4], "net": [0]})
    for view in (strict_assignments(table), primary_assignments(groups, table), connected_components(table)):
        assert view.column("id_text").to_pylist() == ["B0001", "G0001"]


def test_more_columns_are_left_out_and_narrow_numbers_widened() -> None:
    table = pa.table({"more": [1], "amount": pa.array([5], pa.int32()), "group_id": [4], "id": [0]})
    got = read("allocations", reply(table))
    assert got.column_names == ["id", "group_id", "amount"]
    assert got.column("amount").type == pa.int64()


@pytest.mark.parametrize(
    "table", [ALLOCATIONS.drop_columns("amount"), ALLOCATIONS.set_column(3, "amount", pa.array(["x", "y"]))]
)
def test_tables_that_are_malformed(table: pa.Table) -> None:
    with pytest.raises(BrokenReply, match="table of allocations is malformed"):
        read("allocations", reply(table))


MALFORMED: list[Any] = [
    None,
    [],
    {},
    {"groups": 1, "allocations": []},
    {"groups": [{}], "allocations": []},
    {"groups": [{"group_id": "x"}], "allocations": []},
    {"groups": [], "allocations": [{"id": 1 << 70, "group_id": 1, "amount": 1}]},
    {"groups": [], "allocations": [{"group_id": 1, "amount": 1}]},
]


@pytest.mark.parametrize("report", MALFORMED)
def test_reports_that_are_malformed(report: Any) -> None:
    with pytest.raises(BrokenReply, match="report is malformed"):
        from_json(report)


@pytest.mark.parametrize(("scale", "shown"), [(0, "-105"), (2, "-1.05"), (6, "-0.000105")])
def test_major_units(scale: int, shown: str) -> None:
    table = pa.table({"net": pa.array([-105, None, (1 << 63) - 1]), "size": [1, 2, 3]})
    got = in_major_units(table, scale)
    assert got.column("net").to_pylist() == [Decimal(shown), None, Decimal((1 << 63) - 1).scaleb(-scale)]
    assert got.column("size").to_pylist() == [1, 2, 3]
    assert in_major_units(table.slice(1), scale).column("net").to_pylist()[0] is None
