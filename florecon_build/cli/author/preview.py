"""Preview tables: the reference interpreter's report on files, in the tables of a compiled module."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

import florecon_build as fb
from florecon_build.cli import inputs
from florecon_build.cli.inputs import InputFormat
from florecon_build.cli.summary import Tables, step_names
from florecon_build.host.description import Description, Field, FieldKind, Param
from florecon_build.host.report.tables import COLUMNS
from florecon_build.interpreter import Allocation
from florecon_build.interpreter.keys import RowId
from florecon_build.interpreter.preview import Preview
from florecon_build.ir import nodes as n
from florecon_build.ir.traversal import walk
from florecon_build.ir.types import Kind, Type
from florecon_build.wire import UNMATCHED

_BASE = {Kind.INTEGER: "i64", Kind.REAL: "f64", Kind.TEXT: "utf8", Kind.MONEY: "f64", Kind.DATE: "i64"}


def describe(plugin: fb.Plugin) -> Description:
    """The description of the plugin's module, as far as reading input needs it."""
    ir = plugin.data
    fields = tuple(
        Field(
            name=column.name,
            base=_BASE.get(column.type.kind, "i64"),
            kind=_kind(column.type),
            scale=column.type.scale,
            nullable=column.type.nullable,
            is_id=column.id,
        )
        for column in ir.columns
    )
    params = tuple(
        Param(name=p.name, kind=_kind(p.type), default=p.default, scale=p.type.scale, doc=p.doc) for p in ir.params
    )
    identity = next((column for column in ir.columns if column.id), None)
    return Description(
        domain=ir.id,
        version=ir.version,
        fields=fields,
        params=params,
        id_name=identity.name if identity else None,
        id_is_text=identity is not None and identity.type.kind is Kind.TEXT,
        numeraire_scale=ir.numeraire.type.scale,
        strategy=plugin.fingerprint,
        runtime="interpreter",
    )


def preview_tables(plugin: fb.Plugin, data: Sequence[Path], shape: InputFormat, params: dict[str, str]) -> Tables:
    """Input rows and report tables of an interpreter run on files."""
    about = describe(plugin)
    shipped = inputs.concatenate(inputs.read_frame(path, about, shape).to_table() for path in data)
    result = plugin.simulate(shipped, inputs.parse_params(about.params, params))
    places = walk(plugin.data.strategy)
    names = step_names(
        (place.id, place.path, place.node.tag if isinstance(place.node, n.Labeled) else None) for place in places
    )
    return _tables(result, shipped, about, names)


def _tables(result: Preview, shipped: pa.Table, about: Description, names: dict[int, str]) -> Tables:
    ids: list[RowId] = shipped[about.id_name or shipped.column_names[0]].to_pylist()
    numbers = {value: place if isinstance(value, str) else value for place, value in enumerate(ids)}
    unmatched = {group.group_id for group in result.groups if group.origin == UNMATCHED}
    groups = [{**asdict(group), "status": group.status, "first_id": numbers[group.first_id]} for group in result.groups]
    allocations = [(numbers[allocation.id], allocation) for allocation in result.allocations]
    table: dict[str, list[dict[str, Any]]] = {
        "groups": groups,
        "allocations": [
            {"id": number, "id_text": allocation.id, "group_id": allocation.group_id, "amount": allocation.amount}
            for number, allocation in allocations
        ],
        "rows": _rows(allocations, unmatched),
    }
    tables = {what: _table(what, lines, text=about.id_is_text) for what, lines in table.items()}
    id_name = about.id_name or shipped.column_names[0]
    scale = about.numeraire_scale or 0
    return Tables(tables["rows"], shipped, tables["groups"], tables["allocations"], id_name, scale, names)


def _rows(allocations: Sequence[tuple[int, Allocation]], unmatched: set[int]) -> list[dict[str, Any]]:
    """The rows table: matched and residual amount of every row; ``group_id`` is that of the first allocation."""
    rows: dict[int, dict[str, Any]] = {}
    for number, allocation in allocations:
        empty_row = {
            "id": number,
            "id_text": allocation.id,
            "group_id": allocation.group_id,
            "amount": 0,
            "matched": 0,
            "residual": 0,
        }
        line = rows.setdefault(number, empty_row)
        line["amount"] += allocation.amount
        line["residual" if allocation.group_id in unmatched else "matched"] += allocation.amount
    return [rows[number] for number in sorted(rows)]


def _table(what: str, lines: Sequence[dict[str, Any]], *, text: bool) -> pa.Table:
    columns = dict(COLUMNS[what])
    if text and what != "groups":
        columns["id_text"] = pa.string()
    schema = pa.schema([pa.field(name, kind) for name, kind in columns.items()])
    return pa.Table.from_pylist([{name: line.get(name) for name in columns} for line in lines], schema)


def _kind(kind: Type) -> FieldKind:
    names: dict[Kind, FieldKind] = {
        Kind.INTEGER: "integer",
        Kind.REAL: "real",
        Kind.TEXT: "text",
        Kind.MONEY: "money",
        Kind.DATE: "date",
        Kind.BOOLEAN: "boolean",
    }
    return names[kind.kind]
