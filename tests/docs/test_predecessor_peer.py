"""The predecessor as a peer of the benchmarks: pinned, skipped where it is not installed, scored like the others."""

from __future__ import annotations

import json
import tomllib
from importlib.metadata import PackageNotFoundError
from typing import NoReturn

import pytest

from benchmarks import alternatives, predecessor_peer
from examples.intercompany.generate import generate
from scripts.engine_tables import PAGE, RESULTS, page


def test_crate_and_host_are_of_one_release() -> None:
    packages = tomllib.loads(predecessor_peer.CRATE.with_name("Cargo.lock").read_text(encoding="utf-8"))["package"]
    [crate] = [package["version"] for package in packages if package["name"] == "florecon"]
    peers = predecessor_peer.CRATE.parent.with_name("peers.lock").read_text(encoding="utf-8")
    assert f"\n{predecessor_peer.HOST}=={crate} " in peers


def test_without_its_host_it_is_left_out_and_not_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(package: str) -> NoReturn:
        raise PackageNotFoundError(package)

    monkeypatch.setattr(predecessor_peer, "version", missing)
    monkeypatch.setattr(predecessor_peer, "build", lambda: pytest.fail("compiled"))
    said: list[str] = []
    assert predecessor_peer.module(said.append) is None
    assert "florecon-host is not installed" in said[0]


def test_where_it_does_not_compile_the_reason_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> NoReturn:
        raise RuntimeError("no registry")

    monkeypatch.setattr(predecessor_peer, "host_version", lambda: "florecon-host 0.4.0")
    monkeypatch.setattr(predecessor_peer, "build", refused)
    said: list[str] = []
    assert predecessor_peer.module(said.append) is None
    assert "no registry" in said[0]


def test_its_report_is_scored_like_ours() -> None:
    """A report with each deal as one group, and the other lines alone, has no mistakes; a line may be in two parts."""
    ledger, truth = generate(2_000, 1)
    ids, deals = ledger["row_id"].to_pylist(), truth["deal"].to_pylist()
    cents = [int(amount * 100) for amount in ledger["amount"].to_pylist()]
    group = {id: deal or 1_000_000 + id for id, deal in zip(ids, deals, strict=True)}
    sizes = {number: list(group.values()).count(number) for number in set(group.values())}
    report = {
        "groups": [
            {"group_id": number, "size": size, "origin": "flow" if number < 1_000_000 else "unmatched", "net": 0}
            for number, size in sizes.items()
        ],
        "allocations": [
            {"id": id, "group_id": group[id], "amount": part}
            for id, amount in zip(ids, cents, strict=True)
            for part in (amount - 1, 1)
        ],
    }
    found = alternatives.quality(ledger, truth, *predecessor_peer.tables(report))
    assert found == {"precision": 1.0, "recall": 1.0}


def test_its_edit_is_a_column_where_it_was_measured() -> None:
    text, results = PAGE.read_text(encoding="utf-8"), json.loads(RESULTS.read_text())
    for row in results["edits"]["rows"]:
        row.pop("predecessor", None)
    assert "edit, predecessor" not in page(text, results)
    results["edits"]["rows"][0]["predecessor"] = {"cpu_ms": 1234.56, "ratio": 91.4}
    made = page(text, results)
    assert "| 1,234.6 ms (91) |" in made
    assert "| not measured |" in made
