"""Loader for the output folder of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from florecon_build.cli.html.run_result import Node, RunResult
from florecon_build.cli.run_folder import RunFolderError, check, recover
from florecon_build.host import FloreconError
from florecon_build.host.report.control import check_tables
from florecon_build.host.report.shipped_rows import COMPUTED, ShippedRows

CURRENCY_NAMES = ("currency", "ccy", "curr", "currency_code", "waehrung", "devise")
RUN_VERSION = 2


def load(
    folder: Path,
    *,
    by: str | None = None,
    date_column: str | None = None,
    as_of: date | None = None,
    drawing: str | None = None,
) -> RunResult:
    """Reads the output folder of `florecon-build run DATA -o folder`.

    Parameters: `by` is the column with separate totals, by default a currency column;
    `date_column` and `as_of` as for `RunResult`; `drawing` the strategy as SVG.
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
    if by is None:
        by = next((name for name in names if name.lower() in CURRENCY_NAMES), None)
    for wanted in (by, date_column):
        if wanted is not None and wanted not in names:
            raise RunFolderError(f"the input has no column {wanted!r}; it has {', '.join(names)}")
    solver = record["solver"]
    return RunResult(
        title=f"{solver['id']} {solver['version']}",
        ledger=tables["input"],
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
        by=by,
        date_column=date_column,
        as_of=as_of,
    )


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
    label = node["label"] if node["kind"] == "labeled" else None
    return Node(node["id"], node["kind"], node["path"], label)


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
