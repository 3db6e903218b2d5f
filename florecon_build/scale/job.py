"""Job: what a run over a data set is a function of, and the folder in which its steps leave what they have finished.

Every step writes a file or a folder under another name and renames it when it is whole, so that what stands under its
own name is finished, whenever the run was stopped.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from florecon_build.host import BadTable, Description, MissingColumn, RunMismatch, StorageError, WrongType
from florecon_build.scale.solver import Solver

UNIT_ROWS = 1_000_000
JOB, SHARDS, RUN = "job.json", "shards.json", "run.json"
STRATEGY, MODULE = "strategy.json", "solver.wasm"
CERTIFIED = "certified.json"
"""The file of a shard with the number of its flows that were proved optimal."""
INPUT = "input"
"""The folder of rows that were read from other formats, which may stand in the output folder before the run."""
PARTS = "parts"
STEPS = ("keys", "edges", "labels", "rows", "shards", PARTS)
TABLES = ("groups", "allocations", "rows")


@dataclass(frozen=True, slots=True)
class Unit:
    """Row groups of one file, read by one task."""

    file: str
    first: int
    last: int
    rows: int


@dataclass(frozen=True, slots=True)
class Job:
    """A run: solver, files, params, and the bounds of one worker. It is kept as JSON in the work folder.

    ``book`` is the digest of the input of a run of a book, ``aside`` the sum of what closed periods matched of it;
    ``certify`` has every flow proved optimal.
    """

    identity: str
    files: tuple[tuple[str, int, int], ...]
    units: tuple[Unit, ...]
    config: Mapping[str, Any]
    columns: Mapping[str, str]
    memory: int
    capacity: int
    timeout: float | None
    book: str | None = None
    aside: int = 0
    certify: bool = False

    @property
    def rows(self) -> int:
        """The rows of the data set."""
        return sum(unit.rows for unit in self.units)

    def compared(self) -> dict[str, object]:
        """What must be the same for a run to go on."""
        return {
            "the strategy or module": self.identity,
            "the files": [list(file) for file in self.files],
            "the params": dict(self.config),
            "the column map": dict(self.columns),
            "the rows or decisions of the book": self.book,
            "whether flows are certified": self.certify,
        }


class Folder:
    """The output folder of a run: finished tables, and below `work` the steps of a run that goes on."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.work = out / "work"

    def path(self, *parts: str) -> Path:
        """A path below the work folder."""
        return self.work.joinpath(*parts)

    def begin(self, job: Job, solver: Solver) -> Job:
        """Opens the folder for a job, or for going on with it. Errors: `RunMismatch`, `StorageError`."""
        with storing(self.out):
            known = self.path(JOB)
            if known.is_file():
                before = read_job(known)
                for what, value in job.compared().items():
                    if before.compared()[what] != value:
                        raise RunMismatch(
                            f"{self.out} holds a run that differs in {what}; choose another folder, or remove it"
                        )
                return before
            if self.out.is_dir() and not self._is_unbegun():
                raise RunMismatch(f"{self.out} is not empty and holds no run; choose another folder")
            self.work.mkdir(parents=True, exist_ok=True)
            for step in STEPS:
                self.path(step).mkdir(exist_ok=True)
            if solver.document is not None:
                self.path(STRATEGY).write_text(solver.document, encoding="utf-8")
            if solver.module is not None:
                self.path(MODULE).write_bytes(solver.module)
            write_json(known, asdict(job))
            return job

    def _is_unbegun(self) -> bool:
        """True for a folder with nothing in it but what `begin` leaves where it is stopped."""
        inside = {path.name for path in self.out.iterdir()} - {INPUT}
        begun = {path.name for path in self.work.iterdir()} if self.work.is_dir() else set[str]()
        return inside <= {self.work.name} and all(
            name in (*STEPS, STRATEGY, MODULE) or name.endswith(".part") for name in begun
        )

    def solver(self) -> Solver:
        """The solver that `begin` kept."""
        module, document = self.path(MODULE), self.path(STRATEGY)
        return Solver(
            module.read_bytes() if module.is_file() else None,
            document.read_text(encoding="utf-8") if document.is_file() else None,
        )

    def job(self) -> Job:
        """The job that `begin` kept."""
        return read_job(self.path(JOB))


def read_job(path: Path) -> Job:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    found["files"] = tuple(tuple(file) for file in found["files"])
    found["units"] = tuple(Unit(**unit) for unit in found["units"])
    return Job(**found)


def write_json(path: Path, content: object) -> None:
    """Writes a JSON file whole or not at all."""
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(content, indent=1), encoding="utf-8")
    part.replace(path)


def finished(path: Path, make: Callable[[Path], object]) -> None:
    """Makes a file or folder under another name, and renames it when it is whole. Errors: `StorageError`.

    A worker of a run that was killed can still be at the same step: the first that is done counts.
    """
    part = path.parents[1] / PARTS / f"{path.parent.name}-{path.name}-{os.getpid()}"
    with storing(path):
        if part.is_dir():
            shutil.rmtree(part)
        make(part)
        try:
            os.replace(part, path)
        except OSError:
            if not path.is_dir():
                raise


class storing:
    """Turns an error of the file system into a `StorageError` that names the path."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError) and not isinstance(error, StorageError):
            what = error.strerror or str(error)
            message = f"{self.path}: {what}; what is finished stays: make room and run again to go on from there"
            raise StorageError(message) from error


def parquet_files(dataset: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The Parquet files of a data set: a file, all files below a folder, or a list of files. Errors: `BadTable`."""
    given = [dataset] if isinstance(dataset, (str, os.PathLike)) else list(dataset)
    found: list[Path] = []
    for path in (Path(each) for each in given):
        inside = sorted(each for each in path.rglob("*.parquet") if each.is_file()) if path.is_dir() else [path]
        if not inside or not inside[0].is_file():
            raise BadTable(f"{path}: no such Parquet file, and no folder that has one")
        found += inside
    return found


def units_of(paths: Sequence[Path], about: Description, columns: Mapping[str, str]) -> list[Unit]:
    """Units of work over files of one schema. Errors: `BadTable`, `MissingColumn`, `WrongType`, naming the file."""
    headers = {field.name: columns.get(field.name, field.name) for field in about.fields}
    first: dict[str, pa.DataType] = {}
    units: list[Unit] = []
    for path in paths:
        try:
            file: Any = pq.ParquetFile(str(path))
        except (pa.ArrowException, OSError) as error:
            raise BadTable(f"{path}: no Parquet file: {error}") from error
        schema: pa.Schema = file.schema_arrow
        for name, header in headers.items():
            if header not in schema.names:
                raise MissingColumn(f"{path}: column {header!r} is missing", column=name)
            kind = schema.field(header).type
            expected = first.setdefault(name, kind)
            if kind != expected:
                message = (
                    f"{path}: column {header!r} is {kind}, but {expected} in {paths[0]}; give all files one schema"
                )
                raise WrongType(message, column=name)
        units += _units_of_file(str(path.resolve()), file.metadata)
    return units


def _units_of_file(path: str, metadata: Any) -> list[Unit]:
    units: list[Unit] = []
    first, rows = 0, 0
    for group in range(metadata.num_row_groups):
        rows += metadata.row_group(group).num_rows
        if rows >= UNIT_ROWS or group == metadata.num_row_groups - 1:
            units.append(Unit(path, first, group, rows))
            first, rows = group + 1, 0
    return units
