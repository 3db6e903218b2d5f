"""Intercompany demo: generates a ledger, reconciles it with the engine and prints the report for a controller, then
compiles the strategy and compares the module's report.

python examples/intercompany/run.py [--lines 50000] [--seed 1] [--out DIR]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import perf_counter

from rich.console import Console, Group, RenderableType
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


def reconcile(steps: page.Steps, by: str, workspace: fb.Workspace, ledger: Table) -> tuple[fb.Report, float]:
    """Ingests and solves; returns the report and the seconds that it took."""
    began = perf_counter()
    with workspace:
        with steps(f"reading the lines, {by}") as step:
            workspace.upsert(ledger)
            step.done = f"read {ledger.num_rows:,} lines, {by}"
        with steps(f"reconciling, {by}") as step:
            report = workspace.solve(progress=step.progress).load()
            step.done = f"reconciled them, {by}"
    return report, perf_counter() - began


def build(steps: page.Steps, plugin: Path) -> Path:
    """Compiles the strategy; returns the path of the module."""
    with steps("compiling to WebAssembly (minutes the first time)") as step:
        artifact = intercompany.build(plugin, say=step.say)
        step.done = "compiled it to WebAssembly"
    return artifact.wasm


def compare(engine: tuple[fb.Report, float], compiled: tuple[fb.Report, float], lines: int) -> RenderableType:
    """The two reports table by table, and the seconds of both."""
    (first, engine_seconds), (second, compiled_seconds) = engine, compiled
    tables = ("groups", "allocations", "rows", "stages")
    differing = [name for name in tables if not getattr(first, name).equals(getattr(second, name))]
    if differing:
        raise SystemExit(
            f"the engine and the compiled module differ in {', '.join(differing)}: please report this defect"
        )
    speeds = (("engine", engine_seconds), ("compiled", compiled_seconds))
    rows = [(by, f"{seconds:.2f}", f"{lines / seconds:,.0f}") for by, seconds in speeds]
    made = page.table("The report of the compiled module", ("made by", "seconds", "lines a second"), rows)
    return page.with_note(made, "equal: groups, allocations, rows and stages are the same, row for row")


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
    report, seconds = reconcile(steps, "engine", fb.Workspace(intercompany), ledger)
    data = solved(ledger, truth, report.groups, report.allocations)
    page.show(screen, title(ledger, data), body(ledger, data, sheet.order_of_stages(report.stages)))
    source = write_rust(steps, out / "rust")
    solver = build(steps, out / "plugin")
    compiled = reconcile(steps, "compiled", fb.Workspace(solver), ledger)
    written = write_outputs(steps, out, compiled[0])
    where = [("the Rust", page.place(source)), ("the solver", page.place(solver)), *written]
    equal = compare((report, seconds), compiled, ledger.num_rows)
    page.show(screen, equal, page.files("Where things are", where))


def main() -> None:
    parser = argparse.ArgumentParser(description="Reconcile an intercompany ledger whose answer is known.")
    parser.add_argument("--lines", type=int, default=50_000, help="lines of the ledger")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=HERE / "out", help="folder for ledger, Rust, solver and report")
    given = parser.parse_args()
    run(page.console(), given.out, given.lines, given.seed)


if __name__ == "__main__":
    main()
