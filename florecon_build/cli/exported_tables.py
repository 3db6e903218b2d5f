"""Exported tables of a run: those of its report, the open items of a book, and the journal."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from florecon_build.host import Report
from florecon_build.host.report.exports import Details, in_currency_decimals
from florecon_build.host.report.formulas import Formulas, without_formulas
from florecon_build.host.report.journal import Journal

Format = Literal["csv", "parquet", "both", "excel"]
Units = Literal["major", "minor"]
WORKBOOK = "report.xlsx"


def export(
    report: Report,
    out: Path,
    *,
    details: Details,
    open_items: pa.Table | None,
    journal: Journal | None,
    format: Format = "csv",
    units: Units = "major",
    formulas: Formulas = "escape",
) -> list[Path]:
    """Writes the exported tables to ``out``; returns their paths."""
    paths: list[Path] = []
    if format in ("csv", "both"):
        paths += report.write_csv(out, units=units, formulas=formulas, details=details)
    if format in ("parquet", "both"):
        paths += report.write_parquet(out, units=units, details=details)
    if format == "excel":
        paths.append(report.write_excel(out / WORKBOOK, units=units, details=details))
    if open_items is not None:
        items = _in_units(open_items, ("original", "remaining"), report, units)
        if format in ("csv", "both"):
            paths.append(_write_csv(without_formulas(items, formulas), out / "open_items.csv"))
        if format in ("parquet", "both"):
            paths.append(_write_parquet(items, out / "open_items.parquet"))
    if journal is not None:
        if format in ("csv", "both"):
            paths.append(journal.write_csv(out / "journal.csv", formulas=formulas))
        if format in ("parquet", "both"):
            paths.append(_write_parquet(journal.table, out / "journal.parquet"))
    return paths


def _in_units(table: pa.Table, names: tuple[str, ...], report: Report, units: Units) -> pa.Table:
    """The table with amounts of these columns as decimals, where ``major`` units are wanted."""
    if units == "minor":
        return table
    for name in names:
        named = table.select([name]).rename_columns(["amount"])
        table = table.set_column(table.column_names.index(name), name, report.in_units("major", named)["amount"])
    return table


def _write_csv(items: pa.Table, path: Path) -> Path:
    """Open items with the decimals of each currency."""
    scales = [field.type.scale for field in items.schema if pa.types.is_decimal(field.type)]
    pa_csv.write_csv(in_currency_decimals(items, items["currency"], max(scales, default=0)), str(path))
    return path


def _write_parquet(table: pa.Table, path: Path) -> Path:
    pq.write_table(table, str(path))
    return path
