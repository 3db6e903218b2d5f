"""Loader of a run's output folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from florecon_build.cli.html import RunFolderError, load, render
from florecon_build.cli.run_folder import commit, staging
from tests.host.report.html.test_payload import NODES, RESULT

RECORD: dict[str, Any] = {
    "run_version": 2,
    "florecon_build": "0.1.0",
    "started_at": "2026-03-31T18:00:00+00:00",
    "solver": {"id": "acme.cards", "version": "1.0.0", "path": "/x/solver.wasm", "sha256": "ab", "fingerprint": "cd"},
    "params": {"slack": 5},
    "inputs": [{"path": "/y/march.csv", "sha256": "ef", "rows": 4}],
    "id_column": "key",
    "tree": "seq <&>",
    "nodes": [{"id": node.id, "kind": node.kind, "path": node.path, "label": node.label} for node in NODES],
    "outcome": {"scale": 2},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tables = {
        "input": RESULT.ledger,
        "rows": RESULT.rows,
        "groups": RESULT.groups,
        "allocations": RESULT.allocations,
    }
    with staging(tmp_path) as staged:
        data = staged / "data"
        data.mkdir()
        for name, table in tables.items():
            pq.write_table(table, str(data / f"{name}.parquet"))
        (data / "why.json").write_text(json.dumps(dict(RESULT.why)), encoding="utf-8")
        commit(tmp_path, RECORD)
    return tmp_path


def test_run_folder_round_trip(folder: Path) -> None:
    read = load(folder)
    assert (read.title, read.scale, read.nodes, dict(read.why)) == (RESULT.title, 2, NODES, {"4": "no partner"})
    assert read.facts["input march.csv"] == "4 rows, sha256 ef"
    assert read.facts["params"] == "slack = 5"
    assert "acme.cards 1.0.0" in render(read)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("run.json", None, "has no run.json; create it with: florecon-build run"),
        ("run.json", "{", "is not JSON"),
        ("run.json", '{"run_version": 9}', "has version 9, not 2"),
        ("data/groups.parquet", None, "data/groups.parquet is not the file that run.json names"),
    ],
    ids=["no record", "no json", "another version", "a table missing"],
)
def test_invalid_run_folder_is_rejected(folder: Path, name: str, content: str | None, says: str) -> None:
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(RunFolderError, match=says):
        load(folder)


def test_unknown_column_is_rejected(folder: Path) -> None:
    with pytest.raises(RunFolderError, match="no column 'ccy'; it has day, memo, key"):
        load(folder, by="ccy")
