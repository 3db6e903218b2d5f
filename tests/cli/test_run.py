"""``run`` over files: several files are one batch, and no row of one replaces a row of another."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from examples.intercompany.generate import generate
from florecon_build.cli.declared_sources import LedgerFiles
from florecon_build.host import Description, DuplicateId, Field
from florecon_build.host.runtime import division, instances
from florecon_build.host.runtime.limits import Deadline
from florecon_build.host.runtime.parallel_instances import ParallelInstances
from florecon_build.sources import Source
from tests.cli.command import florecon
from tests.host.conftest import build

STRATEGY = Path(__file__).resolve().parents[2] / "examples" / "intercompany" / "strategy.py"
HEADER = "row_id,account,date,amount,reference\n"
FIRST = (
    HEADER + '1,Elm,2026-01-05,10.00,"INV20001\nby wire"\n2,Elm,2026-01-06,-10.00,INV20001\n3,Oak,2026-01-06,5.00,\n'
)
SECOND = HEADER + "4,Oak,2026-01-07,-5.00,\n3,Oak,2026-01-08,70.00,\n"
ABOUT = Description(
    domain="acme.demo",
    version="1.0.0",
    id_name="row_id",
    runtime="0.1.0",
    fields=(
        Field(name="row_id", base="i64", kind="integer", is_id=True),
        Field(name="amount", base="f64", kind="money", scale=2),
    ),
)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "bank.csv").write_text(FIRST)
    (tmp_path / "gl.csv").write_text(SECOND)
    return tmp_path / "bank.csv", tmp_path / "gl.csv"


def clash(*paths: Path) -> str:
    with pytest.raises(DuplicateId) as raised:
        LedgerFiles(paths).read(ABOUT)
    return str(raised.value)


def test_id_in_two_files_is_refused_with_both_lines(files: tuple[Path, Path]) -> None:
    assert "the id 3 stands in bank.csv:5 and gl.csv:3, and each row needs an id of its own" in clash(*files)


def test_every_kind_of_file_takes_part(files: tuple[Path, Path]) -> None:
    bank, gl = files
    parquet, packed = bank.with_suffix(".parquet"), gl.with_suffix(".csv.gz")
    pq.write_table(pa_csv.read_csv(bank, parse_options=pa_csv.ParseOptions(newlines_in_values=True)), parquet)
    packed.write_bytes(gzip.compress(gl.read_bytes()))
    assert "the id 3 stands in gl.csv.gz:3 and bank.parquet:3" in clash(packed, parquet)


def test_files_of_one_name_are_told_apart(files: tuple[Path, Path]) -> None:
    again = files[0].parent / "april" / "bank.csv"
    again.parent.mkdir()
    again.write_text(SECOND)
    assert f"the id 3 stands in {files[0]}:5 and {again}:3" in clash(files[0], again)


def test_plain_file_is_read_as_the_source_that_declares_it(tmp_path: Path) -> None:
    sources = {
        "bank": Source.from_data("bank", {"files": ["bank*.csv"], "columns": {"row_id": "Nr", "amount": "Betrag"}}),
        "gl": Source.from_data("gl", {"columns": {"row_id": "Beleg", "amount": "Wert"}}),
    }
    texts = {
        "bank_may.csv": "Nr,Betrag\n1,5.00\n",
        "x.csv": "Beleg,Wert\n2,5.00\n",
        "y.csv": "row_id,amount\n3,1.00\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    readings = LedgerFiles((tmp_path / "x.csv", tmp_path / "bank_may.csv"), sources=sources).read(ABOUT)
    assert [(one.source.name, one.table["row_id"].to_pylist()) for one in readings] == [("bank", [1]), ("gl", [2])]
    (plain,) = LedgerFiles((tmp_path / "y.csv",), sources=sources).read(ABOUT)
    assert (plain.source.name, plain.table["row_id"].to_pylist()) == ("", [3])


def test_run_is_in_parallel_where_that_pays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, _ = generate(2_000, 1)
    pq.write_table(ledger, str(tmp_path / "ledger.parquet"))
    divided: list[int] = []
    real = ParallelInstances.upsert

    def upsert(self: ParallelInstances, command: bytes, deadline: Deadline) -> None:
        divided.append(len(self))
        real(self, command, deadline)

    monkeypatch.setattr(ParallelInstances, "upsert", upsert)
    monkeypatch.setattr(instances, "processors", lambda: 2)
    found, told = list[dict[str, bytes]](), list[bytes]()
    for least, explain in ((50_000, 5), (100, 0), (100, 5)):
        monkeypatch.setattr(division, "LEAST_ROWS", least)
        monkeypatch.setattr(division, "ROWS_A_KEY", 1)
        out = tmp_path / f"out {least} {explain}"
        said = florecon("run", STRATEGY, tmp_path / "ledger.parquet", "-o", out, "--explain", str(explain))
        assert said.code == 0, said.err
        found.append({path.name: path.read_bytes() for path in (out / "data").glob("*.parquet")})
        told.append((out / "data" / "why.json").read_bytes())
    assert divided == [2, 2]
    assert found[0] == found[1] == found[2]
    assert told[0] == told[2] != told[1]


@pytest.mark.cargo
def test_run_refuses_an_id_in_two_files_and_writes_nothing(files: tuple[Path, Path]) -> None:
    out = files[0].parent / "out"
    said = florecon("run", build("starter"), *files, "-o", out, at=out.parent)
    assert said.code == 4, said.out
    assert "the id 3 stands in bank.csv:5 and gl.csv:3" in " ".join(said.err.split())
    assert not out.exists()


@pytest.mark.cargo
def test_run_takes_files_with_ids_of_their_own_as_one_ledger(files: tuple[Path, Path]) -> None:
    bank, gl = files
    gl.write_text(SECOND.replace("\n3,", "\n5,"))
    said = florecon("run", build("starter"), bank, gl, "-o", "out", "--json", at=bank.parent)
    assert said.code == 0, said.err
    told = said.json()
    assert [source["rows"] for source in told["inputs"]] == [3, 2]
    assert told["outcome"]["rows"] == 5
