"""Reconciliation of files with a module or a strategy, and the output folder of a run."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

import florecon_build as fb
from florecon_build.cli import inputs
from florecon_build.cli.book_run import BookOptions, BookRun, FileInput, run_period
from florecon_build.cli.console import timed
from florecon_build.cli.declared_sources import LedgerFiles, further_columns, ledger, refuse_exceptions
from florecon_build.cli.exported_tables import Format, Units, export
from florecon_build.cli.inputs import InputFormat
from florecon_build.codegen.build.wasm import IR_SECTION
from florecon_build.codegen.build.wasm_sections import section
from florecon_build.codegen.version import VERSION
from florecon_build.host import Description, Report, Workspace
from florecon_build.host.explain.open_rows import explain_open_rows
from florecon_build.host.report.exports import Details
from florecon_build.host.report.formulas import Formulas
from florecon_build.host.report.shipped_rows import amount_column
from florecon_build.host.report.summary import Summary, summarize, tables_of
from florecon_build.sources import Reading, Source
from florecon_build.sources.file_digest import sha256

DATA = "data"
"""Subfolder with the exact tables of a run (Parquet, minor units), read by the `report` command."""
STRATEGY = "strategy.json"
WHY = "why.json"
DESCRIPTION = "description.json"
RUN_VERSION = 2


@dataclass(frozen=True, slots=True)
class Job:
    """Input of a run: module, files and their format, parameter values as typed.

    ``solver`` is the module, or the file of the ``plugin`` that the engine module runs.
    Reasons are requested for the ``explain`` largest exceptions; a journal is made where there are ``accounts``.
    """

    solver: Path
    data: tuple[Path, ...]
    shape: InputFormat = field(default_factory=InputFormat)
    params: dict[str, str] = field(default_factory=dict[str, str])
    timeout: float | None = None
    explain: int = 0
    folder: Path = field(default_factory=Path.cwd)
    sources: dict[str, Source] = field(default_factory=dict[str, Source])
    source_files: dict[str, list[Path]] = field(default_factory=dict[str, list[Path]])
    book: BookOptions | None = None
    plugin: fb.Plugin | None = None
    accounts: dict[str, str] | None = None

    @property
    def by(self) -> Literal["engine", "compiled"]:
        """What runs it: the engine module, or a module compiled from the strategy."""
        return "compiled" if self.plugin is None else "engine"

    def ir(self) -> bytes | None:
        """The strategy's JSON; None for a module that does not contain it."""
        if self.plugin is None:
            return section(self.solver.read_bytes(), IR_SECTION)
        return self.plugin.ir().encode()


@dataclass(frozen=True, slots=True)
class Input:
    """What was read: each file with its rows, and the readings."""

    files: tuple[tuple[Path, int], ...]
    readings: tuple[Reading, ...] = ()


@dataclass(slots=True)
class Run:
    """Finished run: the job, its report and summary, reasons of the largest exceptions, seconds per phase."""

    job: Job
    about: Description
    config: dict[str, object]
    input: pa.Table
    read: Input
    report: Report
    summary: Summary
    reasons: dict[str, str]
    seconds: dict[str, float]
    started: datetime.datetime
    extra: pa.Table | None = None
    book: BookRun | None = None


def reconcile(job: Job, *, say: Callable[[str], None], progress: Callable[[int, int], None] | None = None) -> Run:
    """Loads the module, sends the rows, solves. Raises ``SchemaError``, ``LoadError`` or another ``FloreconError``."""
    if job.book is not None:
        return _reconcile_book(job, job.book, say=say, progress=progress)
    seconds: dict[str, float] = {}
    started = datetime.datetime.now(datetime.UTC)
    say(f"loading {job.solver.name}")
    with timed(seconds, "load"):
        if job.plugin is not None:
            job.plugin.require()
        workspace = Workspace(job.plugin or job.solver, timeout=job.timeout)
        about = workspace.about
        config = inputs.parse_params(about.params, job.params)
        if config:
            workspace.configure(**config)
    with timed(seconds, "read"):
        table, read = read_input(job, about, say)
    with timed(seconds, "ingest"):
        workspace.upsert(table)
    say(f"solving {table.num_rows:,} rows")
    with timed(seconds, "solve"):
        report = workspace.solve(progress=progress or False)
    with timed(seconds, "fetch"):
        report.load()
    tables = tables_of(report, about, table)
    summary = summarize(tables)
    with timed(seconds, "explain"):
        largest = summary.exceptions[tables.id_name].slice(0, job.explain).to_pylist()
        reasons = explain_open_rows(workspace, largest, tables.step_names)
    extra = further_columns(read.readings, about)
    return Run(job, about, config, table, read, report, summary, reasons, seconds, started, extra)


def _reconcile_book(
    job: Job, book: BookOptions, *, say: Callable[[str], None], progress: Callable[[int, int], None] | None
) -> Run:
    """As ``reconcile``, in a period of a book: its open items and the rows of the job."""
    seconds: dict[str, float] = {}
    started = datetime.datetime.now(datetime.UTC)
    say(f"loading {job.solver.name}")
    with timed(seconds, "load"), Workspace(job.plugin or job.solver) as module:
        about = module.about
        config = inputs.parse_params(about.params, job.params)
    with timed(seconds, "read"):
        table, read = read_input(job, about, say) if job.data or job.sources else (None, Input(()))
    say(f"solving {book.period}")
    files = [FileInput(path.name, sha256(path), rows) for path, rows in read.files]
    with timed(seconds, "solve"):
        done = run_period(
            replace(book, explain=job.explain), job.plugin or job.solver, table, config, files, timeout=job.timeout,
            progress=progress,
        )  # fmt: skip
        workspace, report = done.workspace, done.workspace.report().load()
    shipped = workspace.rows_at_hand
    tables = replace(tables_of(report, about, shipped), explained=done.explained)
    config, reasons = dict(done.params), dict(workspace.reasons)
    return Run(job, about, config, shipped, read, report, summarize(tables), reasons, seconds, started, None, done)


