"""Static typing: strict pyright accepts valid strategy files and rejects invalid ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent

SOUND = """
import datetime
from typing import assert_type

import florecon_build as fb

ledger = fb.columns(
    row_id=fb.integer(id=True),
    company=fb.text(),
    icp=fb.text(),
    currency=fb.text(),
    amount=fb.money(scale=2, display=True),
    gl_date=fb.date(),
    reference=fb.text(nullable=True),
)
row = ledger.derive(
    pair=fb.sorted_pair(ledger.company, ledger.icp),
    orient=ledger.company <= ledger.icp,
    tokens=fb.tokens(ledger.reference, min_length=6, with_digit=True),
)
slack = fb.param("slack", 100, doc="cents a bucket may be off by")
assert_type(slack, fb.IntegerExpr)
assert_type(fb.param("strict", True), fb.BooleanExpr)
assert_type(fb.param("weight", 0.5), fb.RealExpr)
assert_type(fb.param("word", "x"), fb.TextExpr)
assert_type(fb.param("day", datetime.date(2025, 1, 1)), fb.DateExpr)
assert_type(fb.param("limit", fb.minor(5, 2)), fb.MoneyExpr)
assert_type(slack + 1, fb.IntegerExpr)
assert_type(1 + slack, fb.IntegerExpr)
assert_type(slack + 1.5, fb.RealExpr)
assert_type(0.002 * slack, fb.RealExpr)
assert_type(slack > 5, fb.BooleanExpr)
assert_type((slack > 5) & ~(slack == 7), fb.BooleanExpr)
assert_type(fb.abs(slack), fb.IntegerExpr)
assert_type(fb.minor(5, 2).to_minor() // 3, fb.IntegerExpr)
assert_type(fb.where(slack > 5, slack, 0), fb.IntegerExpr)
assert_type(fb.tier(slack > 5, slack).fill(0), fb.IntegerExpr)
assert_type(row.lot.amount, fb.IntegerExpr)
assert_type(fb.amount_key(), fb.IntegerExpr)
assert_type(fb.tokens(row.reference), fb.ListExpr)
assert_type(fb.prefix(row.company, 4), fb.TextExpr)
assert_type(fb.coalesce("chain", fb.agg_net()), fb.Strategy)
assert_type(fb.coalesce(fb.tier(slack > 5, slack), 0), fb.IntegerExpr)


def cost(a: fb.Side, b: fb.Side) -> fb.RealExpr:
    days = fb.gap(a.gl_date, b.gl_date)
    return fb.first_of(fb.tier(a.tokens.overlaps(b.tokens), 1.5 + 0.002 * days), fb.tier(days <= 92, 4.5 + 0.02 * days))


strategy = fb.partition_by(
    (row.pair, row.currency),
    fb.seq(
        fb.labeled("net", fb.agg_net(row.company, tol=fb.rel_tol(bps=10, floor=slack))),
        fb.accept_if(lambda g: (g.size == 2) & (g.distinct(row.orient) >= 2), fb.exact_1to1(order=row.gl_date)),
        fb.partition_by_with(row.currency, {"JPY": fb.agg_net(tol=100)}, default=fb.identity()),
        fb.partition_by_with(row.currency, lambda k: fb.agg_net(tol=fb.lookup(k, {"JPY": 100}, 1))),
        fb.for_n(3, lambda i: fb.windowed(row.gl_date, i + 1, fb.exact_1to1())),
        fb.flow(penalty=1000, match_keys=[row.tokens, fb.amount_key()], cost=cost),
        fb.flow(penalty=9, order=row.gl_date, window=30, cost=lambda a, b: fb.tier(fb.nets(a, b), 1.5)),
        fb.soak_small(slack, origin="write-off", mode="bucket", key=row.company),
    ),
)
plugin = fb.Plugin("acme.intercompany", "1.0.0", rows=row, numeraire=row.amount, strategy=strategy)
assert_type(plugin.fingerprint, str)
assert_type(fb.Plugin.from_ir(plugin.ir()), fb.Plugin)
"""

TYPED = """
from typing import assert_type

import florecon_build as fb


class Ledger(fb.Rows):
    row_id = fb.integer(id=True)
    company = fb.text()
    other = fb.text(nullable=True)
    day = fb.date()
    units = fb.integer()
    rate = fb.real()
    open = fb.boolean()
    amount = fb.money(scale=2, display=True)

    @fb.lane
    def pair(self) -> fb.TupleExpr:
        return fb.sorted_pair(self.company, self.other)

    @fb.lane
    def tokens(self) -> fb.ListExpr:
        return fb.tokens(self.other, min_length=4)

    @fb.lane
    def place(self) -> tuple[fb.TextExpr, fb.IntegerExpr]:
        return self.company, self.units


class Monthly(Ledger):
    @fb.lane
    def month(self) -> fb.DateExpr:
        return self.day.month_end


row = Monthly()
assert_type(row.company, fb.TextExpr)
assert_type(row.day, fb.DateExpr)
assert_type(row.units + 1, fb.IntegerExpr)
assert_type(row.rate * 2, fb.RealExpr)
assert_type(row.open & row.open, fb.BooleanExpr)
assert_type(row.amount + row.amount, fb.MoneyExpr)
assert_type(row.pair, fb.TupleExpr)
assert_type(row.tokens.overlaps(row.tokens), fb.BooleanExpr)
assert_type(row.place, fb.TupleExpr)
assert_type(row.month.day, fb.IntegerExpr)
assert_type(row.lot.amount, fb.IntegerExpr)
assert_type(Ledger.company, fb.ColumnSpec[fb.TextExpr])


def cost(a: Monthly, b: Monthly) -> fb.RealExpr:
    assert_type(a.month, fb.DateExpr)
    return fb.tier(a.tokens.overlaps(b.tokens), 0.1 * fb.gap(a.month, b.month))


steps = fb.seq(
    fb.flow(penalty=9, match_keys=[row.tokens], cost=cost),
    fb.flow(
        penalty=9,
        rows=row,
        match_keys=[fb.amount_key()],
        cost=lambda a, b: fb.tier(assert_type(a, Monthly).company == b.company, fb.gap(a.day, b.day)),
    ),
    fb.flow(penalty=9, match_keys=[row.tokens], cost=1.5),
)
plugin = fb.Plugin("acme.typed", "1.0.0", rows=row, numeraire=row.amount, strategy=steps)
late = row.derive(late=row.day > row.month)
assert_type(late, fb.DynamicRows)
"""

CLASS = """
class Ledger(fb.Rows):
    row_id = fb.integer(id=True)
    name = fb.text()
    day = fb.date()
    amount = fb.money(scale=2)


row = Ledger()
"""

REFUSED_IN_A_CLASS = {
    "a misspelt lane": "fb.agg_net(row.nmae)",
    "a method of another type": "row.amount.upper()",
    "a date against a number": "row.day > 5",
    "a misspelt lane of a pair": "fb.flow(penalty=1, rows=row, cost=lambda a, b: fb.gap(a.dya, b.day))",
    "a real of money": "row.amount * 1.5",
    "a lane for a column": "fb.columns(name=row.name)",
}

REFUSED = {
    "a strategy for a tolerance": "fb.agg_net(tol=fb.identity())",
    "a real tolerance": "fb.agg_net(tol=1.5)",
    "a misspelt argument": "fb.agg_net(tolerance=1)",
    "a text for a step": 'fb.seq("exact")',
    "a real window": 'fb.windowed(fb.param("d", 1), 1.5, fb.identity())',
    "integers divided": 'fb.param("n", 1) / fb.param("m", 2)',
    "money times money": "fb.minor(1, 2) * fb.minor(1, 2)",
    "a method of another type": 'fb.param("n", 1).upper()',
    "a label without a strategy": 'fb.labeled("x")',
    "no fact of a group": "fb.accept_if(lambda g: g.sise == 2, fb.identity())",
    "a cost of texts": 'fb.flow(penalty=1, cost=lambda a, b: "x")',
}


def pyright(folder: Path, files: dict[str, str]) -> dict[str, list[str]]:
    """The errors of each file, by file name."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    config = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "extraPaths": [str(ROOT)],
        "reportUnusedExpression": False,
        "reportMissingTypeStubs": False,
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(config), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pyright",
        "--outputjson",
        "--pythonpath",
        sys.executable,
        "--project",
        str(folder),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    found: dict[str, list[str]] = {name: [] for name in files}
    for item in json.loads(result.stdout)["generalDiagnostics"]:
        found[Path(item["file"]).name].append(f"{item['range']['start']['line'] + 1}: {item['message']}")
    return found


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    files = {
        f"refused_{index}.py": f"import florecon_build as fb\n\n{code}\n" for index, code in enumerate(REFUSED.values())
    }
    files |= {
        f"refused_in_a_class_{index}.py": f"import florecon_build as fb\n\n{CLASS}\n{code}\n"
        for index, code in enumerate(REFUSED_IN_A_CLASS.values())
    }
    return pyright(tmp_path_factory.mktemp("typed"), {"sound.py": SOUND, "typed.py": TYPED, **files})


def test_valid_strategy_file_passes_strict_pyright(found: dict[str, list[str]]) -> None:
    assert found["sound.py"] == []
    assert found["typed.py"] == []


@pytest.mark.parametrize("text", [SOUND, TYPED], ids=["columns", "class"])
def test_valid_strategy_file_builds(text: str) -> None:
    exec(compile(text, "sound.py", "exec"), {"__name__": "sound"})


@pytest.mark.parametrize("index", range(len(REFUSED)), ids=list(REFUSED))
def test_type_errors_are_reported(found: dict[str, list[str]], index: int) -> None:
    assert found[f"refused_{index}.py"]


@pytest.mark.parametrize("index", range(len(REFUSED_IN_A_CLASS)), ids=list(REFUSED_IN_A_CLASS))
def test_unknown_attribute_of_a_row_class_is_reported(found: dict[str, list[str]], index: int) -> None:
    lines = {line.partition(":")[0] for line in found[f"refused_in_a_class_{index}.py"]}
    assert lines == {str(len(CLASS.splitlines()) + 4)}
