"""Simulation: a strategy's report from the reference interpreter, in the tables of a compiled module."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.description import Description, Field, FieldKind, Node, Param
from florecon_build.host.errors import BadAmount, error_class
from florecon_build.host.frames import TextAmounts, conform
from florecon_build.host.report.changes import Changes
from florecon_build.host.report.report import Report
from florecon_build.host.report.row_facts import RowFacts
from florecon_build.host.report.tables import COLUMNS
from florecon_build.host.runtime.parameters import encode_params
from florecon_build.interpreter import ModelError, RowId, Workspace
from florecon_build.interpreter.simulate import solved
from florecon_build.ir import nodes as n
from florecon_build.ir.explained import explained
from florecon_build.ir.lanes import amount_column
from florecon_build.ir.traversal import kind_name, walk
from florecon_build.ir.types import Kind, Type

# column kinds by type: what a host ships, and what it means
_FIELDS: dict[Kind, tuple[str, FieldKind]] = {
    Kind.INTEGER: ("i64", "integer"),
    Kind.REAL: ("f64", "real"),
    Kind.TEXT: ("utf8", "text"),
    Kind.MONEY: ("f64", "money"),
    Kind.DATE: ("i64", "date"),
    Kind.BOOLEAN: ("i64", "boolean"),
}


def describe(plugin: n.PluginIr, fingerprint: str) -> Description:
    """The description that the compiled module gives of itself, without what only a compiled module has (`divides`)."""
    identity = next(column for column in plugin.columns if column.id)
    return Description(
        domain=plugin.id,
        version=plugin.version,
        fields=tuple(map(_field, plugin.columns)),
        params=tuple(map(_param, plugin.params)),
        nodes=tuple(_nodes(plugin.strategy)),
        id_name=identity.name,
        id_is_text=identity.type.kind is Kind.TEXT,
        numeraire_scale=plugin.numeraire.type.scale,
        numeraire_column=amount_column(plugin),
        numeraire_is_derived=amount_column(plugin) is None,
        currency=plugin.currency,
        account=plugin.account,
        strategy=fingerprint,
        runtime="interpreter",
    )


def simulate(
    plugin: n.PluginIr,
    about: Description,
    frame: object,
    config: Mapping[str, object] | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    text_amounts: TextAmounts | None = None,
) -> Report:
    """The report on a frame: groups, allocations, rows and stages as a fresh workspace of the compiled module has them.

    Parameters: as for `Workspace` and `Workspace.upsert`.
    Errors: those of `Workspace.upsert` and `Workspace.solve`.
    """
    conformed = conform(frame, about, columns=columns, text_amounts=text_amounts)
    table = conformed.to_table()
    rows = _cells(table, about)
    try:
        workspace = solved(plugin, rows, encode_params(about, config or {}))
    except ModelError as error:
        refusal = error_class(error.code)
        raise refusal(error.message, code=error.code, id=error.id, group_id=error.group_id) from None
    numbers = {row[about.id_name or ""]: place for place, row in enumerate(rows)} if about.id_is_text else None
    facts = RowFacts(about, [conformed])

    def changes() -> Changes:
        return Changes.of_first(report.groups, report.allocations)

    report = Report(
        about, lambda what: _table(what, workspace, numbers), facts=facts, input=lambda: table, changes=changes
    )
    return report


def _field(column: n.Column) -> Field:
    base, kind = _FIELDS[column.type.kind]
    return Field(
        name=column.name,
        base=base,
        kind=kind,
        scale=column.type.scale,
        nullable=column.type.nullable,
        is_id=column.id,
        is_amount=column.display,
    )


def _param(param: n.Param) -> Param:
    kind: Type = param.type
    return Param(name=param.name, kind=_FIELDS[kind.kind][1], default=param.default, scale=kind.scale, doc=param.doc)


def _nodes(strategy: n.Node) -> Iterable[Node]:
    for place in walk(strategy):
        node, span = place.node, place.node.span
        yield Node(
            id=place.id,
            kind=kind_name(node),
            path=place.path,
            label=node.tag if isinstance(node, n.Labeled) else None,
            file=span.file if span else None,
            line=span.line if span else None,
            facts=explained(node),
        )


def _cells(table: pa.Table, about: Description) -> list[dict[str, Any]]:
    """Rows as Python values; dates as days, since Python's calendar is shorter than the column's."""
    for index, declared in enumerate(about.fields):
        if declared.kind == "date":
            _check_days(table, declared.name, about.id_name or "")
            table = table.set_column(index, declared.name, table.column(index).cast(pa.int32()))
    return table.to_pylist()


def _check_days(table: pa.Table, name: str, id_name: str) -> None:
    """Refuses a count of days beyond 32 bits, as a module does. Errors: `BadAmount`."""
    column = table.column(name)
    if not pa.types.is_integer(column.type):
        return
    outside = pc.or_(pc.less(column, -(2**31)), pc.greater(column, 2**31 - 1))
    at = pc.index(outside, True).as_py()
    if at >= 0:
        days, row_id = column[at].as_py(), table.column(id_name)[at].as_py()
        raise BadAmount(
            f"column `{name}`, row {at} (id {row_id}): day {days} since 1970-01-01 is outside the calendar; a day"
            " number has 32 bits",
            column=name,
            row=at,
            id=row_id,
        )


def _table(what: str, workspace: Workspace, numbers: Mapping[RowId, int] | None) -> pa.Table:
    """One table of the report. ``numbers`` has the ordinals of text ids, by which a module names rows."""
    report = workspace.report()
    lines: dict[str, Iterable[Any]] = {
        "groups": report.groups,
        "allocations": report.allocations,
        "rows": workspace.rows(),
        "stages": workspace.stages(),
    }
    columns = dict(COLUMNS[what])
    if numbers is not None and "id" in columns:
        columns = {"id": columns.pop("id"), "id_text": pa.string(), **columns}
    cells = [_line(line, numbers) for line in lines[what]]
    return pa.Table.from_pylist(cells, pa.schema(list(columns.items())))


def _line(line: Any, numbers: Mapping[RowId, int] | None) -> dict[str, Any]:
    found = {item.name: getattr(line, item.name) for item in fields(line)}
    if "pinned" in found:
        found["status"] = line.status
    if "label" in found:
        found["label"] = line.label or None
    if numbers is not None:
        found["id_text"] = found.get("id")
        found |= {name: numbers[found[name]] for name in ("id", "first_id") if name in found}
    return found
