"""Cash application run: applies payments to invoices and prints the applied amounts.

python examples/cash_application/run.py [FILE] [--out DIR]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import florecon_build as fb
from examples import page
from examples.cash_application.ledger import Application, Lot, as_rows, read
from examples.cash_application.score import applied, score
from examples.cash_application.strategy import cash_application

HERE = Path(__file__).resolve().parent
SHOWN = 40


def reconcile(steps: page.Steps, plugin: Path, lots: list[Lot]) -> fb.Report:
    with steps("compiling to WebAssembly (minutes the first time)") as step:
        artifact = cash_application.build(plugin, say=step.say)
        step.done = "compiled it to WebAssembly"
    with steps("applying payments") as step, fb.Workspace(artifact) as workspace:
        workspace.upsert(as_rows(lots))
        report = workspace.solve().load()
        step.done = f"applied the payments among {len(lots):,} lots"
    return report


def show(steps: page.Steps, lots: list[Lot], report: fb.Report, answer: list[Application] | None) -> None:
    made = applied(lots, report)
    invoiced = {lot.document: lot for lot in lots if lot.kind == "invoice"}
    rows = [
        [payment, invoice, page.short(invoiced[invoice].party, 36), page.amount(cents)]
        for (payment, invoice), cents in sorted(made.items())[:SHOWN]
    ]
    note = f"the first {SHOWN} of {len(made):,}" if len(made) > SHOWN else ""
    tables = [
        page.with_note(page.table("Applied", ("payment", "invoice", "customer", "amount"), rows, text=(0, 1, 2)), note)
    ]
    if answer is not None:
        found = score(made, answer)
        line = [f"{found.right:,} of {found.known:,}", f"{found.claimed - found.right:,}", f"{found.to_the_cent:,}"]
        heads = ("found", "wrong", "to the cent", "F1")
        tables.append(page.table("Against the known answer", heads, [[*line, f"{found.f1:.1%}"]], text=()))
    page.show(steps.screen, *tables)


def main() -> None:
    parser = argparse.ArgumentParser(description="Apply payments to invoices, guided by remittance advice.")
    parser.add_argument("file", type=Path, nargs="?", default=HERE / "sample.json")
    parser.add_argument("--out", type=Path, default=HERE / "out", help="folder for the solver")
    given = parser.parse_args()
    steps = page.Steps(page.console())
    lots, answer = read(given.file)
    show(steps, lots, reconcile(steps, given.out, lots), answer)


if __name__ == "__main__":
    main()
