"""Writes what is generated from the operator table: the operators in docs/closures.md, and docs/ir.schema.json.

python -m scripts.operator_reference
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import florecon_build as fb
from florecon_build.frontend.application import apply
from florecon_build.frontend.closure.printer import emit
from florecon_build.ir import json_schema
from florecon_build.ir.operators import TABLE, Null, Operator
from florecon_build.ir.python_printer import show
from florecon_build.ir.types import Kind

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "closures.md"
SCHEMA = DOCS / "ir.schema.json"
BLOCK = re.compile(
    r"(?<=<!-- operators: python -m scripts.operator_reference -->\n).*?(?=<!-- /operators -->)", re.DOTALL
)

_COLUMNS = fb.columns(
    id=fb.integer(id=True),
    company=fb.text(),
    memo=fb.text(nullable=True),
    units=fb.integer(),
    rate=fb.real(),
    amount=fb.money(scale=2),
    day=fb.date(),
)
_ROWS = _COLUMNS.derive(words=fb.tokens(_COLUMNS.memo, min_length=4))
_LANES = {
    Kind.INTEGER: _ROWS.units,
    Kind.REAL: _ROWS.rate,
    Kind.MONEY: _ROWS.amount,
    Kind.DATE: _ROWS.day,
    Kind.TEXT: _ROWS.company,
    Kind.LIST: _ROWS.words,
}
_OTHERS: dict[Kind, Any] = {
    Kind.INTEGER: 3,
    Kind.REAL: 1.5,
    Kind.MONEY: fb.minor(1050, 2),
    Kind.DATE: datetime.date(2025, 12, 31),
    Kind.TEXT: "x",
    Kind.LIST: _ROWS.words,
}


def page(text: str) -> str:
    """The page with its block of operators written anew."""
    return BLOCK.sub(lambda _: f"\n{table()}\n", text)


def table() -> str:
    """One line for each operator and each kind of its first operand."""
    lines = ["| closure | builder | type |", "|---|---|---|"]
    for row in TABLE:
        for expr in examples(row):
            closure = emit(expr.ir).removeprefix("|row| ")
            cells = f"`{closure}`", f"`{show(expr.ir)}`", str(expr.type)
            lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def examples(row: Operator) -> Iterator[Any]:
    """The operator on a lane of each kind, its other operands constants; on a nullable lane where null is allowed."""
    settings = [setting.example for setting in row.settings]
    first, *others = row.params * 2 if row.variadic else row.params
    for kind in first.kinds if first.null is Null.REFUSED else [Kind.TEXT]:
        lane = _ROWS.memo if first.null is Null.ACCEPTED else _LANES[kind]
        beside = [
            _ROWS.memo if other.null is Null.STRICT else _OTHERS[kind if kind in other.kinds else other.kinds[0]]
            for other in others
        ]
        yield apply(row, [lane, *beside], settings)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    SCHEMA.write_text(json_schema.dumps(), encoding="utf-8")
    print(f"{PAGE} and {SCHEMA}")
