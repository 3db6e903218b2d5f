"""``read`` command: how each declared source is read, before anything is reconciled."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pyarrow as pa
import pyarrow.parquet as pq
import typer

from florecon_build.cli import console, strategy_loader
from florecon_build.cli.commands.options import Json, PluginName, SourceFiles
from florecon_build.cli.declared_sources import ledger, parse_data, read_all
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.reading_page import print_reading
from florecon_build.cli.settings import settings


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
        _write(ledger(readings), out)
    if as_json:
        console.print_json({"sources": [reading.as_data() for reading in readings]})
        return
    for reading in readings:
        print_reading(reading)
    if out is not None:
        console.print_line(f"wrote {console.display_path(out)}")


def _write(table: pa.Table, out: Path) -> None:
    """Writes a Parquet file, whole or not at all."""
    part = out.with_name(f"{out.name}.part")
    try:
        pq.write_table(table, str(part))
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
