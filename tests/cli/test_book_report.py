"""Report of a period from its book alone: the page and the tables are those of the run whose folder is gone."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import pytest

from florecon_build.host import Book, NotKept
from florecon_build.host.decisions.book import workspace
from tests.cli.command import florecon
from tests.host.decisions.book.plugin import plugin

HEADER = "line,currency,debit,credit,local,day,ref\n"
MARCH = """\
A,EUR,467.02,0,420.00,2026-03-05,a
B,EUR,0,373.52,-336.00,2026-03-06,a
F,EUR,77.00,0,69.00,2026-03-07,
J,JPY,1200,0,1080,2026-03-08,
S,EUR,0.03,0,0.02,2026-03-09,s
"""
APRIL = "G,EUR,0,93.50,-84.00,2026-04-05,a\nH,EUR,12.00,0,10.00,2026-04-06,\n"
PERIODS = {"march": "2026-03", "april": "2026-04"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two months, the first one closed, and the folders of their runs."""
    made = tmp_path_factory.mktemp("report")
    (made / "strategy.json").write_text(plugin.ir())
    for name, rows in (("march", MARCH), ("april", APRIL)):
        (made / f"{name}.csv").write_text(HEADER + rows)
        run = ("run", "strategy.json", f"{name}.csv", *of(name), "--who", "anna", "-o", name, "--title", "entity=Acme")
        assert florecon(*run, at=made).code == 0
        if name == "march":
            code = ("--who", "anna", "--reason", "below the cost of a letter")
            assert florecon("resolve", "F", *of(name), *code, "--code", "write_off", at=made).code == 0
            assert florecon("resolve", "J", *of(name), *code, "--code", "timing", at=made).code == 0
            assert florecon(*run, at=made).code == 0
            assert florecon("close", *of(name), "--who", "ben", "--allow-open", at=made).code == 0
    return made


def of(name: str) -> tuple[str, ...]:
    """The options that name a month of the book."""
    return ("--book", "close.db", "--period", PERIODS[name])


def lines(path: Path) -> list[dict[str, str]]:
    """The lines of a table but for the numbers of groups and of text ids, which are those of a session."""
    session = ("group_id", "first_id", "id" if path.stem in ("rows", "allocations") else "")
    with path.open(newline="", encoding="utf-8") as file:
        found = [{name: cell for name, cell in line.items() if name not in session} for line in csv.DictReader(file)]
    return sorted(found, key=lambda line: line.get("id_text", ""))


def nothing(*_: object) -> dict[str, bytes]:
    """What an earlier release attached to a run, beside its tables."""
    return {}


def without_numbers(page: str) -> list[str]:
    """The sections of a page that are text: title block, proof, stages, ageing, decisions, strategy."""
    return re.findall(r"<section.*?</section>", page, re.DOTALL)


@pytest.mark.parametrize("name", PERIODS)
def test_the_page_and_the_tables_are_those_of_the_run(folder: Path, tmp_path: Path, name: str) -> None:
    (folder / "accounts.csv").write_text("reason,account\nwrite_off,6930\nrounding,6960\nclearing,1200\n")
    accounts = ("--accounts", "accounts.csv", "--tables", f"{name}-tables")
    with_folder = florecon("report", name, *of(name), *accounts, at=folder)
    assert with_folder.code == 0, with_folder.err
    for kept in ("close.db", "accounts.csv"):
        shutil.copy(folder / kept, tmp_path / kept)
    alone = florecon("report", *of(name), "--tables", "tables", "--accounts", "accounts.csv", at=tmp_path)
    assert alone.code == 0, alone.err
    for table in ("rows", "groups", "allocations", "stages", "exceptions", "open_items"):
        for other in (name, f"{name}-tables"):
            assert lines(tmp_path / "tables" / f"{table}.csv") == lines(folder / other / f"{table}.csv"), table
    assert lines(tmp_path / "tables" / "journal.csv") == lines(folder / f"{name}-tables" / "journal.csv")
    journal = lines(tmp_path / "tables" / "journal.csv")
    assert [line["debit"] for line in journal if line["debit"]] == (["77.00", "0.03"] if name == "march" else [])
    page = (tmp_path / f"report-{PERIODS[name]}.html").read_text(encoding="utf-8")
    other = (folder / name / "report.html").read_text(encoding="utf-8")
    texts, others = without_numbers(page), without_numbers(other)
    assert len(texts) > 4
    assert [text for text in others if text not in texts] == []
    assert "from the book alone" in page
    assert "march.csv" in page or name == "april"


def test_the_page_of_a_folder_names_the_period_of_its_run(folder: Path) -> None:
    assert florecon("report", "april", "--page", "folder.html", at=folder).code == 0
    assert "<dt>Period</dt><dd>2026-04</dd>" in (folder / "folder.html").read_text(encoding="utf-8")


def test_the_last_period_is_taken_and_a_workbook_written(folder: Path, tmp_path: Path) -> None:
    done = florecon("report", "--book", folder / "close.db", "--tables", "t", "--format", "excel", at=tmp_path)
    assert done.code == 0, done.err
    assert (tmp_path / "report-2026-04.html").is_file()
    assert (tmp_path / "t" / "report.xlsx").is_file()
    with Book(folder / "close.db") as book:
        report = book.report("2026-03")
        assert (report.whole_rows, report.summary().exact, report.stages.num_rows) == (False, True, 11)
        assert {line["origin"]: line["reason"] for line in report.groups.to_pylist()}["write_off"].startswith("below")
        assert set(book.reasons("2026-03")) == {"A"}
        strategy = book.strategy("2026-03")
        assert strategy is not None
        assert json.loads(strategy)["plugin"]["id"] == "acme.book"


def test_what_is_not_there_is_named(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = ("--book", folder / "close.db")
    refused = {
        ("report", *book, "--period", "2026-07"): (7, "the book has no period '2026-07'; it has 2026-03, 2026-04"),
        ("report", *book, "--by", "region"): (2, "the rows have no column 'region'"),
        ("report", "gone", *book): (2, "leave it out: the page is then made from the book alone"),
        ("report", *book, "--tables", folder / "march"): (2, "is the output folder of a run"),
        ("report", "--book", "no.db"): (2, "there is no book"),
    }
    for command, (code, said) in refused.items():
        done = florecon(*command, at=tmp_path)
        assert (done.code, said in done.err) == (code, True), (command, done.code, done.err)
    assert list(tmp_path.iterdir()) == []
    with monkeypatch.context() as patch, Book(tmp_path / "old.db") as old:
        patch.setattr(workspace, "attachments_of", nothing)
        old.run("2026-03", plugin, who="anna").close()
        with pytest.raises(NotKept, match=r"run by an earlier release; run 2026-03 again"):
            old.report()
    done = florecon("report", "--book", "old.db", at=tmp_path)
    assert (done.code, "run 2026-03 again" in done.err) == (7, True)
    with Book(tmp_path / "old.db") as old:
        old.run("2026-03", plugin, who="anna").close()
        assert old.report().rows.num_rows == 0
