"""Intercompany demo: generates a ledger, compiles the strategy, reconciles and prints the report for a controller.

python examples/intercompany/run.py [--lines 50000] [--seed 1] [--out DIR]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console, Group
from rich.text import Text

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import florecon_build as fb
from examples import page
from examples.arrow import Table, pq
from examples.intercompany import generate, sheet
from examples.intercompany.score import Solved, solved
from examples.intercompany.strategy import intercompany

HERE = Path(__file__).resolve().parent


def make_ledger(steps: page.Steps, out: Path, lines: int, seed: int) -> tuple[Table, Table]:
    """Generates the ledger and its answer, on disk and in memory."""
    with steps(f"making a ledger of {lines:,} lines") as step:
        ledger, truth = (pq.read_table(path) for path in generate.write(out, lines, seed))
        step.done = f"made a ledger of {ledger.num_rows:,} lines whose answer is known"
    return ledger, truth


def write_rust(steps: page.Steps, out: Path) -> Path:
    """Writes the generated Rust project, for review."""
    with steps("writing the Rust") as step:
        for name, text in intercompany.rust().items():
            target = out / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        source = out / "src" / "lib.rs"
        length = len(source.read_text(encoding="utf-8").splitlines())
        step.done = f"wrote {length} lines of Rust: {page.place(source)}"
    return source


def reconcile(steps: page.Steps, plugin: Path, ledger: Table) -> tuple[fb.Report, list[str]]:
    """Compiles, ingests and solves; returns the report and the stages in the order of the strategy."""
    with steps("compiling to WebAssembly (minutes the first time)") as step:
        artifact = intercompany.build(plugin, say=step.say)
        step.done = "compiled it to WebAssembly"
    with fb.Workspace(artifact) as workspace:
        with steps("reading the lines") as step:
            workspace.upsert(ledger)
            step.done = f"read {ledger.num_rows:,} lines into the solver"
        with steps("reconciling") as step:
            report = workspace.solve(progress=step.progress).load()
            step.done = "reconciled them"
    return report, sheet.order_of_stages(report.stages)


def write_outputs(steps: page.Steps, out: Path, report: fb.Report) -> list[tuple[str, str]]:
    """Writes CSV and Parquet files, with amounts in major units."""
    with steps("writing the outputs") as step:
        report.write_csv(out, units="major")
        report.write_parquet(out, units="major")
        step.done = "wrote the outputs"
    return [
        ("groups", f"{page.place(out / 'groups.csv')}, .parquet"),
        ("allocations", f"{page.place(out / 'allocations.csv')}, .parquet"),
        ("one line a row", f"{page.place(out / 'rows.csv')}, .parquet"),
        ("the ledger and its answer", f"{page.place(out / 'ledger.parquet')}, {page.place(out / 'truth.parquet')}"),
    ]


def title(ledger: Table, data: Solved) -> Text:
    first, last = ledger["gl_date"][0].as_py(), ledger["gl_date"][-1].as_py()
    facts = f"{len(data.cents):,} lines, {len(generate.PAIRS)} pairs of companies, {first} to {last}"
    return Text("Intercompany reconciliation", style="bold underline").append(
        f"   {facts}", style="not bold not underline"
    )


def body(ledger: Table, data: Solved, order: list[str]) -> Group:
    """The report between the title and the list of files."""
    parts = (
        sheet.stages(data, order),
        sheet.conservation(data),
        sheet.exceptions(data, ledger),
        sheet.quality(data),
    )
    return Group(*(line for part in parts for line in (part, Text())))


def run(screen: Console, out: Path, lines: int, seed: int) -> None:
    steps = page.Steps(screen)
    ledger, truth = make_ledger(steps, out, lines, seed)
    source = write_rust(steps, out / "rust")
    report, order = reconcile(steps, out / "plugin", ledger)
    written = write_outputs(steps, out, report)
    data = solved(ledger, truth, report.groups, report.allocations)
    where = [("the Rust", page.place(source)), ("the solver", page.place(out / "plugin" / "solver.wasm")), *written]
    page.show(screen, title(ledger, data), body(ledger, data, order), page.files("Where things are", where))


def main() -> None:
    parser = argparse.ArgumentParser(description="Reconcile an intercompany ledger whose answer is known.")
    parser.add_argument("--lines", type=int, default=50_000, help="lines of the ledger")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=HERE / "out", help="folder for ledger, Rust, solver and report")
    given = parser.parse_args()
    run(page.console(), given.out, given.lines, given.seed)


if __name__ == "__main__":
    main()
