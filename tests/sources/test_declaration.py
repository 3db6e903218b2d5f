"""Declarations: every key is known and well typed, or refused with its place."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from florecon_build.sources.declaration import (
    Constant,
    CreditDebit,
    Expect,
    Hash,
    Header,
    Join,
    RowNumber,
    Signed,
    Source,
    column_rule,
    load,
)
from florecon_build.sources.errors import DeclarationError

PAGE = """\
[source.bank]
files   = ["bank*.csv"]
format  = "csv"
encoding = "cp1252"
decimal = ","
dates   = "%d/%m/%Y"
skip_rows = 5
stop_at = "^Total"
currency = "EUR"
expect = { rows = 1004, net = "12345.67" }

[source.bank.columns]
row_id = "Transaction ID"
day    = "Buchungstag"
amount = { credit = "Haben", debit = "Soll" }
book   = { value = "bank" }
memo   = { join = ["Verwendungszweck", "Name"], with = " " }

[[source.bank.rows]]
amount = "gross"

[[source.bank.rows]]
amount = { column = "fee", negate = true }
where = "fee"

[source.gl]
files = ["gl.xlsx"]
sheet = "AP open items"
"""


def test_page_of_the_documentation(tmp_path: Path) -> None:
    (tmp_path / "florecon.toml").write_text(PAGE)
    sources = load(tmp_path / "florecon.toml")
    bank = sources["bank"]
    assert list(sources) == ["bank", "gl"]
    assert (bank.format, bank.decimal, bank.skip_rows, bank.currency) == ("csv", ",", 5, "EUR")
    assert bank.expect == Expect(rows=1004, net=Decimal("12345.67"))
    assert bank.columns["amount"] == CreditDebit("Haben", "Soll")
    assert [template.where for template in bank.rows] == [None, "fee"]
    assert sources["gl"].sheet == "AP open items"


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        ("Betrag", Header("Betrag")),
        ({"column": "Betrag", "negate": True}, Header("Betrag", negate=True)),
        ({"column": "Betrag", "sign": "S/H", "negative": "S"}, Signed("Betrag", "S/H", ("S",))),
        ({"row_number": True}, RowNumber()),
        ({"hash": ["Date", "Amount"], "occurrence": True}, Hash(("Date", "Amount"), occurrence=True)),
        ({"value": "bank"}, Constant("bank")),
        ({"join": ["A", "B"], "with": "-"}, Join(("A", "B"), "-")),
    ],
)
def test_column_rules(data: Any, rule: object) -> None:
    assert column_rule("here", data) == rule


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"colums": {}}, "[source.bank]: 'colums' is not known; did you mean 'columns'?"),
        ({"decimal": "point"}, '[source.bank]: decimal = \'point\'; write "." or ","'),
        ({"encoding": "latin-9000"}, "encoding = 'latin-9000'"),
        ({"timezone": "Berlin"}, "timezone = 'Berlin'"),
        ({"stop_at": "("}, "stop_at = '('"),
        ({"skip_rows": True}, "skip_rows = True"),
        ({"columns": {"amount": {"credit": "Haben"}}}, "[source.bank.columns] amount: {'credit': 'Haben'} says no way"),
        ({"columns": {"amount": {"column": "x", "signs": "y"}}}, "'signs' is not known"),
        ({"expect": {"net": 12.5}}, "net = 12.5; write an amount in quotes"),
        ({"format": "cvs"}, "format = 'cvs'; write one of csv"),
    ],
)
def test_mistakes_name_their_place(data: dict[str, Any], says: str) -> None:
    with pytest.raises(DeclarationError) as raised:
        Source.from_data("bank", data)
    assert says in str(raised.value)


def test_file_that_is_no_toml_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "florecon.toml").write_text("[source.bank\n")
    with pytest.raises(DeclarationError, match=r"florecon\.toml: .*line 1"):
        load(tmp_path / "florecon.toml")
