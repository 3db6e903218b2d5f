"""``run --accounts``: the journal of a run as CSV, on the sheet Journal and in total on the page; what is refused."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import openpyxl
import pytest

from tests.cli.command import florecon
from tests.support.four_currencies import plugin, table

LINES = "reason,account\nsmall differences,6900\nnear dates,6910\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a strategy, its rows and the accounts."""
    (tmp_path / "strategy.json").write_text(plugin().ir(), encoding="utf-8")
    with (tmp_path / "rows.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, table().column_names)
        writer.writeheader()
        writer.writerows(table().to_pylist())
    (tmp_path / "accounts.csv").write_text(LINES, encoding="utf-8")
    return tmp_path


def run(folder: Path, *more: str) -> str:
    done = florecon("run", "strategy.json", "rows.csv", "--text-amounts", "point", *more, at=folder)
    return done.err if done.code else done.out


def test_the_journal_of_a_run(folder: Path) -> None:
    said = run(folder, "--accounts", "accounts.csv")
    assert "journal.csv" in said
    with (folder / "out" / "journal.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert {line["account"] for line in lines} == {"6900", "1200"}
    for code in ("EUR", "JPY", "KWD", "USD"):
        sides = [
            [line[side] for line in lines if line["currency"] == code and line[side]] for side in ("debit", "credit")
        ]
        assert sides[0] == sides[1] != []
    assert florecon("report", at=folder).code == 0
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert 'id="journal"' in page
    assert (
        '<tr><th scope="row">JPY</th><td data-label="Account">6900</td><td class="n" data-label="Lines">1</td>' in page
    )
    run(folder, "--accounts", "accounts.csv", "--format", "excel")
    sheet = openpyxl.load_workbook(folder / "out" / "report.xlsx")["Journal"]
    assert sheet.max_row == len(lines) + 1
    with (folder / "out" / "report.xlsx").open("rb"):
        assert florecon("report", at=folder).code == 0


@pytest.mark.parametrize("format", ["csv", "excel"])
def test_the_journal_of_a_report_is_that_of_the_run(folder: Path, format: str) -> None:
    run(folder, "--accounts", "accounts.csv", "-o", "with")
    run(folder)
    assert florecon("report", "with", at=folder).code == 0
    done = florecon("report", "--accounts", "accounts.csv", "--tables", "tables", "--format", format, at=folder)
    assert done.code == 0, done.err
    assert without_footer(folder / "out") == without_footer(folder / "with")
    if format == "csv":
        for path in (folder / "with").glob("*.csv"):
            assert (folder / "tables" / path.name).read_text() == path.read_text(), path.name
    else:
        sheet = openpyxl.load_workbook(folder / "tables" / "report.xlsx")["Journal"]
        assert sheet.max_row == len((folder / "with" / "journal.csv").read_text().splitlines())


def without_footer(folder: Path) -> str:
    """The page but for the names of files and the moments of the run."""
    text = (folder / "report.html").read_text(encoding="utf-8")
    return re.sub(r"<footer.*?</footer>|<dt>Prepared at</dt><dd>[^<]*", "", text, flags=re.DOTALL)


def test_a_report_refuses_what_it_cannot_post(folder: Path) -> None:
    run(folder)
    (folder / "accounts.csv").write_text("reason,account\nclearing,1200\n", encoding="utf-8")
    refused = {
        ("--accounts", "accounts.csv"): (2, "no account is given for"),
        ("--accounts", "gone.csv"): (2, "gone.csv"),
        ("--tables", "out"): (2, "out is the output folder of a run fix: give --tables another folder"),
    }
    for options, (code, says) in refused.items():
        done = florecon("report", "out", *options, at=folder)
        assert (done.code, says in " ".join(done.err.split())) == (code, True), (options, done.code, done.err)
        assert not (folder / "out" / "report.html").exists()
    (folder / "out" / "data" / "description.json").rename(folder / "out" / "data" / "elsewhere.json")
    record = folder / "out" / "run.json"
    record.write_text(record.read_text().replace("data/description.json", "data/elsewhere.json"), encoding="utf-8")
    done = florecon("report", "out", "--tables", "t", at=folder)
    assert (done.code, "is of an earlier release" in " ".join(done.err.split())) == (2, True), done.err


def test_without_accounts_there_is_no_journal(folder: Path) -> None:
    run(folder)
    assert not (folder / "out" / "journal.csv").exists()
    assert florecon("report", at=folder).code == 0
    assert 'id="journal"' not in (folder / "out" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "accounts.csv"),
        ("", "line 1 is 'missing', not 'reason,account'"),
        ("code,account\n", "line 1 is 'code,account', not 'reason,account'"),
        ("reason,account\nnear dates,\n", "line 2 has no reason, no account, or more than these two"),
        ("reason,account\na,1\n\na,2\n", "line 4 gives a second account for 'a'"),
        ("reason,account\nclearing,1200\n", "no account is given for 'small differences' (4)"),
    ],
)
def test_what_is_refused_says_what_to_do(folder: Path, text: str | None, says: str) -> None:
    path = folder / "accounts.csv"
    if text is None:
        path.unlink()
    else:
        path.write_text(text, encoding="utf-8")
    said = run(folder, "--accounts", "accounts.csv")
    assert says in " ".join(said.split())
    assert "Traceback" not in said
    assert not (folder / "out").exists()
