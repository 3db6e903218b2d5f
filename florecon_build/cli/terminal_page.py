"""Terminal rendering of a run summary."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal

import pyarrow as pa
from rich.console import Console
from rich.table import Table
from rich.text import Text

from florecon_build.cli.console import plural, print_unclipped, table, tenths
from florecon_build.host.report.currencies import format_decimal, format_minor, with_code
from florecon_build.host.report.summary import Money, Summary, shares

MAX_CURRENCIES = 4
MAX_TEXT = 28


def print_summary(console: Console, summary: Summary, *, title: str = "", largest: int = 5) -> None:
    """Prints matches by step, open items, the conservation check and the largest exceptions."""
    if title:
        console.print(Text(title, style="bold"))
    console.print()
    print_unclipped(console, _steps(summary))
    for line in _notes(summary):
        console.print(line)
    console.print(_verdict(summary))
    for sentence in summary.diagnosis:
        console.print(Text(sentence, style="yellow"), soft_wrap=True)
    if summary.exceptions.num_rows and largest:
        console.print()
        console.print(Text("largest exceptions", style="bold"))
        print_unclipped(console, _exceptions(summary, largest, console.width))


def _steps(summary: Summary) -> Table:
    units = summary.currencies if len(summary.currencies) <= MAX_CURRENCIES else []
    heads = [f"value {unit}".strip() for unit in units]
    each = shares([*(step.rows for step in summary.steps), summary.open_rows])
    lines = [
        [step.name, f"{step.groups:,}", f"{step.rows:,}", tenths(share), *_cells(step.value, units, summary)]
        for step, share in zip(summary.steps, each[:-1], strict=True)
    ]
    opened = ["open", "", f"{summary.open_rows:,}", tenths(each[-1])]
    lines.append([*opened, *_cells(summary.open_value, units, summary)])
    whole = ["all", f"{summary.groups:,}", f"{summary.rows:,}", tenths(sum(each))]
    lines.append([*whole, *_cells(summary.value, units, summary)])
    return table(["matched by", "groups", "rows", "of all", *heads], lines, bold=len(lines) - 1)


def _cells(value: Money, units: Sequence[str], summary: Summary) -> list[str]:
    return [format_minor(value.get(unit, 0), summary.scale, unit) for unit in units]


def _notes(summary: Summary) -> list[Text]:
    """Accepted differences by currency, groups over several currencies, and what cannot be said."""
    notes: list[Text] = []
    if summary.units.refused:
        notes.append(Text(summary.units.note, style="bold yellow"))
    if len(summary.currencies) > MAX_CURRENCIES:
        notes.append(Text(f"values of {len(summary.currencies)} currencies are in run.json and the report page"))
    if summary.mixed_groups:
        count = plural(summary.mixed_groups, "group has", "groups have")
        notes.append(Text(f"{count} rows of several currencies; each currency is shown apart, never as one net"))
        notes += [Text(f"net of such groups: {line}") for line in summary.pivot_lines]
    if summary.ambiguous.rows:
        notes.append(Text(f"ambiguous: {_ambiguous(summary)}"))
    differences = [
        f"{step.name} {with_code(format_minor(net, summary.scale, unit), unit)}"
        for step in summary.steps
        for unit, net in sorted(step.net.items())
        if net
    ]
    if differences and not summary.mixed_groups:
        notes.append(Text(f"accepted differences: {'; '.join(differences)}", style="dim"))
    return notes


def _ambiguous(summary: Summary) -> str:
    found = summary.ambiguous
    values = [with_code(format_minor(value, summary.scale, unit), unit) for unit, value in sorted(found.value.items())]
    worth = f", value {'; '.join(values)}" if values else ""
    counts = f"{plural(found.rows, 'row')} in {plural(found.groups, 'group')}"
    return f"{counts}{worth}; another group would do as well: `explain` names it"


def _verdict(summary: Summary) -> Text:
    if not summary.exact:
        return Text("NOT CONSERVED: some rows are not the sum of their allocations", style="bold red")
    return Text(f"each of {plural(summary.rows, 'row')} is exactly the sum of its allocations", style="dim")


def _exceptions(summary: Summary, largest: int, width: int) -> Table:
    rows = summary.exceptions.slice(0, largest)
    columns: dict[str, list[str]] = {}
    codes = rows[summary.units.column].to_pylist() if summary.units.column else [""] * rows.num_rows
    opened = [
        format_minor(value, summary.scale, code or "")
        for value, code in zip(rows["open"].to_pylist(), codes, strict=True)
    ]
    room = width - max(map(len, opened))
    for name in (name for name in rows.column_names if name != "open"):
        of = [""] * rows.num_rows if name in summary.other_amounts else codes
        cells = [_cell(value, code or "") for value, code in zip(rows[name].to_pylist(), of, strict=True)]
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


def _cell(value: object, code: str) -> str:
    match value:
        case None:
            return "-"
        case Decimal():
            return format_decimal(value, code)
        case datetime.date():
            return value.isoformat()
        case _:
            text = str(value)
            return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
