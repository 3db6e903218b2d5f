"""Hand-written Rust plugins report the same groups as their Python counterparts."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest

import florecon_build as fb
from examples.intercompany.strategy import intercompany
from florecon_build.host.conformance.module import Group, WorkspaceModule
from florecon_build.interpreter import Workspace as Model
from tests.differential.compare import table
from tests.host.conftest import build

pytestmark = pytest.mark.cargo

DAY = 19_000
LEDGERS = 12

ledger = fb.columns(
    row_id=fb.integer(id=True),
    account=fb.text(),
    amount=fb.money(scale=2, display=True),
    date=fb.date(),
    reference=fb.text(nullable=True),
)
row = ledger.derive(references=fb.tokens(ledger.reference, min_length=4, with_digit=True))
slack = fb.param("slack", 100, doc="cents that lines of one reference may be off by")
window = fb.param("window", 10, doc="days that two lines of nearly one amount may lie apart")
bagatelle = fb.param("bagatelle", 5, doc="cents up to which an open line is written off")


def days_apart(a: fb.Side, b: fb.Side) -> fb.RealExpr:
    """Lots that cancel but for pennies may meet, and the closer in time the better."""
    return fb.tier(fb.nets(a, b, bagatelle), 1.0 * fb.gap(a.date, b.date))


starter = fb.Plugin(
    "florecon.starter",
    "1.0.0",
    rows=row,
    numeraire=row.amount,
    strategy=fb.partition_by(
        row.account,
        fb.seq(
            fb.labeled("reference", fb.signal_group(row.references, tol=slack)),
            fb.exact_1to1(order=row.date),
            fb.flow(penalty=1000, order=row.date, window=window, cost=days_apart),
            fb.labeled("write-off", fb.soak_small(bagatelle, origin="write_off")),
        ),
    ),
)
"""What `rust_runtime/plugins/starter` says in Rust."""


def account_lines(rng: random.Random) -> list[dict[str, Any]]:
    """Lines of three accounts, with shared references, equal amounts, pennies and repeats."""
    sizes = [1000, 1000, 2550, 4711, 99, 3, 5, 7, 250_000]
    return [
        {
            "row_id": row_id,
            "account": rng.choice(["A", "B", "C"]),
            "amount": rng.choice([-1, 1]) * rng.choice(sizes) + rng.choice([0, 0, 0, 40, -60]),
            "date": DAY + rng.randrange(25),
            "reference": rng.choice([None, "", "INV-4711", "inv 4711 rest", "PO 20022", "rent", "fee 0815 / PO 20022"]),
        }
        for row_id in rng.sample(range(1, 500), 90)
    ]


def postings(rng: random.Random) -> list[dict[str, Any]]:
    """Postings of three companies, told in two ledgers in many spellings, with fees, cycles, parts and bagatelles."""
    lines: list[dict[str, Any]] = []
    memos = [None, "inv#1000001 licence", "Rechnung INV-1000001", "SETTLE 2000002", "settle-2000002", "PO 3000003", "x"]
    for number in range(50):
        one, other = rng.sample(["AT", "DE", "FR"], 2)
        amount = rng.choice([25_000, 25_000, 9_900, 4_250, 7_025, 480, 30, 1])
        day, memo, account = DAY + rng.randrange(70), rng.choice(memos), rng.choice(["1200", "1200", "1810.900"])
        sides = [(one, other, amount, memo)]
        if number % 5 == 0:  # paid in two parts, of which one says nothing
            own = f"PO 4000{number:03}"
            sides = [(one, other, amount, own), (other, one, 8_000 - amount, own), (other, one, -8_000, None)]
        elif rng.random() < 0.5:
            off = rng.choice([0, 0, 0, 90, 2_000])
            sides.append((other, one, off - amount, rng.choice([memo, memo, rng.choice(memos)])))
        currency = rng.choice(["EUR", "EUR", "USD"])
        for company, icp, money, reference in sides:
            told = {"company": company, "icp": icp, "objsub": account, "currency": currency}
            when = {"gl_date": day + rng.randrange(25), "reference": reference}
            lines.append({"row_id": 0, "amount": money, **told, **when})
    for line, row_id in zip(lines, rng.sample(range(1, 1_000), len(lines)), strict=True):
        line["row_id"] = row_id
    return lines


def by_interpreter(plugin: fb.Plugin, lines: Sequence[dict[str, Any]]) -> list[Group]:
    """The report of the Python twin."""
    model = Model(plugin.data)
    model.upsert(lines)
    model.solve()
    report = model.report()
    return [
        Group(
            group.status,
            group.origin,
            group.reason,
            group.net,
            group.size,
            tuple((part.id, part.amount) for part in report.allocations if part.group_id == group.group_id),
        )
        for group in report.groups
    ]


def by_module(wasm: Any, lines: pa.Table) -> list[Group]:
    """The report of the Rust twin's module."""
    module = WorkspaceModule(fb.Workspace(wasm))
    module.upsert(lines)
    module.solve()
    groups = module.groups()
    module.close()
    return groups


STEPS = {
    "starter": {"signal_group", "exact_1to1", "flow", "write_off", "unmatched"},
    "intercompany": {"agg_net", "exact_1to1", "signal_group", "flow", "settlement", "write_off", "unmatched"},
}
"""Where groups come from; ``settlement`` is what the flow's groups are called once they are joined."""
each_twin = pytest.mark.parametrize(
    ("name", "plugin", "draw"), [("starter", starter, account_lines), ("intercompany", intercompany, postings)]
)


@each_twin
def test_rust_and_python_plugins_report_the_same(
    name: str, plugin: fb.Plugin, draw: Callable[[random.Random], list[dict[str, Any]]]
) -> None:
    wasm = build(name)
    reached: set[str] = set()
    for seed in range(LEDGERS):
        lines = draw(random.Random(seed))
        expected = by_interpreter(plugin, lines)
        assert by_module(wasm, table(plugin.data.columns, lines)) == expected
        reached |= {group.origin for group in expected}
    assert reached == STEPS[name]


@each_twin
def test_rust_plugin_passes_the_conformance_kit(
    name: str, plugin: fb.Plugin, draw: Callable[[random.Random], list[dict[str, Any]]]
) -> None:
    verdict = fb.conformance(build(name), table(plugin.data.columns, draw(random.Random(name))))
    assert verdict.ok, str(verdict)


def test_rust_and_python_plugins_declare_the_same() -> None:
    """Columns, params and defaults."""
    for name, plugin in (("starter", starter), ("intercompany", intercompany)):
        with fb.Workspace(build(name)) as workspace:
            about = workspace.about
        assert [field.name for field in about.fields] == [column.name for column in plugin.data.columns]
        assert {param.name: param.default for param in about.params} == {
            param.name: param.default for param in plugin.data.params
        }
