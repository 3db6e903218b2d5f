"""Terminal rendering of a run summary."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal

import pyarrow as pa
from rich.console import Console
from rich.table import Table
from rich.text import Text

from florecon_build.cli.console import format_amount, percent, plural, print_unclipped, table
from florecon_build.cli.summary import Money, Summary

MAX_CURRENCIES = 4
MAX_TEXT = 28


def print_summary(console: Console, summary: Summary, *, title: str = "", largest: int = 5) -> None:
    """Prints matches by step, open items, the conservation check and the largest exceptions."""
    if title:
        console.print(Text(title, style="bold"))
    console.print()
    print_unclipped(console, _steps(summary))
    console.print(_verdict(summary))
    for sentence in summary.diagnosis:
        console.print(Text(sentence, style="yellow"), soft_wrap=True)
    if summary.open_rows and largest:
        console.print()
        console.print(Text("largest exceptions", style="bold"))
        print_unclipped(console, _exceptions(summary, largest, console.width))


def _steps(summary: Summary) -> Table:
    units = summary.currencies if len(summary.currencies) <= MAX_CURRENCIES else []
    heads = [f"value {unit}".strip() for unit in units]
    lines = [
        [
            step.name,
            f"{step.groups:,}",
            f"{step.rows:,}",
            percent(step.rows, summary.rows),
            *_cells(step.value, units, summary),
        ]
        for step in summary.steps
    ]
    opened = ["open", "", f"{summary.open_rows:,}", percent(summary.open_rows, summary.rows)]
    lines.append([*opened, *_cells(summary.open_value, units, summary)])
    whole = ["all", f"{summary.groups:,}", f"{summary.rows:,}", percent(summary.rows, summary.rows)]
    lines.append([*whole, *_cells(summary.value, units, summary)])
    return table(["matched by", "groups", "rows", "of all", *heads], lines, bold=len(lines) - 1)


def _cells(value: Money, units: Sequence[str], summary: Summary) -> list[str]:
    return [format_amount(value.get(unit, 0), summary.scale) for unit in units]


def _verdict(summary: Summary) -> Text:
    if not summary.exact:
        return Text("NOT CONSERVED: some rows are not the sum of their allocations", style="bold red")
    return Text(f"each of {plural(summary.rows, 'row')} is exactly the sum of its allocations", style="dim")


def _exceptions(summary: Summary, largest: int, width: int) -> Table:
    rows = summary.exceptions.slice(0, largest)
    columns: dict[str, list[str]] = {}
    opened = [format_amount(value, summary.scale) for value in rows["open"].to_pylist()]
    room = width - max(map(len, opened))
    for name in (name for name in rows.column_names if name != "open"):
        cells = [_cell(value) for value in rows[name].to_pylist()]
        room -= max(map(len, [name, *cells])) + 2
        if columns and room < 0:
            break
        columns[name] = cells
    numbers = {name for name in columns if _is_number(rows.schema.field(name).type)}
    left = [place for place, name in enumerate(columns) if name not in numbers]
    lines = zip(*columns.values(), opened, strict=True)
    return table([*columns, "open"], lines, text=left)


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case Decimal():
            return f"{value:,}"
        case datetime.date():
            return value.isoformat()
        case _:
            text = str(value)
            return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
