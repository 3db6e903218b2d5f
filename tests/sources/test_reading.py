"""Reading a source: what was written in a declared shape is read back, or refused with the line and the declaration."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from florecon_build.host.description import Field
from florecon_build.sources import Reading, Source, SourceError, read

FIELDS = (
    Field(name="row_id", base="utf8", kind="text", is_id=True),
    Field(name="day", base="i64", kind="date"),
    Field(name="amount", base="f64", kind="money", scale=2, is_amount=True),
    Field(name="memo", base="utf8", kind="text", nullable=True),
)
CASES = Path(__file__).resolve().parents[3] / "shared" / "data" / "field_cases"


def reading(files: Path | Sequence[Path], fields: Sequence[Field] = FIELDS, **data: Any) -> Reading:
    paths = [files] if isinstance(files, Path) else files
    return read(Source.from_data("bank", data), paths, fields, id_name=fields[0].name)


def refusal(files: Path | Sequence[Path], **data: Any) -> str:
    with pytest.raises(SourceError) as raised:
        reading(files, **data)
    return str(raised.value)


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str, name: str = "bank.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


Writer = Callable[..., Path]
PLAIN = "row_id,day,amount,memo\na,2026-03-01,10.50,x\nb,2026-03-02,-3.25,\n"


def test_totals_lines_and_digest(written: Writer) -> None:
    read = reading(written(PLAIN))
    total = read.totals[0]
    assert (total.rows, total.positive, total.negative, total.net) == (
        2,
        Decimal("10.50"),
        Decimal("-3.25"),
        Decimal("7.25"),
    )
    assert (total.first_day, total.last_day) == (datetime.date(2026, 3, 1), datetime.date(2026, 3, 2))
    assert [read.place(row) for row in range(2)] == ["bank.csv:2", "bank.csv:3"]
    assert read.table["row_id"].to_pylist() == ["bank:a", "bank:b"]
    assert len(read.as_data()["files"][0]["sha256"]) == 64


def test_ids_that_look_the_same_are_shown(written: Writer) -> None:
    """White space at an end, and one letter in two encodings; ids that differ in case are two to everybody."""
    head = "row_id,day,amount,memo\n"
    day = "2026-03-01,1.00,"
    composed, apart = "\u00dc-1", "U\u0308-1"
    read = reading(written(head + "".join(f"{one},{day}\n" for one in (composed, "b", "B", apart))))
    assert read.table.num_rows == 4
    [note] = [note for note in read.notes if "look the same" in note]
    assert note.startswith("bank.csv:2 and bank.csv:5: the ids '\\xdc-1' and 'U\\u0308-1' look the same")
    spaced = reading(written(f'{head}"a",{day}\n"a\u00a0",{day}\n'))
    assert any("the ids 'a' and 'a\\xa0' look the same" in note for note in spaced.notes)
    assert not any("look the same" in note for note in reading(written(PLAIN)).notes)


def test_first_ten_bad_cells_are_listed_and_the_others_counted(written: Writer) -> None:
    rows = "".join(f"{number},2026-03-01,{'ten' if number % 2 else '1.00'},\n" for number in range(30))
    told = refusal(written("row_id,day,amount,memo\n" + rows))
    assert told.splitlines()[0] == "source bank: 15 cells cannot be read as declared"
    assert told.count("is no amount") == 10
    assert 'bank.csv:3: amount: "ten" is no amount' in told
    assert "and 5 more" in told


@pytest.mark.parametrize(
    ("text", "data", "says"),
    [
        (
            PLAIN.replace("10.50", "3.000").replace("-3.25", "4"),
            {},
            "'3.000' may be read with a decimal point or a decimal comma",
        ),
        (
            PLAIN.replace("10.50", "3,50").replace("-3.25", "4.50").replace(",", ";").replace("3;50", "3,50"),
            {},
            "'4.50' has a decimal point and '3,50' a decimal comma",
        ),
        (
            PLAIN.replace("2026-03-0", "03/0").replace(",10", "/2026,10").replace(",-3", "/2026,-3"),
            {},
            "may be '%d/%m/%Y' or '%m/%d/%Y'",
        ),
        (PLAIN.replace("10.50", ""), {}, "never taken as zero unasked (declare empty = 0)"),
        (PLAIN.replace("b,", "a,"), {}, "the id 'a' stands in bank.csv:2 and bank.csv:3"),
        (PLAIN, {"columns": {"amount": "Amont"}}, "has no header 'Amont'"),
        (PLAIN, {"columns": {"amont": "amount"}}, "has 'amont', which the strategy does not have"),
        (PLAIN, {"expect": {"rows": 3}}, "expected 3 rows, read 2"),
        (PLAIN, {"expect": {"net": "7.24"}}, "expected net 7.24, read 7.25"),
        (PLAIN + "Total,,7.25\n", {}, 'bank.csv:4: the line: "Total,,7.25" has 3 cells, and the header has 4'),
        (PLAIN + '"c,2026-03-03,1.00,\nd,2026-03-03,1.00,\n', {}, "line 4 opens a quote that is never closed"),
        ("", {}, "the file is empty"),
        ("row_id,day\x00,amount\n", {}, "NUL"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
def test_refusals_name_the_line_and_the_declaration(
    written: Writer, text: str, data: dict[str, Any], says: str
) -> None:
    assert says in refusal(written(text), **data)


def test_footer_is_skipped_only_as_declared(written: Writer) -> None:
    read = reading(written(PLAIN + "Total,,7.25\n\nprinted by x\n"), stop_at="^Total")
    assert [(one.line, one.text) for one in read.skipped] == [(4, "Total,,7.25"), (6, "printed by x")]
    assert read.table.num_rows == 2


BALANCE = "day,text,amount,Balance\n2026-03-01,a,10.00,110.00\n2026-03-02,b,-5.00,105.00\n2026-03-03,c,1.00,{last}\n"
COLUMNS = {"row_id": {"row_number": True}, "memo": "text"}


def test_running_balance_is_checked_line_by_line(written: Writer) -> None:
    checks = reading(written(BALANCE.format(last="106.00")), columns=COLUMNS).checks
    assert [(check.kind, check.holds) for check in checks] == [("balance", True)]
    told = refusal(written(BALANCE.format(last="107.00")), columns=COLUMNS)
    assert "bank.csv:4: Balance is 107.00, and 105.00 + 1.00 makes 106.00" in told


def test_running_balance_of_a_file_with_the_newest_line_first(written: Writer) -> None:
    head, *lines = BALANCE.format(last="106.00").splitlines()
    assert all(check.holds for check in reading(written("\n".join([head, *lines[::-1]])), columns=COLUMNS).checks)


def test_line_becomes_several_rows(written: Writer) -> None:
    fields = (*FIELDS[:3], Field(name="memo", base="utf8", kind="text", nullable=True))
    read = reading(
        written("id,day,gross,fee\np1,2026-03-01,100.00,2.50\np2,2026-03-02,50.00,\n"),
        fields,
        columns={"row_id": "id"},
        rows=[
            {"amount": "gross", "memo": {"value": "gross"}},
            {"amount": {"column": "fee", "negate": True}, "memo": {"value": "fee"}, "where": "fee"},
        ],
    )
    rows = [(row["row_id"], row["amount"], row["memo"]) for row in read.table.to_pylist()]
    assert rows == [
        ("bank:p1/1", Decimal("100.00"), "gross"),
        ("bank:p1/2", Decimal("-2.50"), "fee"),
        ("bank:p2/1", Decimal("50.00"), "gross"),
    ]


def test_list_column_is_exploded(written: Writer) -> None:
    read = reading(
        written("id,day,amount,orders\nb1,2026-03-01,0.00,o1|o2\nb2,2026-03-01,0.00,o3\n"),
        columns={"row_id": {"join": ["id", "item"], "with": "/"}, "memo": "item"},
        rows=[{"explode": "orders"}],
    )
    assert read.table["row_id"].to_pylist() == ["bank:b1/o1", "bank:b1/o2", "bank:b2/o3"]


def test_totals_are_kept_apart_by_a_currency_that_only_the_file_has(written: Writer) -> None:
    text = "id,day,amount,Currency\na,2026-03-01,10.00,EUR\nb,2026-03-02,70.00,USD\nc,2026-03-02,-1.00,EUR\n"
    read = reading(written(text), columns={"row_id": "id", "memo": {"value": "x"}})
    assert [(total.currency, total.net) for total in read.totals] == [
        ("EUR", Decimal("9.00")),
        ("USD", Decimal("70.00")),
    ]
    assert read.table.column_names == [field.name for field in FIELDS]


@pytest.mark.parametrize(
    ("first", "second", "data"),
    [("10.00 EUR", "5.00 USD", {}), ("10.00 \u20ac", "\u00a35.00", {}), ("10.00", "5.00 USD", {"currency": "EUR"})],
)
def test_amounts_of_several_currencies_are_never_added(
    written: Writer, first: str, second: str, data: dict[str, Any]
) -> None:
    text = PLAIN.replace("10.50", first).replace("-3.25", second)
    assert "the amounts are in several currencies" in refusal(written(text), **data)


def test_sign_of_the_declared_currency_is_no_other(written: Writer) -> None:
    read = reading(written(PLAIN.replace("10.50", "10.50 \u20ac")), currency="EUR")
    assert [(total.currency, total.net) for total in read.totals] == [("EUR", Decimal("7.25"))]


def test_one_balance_proves_nothing(written: Writer) -> None:
    one = "\n".join(BALANCE.format(last="106.00").splitlines()[:2]) + "\n"
    assert reading(written(one), columns=COLUMNS).checks == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(written: Writer, encoding: str) -> None:
    read = reading(written(PLAIN.replace("x", "Währung"), encoding=encoding))
    assert read.table["memo"][0].as_py() == "Währung"
    assert any("encoding" in note for note in read.notes) == (encoding != "utf-8")


@dataclass(frozen=True)
class Shape:
    """A way in which a ledger is written, with the declaration that reads it."""

    delimiter: str
    encoding: str
    decimal: str
    group: str
    dates: str
    signs: str
    preamble: int
    footer: bool
    quoting: Any
    newline: str
    columns: dict[str, Any]

    def text(self, rows: Sequence[tuple[str, datetime.date, Decimal, str]]) -> str:
        out = io.StringIO()
        for number in range(self.preamble):
            out.write(f"Statement of the account {number}{self.newline}")
        writer = csv.writer(out, delimiter=self.delimiter, quoting=self.quoting, lineterminator=self.newline)
        heads = {"two columns": ["Haben", "Soll"], "sign column": ["Betrag", "S/H"]}.get(self.signs, ["Betrag"])
        writer.writerow(["Nr", "Tag", *heads, "Text"])
        for row_id, day, amount, memo in rows:
            writer.writerow([row_id, day.strftime(self.dates), *self.cells(amount), memo])
        if self.footer:
            out.write(f"Summe;{len(rows)}{self.newline}")
        return out.getvalue()

    def cells(self, amount: Decimal) -> list[str]:
        text = f"{abs(amount):,.2f}".replace(",", "G").replace(".", self.decimal).replace("G", self.group)
        negative = amount < 0
        match self.signs:
            case "two columns":
                return ["", text] if negative else [text, ""]
            case "sign column":
                return [text, "S" if negative else "H"]
            case "behind":
                return [f"{text}-" if negative else text]
            case "parentheses":
                return [f"({text})" if negative else text]
            case _:
                return [f"-{text}" if negative else text]

    def declaration(self) -> dict[str, Any]:
        amount: Any = {
            "two columns": {"credit": "Haben", "debit": "Soll"},
            "sign column": {"column": "Betrag", "sign": "S/H", "negative": "S"},
        }.get(self.signs, "Betrag")
        return {
            "delimiter": self.delimiter,
            "encoding": self.encoding,
            "decimal": self.decimal,
            "dates": self.dates,
            "skip_rows": self.preamble,
            "columns": {"row_id": "Nr", "day": "Tag", "amount": amount, "memo": "Text"},
            **({"stop_at": "^Summe"} if self.footer else {}),
        }


SHAPES = st.builds(
    Shape,
    delimiter=st.sampled_from([";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "cp1252", "utf-16"]),
    decimal=st.sampled_from([".", ","]),
    group=st.sampled_from(["", " ", "'"]),
    dates=st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%Y%m%d", "%d-%b-%Y"]),
    signs=st.sampled_from(["before", "behind", "parentheses", "two columns", "sign column"]),
    preamble=st.integers(0, 4),
    footer=st.booleans(),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    newline=st.sampled_from(["\n", "\r\n"]),
    columns=st.just({}),
)
ROWS = st.lists(
    st.tuples(
        st.dates(datetime.date(1990, 1, 1), datetime.date(2060, 1, 1)),
        st.decimals(-(10**9), 10**9, places=2, allow_nan=False).map(lambda amount: amount + Decimal("0.00")),
        st.text(st.sampled_from('abcä ;,|"-'), max_size=8).map(str.strip),
    ),
    min_size=1,
    max_size=12,
)


@given(SHAPES, ROWS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_ledger_in_a_declared_shape_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, shape: Shape, rows: list[tuple[datetime.date, Decimal, str]]
) -> None:
    ledger = [(f"r{number}", *row) for number, row in enumerate(rows)]
    path = tmp_path_factory.mktemp("shape") / "bank.csv"
    path.write_bytes(shape.text(ledger).encode(shape.encoding))
    read = reading(path, **shape.declaration())
    found = [
        (row["row_id"].removeprefix("bank:"), row["day"], row["amount"], row["memo"] or "")
        for row in read.table.to_pylist()
    ]
    assert found == ledger
    assert read.totals[0].net == sum((amount for _, amount, _ in rows), Decimal(0))


BY_NUMBER = {"row_id": {"row_number": True}}
FIELD_CASES: dict[str, tuple[dict[str, Any], str]] = {
    "01-debit-credit-balance/statement.csv": (
        {"columns": BY_NUMBER | {"day": "Date", "amount": {"credit": "Credit", "debit": "Debit"}, "memo": "Details"}},
        "1084.01",
    ),
    "02-hs-indicator-de/umsaetze.csv": (
        {
            "columns": BY_NUMBER
            | {
                "day": "Buchungstag",
                "amount": {"column": "Umsatz", "sign": "S/H", "negative": "S"},
                "memo": "Verwendungszweck",
            }
        },
        "-13.37",
    ),
    "03-junk-header/konto.csv": (
        {"columns": BY_NUMBER | {"day": "Buchungstag", "amount": "Betrag (EUR)", "memo": "Buchungstext"}},
        "1084.01",
    ),
    "05-totals-row/ap.csv": (
        {"stop_at": "^Total", "columns": {"row_id": "doc", "day": "date", "memo": "text"}},
        "-400.00",
    ),
    "24-small-csv-shapes/us_dates.csv": ({"columns": {"row_id": "id", "day": "Date", "memo": "text"}}, "0.00"),
}


@pytest.mark.skipif(not CASES.is_dir(), reason="../shared/data/field_cases is not there")
@pytest.mark.parametrize("name", FIELD_CASES)
def test_field_cases(name: str) -> None:
    data, net = FIELD_CASES[name]
    assert reading(CASES / name, **data).totals[0].net == Decimal(net)


@pytest.mark.parametrize("negate", [False, True])
def test_balance_has_the_sign_of_the_file(tmp_path: Path, negate: bool) -> None:
    path = tmp_path / "bank.csv"
    path.write_text(
        "id,day,amount,memo,Balance\n1,2026-03-01,10.00,a,10.00\n2,2026-03-02,-3.00,b,7.00\n3,2026-03-03,4.00,c,11.00\n"
    )
    source = Source.from_data("bank", {"columns": {"row_id": "id", "amount": {"column": "amount", "negate": negate}}})
    assert [check.holds for check in read(source, [path], FIELDS, id_name="row_id").checks] == [True]
