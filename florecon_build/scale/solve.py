"""Solution of one shard: its rows in a workspace of their own, its report as Parquet files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from florecon_build.host import Description, Unsupported
from florecon_build.host.report.report import Report
from florecon_build.scale.book_input import BookInput
from florecon_build.scale.book_shard import book_tables, solve_in_book
from florecon_build.scale.divide import shard_files
from florecon_build.scale.job import CERTIFIED, Folder, finished, write_json
from florecon_build.scale.solver import Solver

SHARD_BITS = 32
"""The number of a group in the run: the shard's number above, the group's number in its workspace below."""


def solve_shard(folder: Folder, solver: Solver, number: int, progress: Callable[[int, int], None]) -> None:
    """Solves a shard and writes its tables to `shards/NUMBER`. Errors: those of `Workspace.upsert` and `solve`."""
    job = folder.job()
    with solver.open(job.config, max_memory=job.memory, timeout=job.timeout) as workspace:
        names = [field.name for field in workspace.about.fields]
        rows = _rows(shard_files(folder, number), names)
        if job.book is None:
            workspace.upsert(rows)
            report = workspace.solve(progress=progress, certify=job.certify)
            tables = in_the_run(report, workspace.about, number)
        else:
            book = BookInput.read(folder)
            report, replayer = solve_in_book(workspace, book, rows, progress, certify=job.certify)
            tables = in_the_run(report, workspace.about, number)
            tables |= book_tables(workspace, book, rows, report=report, replayer=replayer, base=number << SHARD_BITS)

        def write(part: Path) -> None:
            part.mkdir()
            for what, table in tables.items():
                pq.write_table(table, str(part / f"{what}.parquet"))
            if report.certified is not None:
                write_json(part / CERTIFIED, report.certified)

        finished(folder.path("shards", str(number)), write)


def _rows(paths: list[Path], names: list[str]) -> pa.Table:
    tables: list[pa.Table] = []
    for path in paths:
        file: Any = pq.ParquetFile(str(path))
        tables.append(file.read(columns=names).select(names))
    return pa.concat_tables(tables)


def in_the_run(report: Report, about: Description, number: int) -> dict[str, pa.Table]:
    """The tables of a shard's report with ids that are of the whole run: groups by shard, texts for text ids."""
    base = pa.scalar(number << SHARD_BITS, pa.int64())
    found: dict[str, pa.Table] = {}
    for what in ("groups", "allocations", "rows"):
        table: pa.Table = getattr(report, what)
        at = table.column_names.index("group_id")
        found[what] = table.set_column(at, "group_id", pc.add(table["group_id"].cast(pa.int64()), base))
    if about.id_is_text:
        rows = found["rows"]
        place = pc.index_in(found["groups"]["first_id"], value_set=rows["id"].combine_chunks())
        at = found["groups"].column_names.index("first_id")
        found["groups"] = found["groups"].set_column(at, "first_id", rows["id_text"].combine_chunks().take(place))
        for what in ("allocations", "rows"):
            kept = [name for name in found[what].column_names if name != "id"]
            found[what] = found[what].select(kept).rename_columns([{"id_text": "id"}.get(name, name) for name in kept])
    with suppress(Unsupported):
        found["stages"] = report.stages
    return found
