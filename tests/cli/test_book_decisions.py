"""Commands that decide in a book, and the decimals of its tables; what is refused says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import Completed, florecon
from tests.host.decisions.book.plugin import with_accounts

HEADER = "line,account,currency,amount,day\n"
MARCH = """\
1,bank,EUR,10.00,2026-03-02
2,bank,EUR,-10.00,2026-03-03
3,bank,EUR,77.50,2026-03-04
4,bank,JPY,1200,2026-03-05
5,cash,KWD,1.234,2026-03-06
"""
BOOK = ("--book", "close.db")
PERIOD = (*BOOK, "--period", "2026-03")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which March was run once, over the right file and a wrong one."""
    (tmp_path / "strategy.json").write_text(with_accounts().ir())
    (tmp_path / "march.csv").write_text(HEADER + MARCH)
    (tmp_path / "wrong.csv").write_text(HEADER + "9,cash,EUR,5.00,2026-03-09\n")
    done = run(tmp_path, "march.csv", "wrong.csv")
    assert done.code == 0, done.err
    return tmp_path


def run(folder: Path, *files: str) -> Completed:
    """Runs March."""
    return florecon("run", "strategy.json", *files, *PERIOD, "--who", "anna", at=folder)


def words(text: str) -> list[str]:
    """The lines of a printed text, each with single spaces."""
    return [" ".join(line.split()) for line in text.splitlines()]


def test_a_month_is_decided_on_the_command_line(folder: Path) -> None:
    withdrawn = florecon(
        "withdraw", *PERIOD, "--who", "ben", "--reason", "of another company", "--file", "wrong.csv", at=folder
    )
    assert withdrawn.code == 0, withdrawn.err
    assert "1 row withdrawn by ben; entry 4" in withdrawn.out
    code = ("--code", "write_off", "--reason", "below the cost of a letter")
    done = florecon("resolve", "3", *PERIOD, "--who", "anna", *code, at=folder)
    assert done.code == 7
    assert "rows of 2026-03 came or went after its last run; run it again" in done.err
    assert run(folder).code == 0
    done = florecon("resolve", "3", "4", *PERIOD, "--who", "anna", *code, "--json", at=folder)
    assert (done.json()["ids"], len(done.json()["entries"])) == ([3, 4], 2)
    taken_back = florecon("unresolve", "4", "--book", "close.db", "--who", "anna", at=folder)
    assert "1 item without a code again; entry 8" in taken_back.out
    florecon("resolve", "4", "5", *PERIOD, "--who", "anna", "--code", "timing", "--reason", "of April", at=folder)
    assert run(folder).code == 0
    closed = florecon("close", *PERIOD, "--who", "ben", at=folder)
    assert closed.code == 0, closed.err
    lines = words(closed.out)
    assert "EUR bank 0.00 77.50 77.50 0.00 0" in lines
    assert "JPY bank 0 1,200 0 1,200 1" in lines
    assert "KWD cash 0.000 1.234 0.000 1.234 1" in lines
    assert "EUR bank: write_off 1 1 77.50 0.00 77.50" in lines
    printed = words(florecon("book", "close.db", at=folder).out)
    assert "JPY bank 0-30 days 1 1,200" in printed
    assert "4 JPY 1,200 1,200 2026-03 26 timing of April" in printed
    assert "5 KWD 1.234 1.234 2026-03 25 timing of April" in printed
    assert florecon("report", "--book", "close.db", "--page", "page.html", at=folder).code == 0
    page = (folder / "page.html").read_text(encoding="utf-8")
    for text in ("1 of wrong.csv", "of another company", "1 row withdrawn", "resolve write_off"):
        assert text in page, text
    inputs = florecon("book", "close.db", "--json", at=folder).json()["periods"][0]["inputs"]
    assert [(each["name"], each.get("withdrawn")) for each in inputs] == [("march.csv", None), ("wrong.csv", 1)]