def read_input(job: Job, about: Description, say: Callable[[str], None]) -> tuple[pa.Table, Input]:
    """The rows of a job as one batch: of the plain files it names, or else of the declared sources.

    Raises ``SchemaError``.
    """
    files = LedgerFiles(job.data, job.shape, job.folder, job.sources, job.source_files)
    say(f"reading {file_names(files.paths())}")
    readings = files.read(about)
    refuse_exceptions(readings, about)
    counted = tuple((one.path, one.rows) for reading in readings for one in reading.files)
    return ledger(readings), Input(counted, readings)


def write(
    run: Run, out: Path, *, format: Format = "csv", units: Units = "major", formulas: Formulas = "escape"
) -> list[Path]:
    """Writes the exported tables to ``out``, an empty folder, and the exact ones to ``out/data``.

    Returns the paths of the former.
    """
    with timed(run.seconds, "write"):
        journal = None if run.job.accounts is None else run.report.journal(run.job.accounts)
        table = None if journal is None else journal.table
        details = Details(reasons=run.reasons, extra=run.extra, journal=table)
        items = None if run.book is None else run.book.open_items
        paths = export(
            run.report, out, details=details, open_items=items, journal=journal, format=format, units=units,
            formulas=formulas,
        )  # fmt: skip
        data = out / DATA
        data.mkdir()
        if journal is not None:
            pq.write_table(journal.table, str(data / "journal.parquet"))
        for what, table in run.report.tables().items():
            pq.write_table(table, str(data / f"{what}.parquet"))
        pq.write_table(run.input, str(data / "input.parquet"))
        if run.extra is not None:
            pq.write_table(run.extra, str(data / "extra.parquet"))
        (data / WHY).write_text(json.dumps(run.reasons, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        (data / DESCRIPTION).write_text(json.dumps(run.about.raw, ensure_ascii=False) + "\n", encoding="utf-8")
        strategy = run.job.ir()
        if strategy is not None:
            (data / STRATEGY).write_bytes(strategy)
    return paths


def record(run: Run, *, exit_code: int, allowed: str | None) -> dict[str, Any]:
    """Content of ``run.json``: solver, inputs, parameters, seconds per phase, summary."""
    about = run.about
    strategy = run.job.ir()
    plugin = run.job.plugin or (None if strategy is None else fb.Plugin.from_ir(strategy))
    amounts = amount_column(about) if run.book is None else None  # of a carried row a part is at hand
    effective = {param.name: param.default for param in about.params} | run.config
    return {
        "run_version": RUN_VERSION,
        "florecon_build": VERSION,
        "started_at": run.started.isoformat(timespec="seconds"),
        "solver": {
            "path": str(run.job.solver.resolve()),
            "sha256": sha256(run.job.solver),
            "by": run.job.by,
            "id": about.domain,
            "version": about.version,
            "fingerprint": about.strategy,
            "runtime": about.runtime,
        },
        "params": effective,
        "inputs": [
            {"path": str(path.resolve()), "sha256": sha256(path), "bytes": path.stat().st_size, "rows": rows}
            for path, rows in run.read.files
        ],
        "sources": [reading.as_data() for reading in run.read.readings],
        "columns": run.job.shape.columns,
        "text_amounts": run.job.shape.text_amounts,
        "id_column": about.id_name,
        "amounts": None if amounts is None else {"column": amounts.name, "scale": amounts.scale},
        "row_amounts": {"column": about.numeraire_column, "whole_rows": run.report.whole_rows},
        "dimensions": {"currency": about.currency, "account": about.account},
        "tree": None if plugin is None else plugin.tree(),
        "nodes": [
            {
                "id": node.id,
                "kind": node.kind,
                "path": node.path,
                "label": node.label,
                "file": node.file,
                "line": node.line,
                "facts": {name: node.facts[name] for name in ("amount", "scale", "columns") if name in node.facts},
            }
            for node in about.nodes
        ],
        "seconds": {name: round(value, 4) for name, value in run.seconds.items()},
        "outcome": run.summary.as_data(),
        "exceptions": {"rows": run.summary.exception_rows, "allowed": allowed},
        "exit_code": exit_code,
        **({} if run.book is None else {"book": run.book.as_data()}),
    }


def exceeds_limit(summary: Summary, allowed: str | None) -> bool:
    """True if more rows are open than ``allowed``; see `above_limit`."""
    return above_limit(summary.exception_rows, summary.rows, allowed)


def above_limit(open_rows: int, rows: int, allowed: str | None) -> bool:
    """True if more rows are open than ``allowed``, a count (``100``) or a percentage of all rows (``2%``).

    Raises ``ValueError`` for anything else.

    >>> above_limit(3, 100, "2%"), above_limit(3, 100, "3"), above_limit(3, 100, None)
    (True, False, False)
    """
    if allowed is None:
        return False
    text = allowed.strip()
    if text.endswith("%"):
        return open_rows * 100 > float(text[:-1]) * rows
    return open_rows > int(text)


def is_limit(allowed: str) -> bool:
    """True if the text is a count or a percentage.

    >>> is_limit("100"), is_limit("0.5%"), is_limit("few")
    (True, True, False)
    """
    number = allowed.strip().removesuffix("%")
    whole = number == allowed.strip()
    return number.isdecimal() if whole else number.replace(".", "", 1).isdecimal()


def file_names(paths: Sequence[Path]) -> str:
    """File names, separated by commas."""
    return ", ".join(path.name for path in paths)
