"""Source text of a first strategy over the proposed columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from florecon_build.cli.scaffold.column_types import ColumnType
from florecon_build.cli.scaffold.quoting import printable, python_string
from florecon_build.host.report.currency_column import currency_of


class Proposed(Protocol):
    """Properties of a column that the source text needs."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> ColumnType: ...
    @property
    def is_id(self) -> bool: ...
    @property
    def is_amount(self) -> bool: ...


def strategy_text(columns: Sequence[Proposed], plugin_id: str, source: str) -> str:
    """Source of ``strategy.py``: the columns, and a simple strategy to start from.

    It matches rows that share a reference and net to zero, then equal amounts with the closest dates.
    """
    amount = next(column for column in columns if column.is_amount)
    texts = [column for column in columns if column.type.kind == "text" and not column.is_id]
    day = next((column.name for column in columns if column.type.kind == "date" and not column.type.nullable), None)
    currency = currency_of(column.name for column in texts)
    reference = next((column for column in texts if _is_reference(column.name)), None)
    lines = [
        f'"""Reconciles the lines of {printable(source)}: a generated first version, to be adapted."""',
        "",
        "from __future__ import annotations",
        "",
        "import florecon_build as fb",
        "",
        "ledger = fb.columns(",
        *(f"    {column.name}={_column(column)}," for column in columns),
        ")",
        "",
    ]
    if reference is not None:
        lines += [
            "row = ledger.derive(",
            f"    references=fb.tokens(ledger.{reference.name}, min_length=5, with_digit=True),",
            ")",
        ]
    else:
        lines.append("row = ledger")
    lines += ["", *_strategy(day, currency, has_references=reference is not None), ""]
    name = python_string(plugin_id)
    lines.append(f'plugin = fb.Plugin({name}, "0.1.0", rows=row, numeraire=row.{amount.name}, strategy=strategy)')
    return "\n".join(lines) + "\n"


def _strategy(day: str | None, currency: str | None, *, has_references: bool) -> list[str]:
    steps: list[str] = []
    if has_references:
        steps.append('fb.labeled("same reference", fb.signal_group(row.references, tol=slack)),')
    if day is None:
        steps.append('fb.labeled("same amount", fb.exact_1to1()),')
    else:
        steps += [
            "fb.labeled(",
            '    "same amount",',
            "    fb.flow(",
            "        penalty=100,",
            "        match_keys=[fb.amount_key()],",
            f"        cost=lambda a, b: fb.tier(fb.gap(a.{day}, b.{day}) <= 30, 1 + 0.1 * fb.gap(a.{day}, b.{day})),",
            "    ),",
            "),",
        ]
    head = ['slack = fb.param("slack", 0, doc="tolerance per group, in minor units")', ""] if has_references else []
    if currency:
        body = [
            "strategy = fb.partition_by(",
            f"    row.{currency},",
            "    fb.seq(",
            *(f"        {s}" for s in steps),
            "    ),",
            ")",
        ]
    else:
        body = ["strategy = fb.seq(", *(f"    {step}" for step in steps), ")"]
    return [*head, *body]


def _column(column: Proposed) -> str:
    settings: list[str] = []
    if column.type.kind == "money":
        settings.append(f"scale={column.type.scale}")
        if column.is_amount:
            settings.append("display=True")
    if column.is_id:
        settings.append("id=True")
    elif column.type.nullable:
        settings.append("nullable=True")
    return f"fb.{column.type.kind}({', '.join(settings)})"


def _is_reference(name: str) -> bool:
    words = ("ref", "memo", "text", "desc", "purpose", "narrative", "verwendungszweck", "invoice", "note", "detail")
    return any(word in name for word in words)
