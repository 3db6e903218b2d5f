"""Bank statement example: files, score, and the strategy on generated and external ledgers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from examples.bank_statement import generate, run
from examples.bank_statement.ledger import Answer, BadFile, as_table, read_answer, read_lines
from examples.bank_statement.score import Found, Score, pairs_of, read_groups, scores
from examples.bank_statement.strategy import bank_statement

ROOT = Path(__file__).resolve().parents[2]


def reconciled(folder: Path) -> tuple[list[Score], Score]:
    lines, answer = read_lines(folder), read_answer(folder)
    assert answer is not None
    report = bank_statement.simulate(as_table(lines))
    return scores(read_groups(report.groups, report.allocations), lines, answer)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bank")
    generate.write(generate.generate(rows=200, seed=5), folder)
    return folder


def test_generator_is_deterministic(small: Path, tmp_path: Path) -> None:
    generate.write(generate.generate(rows=200, seed=5), tmp_path)
    for name in ("bank.csv", "gl.csv", "truth.csv"):
        assert (tmp_path / name).read_bytes() == (small / name).read_bytes()


def test_answer_covers_every_line_once_and_balances(small: Path) -> None:
    lines, answer = read_lines(small), read_answer(small) or []
    amount = {line.row_id: line.amount for line in lines}
    used: Counter[str] = Counter()
    batches: dict[str, list[str]] = {}
    for entry in answer:
        if entry.right is None:
            book = "bank" if entry.left.startswith("B") else "gl"
            used[f"{book}:{entry.left}"] += 1
            continue
        used[entry.right] += 1
        if entry.kind == "batch":
            batches.setdefault(entry.left, []).append(entry.right)
            continue
        used[entry.left] += 1
        if entry.kind == "one_to_one":
            assert amount[entry.left] == amount[entry.right]
        if entry.kind == "offset":
            assert amount[entry.left] == -amount[entry.right]
    for left, parts in batches.items():
        used[left] += 1
        assert amount[left] == sum(amount[part] for part in parts)
    assert used == Counter(line.row_id for line in lines)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_score_on_generated_ledgers(seed: int, tmp_path: Path) -> None:
    generate.write(generate.generate(rows=600, seed=seed), tmp_path)
    each, overall = reconciled(tmp_path)
    assert overall.f1 >= 0.97
    assert overall.precision >= 0.99
    assert {score.kind: score.recall >= 0.8 for score in each} == dict.fromkeys((score.kind for score in each), True)


@pytest.mark.slow
def test_score_on_the_shared_ledger() -> None:
    if not run.SHARED.is_dir():
        pytest.skip(f"the shared ledger is not at {run.SHARED}")
    _, overall = reconciled(run.SHARED)
    assert overall.f1 >= 0.95


def test_strategy_has_no_warnings() -> None:
    assert bank_statement.check() == ()


@pytest.mark.parametrize(
    ("net", "rows", "kind", "pairs"),
    [
        (0, ("bank:1", "gl:1"), "one_to_one", {("bank:1", "gl:1")}),
        (7, ("bank:1", "gl:1"), "amount_mismatch", {("bank:1", "gl:1")}),
        (0, ("bank:1", "gl:1", "gl:2"), "batch", {("bank:1", "gl:1"), ("bank:1", "gl:2")}),
        (0, ("gl:2", "gl:1"), "offset", {("gl:1", "gl:2")}),
    ],
)
def test_group_is_scored_as_pairs(net: int, rows: tuple[str, ...], kind: str, pairs: set[tuple[str, str]]) -> None:
    assert pairs_of(Found("stage", net, rows)) == (kind, pairs)


def test_match_of_another_kind_counts_overall_only(small: Path) -> None:
    lines = read_lines(small)[:1]
    answer = [Answer("amount_mismatch", "bank:1", "gl:1"), Answer("unmatched", "9", None)]
    each, overall = scores([Found("stage", 0, ("bank:1", "gl:1"))], lines, answer)
    assert (each[0].kind, each[0].found, each[0].right) == ("one_to_one", 1, 0)
    assert (overall.precision, overall.recall, overall.f1) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("bank", "said"),
    [
        (None, "is not there"),
        ("id,date,description\nB1,2025-01-01,X\n", "no column 'amount'"),
        ("id,date,description,amount\nB1,01.01.2025,X,1.00\n", "line 2"),
        ("id,date,description,amount\nB1,2025-01-01,X,1.001\n", "no amount"),
        ("id,date,description,amount\nB1,2025-01-01,X,abc\n", "no amount"),
    ],
)
def test_invalid_file_is_reported_with_its_line(bank: str | None, said: str, tmp_path: Path) -> None:
    if bank is not None:
        (tmp_path / "bank.csv").write_text(bank, encoding="utf-8")
    (tmp_path / "gl.csv").write_text("id,date,description,amount,ref\n", encoding="utf-8")
    with pytest.raises(BadFile, match=said):
        read_lines(tmp_path)


@pytest.mark.cargo
def test_command_prints_scores_as_json(small: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "examples" / "bank_statement" / "run.py")]
    given = [*command, "--data", str(small), "--out", str(tmp_path / "out"), "--json"]
    done = subprocess.run(given, capture_output=True, text=True, check=True, cwd=tmp_path, env=dict(os.environ))
    said = json.loads(done.stdout)
    each, overall = reconciled(small)
    assert said["overall"]["f1"] == pytest.approx(overall.f1)
    assert {kind: facts["right"] for kind, facts in said["kinds"].items()} == {s.kind: s.right for s in each}


@pytest.mark.cargo
def test_command_without_an_answer_prints_no_score(small: Path, tmp_path: Path) -> None:
    for name in ("bank.csv", "gl.csv"):
        (tmp_path / name).write_bytes((small / name).read_bytes())
    command = [sys.executable, str(ROOT / "examples" / "bank_statement" / "run.py"), "--data", str(tmp_path)]
    done = subprocess.run([*command, "--out", str(tmp_path / "out")], capture_output=True, text=True, check=True)
    assert "nothing is scored" in done.stdout
    assert (tmp_path / "out" / "groups.csv").exists()
