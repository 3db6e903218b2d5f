"""``read`` command: how each declared source is read, before anything is reconciled."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import pyarrow.parquet as pq
import typer
from rich.text import Text

from florecon_build.cli import console, strategy_loader
from florecon_build.cli.commands.options import Json, PluginName, SourceFiles
from florecon_build.cli.declared_sources import ledger, parse_data, read_all
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.settings import settings
from florecon_build.sources import Reading, Total

SHOWN_ROWS = 5
SHOWN_SKIPPED = 20
MAX_TEXT = 40


def read(
    data: SourceFiles = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write the ledger as read to a Parquet file.")
    ] = None,
    plugin: PluginName = None,
    as_json: Json = False,
) -> None:
    """Show how the sources of florecon.toml are read: mapping, first rows, skipped lines, control totals, checks.

    The columns are those of the strategy beside florecon.toml. No solver is needed.
    """
    project = settings()
    if not project.sources:
        raise CommandError("florecon.toml declares no sources", "declare [source.NAME]", Exit.USAGE)
    about = strategy_loader.load(project.strategy, plugin).description
    readings = read_all(project.sources, project.folder, parse_data(data or [], project.sources), about)
    if out is not None:
        pq.write_table(ledger(readings), str(out))
    if as_json:
        console.print_json({"sources": [reading.as_data() for reading in readings]})
        return
    for reading in readings:
        _print(reading)
    if out is not None:
        console.print_line(f"wrote {console.display_path(out)}")


def _print(reading: Reading) -> None:
    out = console.out()
    files = ", ".join(f"{console.display_path(one.path)} ({console.plural(one.rows, 'row')})" for one in reading.files)
    title = Text(reading.source.name, style="bold").append(f"  {files}", style="not bold")
    out.print(title, soft_wrap=True)
    mapping = [(name, words) for name, words in reading.mapping.items()]
    console.print_unclipped(out, console.table(["column", "read from"], mapping, text=(0, 1)))
    out.print()
    names = reading.table.column_names
    first = [[_cell(value) for value in row.values()] for row in reading.table.slice(0, SHOWN_ROWS).to_pylist()]
    left = [at for at, field in enumerate(reading.table.schema) if not pa.types.is_decimal(field.type)]
    console.print_unclipped(out, console.table(names, first, text=left))
    out.print()
    heads = ["currency", "rows", "positive", "negative", "net", "first day", "last day"]
    console.print_unclipped(out, console.table(heads, map(_total, reading.totals)))
    for check in reading.checks:
        out.print(Text(f"ok  {check.message}", style="green"), soft_wrap=True)
    for one in reading.skipped[:SHOWN_SKIPPED]:
        out.print(Text(f"skipped  {one.file}:{one.line}: {one.reason}: {ascii(one.text)[1:-1][:80]}"), soft_wrap=True)
    if len(reading.skipped) > SHOWN_SKIPPED:
        out.print(Text(f"skipped  and {len(reading.skipped) - SHOWN_SKIPPED:,} more lines; --json lists all"))
    for note in reading.notes:
        out.print(Text(f"found  {note}", style="yellow"), soft_wrap=True)
    out.print()


def _cell(value: object) -> str:
    text = "" if value is None else f"{value:,}" if isinstance(value, Decimal) else str(value)
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 3]}..."


def _total(total: Total) -> list[str]:
    days = ["" if day is None else day.isoformat() for day in (total.first_day, total.last_day)]
    return [
        total.currency or "not declared",
        f"{total.rows:,}",
        *(f"{amount:,}" for amount in (total.positive, total.negative, total.net)),
        *days,
    ]
