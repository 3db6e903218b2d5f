"""Reconciliation of a bank statement with the general ledger, scored by kind of difference.

    python examples/bank_statement/run.py [--data DIR] [--json] [--out DIR] [--profile release]

``DIR`` holds ``bank.csv`` and ``gl.csv`` and, for the score, ``truth.csv``. Without ``--data`` it is the shared ledger
``../shared/data/bank_rec`` beside the repository if available, else a small generated one.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Literal, TypeAlias

from rich.console import Console, Group, RenderableType
from rich.text import Text

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import florecon_build as fb
from examples import page
from examples.bank_statement import generate
from examples.bank_statement.ledger import BANK, Answer, BadFile, Line, as_table, read_answer, read_lines
from examples.bank_statement.score import OPEN, Found, Score, read_groups, scores
from examples.bank_statement.strategy import bank_statement

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[2] / "shared" / "data" / "bank_rec"
EXCEPTIONS = 10
Profile: TypeAlias = Literal["quick", "release"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Solved statement: lines, groups, stage labels in order, and the answer if there is one."""

    lines: list[Line]
    found: list[Found]
    order: list[str]
    answer: list[Answer] | None
    report: fb.Report
    seconds: float


def data_folder(given: Path | None, out: Path) -> Path:
    """The given folder, else the shared ledger, else a small generated one."""
    if given is not None:
        return given
    if SHARED.is_dir():
        return SHARED
    generate.write(generate.generate(rows=400, seed=7), out / "ledger")
    return out / "ledger"


def solve(steps: page.Steps, data: Path, out: Path, profile: Profile) -> Outcome:
    """Reads the files, compiles the strategy and runs it."""
    with steps("reading the files") as step:
        lines, answer = read_lines(data), read_answer(data)
        bank = sum(line.book == BANK for line in lines)
        step.done = f"read {bank:,} bank lines and {len(lines) - bank:,} ledger lines from {page.place(data)}"
    with steps("compiling to WebAssembly (minutes the first time)") as step:
        artifact = bank_statement.build(out / "plugin", profile=profile, say=step.say)
        step.done = "compiled the strategy to WebAssembly"
    began = perf_counter()
    with steps("reconciling") as step, fb.Workspace(artifact) as workspace:
        workspace.upsert(as_table(lines))
        report = workspace.solve(progress=step.progress).load()
        step.done = "reconciled them"
    seconds = perf_counter() - began
    order = [node["label"] for node in report.stages.sort_by("node").to_pylist() if node["kind"] == "labeled"]
    return Outcome(lines, read_groups(report.groups, report.allocations), order, answer, report, seconds)


def stage_table(outcome: Outcome) -> RenderableType:
    """Matches by stage: number and value of bank lines."""
    minor = {line.row_id: int(line.amount * 100) for line in outcome.lines}

    def entry(name: str, groups: list[Found]) -> list[str]:
        rows = {row for group in groups for row in group.rows}
        bank = [row for row in rows if row.startswith(f"{BANK}:")]
        value = sum(abs(minor[row]) for row in bank)
        counts = (len(groups), len(bank), len(rows) - len(bank))
        return [name, *(f"{count:,}" for count in counts), page.amount(value)]

    rows = [entry(stage, [group for group in outcome.found if group.stage == stage]) for stage in outcome.order]
    rows.append(entry("open: exceptions", [group for group in outcome.found if group.stage == OPEN]))
    heads = ("stage", "groups", "bank lines", "ledger lines", "bank value")
    return page.table("What matched, stage by stage", heads, rows)


def conservation(outcome: Outcome) -> RenderableType:
    """Conservation line: input = matched + open, with the sign of the bank; ledger amounts are negated."""
    put_in = sum(int(line.amount * 100) * (1 if line.book == BANK else -1) for line in outcome.lines)
    left = sum(group.net for group in outcome.found if group.stage == OPEN)
    matched = sum(group.net for group in outcome.found) - left
    holds = put_in == matched + left
    said = f"bank less ledger {page.amount(put_in)}  ==  matched {page.amount(matched)} + open {page.amount(left)}"
    verdict = "   exact" if holds else "   BROKEN"
    text = Text("Conservation   ", style="bold").append(said, style="not bold")
    return text.append(verdict, style="green" if holds else "red")


