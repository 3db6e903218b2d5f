"""Advice: each line that an error advises is written into the declaration, and the file is read."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from florecon_build.host.description import Field
from florecon_build.sources import Source, SourceError, read

FIELDS = (
    Field(name="row_id", base="i64", kind="integer", is_id=True),
    Field(name="day", base="i64", kind="date"),
    Field(name="amount", base="f64", kind="money", scale=2, is_amount=True),
)
COLUMNS = {"row_id": {"row_number": True}}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "decimal": ("day;amount\n2026-03-01;1.000\n", {}),
    "other decimal": ("day;amount\n2026-03-01;1,25\n", {"decimal": "."}),
    "order of days": ("day,amount\n01/02/2026,1.25\n", {}),
    "other form of days": ("day,amount\n31.03.2026,1.25\n", {"dates": "%Y-%m-%d"}),
    "zone": ("day,amount\n2026-03-31T23:30:00Z,1.25\n", {}),
    "empty": ("day,amount\n2026-03-01,\n2026-03-02,1.25\n", {}),
    "total": ("day,amount,x\n2026-03-01,1.25,y\nTotal,1.25,\n", {}),
    "grand total": ("t,day,amount\na,2026-03-01,1.25\n;,Grand total (EUR):,1.25\n".replace(";", ""), {}),
    "footer": ("day,amount\n2026-03-01,1.25\n*** end of the report ***\n", {}),
    "footer with marks": ("day,amount\n2026-03-01,1.25\nprinted by x, y, z (2026)\n", {}),
    "header": ("Day,amount\n2026-03-01,1.25\n", {}),
    "header twice": ("day,amount,amount\n2026-03-01,1.25,2.25\n", {}),
    "repeated id": ("day,amount,id\n2026-03-01,1.25,7\n2026-03-01,1.25,7\n", {"columns": {"row_id": "id"}}),
    "balance": ("day,amount,Balance\n2026-03-01,1.25,1.25\n2026-03-01,1.25,9.25\n", {}),
}


@pytest.mark.parametrize("name", CASES)
def test_each_line_of_the_advice_makes_the_file_readable(tmp_path: Path, name: str) -> None:
    text, declared = CASES[name]
    path = tmp_path / "bank.csv"
    path.write_text(text)
    data = {"columns": COLUMNS, **declared}
    with pytest.raises(SourceError) as raised:
        read(Source.from_data("bank", data), [path], FIELDS, id_name="row_id")
    lines = [(one.table, line) for one in raised.value.advice for line in one.lines]
    assert lines, str(raised.value)
    for table, line in lines:
        assert f"{line}" in str(raised.value)
        assert table in {"[source.bank]", "[source.bank.columns]"}
        said = tomllib.loads(line)
        changed = {**data, **said} if table == "[source.bank]" else {**data, "columns": {**data["columns"], **said}}
        assert read(Source.from_data("bank", changed), [path], FIELDS, id_name="row_id").table.num_rows >= 1


def test_first_ten_bad_cells_are_listed_with_file_line_header_and_text(tmp_path: Path) -> None:
    path = tmp_path / "bank.csv"
    path.write_text("day,amount\n" + "".join(f"2026-03-01,x{number}\n" for number in range(25)))
    with pytest.raises(SourceError) as raised:
        read(Source.from_data("bank", {"columns": COLUMNS}), [path], FIELDS, id_name="row_id")
    said = str(raised.value)
    assert (len(raised.value.cells), "25 cells" in said, "and 15 more" in said) == (10, True, True)
    assert 'bank.csv:2: amount: "x0" is no amount' in said
    assert 'bank.csv:11: amount: "x9"' in said


def test_plain_file_is_advised_to_be_declared(tmp_path: Path) -> None:
    path = tmp_path / "bank.csv"
    path.write_text("row_id,day,amount\n1,01/02/2026,1.25\n")
    with pytest.raises(SourceError) as raised:
        read(Source.plain(), [path], FIELDS, id_name="row_id")
    assert 'declare the file in florecon.toml: [source.NAME], files = ["..."], and dates = "%d/%m/%Y"' in str(
        raised.value
    )
