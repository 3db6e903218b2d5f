"""Terminal rendering of a run summary."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal

import pyarrow as pa
from rich.console import Console
from rich.table import Table
from rich.text import Text

from florecon_build.cli.console import amount, counted, percent, print_whole, table
from florecon_build.cli.summary import Money, Outcome

MOST_CURRENCIES = 4
MOST_TEXT = 28


def show(console: Console, found: Outcome, *, title: str = "", largest: int = 5) -> None:
    """Prints what matched step by step, what is open, whether it adds up, and the largest exceptions."""
    if title:
        console.print(Text(title, style="bold"))
    console.print()
    print_whole(console, _steps(found))
    console.print(_verdict(found))
    if found.open_rows and largest:
        console.print()
        console.print(Text("largest exceptions", style="bold"))
        print_whole(console, _exceptions(found, largest, console.width))


def _steps(found: Outcome) -> Table:
    units = found.currencies if len(found.currencies) <= MOST_CURRENCIES else []
    heads = [f"value {unit}".strip() for unit in units]
    lines = [
        [
            step.name,
            f"{step.groups:,}",
            f"{step.rows:,}",
            percent(step.rows, found.rows),
            *_cells(step.value, units, found),
        ]
        for step in found.steps
    ]
    opened = ["open", "", f"{found.open_rows:,}", percent(found.open_rows, found.rows)]
    lines.append([*opened, *_cells(found.open_value, units, found)])
    whole = ["all", f"{found.groups:,}", f"{found.rows:,}", percent(found.rows, found.rows)]
    lines.append([*whole, *_cells(found.value, units, found)])
    return table(["matched by", "groups", "rows", "of all", *heads], lines, bold=len(lines) - 1)


def _cells(value: Money, units: Sequence[str], found: Outcome) -> list[str]:
    return [amount(value.get(unit, 0), found.scale) for unit in units]


def _verdict(found: Outcome) -> Text:
    if not found.exact:
        return Text("NOT CONSERVED: some rows are not the sum of their pieces", style="bold red")
    return Text(f"each of {counted(found.rows, 'row')} is exactly the sum of its pieces", style="dim")


def _exceptions(found: Outcome, largest: int, width: int) -> Table:
    rows = found.exceptions.slice(0, largest)
    columns: dict[str, list[str]] = {}
    opened = [amount(value, found.scale) for value in rows["open"].to_pylist()]
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
            return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"