def test_a_second_person_approves_on_the_command_line(folder: Path) -> None:
    policy = florecon("policy", *BOOK, "--who", "chief", "--second-person-from", "50.00", at=folder)
    assert "decisions of at least 50.00 wait for a second person" in policy.out
    code = ("--code", "write_off", "--reason", "below the cost of a letter")
    asked = florecon("resolve", "3", *PERIOD, "--who", "anna", *code, at=folder)
    assert "entry 5 waits for a second person" in asked.out
    assert "entry 5, resolve by anna, waits for a second person" in florecon("book", "close.db", at=folder).out
    for name in ("anna", "ANNA "):
        own = florecon("approve", "5", "--book", "close.db", "--who", name, at=folder)
        assert own.code == 7
        assert "a second person answers it" in own.err
    approved = florecon("approve", "5", "--book", "close.db", "--who", "ben", at=folder)
    assert "entry 5 is approved by ben: resolve by anna" in approved.out
    again = florecon("reject", "5", "--book", "close.db", "--who", "ben", at=folder)
    assert again.code == 7
    assert "waits for nobody" in again.err


def test_what_cannot_be_decided_is_refused_and_says_what_to_do(folder: Path) -> None:
    head = florecon("book", "close.db", "--json", at=folder).json()["head"]
    resolve = ("--who", "anna", "--reason", "x", "--code")
    wrong = ("--who", "anna", "--reason", "x")
    refused = {
        ("resolve", "3", *PERIOD, *resolve, "writeoff"): (7, "the book has bank_error"),
        ("resolve", "33", *PERIOD, *resolve, "timing"): (7, "no row with the id 33"),
        ("resolve", "F", *PERIOD, *resolve, "timing"): (2, "the ids of the book are whole numbers"),
        ("resolve", "1", *PERIOD, *resolve, "timing"): (7, "row 1 is not open"),
        ("unresolve", "3", *PERIOD, "--who", "anna"): (7, "row 3 has no reason code"),
        ("withdraw", *PERIOD, *wrong): (2, "--file NAME, or --row ID"),
        ("withdraw", *PERIOD, *wrong, "--file", "april.csv"): (7, "its rows came with march.csv, wrong.csv"),
        ("withdraw", *PERIOD, *wrong, "--row", "77"): (7, "row 77 did not come in 2026-03"),
        ("approve", "99", "--book", "close.db", "--who", "ben"): (7, "there is no entry 99"),
        ("approve", "3", "--book", "no.db", "--who", "ben"): (2, "there is no book"),
    }
    for command, (code, said) in refused.items():
        done = florecon(*command, at=folder)
        assert (done.code, said in done.err) == (code, True), (command, done.code, done.err)
    assert florecon("book", "close.db", "--json", at=folder).json()["head"] == head
    assert florecon("close", *PERIOD, "--who", "ben", "--allow-open", at=folder).code == 0
    for command in list(refused)[:1], list(refused)[7:8]:
        done = florecon(*command[0], at=folder)
        assert done.code == 7
        assert "was closed by ben" in done.err


