"""Record structure of CSV files: rows that a stray quote would swallow are refused, everything else is read whole."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from florecon_build.host import BadTable, Description, Field
from florecon_build.host.frames import conform
from florecon_build.sources import Source, SourceError
from florecon_build.sources.readers import csv as csv_reader

ATTACKS = Path(__file__).resolve().parents[3] / "shared" / "data" / "attack_cases"
ABOUT = Description(
    domain="acme.bank",
    version="1.0.0",
    id_name="id",
    runtime="0.1.0",
    fields=(
        Field(name="id", base="i64", kind="integer", is_id=True),
        Field(name="memo", base="utf8", kind="text"),
        Field(name="amount", base="f64", kind="money", scale=2),
    ),
)


def written(folder: Path, text: str) -> Path:
    path = folder / "ledger.csv"
    path.write_bytes(text.encode())
    return path


def refusal(path: Path) -> str:
    with pytest.raises(BadTable) as raised:
        conform(path, ABOUT)
    return str(raised.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('id,memo,amount\n1,a,1.00\n2,"b,2.00\n3,c,3.00\n', "line 3 opens a quote that is never closed"),
        ('id,memo,amount\n1,a,1.00\n2,"5 inch,2.00\n3,c,3.00\n4,6 inch",4.00\n', "a quote joins lines 3 to 5"),
        ('id,memo,amount\n1,"a"b,1.00\n', "line 2: ',' expected after '\"'"),
        (f"id,memo,amount,{'x' * 140_000}\n1,a,1.00,\n", "field larger than field limit"),
        ("id,memo,amount\n1,a,1.00,\n2,b,1.00\n", "ledger.csv:2: the line"),
    ],
)
def test_lines_that_are_no_rows_are_refused(tmp_path: Path, text: str, says: str) -> None:
    assert says in refusal(written(tmp_path, text))


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_note_of_several_lines_is_one_cell(tmp_path: Path, ending: str) -> None:
    lines = ["id,memo,amount", f'1,"Dear Sir,{ending}{ending}thank you, A. B.",1.00', '2,"say ""no""",2.00', "3,c,3.00"]
    table = conform(written(tmp_path, ending.join(lines) + ending), ABOUT).to_table()
    assert table["memo"].to_pylist() == [f"Dear Sir,{ending}{ending}thank you, A. B.", 'say "no"', "c"]


def test_compressed_files_are_checked_too(tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv.gz"
    path.write_bytes(gzip.compress(b'id,memo,amount\n1,"a,1.00\n2,b,2.00\n'))
    assert "line 2 opens a quote that is never closed" in refusal(path)


CELLS = st.text(st.sampled_from('ab"\n\r, \u00e4'), max_size=8)


@given(st.lists(CELLS, max_size=12), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
@settings(max_examples=100, deadline=None)
def test_what_a_csv_writer_writes_is_read_or_refused_never_shortened(
    tmp_path_factory: pytest.TempPathFactory, memos: list[str], quoting: Any
) -> None:
    path = tmp_path_factory.mktemp("written") / "ledger.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=quoting)
        writer.writerow(["id", "memo", "amount"])
        writer.writerows((number, memo, "1.00") for number, memo in enumerate(memos))
    try:
        table = conform(path, ABOUT).to_table()
    except BadTable:
        assert any('"' in memo or "\n" in memo or "\r" in memo for memo in memos)
        assert "each looks like a row of its own" in refusal(path)
    else:
        assert table["memo"].to_pylist() == memos


@pytest.mark.skipif(not ATTACKS.is_dir(), reason="../shared/data/attack_cases is not there")
@pytest.mark.parametrize(("name", "said"), [("unbal_last", "never closed"), ("unbal_pair", "joins lines 3 to 5")])
def test_attack_cases(name: str, said: str) -> None:
    about = Description(
        domain="acme.bank",
        version="1.0.0",
        id_name="row_id",
        runtime="0.1.0",
        fields=(
            Field(name="row_id", base="i64", kind="integer", is_id=True),
            Field(name="amount", base="f64", kind="money", scale=2),
        ),
    )
    with pytest.raises(BadTable, match=said):
        conform(ATTACKS / f"{name}.csv", about)


LINES = st.lists(
    st.sampled_from(
        [
            "",
            " ",
            "a",
            "a,b",
            "1,2",
            '"a",b',
            '"a,b",c',
            'a"b,c',
            '"a""b",',
            '"a',
            'b"',
            ",",
            '"",""',
            "a,b,c",
            '"a"b,c',
        ]
    ),
    max_size=6,
)


@given(LINES, st.sampled_from(["\n", "\r\n"]), st.booleans())
@settings(max_examples=150, deadline=None)
def test_reading_by_columns_is_reading_by_records(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], end: str, last: bool
) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes((end.join(["x,y", *lines]) + (end if last else "")).encode())

    def taken(**declared: str) -> object:
        """Rows with their lines, or the lines that are refused."""
        source = Source.from_data("a", {"delimiter": ",", "skip_rows": 0, **declared})
        try:
            batches = list(csv_reader.read(path, source).batches)
        except SourceError as error:
            return [cell.line for cell in error.cells] or "refused"
        return [row for batch in batches for row in batch.to_pylist()]

    assert taken() == taken(stop_at="^never$")
