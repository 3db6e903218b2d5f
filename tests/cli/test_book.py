"""Commands of a book: run, close, reopen and print a period; what is refused says what to do."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.cli.command import Completed, florecon
from tests.host.decisions.book.conftest import book_solver

__all__ = ["book_solver"]
pytestmark = pytest.mark.cargo
HEADER = "line,currency,debit,credit,local,day,ref\n"
MARCH = "A,EUR,467.02,0,420.00,2026-03-05,a\nB,EUR,0,373.52,-336.00,2026-03-06,a\nF,EUR,77.00,0,69.00,2026-03-07,\n"
APRIL = "G,EUR,0,93.50,-84.00,2026-04-05,a\nJ,JPY,5.00,0,4.00,2026-04-06,\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files of two months."""
    (tmp_path / "march.csv").write_text(HEADER + MARCH)
    (tmp_path / "april.csv").write_text(HEADER + APRIL)
    return tmp_path


def month(folder: Path, solver: Path, name: str, *more: str, who: str = "anna") -> Completed:
    """Runs the file of a month in its period."""
    period = {"march": "2026-03", "april": "2026-04"}[name]
    options = ("--book", "close.db", "--period", period, "--who", who, *more)
    return florecon("run", solver, f"{name}.csv", "-o", f"out-{name}", *options, at=folder)


def close(folder: Path, period: str, *more: str, who: str = "ben") -> Completed:
    """Closes a period."""
    return florecon("close", "--book", "close.db", "--period", period, "--who", who, *more, at=folder)


def test_two_months(folder: Path, book_solver: Path) -> None:
    done = month(folder, book_solver, "march")
    assert done.code == 0, done.err
    assert "3 rows new" in done.out
    refused = close(folder, "2026-03")
    assert refused.code == 7
    assert "2 open items without a reason code" in refused.err
    closed = close(folder, "2026-03", "--allow-open")
    assert closed.code == 0, closed.err
    head = closed.out.partition("head ")[2].split()[0]
    done = month(folder, book_solver, "april", "--json")
    book = done.json()["book"]
    euro, yen = book["balances"]
    assert (euro["opening"], euro["new"], euro["cleared"], euro["closing"]) == (17050, -9350, 0, 7700)
    assert (yen["currency"], yen["opening"], yen["closing"]) == ("JPY", 0, 500)
    assert (book["carried"], book["new"], book["known"]) == (2, 2, 0)
    with (folder / "out-april" / "open_items.csv").open() as file:
        items = {line["id"]: (line["original"], line["remaining"], line["first_seen"]) for line in csv.DictReader(file)}
    assert items == {"F": ("77.00", "77.00", "2026-03"), "J": ("5", "5", "2026-04")}
    assert florecon("report", "out-april", at=folder).code == 0
    said = florecon("report", "out-april", "--book", "close.db", "--entity", "Acme", at=folder)
    assert said.code == 0, said.err
    page = (folder / "out-april" / "report.html").read_text(encoding="utf-8")
    assert "Opening + new - cleared = closing." in page
    for text in (">170.50<", ">-93.50<", ">77.00<", "Closing 2026-03", "2026-04 (open)", ">anna<"):
        assert text in page, text
    assert florecon("report", "out-april", "--book", "close.db", "--period", "2026-03", at=folder).code == 2
    assert close(folder, "2026-04", "--allow-open", "--expect-head", head).code == 0
    document = florecon("book", "close.db", "--json", at=folder).json()
    assert [(each["period"], each["status"]) for each in document["periods"]] == [
        ("2026-03", "closed"),
        ("2026-04", "closed"),
    ]
    assert {line["id"]: line["age_days"] for line in document["open_items"]} == {"F": 54, "J": 24}
    printed = florecon("book", "close.db", at=folder)
    assert printed.code == 0
    assert "31-60 days" in printed.out
    reopened = florecon(
        "reopen", "--book", "close.db", "--period", "2026-04", "--who", "ben", "--reason", "late", at=folder
    )
    assert reopened.code == 0, reopened.err
    assert month(folder, book_solver, "april").out.count("2 known already") == 1


def test_what_is_refused_says_what_to_do(folder: Path, book_solver: Path) -> None:
    assert month(folder, book_solver, "march").code == 0
    assert close(folder, "2026-03", "--allow-open").code == 0
    before = florecon("book", "close.db", "--json", at=folder).json()["head"]
    (folder / "april.csv").write_text(HEADER + MARCH.replace("77.00", "80.00"))
    refused = month(folder, book_solver, "april")
    assert refused.code == 7
    assert "row F: debit was 77.00, now 80.00" in refused.err
    assert "--restate" in refused.err
    (folder / "april.csv").write_text(HEADER + APRIL.replace("2026-04", "2026-05"))
    assert "--any-date" in month(folder, book_solver, "april").err
    other = folder / "other.wasm"
    wasm = book_solver.read_bytes()
    strategy = json.loads(florecon("book", "close.db", "--json", at=folder).out)["strategy"].encode()
    other.write_bytes(wasm.replace(strategy, strategy[::-1]))
    (folder / "april.csv").write_text(HEADER + APRIL)
    refused = month(folder, other, "april")
    assert refused.code == 7
    assert "--migrate" in refused.err
    assert close(folder, "2026-03").code == 7
    assert close(folder, "2026-03", "--expect-head", "abc").code == 2
    refused = close(folder, "2026-03", "--expect-head", "0" * 64)
    assert refused.code == 7
    assert "cut off, or written anew" in refused.err
    assert florecon("close", "--book", "no.db", "--period", "2026-03", "--who", "ben", at=folder).code == 2
    assert not (folder / "no.db").exists()
    assert "--book needs --who" in florecon("run", book_solver, "--book", "x.db", "--period", "2026-03").err
    assert "--restate without --book" in florecon("run", book_solver, "march.csv", "--restate", at=folder).err
    assert florecon("book", "close.db", "--json", at=folder).json()["head"] == before