def test_codes_are_set_on_the_command_line(folder: Path) -> None:
    set_codes = ("--set", "bank_fee=cleared", "--set", "write_off=cleared:50.00", "--remove", "fee")
    done = florecon("codes", *BOOK, "--who", "chief", "--reason", "policy 7", *set_codes, at=folder)
    assert done.code == 0, done.err
    assert {"bank_fee cleared", "write_off cleared 50.00", "entry 4 by chief"} <= set(words(done.out))
    again = florecon("codes", *BOOK, "--who", "chief", *set_codes[:4], at=folder)
    assert "nothing changed" in again.out
    shown = florecon("codes", *BOOK, "--json", at=folder).json()["codes"]
    assert shown["write_off"] == {"effect": "cleared", "second_person_from": 50_000}
    assert "fee" not in shown
    assert "write_off cleared 50.00" in words(florecon("book", "close.db", at=folder).out)
    why = ("--who", "anna", "--reason", "agreed")
    asked = florecon("resolve", "3", *PERIOD, *why, "--code", "write_off", "--json", at=folder).json()
    assert asked["pending"] == asked["entries"] == [5]
    assert florecon("resolve", "5", *PERIOD, *why, "--code", "bank_fee", "--json", at=folder).json()["pending"] == []
    assert "there is no code 'fee'" in florecon("resolve", "4", *PERIOD, *why, "--code", "fee", at=folder).err
    florecon("approve", "5", *BOOK, "--who", "ben", at=folder)
    florecon("codes", *BOOK, "--who", "chief", "--remove", "write_off", at=folder)
    taken_back = florecon("unresolve", "3", *BOOK, "--who", "ben", "--json", at=folder).json()
    assert taken_back["pending"] == taken_back["entries"], "what two persons agreed, also under a code that is gone"
    florecon("reject", str(taken_back["pending"][0]), *BOOK, "--who", "chief", at=folder)
    policy = florecon("policy", *BOOK, "--who", "chief", "--second-person-from", "1000", at=folder)
    assert "decisions of at least 1,000.00 wait for a second person" in policy.out
    waits = florecon("codes", *BOOK, "--who", "anna", "--set", "fee=carried", at=folder)
    assert "waits for a second person" in waits.out
    lowered = florecon("policy", *BOOK, "--who", "anna", "--second-person-from", "none", "--json", at=folder).json()
    assert (lowered["second_person_from"], lowered["status"]) == (1_000_000, "pending")
    assert run(folder, "march.csv", "wrong.csv").code == 0
    assert florecon("report", *BOOK, "--page", "page.html", at=folder).code == 0
    page = (folder / "page.html").read_text(encoding="utf-8")
    for text in ("write_off (cleared, second person from 50.00)", "decisions of at least 1,000.00 wait", "policy 7"):
        assert text in page, text


def test_rules_that_are_malformed_are_refused(folder: Path) -> None:
    head = florecon("book", "close.db", "--json", at=folder).json()["head"]
    who = ("--who", "chief")
    refused = {
        ("codes", *BOOK, *who, "--set", "fee"): (2, "--set fee: expected name=value"),
        ("codes", *BOOK, *who, "--set", "fee=paid"): (2, "write --set NAME=carried, --set NAME=cleared or"),
        ("codes", *BOOK, *who, "--set", "fee=cleared:"): (2, "no effect of a code"),
        ("codes", *BOOK, *who, "--set", "fee=cleared:1,000"): (2, "'1,000' is no amount of at most 3 decimals"),
        ("codes", *BOOK, *who, "--set", "fee=cleared:0.0005"): (2, "write it as 1000.00, without signs"),
        ("codes", *BOOK, *who, "--set", "unmatched=cleared"): (2, "'unmatched' is no name for a code"),
        ("codes", *BOOK, *who, "--remove", "fees"): (2, "there is no such code"),
        ("codes", *BOOK, "--set", "fees=carried"): (2, "add --who NAME"),
        ("codes", "--book", "no.db"): (2, "there is no book"),
        ("policy", *BOOK, *who, "--second-person-from", "-5"): (2, "'-5' is no amount"),
        ("policy", *BOOK, *who, "--second-person-from", "nan"): (2, "'nan' is no amount"),
        ("policy", *BOOK, *who, "--second-person-from", "1e99"): (2, "'1e99' is no amount"),
        ("policy", *BOOK, "--second-person-from", "5"): (2, "add --who NAME"),
    }
    for command, (code, said) in refused.items():
        done = florecon(*command, at=folder)
        assert (done.code, said in " ".join(done.err.split())) == (code, True), (command, done.code, done.err)
    every = [name for code in ("fee", "write_off", "timing", "dispute") for name in ("--remove", code)]
    every += [name for code in ("bank_error", "book_error", "fx_difference") for name in ("--remove", code)]
    assert "no code would be left" in florecon("codes", *BOOK, *who, *every, at=folder).err
    assert "no amount requires a second person" in florecon("policy", *BOOK, at=folder).out
    assert florecon("book", "close.db", "--json", at=folder).json()["head"] == head
