"""Explanation of rows of a finished run: their shards are solved once more, from the files of the data set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from florecon_build.host import Explanation, RunMismatch, UnknownId
from florecon_build.host.report.report import Report
from florecon_build.scale.book_input import BookInput
from florecon_build.scale.book_shard import solve_in_book
from florecon_build.scale.job import Folder, Job
from florecon_build.scale.keys import batches

Id = int | str


def explain_rows(folder: Folder, ids: Sequence[Id], *, apart: bool) -> Explanation:
    """The explanation of rows by a workspace over their shards; groups have the numbers of the run.

    Errors: `UnknownId`; `RunMismatch` where a file or the engine module has changed since the run, or the shard comes
    to other groups; those of `Workspace.solve`.
    """
    job, solver = folder.job(), folder.solver()
    check_files(job)
    if solver.identity != job.identity:
        raise RunMismatch(
            f"{folder.out} was solved by another release of the engine module: run again, into another folder"
        )
    shards = shards_of(folder.out, ids)
    members = pa.concat_tables([_column(folder.out, "rows", shard, "id") for shard in shards])["id"]
    with solver.open(job.config, timeout=job.timeout) as workspace:
        names = [field.name for field in workspace.about.fields]
        rows = rows_with(job, names, workspace.about.id_name or names[0], members)
        if job.book is None:
            workspace.upsert(rows)
            report = workspace.solve()
        else:
            report, _ = solve_in_book(workspace, BookInput.read(folder), rows)
        data = renumbered(workspace.explain(*ids, apart=apart).data, run_numbers(folder.out, shards, report))
        params = {param.name: param.default for param in workspace.about.params} | dict(job.config)
        return Explanation(workspace.about, data, report.input, params, apart=apart)


def check_files(job: Job) -> None:
    """Checks that the files are those of the run. Errors: `RunMismatch`, naming the file."""
    for path, size, modified in job.files:
        try:
            found = Path(path).stat()
        except OSError as error:
            raise RunMismatch(f"{path}: {error.strerror}; an explanation reads the files of the run again") from error
        if (found.st_size, found.st_mtime_ns) != (size, modified):
            raise RunMismatch(f"{path} has changed since the run: run again, into another folder")


def shards_of(out: Path, ids: Sequence[Id]) -> list[str]:
    """The shards that have the rows, as names of their files. Errors: `UnknownId`."""
    wanted = set(ids)
    found: list[str] = []
    for path in sorted((out / "rows").glob("*.parquet")):
        column = _column(out, "rows", path.stem, "id")["id"]
        text = pa.types.is_string(column.type)
        sought = pa.array([row for row in wanted if isinstance(row, str) is text], column.type)
        here = set(column.filter(pc.is_in(column, value_set=sought)).to_pylist())
        if here:
            found.append(path.stem)
            wanted -= here
        if not wanted:
            return found
    missing = next(row for row in ids if row in wanted)
    raise UnknownId(f"the run has no row {missing!r}", id=missing)


def rows_with(job: Job, names: list[str], id_name: str, members: pa.ChunkedArray) -> pa.Table:
    """The rows of the data set with these ids, in the declared columns."""
    found: list[pa.Table] = []
    for unit in job.units:
        for table in batches(unit, names, job.columns):
            sought = members.cast(table[id_name].type)
            found.append(table.filter(pc.is_in(table[id_name], value_set=sought)))
    return pa.concat_tables(found)


def run_numbers(out: Path, shards: list[str], report: Report) -> dict[int, int]:
    """The numbers that groups of a workspace have in the run, by their keys. Errors: `RunMismatch` for others."""
    tables = [_column(out, "groups", shard, "key", "group_id") for shard in shards]
    known: dict[str, int] = {}
    for table in tables:
        known |= dict(zip(table["key"].to_pylist(), table["group_id"].to_pylist(), strict=True))
    groups = report.groups
    keys: list[str] = groups["key"].to_pylist()
    if not known.keys() >= set(keys):
        raise RunMismatch(
            f"{out}: solved again, the rows come to other groups than in the run; run again, into another folder"
        )
    return dict(zip(groups["group_id"].to_pylist(), map(known.__getitem__, keys), strict=True))


def renumbered(data: dict[str, Any], numbers: dict[int, int]) -> dict[str, Any]:
    """An explanation as data, with the numbers of the run in place of those of the workspace."""
    rows = [
        {**row, "places": [{**place, "group_id": numbers[place["group_id"]]} for place in row["places"]]}
        for row in data["rows"]
    ]
    return {**data, "rows": rows}


def _column(out: Path, what: str, shard: str, *names: str) -> pa.Table:
    return pq.read_table(str(out / what / f"{shard}.parquet"), columns=list(names))
