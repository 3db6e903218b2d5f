"""Source text of a first strategy over the proposed columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from florecon_build.cli.scaffold.column_types import Guess
from florecon_build.cli.summary import currency_of


class Proposed(Protocol):
    """What of a column is written."""

    @property
    def name(self) -> str: ...
    @property
    def guess(self) -> Guess: ...
    @property
    def is_id(self) -> bool: ...
    @property
    def is_amount(self) -> bool: ...


def strategy_text(columns: Sequence[Proposed], plugin_id: str, source: str) -> str:
    """``strategy.py``: the columns, and a strategy that is right for many ledgers and easy to change.

    Rows that share a reference and net, then equal amounts, the closest days first.
    """
    amount = next(column for column in columns if column.is_amount)
    texts = [column for column in columns if column.guess.kind == "text" and not column.is_id]
    day = next((column.name for column in columns if column.guess.kind == "date" and not column.guess.nullable), None)
    currency = currency_of(column.name for column in texts)
    reference = next((column for column in texts if _is_reference(column.name)), None)
    lines = [
        f'"""Reconciles the lines of {source}: a first proposal, to be made your own."""',
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
    lines.append(
        f'plugin = fb.Plugin("{plugin_id}", "0.1.0", rows=row, numeraire=row.{amount.name}, strategy=strategy)'
    )
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
    head = ['slack = fb.param("slack", 0, doc="minor units that a group may be off by")', ""] if has_references else []
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
    guess = column.guess
    settings: list[str] = []
    if guess.kind == "money":
        settings.append(f"scale={guess.scale}")
        if column.is_amount:
            settings.append("display=True")
    if column.is_id:
        settings.append("id=True")
    elif guess.nullable:
        settings.append("nullable=True")
    return f"fb.{guess.kind}({', '.join(settings)})"


def _is_reference(name: str) -> bool:
    words = ("ref", "memo", "text", "desc", "purpose", "narrative", "verwendungszweck", "invoice", "note", "detail")
    return any(word in name for word in words)
