"""Rows of a run in shards that are not in Parquet files: read as their sources say, and kept as one Parquet file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from florecon_build.cli.declared_sources import LedgerFiles, ledger, refuse_exceptions
from florecon_build.host import RunMismatch
from florecon_build.host.description import Description
from florecon_build.scale.job import INPUT, UNIT_ROWS, storing, write_json
from florecon_build.sources import Reading

LEDGER, RECORD = "ledger.parquet", "sources.json"


@dataclass(frozen=True, slots=True)
class StagedSources:
    """The Parquet file of a run, what is on record of the files it was read from, and their readings.

    ``readings`` is empty where the file is from a run that goes on.
    """

    path: Path
    record: list[dict[str, Any]]
    readings: tuple[Reading, ...] = ()


def staged_sources(files: LedgerFiles, about: Description, out: Path) -> StagedSources:
    """Reads the files below ``out/input``, once: a run that goes on takes the rows that it began with.

    Raises ``SourceError``; ``CommandError`` for the exceptions of an earlier run; ``RunMismatch`` where ``out`` has the
    rows of other files, or of the same ones before they changed; ``StorageError``.
    """
    folder = out / INPUT
    identity = _identity(files)
    known = folder / RECORD
    if known.is_file():
        found: dict[str, Any] = json.loads(known.read_text(encoding="utf-8"))
        if found["identity"] != identity:
            raise RunMismatch(f"{out} holds a run of other files, or of other columns; choose another folder")
        return StagedSources(folder / LEDGER, found["sources"])
    if out.is_dir() and any(path.name != INPUT for path in out.iterdir()):
        raise RunMismatch(f"{out} is not empty and holds no run of these files; choose another folder")
    readings = files.read(about)
    refuse_exceptions(readings, about)
    record = [reading.as_data() for reading in readings]
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(ledger(readings), str(folder / LEDGER), row_group_size=UNIT_ROWS)
        write_json(known, {"identity": identity, "sources": record})
    return StagedSources(folder / LEDGER, record, readings)


def _identity(files: LedgerFiles) -> list[object]:
    """The files by size and time, and how they are read, as JSON keeps it."""
    read = [path for path in files.paths() if path.is_file()]
    stats = [[str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns] for path in read]
    return [stats, repr(files.shape), repr(sorted(files.sources.items()))]
