"""Readers: every kind of table and file gives the same rows."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from florecon_build.host import BadTable, Description, Field, MissingColumn, SchemaError, WrongType
from florecon_build.host.frames import Frame, conform

ABOUT = Description(
    domain="acme.bank",
    version="1.0.0",
    id_name="id",
    runtime="0.1.0",
    fields=(
        Field(name="id", base="i64", kind="integer", is_id=True),
        Field(name="amount", base="f64", kind="money", scale=2),
        Field(name="day", base="i64", kind="date"),
        Field(name="memo", base="utf8", kind="text", nullable=True),
    ),
)
ROWS: list[dict[str, Any]] = [
    {"id": 1, "amount": Decimal("12.50"), "day": date(2024, 3, 31), "memo": "a", "more": 1},
    {"id": 2, "amount": Decimal("-0.05"), "day": date(2024, 4, 1), "memo": None, "more": 2},
]
TABLE = pa.Table.from_pylist(ROWS)
WANTED = [{name: row[name] for name in ("id", "amount", "day", "memo")} for row in ROWS]


OTHER_COLUMNS: dict[str, pa.Array] = {
    "amount": pa.array([1] * 1000),
    "day": pa.array([0] * 1000),
    "memo": pa.nulls(1000),
}


def polars() -> Any:
    return pytest.importorskip("polars").DataFrame(ROWS)


def lazy_polars() -> Any:
    return polars().lazy()


def pandas() -> Any:
    return pytest.importorskip("pandas").DataFrame(ROWS, index=[7, 9])


def duckdb() -> Any:
    ledger = TABLE
    assert ledger is not None
    return pytest.importorskip("duckdb").from_arrow(ledger)


def ipc() -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, TABLE.schema) as writer:
        writer.write_table(TABLE)
    return sink.getvalue().to_pybytes()


SOURCES: dict[str, Callable[[], object]] = {
    "table": lambda: TABLE,
    "batch": lambda: TABLE.to_batches()[0],
    "reader": TABLE.to_reader,
    "iterator of batches": lambda: iter([TABLE.to_batches()[0].slice(0, 1), TABLE.to_batches()[0].slice(1)]),
    "list of tables": lambda: [TABLE.slice(0, 1), TABLE.slice(1)],
    "list of dicts": lambda: ROWS,
    "generator of dicts": lambda: (row for row in ROWS),
    "dict of columns": TABLE.to_pydict,
    "ipc bytes": ipc,
    "polars": polars,
    "lazy polars": lazy_polars,
    "pandas": pandas,
    "duckdb": duckdb,
}


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_gives_the_same_rows(name: str) -> None:
    frame = conform(SOURCES[name](), ABOUT)
    assert frame.rows == 2
    assert frame.to_table().to_pylist() == WANTED


def test_what_is_written_is_an_arrow_stream() -> None:
    frame = conform(TABLE, ABOUT)
    data = pa.py_buffer(bytearray(frame.size))
    frame.write(data)
    assert pa.ipc.open_stream(data).read_all().to_pylist() == WANTED


def test_a_column_that_is_right_is_not_copied() -> None:
    column = pa.array(range(1000), pa.int64())
    frame = conform(pa.table({**OTHER_COLUMNS, "id": column}), ABOUT)
    kept = frame.batches[0].column("id").buffers()[1]
    given = column.buffers()[1]
    assert kept is not None
    assert given is not None
    assert kept.address == given.address


# Files


def write(folder: Path, suffix: str) -> Path:
    path = folder / f"ledger{suffix}"
    match suffix:
        case ".csv":
            pa_csv.write_csv(TABLE.set_column(1, "amount", TABLE.column("amount").cast(pa.string())), str(path))
        case ".csv.gz":
            path.write_bytes(gzip.compress(write(folder, ".csv").read_bytes()))
        case ".parquet":
            pq.write_table(TABLE, str(path))
        case ".feather":
            with pa.ipc.new_file(str(path), TABLE.schema) as file:
                file.write_table(TABLE)
        case _:
            path.write_bytes(ipc())
    return path


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet", ".feather", ".arrow"])
def test_files(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path, suffix)
    assert conform(path, ABOUT).to_table().to_pylist() == WANTED
    assert conform(str(path), ABOUT).rows == 2


def csv(folder: Path, text: str) -> Path:
    path = folder / "ledger.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_csv_cell_is_what_its_column_says_never_a_guess(tmp_path: Path) -> None:
    text = 'id;memo;amount;day\n7;00123;5;2024-01-01\n8;"line one\nline two; still it";-.5;2024-01-02\n'
    rows = conform(csv(tmp_path, text), ABOUT).to_table().to_pylist()
    assert [row["memo"] for row in rows] == ["00123", "line one\nline two; still it"]
    assert [row["amount"] for row in rows] == [Decimal("5.00"), Decimal("-0.50")]


def test_an_empty_csv_cell_is_null_or_an_empty_text(tmp_path: Path) -> None:
    strict = Description(
        domain="d", version="1", runtime="1", fields=(*ABOUT.fields[:3], Field(name="memo", base="utf8", kind="text"))
    )
    path = csv(tmp_path, "id,memo,amount,day\n7,,5,2024-01-01\n")
    assert conform(path, ABOUT).to_table().to_pylist()[0]["memo"] is None
    assert conform(path, strict).to_table().to_pylist()[0]["memo"] == ""


def test_a_csv_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = csv(tmp_path, "\ufeffid,memo,amount,day\n7,x,5,2024-01-01\n")
    assert conform(path, ABOUT).to_table().to_pylist()[0]["id"] == 7


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", b"", "the file is empty"),
        (
            "ragged.csv",
            b"id,memo,amount,day\n1,a,5,2024-01-01\n2,b\n",
            "ragged.csv:3: the line: .* has 2 cells, and the header has 4",
        ),
        ("no.parquet", b"PAR1 not really", "no.parquet"),
        ("no.arrow", b"nothing of the kind", "no.arrow cannot be read"),
        ("ledger.xlsx", b"PK", "ledger.xlsx is no readable spreadsheet"),
        ("ledger.tape", b"", "the ending says no format"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadTable, match=message):
        conform(path, ABOUT)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadTable, match="there is no such file"):
        conform(tmp_path / "ledger.csv", ABOUT)


@pytest.mark.parametrize("keep", [0, 1, 20, 200, 400])
def test_a_truncated_stream(keep: int) -> None:
    with pytest.raises(BadTable):
        conform(ipc()[:-8][:-keep] if keep > 100 else ipc()[:keep], ABOUT)


def test_a_truncated_file(tmp_path: Path) -> None:
    path = write(tmp_path, ".arrow")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(BadTable, match=r"ledger.arrow cannot be read"):
        conform(path, ABOUT)


def test_an_iterator_that_fails_halfway_fails_as_itself() -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield TABLE.to_batches()[0]
        raise RuntimeError("the network is down")

    with pytest.raises(RuntimeError, match="the network is down"):
        conform(broken(), ABOUT)


@pytest.mark.parametrize("source", [7, None, object(), [1, 2], ["a"], 3.5])
def test_what_holds_no_rows(source: object) -> None:
    with pytest.raises(BadTable, match="holds no rows"):
        conform(source, ABOUT)


# No rows


@pytest.mark.parametrize("source", [[], TABLE.slice(0, 0), iter(())])
def test_no_rows_are_no_error(source: object) -> None:
    frame = conform(source, ABOUT)
    assert frame.rows == 0
    assert frame.schema.names == ["id", "amount", "day", "memo"]


# Headers


def test_a_column_map() -> None:
    foreign = TABLE.rename_columns(["Nr", "Betrag", "Datum", "memo", "more"])
    frame = conform(foreign, ABOUT, columns={"id": "Nr", "amount": "Betrag", "day": "Datum"})
    assert frame.to_table().to_pylist() == WANTED


def test_a_missing_column_is_named_with_the_nearest() -> None:
    with pytest.raises(
        MissingColumn, match=r"column 'amount', declared by acme.bank, is missing; did you mean 'amout'"
    ):
        conform(TABLE.rename_columns(["id", "amout", "day", "memo", "more"]), ABOUT)


def test_a_missing_mapped_column_is_named_by_both_names() -> None:
    with pytest.raises(MissingColumn, match=r"column 'amount' \(your 'Betrag'\)") as caught:
        conform(TABLE, ABOUT, columns={"amount": "Betrag"})
    assert caught.value.column == "amount"


def test_a_column_map_for_what_is_not_declared() -> None:
    with pytest.raises(MissingColumn, match="names 'amout', which the module does not declare; did you mean 'amount'"):
        conform(TABLE, ABOUT, columns={"amout": "Betrag"})


def test_a_header_that_stands_twice(tmp_path: Path) -> None:
    twice = pa.Table.from_arrays([TABLE.column(n) for n in range(4)] * 2, names=["id", "amount", "day", "memo"] * 2)
    with pytest.raises(SchemaError, match="the header 'id' stands 2 times"):
        conform(twice, ABOUT)
    with pytest.raises(MissingColumn, match=r"the header 'memo' stands 2 times"):
        conform(csv(tmp_path, "id,memo,memo,amount,day\n1,a,b,5,2024-01-01\n"), ABOUT)


def test_a_key_that_the_first_dict_lacks_is_kept() -> None:
    rows = [{name: value for name, value in WANTED[1].items() if name != "memo"}, WANTED[0]]
    assert conform(rows, ABOUT).to_table().column("memo").to_pylist() == [None, "a"]


# Many batches


def test_row_numbers_count_over_all_batches() -> None:
    bad = pa.Table.from_pylist([{**ROWS[0], "amount": Decimal("0.001")}])
    with pytest.raises(SchemaError, match=r"row 2 \(id 1\): 0\.001 is no whole number of minor units") as caught:
        conform(iter([TABLE, bad]), ABOUT)
    assert (caught.value.column, caught.value.row, caught.value.id) == ("amount", 2, 1)


def test_batches_of_another_type_are_refused() -> None:
    floats = TABLE.set_column(1, "amount", pa.array([1.5, 2.5]))
    with pytest.raises(WrongType, match=r"the type changes from decimal128.* to double at row 2"):
        conform([TABLE, floats], ABOUT)


def test_long_generators_are_cut_into_batches() -> None:
    rows = ({**WANTED[0], "id": number} for number in range(70_000))
    frame = conform(rows, ABOUT)
    assert len(frame.batches) == 2
    assert frame.rows == 70_000


def test_dictionaries_are_shared_over_batches() -> None:
    parts = [
        TABLE.set_column(3, "memo", pa.chunked_array([pa.array(texts).dictionary_encode()]))
        for texts in (["x", "y"], ["z", None])
    ]
    frame = conform(iter(parts), ABOUT)
    data = pa.py_buffer(bytearray(frame.size))
    frame.write(data)
    assert pa.ipc.open_stream(data).read_all().column("memo").to_pylist() == ["x", "y", "z", None]


def test_a_frame_is_what_conform_returns() -> None:
    assert isinstance(cast(object, conform(TABLE, ABOUT)), Frame)