def exceptions(outcome: Outcome) -> RenderableType:
    """Largest open lines."""
    alone = {row for group in outcome.found if group.stage == OPEN for row in group.rows}
    left = sorted((line for line in outcome.lines if line.row_id in alone), key=lambda line: -abs(line.amount))
    rows = [
        [line.row_id, f"{line.day}", line.description, page.amount(int(line.amount * 100))]
        for line in left[:EXCEPTIONS]
    ]
    return page.table("Largest exceptions", ("line", "date", "description", "amount"), rows, text=(0, 1, 2))


def score_table(each: Sequence[Score], overall: Score) -> RenderableType:
    """Precision, recall and F1 by kind, and over all pairs of a bank line and a ledger line."""
    rows = [
        [
            score.kind.replace("_", " "),
            f"{score.known:,}",
            f"{score.found:,}",
            f"{score.right:,}",
            page.percent(score.right, score.found),
            page.percent(score.right, score.known),
            page.percent(2 * score.right, score.found + score.known),
        ]
        for score in (*each, overall)
    ]
    heads = ("kind", "in the answer", "found", "right", "precision", "recall", "F1")
    note = "Pairs of lines; single lines for unmatched. The last row: one to one, batch and amount mismatch together."
    return page.with_note(page.table("Against the known answer", heads, rows, total=True), note)


def as_json(outcome: Outcome, data: Path) -> str:
    """The scores as JSON data: rates from 0 to 1, null without an answer."""

    def facts(score: Score) -> dict[str, float | int]:
        rates = {"precision": score.precision, "recall": score.recall, "f1": score.f1}
        return rates | {"found": score.found, "right": score.right, "known": score.known}

    made: dict[str, object] = {"data": str(data), "seconds": round(outcome.seconds, 4), "overall": None, "kinds": None}
    if outcome.answer is not None:
        each, overall = scores(outcome.found, outcome.lines, outcome.answer)
        made |= {"overall": facts(overall), "kinds": {score.kind: facts(score) for score in each}}
    made["stages"] = {stage: sum(group.stage == stage for group in outcome.found) for stage in (*outcome.order, OPEN)}
    return json.dumps(made, indent=2)


def show(screen: Console, outcome: Outcome, out: Path) -> None:
    parts = [stage_table(outcome), conservation(outcome), exceptions(outcome)]
    if outcome.answer is None:
        parts.append(Text("There is no truth.csv in that folder, so nothing is scored.", style="dim"))
    else:
        parts.append(score_table(*scores(outcome.found, outcome.lines, outcome.answer)))
    outcome.report.write_csv(out, units="major")
    outcome.report.write_parquet(out, units="major")
    where = [
        ("groups", f"{page.place(out / 'groups.csv')}, .parquet"),
        ("allocations", f"{page.place(out / 'allocations.csv')}, .parquet"),
        ("the solver", page.place(out / "plugin" / "solver.wasm")),
    ]
    parts.append(page.files("Where things are", where))
    page.show(
        screen, Text("Bank statement", style="bold underline"), Group(*(x for part in parts for x in (part, Text())))
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Reconcile a bank statement with the general ledger.")
    parser.add_argument("--data", type=Path, help="folder with bank.csv, gl.csv and perhaps truth.csv")
    parser.add_argument("--json", action="store_true", help="print the scores as JSON and nothing else")
    parser.add_argument("--out", type=Path, default=HERE / "out", help="folder for the solver and the report")
    parser.add_argument("--profile", choices=("quick", "release"), default="quick", help="compile fast, or run fast")
    given = parser.parse_args()
    screen = page.console(quiet=given.json)
    data = data_folder(given.data, given.out)
    try:
        outcome = solve(page.Steps(screen), data, given.out, given.profile)
    except BadFile as problem:
        sys.exit(str(problem))
    if given.json:
        print(as_json(outcome, data))
    else:
        show(screen, outcome, given.out)


if __name__ == "__main__":
    main()
