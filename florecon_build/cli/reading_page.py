"""Page of a reading: how a source was read, for a person."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pyarrow as pa
from rich.text import Text

from florecon_build.cli import console
from florecon_build.host.report.currencies import format_decimal
from florecon_build.sources import Reading, Total
from florecon_build.sources.reading import CURRENCY_COLUMNS

SHOWN_ROWS = 5
SHOWN_SKIPPED = 20
MAX_TEXT = 40


def print_reading(reading: Reading) -> None:
    """Prints a reading: mapping, first rows, totals, checks, skipped lines and notes."""
    out = console.out()
    files = ", ".join(f"{console.display_path(one.path)} ({console.plural(one.rows, 'row')})" for one in reading.files)
    title = Text(reading.source.name, style="bold").append(f"  {files}", style="not bold")
    out.print(title, soft_wrap=True)
    mapping = [(name, words) for name, words in reading.mapping.items()]
    console.print_unclipped(out, console.table(["column", "read from"], mapping, text=(0, 1)))
    out.print()
    names = reading.table.column_names
    left = [at for at, field in enumerate(reading.table.schema) if not pa.types.is_decimal(field.type)]
    numbers = [name for at, name in enumerate(names) if at not in left]
    amount = numbers[0] if len(numbers) == 1 else "amount"
    code = next((name for name in names if name.lower() in CURRENCY_COLUMNS), "")
    rows = reading.table.slice(0, SHOWN_ROWS).to_pylist()
    first = [
        [_cell(value, str(row.get(code) or "") if name == amount else None) for name, value in row.items()]
        for row in rows
    ]
    console.print_unclipped(out, console.table(names, first, text=left))
    out.print()
    heads = ["currency", "rows", "positive", "negative", "net", "first day", "last day"]
    console.print_unclipped(out, console.table(heads, map(_total, reading.totals)))
    for check in reading.checks:
        out.print(Text(f"ok  {check.message}", style="green"), soft_wrap=True)
    for one in reading.skipped[:SHOWN_SKIPPED]:
        text = console.visible(one.text, keep="")[:80]
        out.print(Text(f"skipped  {one.file}:{one.line}: {one.reason}: {text}"), soft_wrap=True)
    if len(reading.skipped) > SHOWN_SKIPPED:
        out.print(Text(f"skipped  and {len(reading.skipped) - SHOWN_SKIPPED:,} more lines; --json lists all"))
    for note in reading.notes:
        out.print(Text(f"found  {note}", style="yellow"), soft_wrap=True)
    out.print()


def print_findings(readings: Sequence[Reading]) -> None:
    """Prints what was found in the files and not declared, and how many lines are no rows, to standard error."""
    for reading in readings:
        name = f"{reading.source.name}: " if reading.source.name else ""
        for note in reading.notes:
            console.print_status(f"found  {name}{note}")
        if reading.skipped:
            count = console.plural(len(reading.skipped), "line is no row", "lines are no rows")
            console.print_status(f"found  {name}{count}; `florecon-build read` lists them")


def _cell(value: object, code: str | None) -> str:
    """A cell; an amount in the decimals of its currency ``code``, another number (None) in those of its column."""
    match value:
        case Decimal():
            text = f"{value:,}" if code is None else format_decimal(value, code)
        case _:
            text = "" if value is None else str(value)
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 3]}..."


def _total(total: Total) -> list[str]:
    days = ["" if day is None else day.isoformat() for day in (total.first_day, total.last_day)]
    return [
        total.currency or "not declared",
        f"{total.rows:,}",
        *(format_decimal(amount, total.currency) for amount in (total.positive, total.negative, total.net)),
        *days,
    ]
