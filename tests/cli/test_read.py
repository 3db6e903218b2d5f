"""``read``, and ``run`` over declared sources: what is declared is read, shown and recorded."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from florecon_build.cli import strategy_loader
from florecon_build.cli.declared_sources import check_sources
from florecon_build.sources import Source, SourceError, load
from tests.cli.command import florecon

STRATEGY = """\
import florecon_build as fb

ledger = fb.columns(
    row_id=fb.text(id=True), book=fb.text(), day=fb.date(), amount=fb.money(scale=2, display=True),
    memo=fb.text(nullable=True),
)
strategy = fb.exact_1to1()
plugin = fb.Plugin("acme.bank", "1.0.0", rows=ledger, numeraire=ledger.amount, strategy=strategy)
"""
SETTINGS = """\
[source.bank]
files = ["bank*.csv"]
dates = "%d.%m.%Y"

[source.bank.columns]
row_id = { row_number = true }
book   = { value = "bank" }
day    = "Tag"
amount = { credit = "Haben", debit = "Soll" }
memo   = "Text"

[source.gl]
files = ["gl.csv"]

[source.gl.columns]
row_id = "id"
book   = { value = "gl" }
amount = { column = "amount", negate = true }
memo   = "text"
"""
BANK = "Kontoauszug\n\nTag;Haben;Soll;Text\n02.03.2026;1.200,00;;INV20411\n05.03.2026;;88,40;REF990017\n"
LEDGER = "id,day,amount,text\n1,2026-03-02,1200.00,INV20411\n2,2026-03-09,10.00,open\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {"strategy.py": STRATEGY, "florecon.toml": SETTINGS, "bank_march.csv": BANK, "gl.csv": LEDGER}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_read_shows_mapping_totals_and_skipped_lines(project: Path) -> None:
    said = florecon("read", at=project)
    assert said.code == 0, said.err
    for words in (
        "Haben - Soll",
        "bank_march.csv:1: before the header: Kontoauszug",
        "1,111.60",
        "decimal = ','",
        "- amount",
        "-1,210.00",
    ):
        assert words in said.out


def test_amounts_have_the_decimals_of_their_currency(tmp_path: Path) -> None:
    lines = "id;waehrung;betrag\n1;EUR;1.234,50\n2;JPY;15.000\n3;JPY;-2.500\n4;KWD;12,345\n"
    (tmp_path / "mixed.csv").write_text(lines)
    said = florecon("new", "mixed", "--data", "mixed.csv", at=tmp_path)
    assert said.code == 0, said.err
    shown = [line.split() for line in said.out.splitlines()]
    assert ["2", "JPY", "15,000"] in shown
    assert ["EUR", "1", "1,234.50", "0.00", "1,234.50"] in shown
    assert ["JPY", "2", "15,000", "-2,500", "12,500"] in shown
    assert ["KWD", "1", "12.345", "0.000", "12.345"] in shown


def test_read_as_json(project: Path) -> None:
    bank, gl = florecon("read", "--json", at=project).json()["sources"]
    assert set(bank) == {"name", "files", "mapping", "rows", "skipped", "totals", "checks", "notes"}
    assert (bank["rows"], gl["rows"]) == (2, 2)
    assert bank["totals"] == [
        {
            "currency": None,
            "rows": 2,
            "positive": "1200.00",
            "negative": "-88.40",
            "net": "1111.60",
            "first_day": "2026-03-02",
            "last_day": "2026-03-05",
        }
    ]
    assert bank["skipped"] == [
        {"file": "bank_march.csv", "line": 1, "reason": "before the header", "text": "Kontoauszug"}
    ]


def test_read_writes_the_ledger(project: Path) -> None:
    assert florecon("read", "-o", "ledger.parquet", at=project).code == 0
    ids = pq.read_table(project / "ledger.parquet")["row_id"].to_pylist()
    assert ids == ["bank:1", "bank:2", "gl:1", "gl:2"]


def test_a_ledger_that_cannot_be_written_leaves_the_one_before(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert florecon("read", "-o", "ledger.parquet", at=project).code == 0
    before = (project / "ledger.parquet").read_bytes()

    def full(_: object, where: str) -> None:
        Path(where).write_bytes(b"PAR1")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), where)

    monkeypatch.setattr(pq, "write_table", full)
    failed = florecon("read", "-o", "ledger.parquet", at=project)
    assert failed.code == 6
    assert "No space left" in failed.err
    assert (project / "ledger.parquet").read_bytes() == before
    assert list(project.glob("*.part")) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("bank*.csv", "../bank.csv"), "leads out of the project"),
        (("bank*.csv", "none.csv"), "no file 'none.csv'"),
        (('"Tag"', '"Tage"'), "has no header 'Tage'; did you mean 'Tag'?"),
        (("[source.gl]", "[source.gl]\ndecimals = 2"), "'decimals' is not known"),
        (('dates = "%d.%m.%Y"', 'dates = "%Y-%m-%d"'), "bank_march.csv:4: Tag"),
    ],
)
def test_mistakes_are_located(project: Path, change: tuple[str, str], says: str) -> None:
    (project / "florecon.toml").write_text(SETTINGS.replace(*change))
    said = florecon("read", at=project)
    assert said.code in (2, 4)
    assert says in " ".join(said.err.split())
    assert "Traceback" not in said.err


def test_link_out_of_the_project_is_not_followed(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.csv"
    outside.write_text(BANK)
    (project / "bank_april.csv").symlink_to(outside)
    said = florecon("read", at=project)
    assert said.code == 4
    assert "is a link that leads out of the project" in " ".join(said.err.split())


def test_file_on_the_command_line_is_read_instead(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other") / "statement.csv"
    other.write_text(BANK.replace("88,40", "88,41"))
    bank, _ = florecon("read", "--json", "--data", f"bank={other}", at=project).json()["sources"]
    assert bank["totals"][0]["negative"] == "-88.41"


@pytest.mark.cargo
def test_run_reads_the_declared_sources(project: Path) -> None:
    strategy_loader.load(project / "strategy.py").build(project / "dist", profile="quick")
    said = florecon("run", "dist/solver.wasm", "--json", at=project)
    assert said.code == 0, said.err
    record = json.loads((project / "out" / "run.json").read_text())
    assert [source["name"] for source in record["sources"]] == ["bank", "gl"]
    assert [one["rows"] for one in record["inputs"]] == [2, 2]
    assert record["outcome"]["rows"] == 4
    assert record["exceptions"]["rows"] == 2


def test_check_holds_the_sources_to_the_columns_of_the_strategy(project: Path) -> None:
    about = strategy_loader.load(project / "strategy.py").description
    sources = load(project / "florecon.toml")
    assert [reading.table.num_rows for reading in check_sources(sources, project, about)] == [2, 2]
    (project / "gl.csv").unlink()
    assert check_sources(sources, project, about) == []
    wrong = {"gl": Source.from_data("gl", {"columns": {"amont": "amount"}})}
    with pytest.raises(SourceError, match=r"\[source.gl.columns\] has 'amont', which the strategy does not have"):
        check_sources(wrong, project, about)


def test_author_reads_the_declared_sources(project: Path) -> None:
    report = florecon("author", "--preview", "--json", at=project).json()
    assert (report["rows"], report["open"]["rows"]) == (4, 2)
    said = florecon("author", "--preview", at=project).err
    assert "found  bank: decimal = ','" in said
    assert "found  bank: 1 line is no row" in said
    other = florecon("author", "--preview", "--json", "--data", "gl=bank_march.csv", at=project)
    assert (other.code, "has no header 'id'" in other.err) == (4, True)


@pytest.mark.parametrize("url", ["sqlite:////etc/passwd", "sqlite:///../x.db", "sqlite:///link.db"])
def test_database_out_of_the_project_is_not_opened(
    project: Path, tmp_path_factory: pytest.TempPathFactory, url: str
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "x.db"
    outside.write_bytes(b"")
    (project / "link.db").symlink_to(outside)
    (project / "florecon.toml").write_text(f'[source.bank]\nformat = "sql"\nurl = "{url}"\nquery = "select 1"\n')
    said = florecon("read", at=project)
    assert said.code == 4
    assert "url leads out of the project" in " ".join(said.err.split())
