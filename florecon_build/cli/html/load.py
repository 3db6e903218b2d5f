"""Loader for the output folder of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from florecon_build.cli.html.book_page import of_record
from florecon_build.cli.run_folder import RunFolderError, check, recover
from florecon_build.host import FloreconError, Report, Unsupported
from florecon_build.host.description import parse
from florecon_build.host.frames import conform
from florecon_build.host.report.control import check_tables
from florecon_build.host.report.exports import Details
from florecon_build.host.report.html import BookPage, Node, RunResult, Signing
from florecon_build.host.report.row_facts import RowFacts
from florecon_build.host.report.shipped_rows import COMPUTED, ShippedRows

RUN_VERSION = 2


def load(
    folder: Path,
    *,
    by: str | None = None,
    date_column: str | None = None,
    as_of: date | None = None,
    drawing: str | None = None,
    signing: Signing | None = None,
    book: BookPage | None = None,
    journal: pa.Table | None = None,
) -> RunResult:
    """Reads the output folder of `florecon-build run DATA -o folder`.

    Parameters: `by` is the column with separate totals, by default the currency that the strategy declares;
    `date_column`, `as_of`, `signing` and `book` as for `RunResult`; `drawing` the strategy as SVG; `journal` the
    entries to show instead of those of the run.
    Errors: `RunFolderError`, saying what is missing or is not of this run.
    """
    recover(folder)
    record = _record(folder)
    check(folder)
    data = folder / "data"
    try:
        tables = {name: pq.read_table(data / f"{name}.parquet") for name in ("input", "rows", "groups", "allocations")}
    except FileNotFoundError as error:
        raise RunFolderError(f"{data} is incomplete: {error}; run the solver again") from error
    names = tables["input"].column_names
    id_column = record["id_column"] or names[0]
    _check_tables(folder, tables, id_column, record.get("amounts"))
    # a run of an earlier release does not say; the nets in pivots are then not known
    amounts: dict[str, Any] = record.get("row_amounts", {"column": None, "whole_rows": False})
    declared: dict[str, str | None] = record.get("dimensions", {})
    for wanted in (by, date_column):
        if wanted is not None and wanted not in names:
            raise RunFolderError(f"the input has no column {wanted!r}; it has {', '.join(names)}")
    solver = record["solver"]
    return RunResult(
        title=f"{solver['id']} {solver['version']}",
        ledger=_with_further(tables["input"], data / "extra.parquet"),
        id_column=id_column,
        rows=tables["rows"],
        groups=tables["groups"],
        allocations=tables["allocations"],
        scale=record["outcome"]["scale"],
        facts=_facts(record),
        nodes=tuple(_node(node) for node in record["nodes"]),
        tree=record["tree"] or "",
        drawing=drawing,
        why=_why(data / "why.json"),
        journal=_optional(data / "journal.parquet") if journal is None else journal,
        currency=declared.get("currency") if by is None else by,
        account=declared.get("account"),
        amount_column=amounts["column"],
        whole_rows=amounts["whole_rows"],
        signing=_signing(record, signing or Signing()),
        book=of_record(record) if book is None else book,
        date_column=date_column,
        as_of=as_of,
    )


def report_of(folder: Path) -> Report:
    """The report of the run, as its output folder has it; `load` has compared the tables with the rows.

    Errors: `RunFolderError` for the folder of an earlier release, which says too little of the module.
    """
    record, data = _record(folder), folder / "data"
    described = data / "description.json"
    if not described.is_file():
        raise RunFolderError(f"{folder} is of an earlier release and has no {described.name}; run the solver again")
    about = parse(described.read_bytes(), record["solver"]["id"])
    rows = pq.read_table(data / "input.parquet")
    return Report(
        about,
        lambda what: _kept_table(data, what),
        facts=RowFacts(about, [conform(rows, about)]),
        input=lambda: rows,
        module=record["solver"]["sha256"],
        whole_rows=record["row_amounts"]["whole_rows"],
    )


def details_of(folder: Path, journal: pa.Table | None) -> Details:
    """What the report alone does not know: reasons, and the further columns of the files."""
    data = folder / "data"
    return Details(reasons=_why(data / "why.json"), extra=_optional(data / "extra.parquet"), journal=journal)


def _kept_table(data: Path, what: str) -> pa.Table:
    """Errors: `Unsupported` for a table that the module does not have."""
    table = _optional(data / f"{what}.parquet")
    if table is None:
        raise Unsupported(f"the run has no table {what!r}")
    return table


def _check_tables(
    folder: Path, tables: Mapping[str, pa.Table], id_column: str, amounts: Mapping[str, Any] | None
) -> None:
    """Holds the tables to each other, and to the ids and amounts of the input rows."""
    column, scale = (None, 0) if amounts is None else (amounts["column"], amounts["scale"])
    shipped = ShippedRows.of_table(tables["input"], id_column, column, scale)
    try:
        check_tables(tables["groups"], tables["allocations"], tables["rows"])
        shipped.compared(tables["rows"])
    except FloreconError as error:
        raise RunFolderError(f"{folder}: {error}; run the solver again") from error


def _record(folder: Path) -> dict[str, Any]:
    path = folder / "run.json"
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunFolderError(
            f"{folder} has no run.json; create it with: florecon-build run solver.wasm DATA -o {folder}"
        ) from None
    except ValueError as error:
        raise RunFolderError(f"{path} is not JSON: {error}") from error
    if record.get("run_version") != RUN_VERSION:
        raise RunFolderError(f"{path} has version {record.get('run_version')}, not {RUN_VERSION}; run the solver again")
    return record


def _node(node: Mapping[str, Any]) -> Node:
    return Node(node["id"], node["kind"], node["path"], node["label"], node.get("facts", {}))


def _optional(path: Path) -> pa.Table | None:
    return pq.read_table(path) if path.is_file() else None


def _with_further(rows: pa.Table, path: Path) -> pa.Table:
    """The input rows with the columns of the files that the strategy does not declare."""
    further = _optional(path)
    if further is not None:
        for name in further.column_names:
            rows = rows.append_column(name if name not in rows.column_names else f"input_{name}", further[name])
    return rows


def _signing(record: Mapping[str, Any], given: Signing) -> Signing:
    """The title block as given; it was prepared when the run began, in the period of its book."""
    book: dict[str, str] = record.get("book") or {}
    return replace(
        given, period=given.period or book.get("period", ""), prepared_at=given.prepared_at or record["started_at"]
    )


def _why(path: Path) -> dict[str, str]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _facts(record: Mapping[str, Any]) -> dict[str, str]:
    solver, amounts = record["solver"], record.get("amounts")
    params = ", ".join(f"{name} = {value}" for name, value in record["params"].items())
    return {
        "run": record["started_at"],
        "strategy": solver["fingerprint"] or "unknown: not declared by the module",
        "solver": f"{Path(solver['path']).name}, sha256 {solver['sha256']}",
        **{
            f"input {Path(one['path']).name}": f"{one['rows']:,} rows, sha256 {one['sha256']}"
            for one in record["inputs"]
        },
        **({"params": params} if params else {}),
        "amounts": COMPUTED if amounts is None else f"those of column {amounts['column']}, row by row",
        "created by": f"florecon-build {record['florecon_build']}",
    }
