"""Tables for people: every row and every open item with the user's columns, its open amount, reason and age.

A column of the user that has the name of one of ours is prefixed with `input_`. Texts are written as they are; a
spreadsheet that opens a CSV may take one that begins with `=` for a formula, the workbook never does.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.report.ageing import Ageing, AgeLine, age_lines, ageing_of, ages, bucket_names
from florecon_build.host.report.currencies import decimals_of, format_minor, plain_text, with_code
from florecon_build.host.report.open_reasons import open_reasons
from florecon_build.host.report.pivot_nets import PivotNet
from florecon_build.host.report.step_names import plain_reason
from florecon_build.host.report.summary import Summary, Tables, key_of, labelled, mixed_nets, shares, step_of_group
from florecon_build.host.report.tables import in_major_units
from florecon_build.wire import PINNED, UNMATCHED

PREFIX = "input_"


@dataclass(frozen=True, slots=True)
class Details:
    """What a report alone does not know.

    Parameters
    - `reasons`: why rows are open, by id as text; several lines are joined by semicolons. A row without one has the
      reason that its amount gives: see `open_reasons`.
    - `date_column`, `as_of`: as for `ageing_of`.
    - `extra`: further columns of the user's files, one row per input row, in the order of the input.
    - `decisions`, `journal`: tables for the sheets of these names.
    """

    reasons: Mapping[str, str] = field(default_factory=dict[str, str])
    date_column: str | None = None
    as_of: datetime.date | None = None
    extra: pa.Table | None = None
    decisions: pa.Table | None = None
    journal: pa.Table | None = None

    def ageing(self, rows: pa.Table) -> Ageing | None:
        """The ageing of the input rows."""
        return ageing_of(rows, self.date_column, self.as_of)


def with_user_columns(table: pa.Table, tables: Tables, details: Details) -> pa.Table:
    """A table of the report with the user's columns, `reason` (of open rows) and `age_days` after its own."""
    at = _places(table, tables)
    taken = {*table.column_names, "reason", "age_days", "open"}
    sources = [tables.input.drop_columns([tables.id_name]), *([] if details.extra is None else [details.extra])]
    for source in sources:
        for name in source.column_names:
            ours = f"{PREFIX}{name}" if name in taken else name
            table = table.append_column(ours, pc.take(source[name], at))
            taken.add(ours)
    return table


def rows_table(summary: Summary, tables: Tables, details: Details) -> pa.Table:
    """Every row: its group, amounts in minor units, the user's columns, the reason and the age."""
    table = with_user_columns(tables.rows, tables, details)
    groups = tables.groups
    at = pc.index_in(tables.rows["group_id"], value_set=groups["group_id"].combine_chunks())
    reasons = pc.take(groups["reason"], at).to_pylist()
    ids = map(str, tables.rows[key_of(tables.rows)].to_pylist())
    of_open = _one_line(open_reasons(tables, summary.units, details.reasons))
    told = [of_open.get(one, reason) for one, reason in zip(ids, reasons, strict=True)]
    table = table.append_column("reason", pa.array(told, pa.string()))
    return _with_age(table, tables, details)


def exceptions_table(summary: Summary, tables: Tables, details: Details) -> pa.Table:
    """Every open row, the largest of each currency first: the user's columns, `open` in minor units, reason and age."""
    opened: pa.Table = summary.exceptions
    ids = opened[tables.id_name].to_pylist()
    if details.extra is not None:
        at = pc.index_in(opened[tables.id_name], value_set=plain_text(tables.input[tables.id_name]).combine_chunks())
        for name in details.extra.column_names:
            ours = f"{PREFIX}{name}" if name in {*opened.column_names, "reason", "age_days"} else name
            place = opened.column_names.index("open")
            names = [*opened.column_names[:place], ours, *opened.column_names[place:]]
            opened = opened.append_column(ours, pc.take(details.extra[name], at)).select(names)
    for name in ("reason", "age_days"):
        if name in opened.column_names:
            opened = opened.rename_columns([PREFIX + one if one == name else one for one in opened.column_names])
    of_open = _one_line(open_reasons(tables, summary.units, details.reasons))
    told = [of_open[str(one)] for one in ids]
    opened = opened.append_column("reason", pa.array(told, pa.string()))
    ageing = details.ageing(tables.input)
    if ageing is None:
        return opened.append_column("age_days", pa.nulls(opened.num_rows, pa.int64()))
    return opened.append_column("age_days", ages(opened[ageing.column], ageing.as_of))


def _one_line(reasons: Mapping[str, str]) -> dict[str, str]:
    return {name: reason.replace("\n", "; ") for name, reason in reasons.items()}


def matched_table(summary: Summary, tables: Tables, details: Details) -> pa.Table:
    """Every part of a row in a matched group: group, stage, status, reason, net of the group, amount, user's columns.

    The net of a group is in its currency; one over several currencies has no single net but `legs`, one a currency, and
    `pivot_net`, its net in the numeraire of the pivot that formed it.
    """
    groups = tables.groups.filter(pc.not_equal(tables.groups["origin"], UNMATCHED))
    parts = labelled(tables.allocations, tables, summary.units)
    at = pc.index_in(parts["group_id"], value_set=groups["group_id"].combine_chunks())
    parts = parts.append_column("at", at).filter(pc.is_valid(at))
    nets = legs(parts)
    in_pivots = mixed_nets(tables, parts, _mixed(nets))
    names = step_of_group(tables)
    place = parts["at"]
    of_group = [nets[group] for group in parts["group_id"].to_pylist()]
    one_net = [None if len(net) > 1 else next(iter(net.values())) for net in of_group]
    said = [legs_text(net, summary) if len(net) > 1 else None for net in of_group]
    columns: dict[str, pa.Array | pa.ChunkedArray] = {
        "group_id": parts["group_id"],
        "stage": pa.array([names[group] for group in parts["group_id"].to_pylist()], pa.string()),
        "status": pc.take(groups["status"], place),
        "reason": pc.take(pa.array(map(plain_reason, groups["reason"].to_pylist()), pa.string()), place),
        "net": pa.array(one_net, pa.int64()),
        "legs": pa.array(said, pa.string()),
        "pivot_net": _pivot_texts(parts["group_id"].to_pylist(), in_pivots),
        key_of(parts): parts[key_of(parts)],
        "amount": parts["amount"],
    }
    if summary.units.column is not None:
        columns["currency"] = parts["unit"]
    return with_user_columns(pa.table(columns), tables, details)


def legs(parts: pa.Table) -> dict[int, dict[str, int]]:
    """The signed sum of each group by currency; `parts` have `group_id`, `unit` and `amount`."""
    found: dict[int, dict[str, int]] = {}
    wide = parts.set_column(parts.column_names.index("amount"), "amount", parts["amount"].cast(pa.decimal128(38, 0)))
    sums = wide.group_by(["group_id", "unit"]).aggregate([("amount", "sum")])
    for line in sums.sort_by([("group_id", "ascending"), ("unit", "ascending")]).to_pylist():
        found.setdefault(line["group_id"], {})[line["unit"]] = int(line["amount_sum"])
    return found


def _mixed(nets: Mapping[int, Mapping[str, int]]) -> list[int]:
    """The groups of several currencies."""
    return [group for group, net in nets.items() if len(net) > 1]


def _pivot_texts(groups: Sequence[int], nets: Mapping[int, PivotNet]) -> pa.Array:
    return pa.array([str(nets[group]) if group in nets else None for group in groups], pa.string())


def legs_text(net: Mapping[str, int], summary: Summary) -> str:
    """The net of each currency of a group: `12.50 EUR; -14.10 USD`."""
    return "; ".join(with_code(format_minor(amount, summary.scale, code), code) for code, amount in net.items())


def decisions_table(summary: Summary, tables: Tables) -> pa.Table:
    """The groups that a person confirmed or made: the pinned ones, with their rows and the net of each currency."""
    pinned = tables.groups.filter(pc.equal(tables.groups["status"], PINNED))
    parts = labelled(tables.allocations, tables, summary.units)
    nets, groups = legs(parts), pinned["group_id"].to_pylist()
    said = [legs_text(nets[group], summary) for group in groups]
    made = pinned.select(["group_id", "origin", "reason", "size"]).append_column("net", pa.array(said, pa.string()))
    in_pivots = mixed_nets(tables, parts, _mixed(nets))
    return made.append_column("pivot_net", _pivot_texts(groups, in_pivots))


def summary_table(summary: Summary, tables: Tables, details: Details) -> pa.Table:
    """The figures of the page, one a line: matches by stage, conservation, ageing, notes. Amounts in minor units."""
    lines: list[dict[str, object]] = []
    by_rows = shares([*(step.rows for step in summary.steps), summary.open_rows])
    for step, share in zip(summary.steps, by_rows[:-1], strict=True):
        lines.append(_line("stage", step.name, groups=step.groups, rows=step.rows, share=share))
        lines += [
            _line("stage", step.name, currency=code, value=step.value[code], net=step.net[code])
            for code in sorted(step.value)
        ]
    lines.append(_line("stage", "open", rows=summary.open_rows, share=by_rows[-1]))
    lines += [
        _line("stage", "open", currency=code, value=value, net=summary.open_net[code])
        for code, value in sorted(summary.open_value.items())
    ]
    for balance in summary.balances:
        where = {"currency": balance.currency, "account": balance.account}
        lines.append(_line("conservation", "input", rows=balance.rows, net=balance.input, **where))
        lines.append(_line("conservation", "matched", net=balance.matched, **where))
        lines.append(_line("conservation", "open", net=balance.open, **where))
    lines += [_line("net in a pivot", f"{line}", groups=line.groups) for line in summary.pivot_lines]
    lines += _age_section(summary, tables, details)
    lines += [_line("note", note) for note in (summary.units.note,) if note]
    return pa.Table.from_pylist(lines, _SUMMARY)


def open_ages(summary: Summary, tables: Tables, ageing: Ageing) -> list[AgeLine]:
    """The ageing of the open rows, by bucket and currency; none where amounts cannot be added."""
    if summary.units.refused:
        return []
    opened = summary.open_items
    codes = [""] * opened.num_rows if summary.units.column is None else opened[summary.units.column].to_pylist()
    days: list[int | None] = ages(opened[ageing.column], ageing.as_of).to_pylist()
    return age_lines(days, [code or "" for code in codes], opened["open"].to_pylist())


def _age_section(summary: Summary, tables: Tables, details: Details) -> list[dict[str, object]]:
    ageing = details.ageing(tables.input)
    if ageing is None:
        return []
    names = bucket_names()
    return [
        _line("ageing", names[one.bucket], currency=one.currency or None, rows=one.rows, value=one.value, net=one.net)
        for one in open_ages(summary, tables, ageing)
    ]


_SUMMARY = pa.schema(
    {
        "section": pa.string(),
        "line": pa.string(),
        "currency": pa.string(),
        "account": pa.string(),
        "groups": pa.int64(),
        "rows": pa.int64(),
        "share_percent": pa.decimal128(38, 1),
        "value": pa.int64(),
        "net": pa.int64(),
    }
)


def _line(section: str, line: str, **figures: object) -> dict[str, object]:
    share = figures.pop("share", None)
    return {"section": section, "line": line, "share_percent": _tenths(share), **figures}


def _tenths(share: object) -> object:
    return Decimal(share).scaleb(-1) if isinstance(share, int) else None


def groups_table(summary: Summary, tables: Tables) -> pa.Table:
    """Every group; one over several currencies has no net and no largest amount, but `legs`, one a currency.

    `pivot_net` is its net in the numeraire of the pivot that formed it, if one did.
    """
    groups = tables.groups
    if summary.units.column is None:
        return groups
    parts = labelled(tables.allocations, tables, summary.units)
    nets, ids = legs(parts), groups["group_id"].to_pylist()
    of_group = [nets[group] for group in ids]
    mixed = pa.chunked_array([pa.array([len(net) > 1 for net in of_group], pa.bool_())])
    for name in ("net", "max_abs"):
        blanked = pc.if_else(mixed, pa.scalar(None, pa.int64()), groups[name])
        groups = groups.set_column(groups.column_names.index(name), name, blanked)
    codes = [next(iter(net), None) if len(net) == 1 else None for net in of_group]
    said = [legs_text(net, summary) if len(net) > 1 else None for net in of_group]
    in_pivots = _pivot_texts(ids, mixed_nets(tables, parts, _mixed(nets)))
    groups = groups.append_column("currency", pa.array(codes, pa.string()))
    return groups.append_column("legs", pa.array(said, pa.string())).append_column("pivot_net", in_pivots)


def stages_table(summary: Summary, stages: pa.Table) -> pa.Table:
    """The counters of the nodes. Their values add all rows of a node, so there are none over several currencies."""
    if len(summary.units.found) < 2:
        return stages
    for name in ("value_in", "value_matched"):
        at = stages.column_names.index(name)
        stages = stages.set_column(at, name, pa.nulls(stages.num_rows, stages.schema.field(name).type))
    return stages


def in_currency_decimals(
    table: pa.Table, codes: pa.ChunkedArray | None, scale: int, others: Collection[str] = ()
) -> pa.Table:
    """The decimal columns of a table as texts with the decimals of each row's currency, for CSV.

    Those of `others`, whose amounts are not in the currency of the row, have the decimals of their type.

    A digit for which the currency has no place is written all the same: nothing is rounded.
    """
    known = None if codes is None else pc.fill_null(codes, "").combine_chunks()
    for at, column in enumerate(table.schema):
        if not pa.types.is_decimal(column.type):
            continue
        values = table.column(at).combine_chunks()
        text = values.cast(pa.string())
        distinct: list[str] = [] if known is None or column.name in others else pc.unique(known).to_pylist()
        for code in distinct:
            wanted = decimals_of(code, scale)
            mask = pc.equal(known, code)
            if wanted < column.type.scale:
                mask = pc.and_(mask, pc.fill_null(pc.equal(pc.round(values, wanted), values), False))
            exact = values.filter(mask).cast(pa.decimal128(38, wanted)).cast(pa.string())
            text = pc.replace_with_mask(text, mask, exact)
        table = table.set_column(at, column.name, text)
    return table


def codes_of(table: pa.Table, summary: Summary) -> pa.ChunkedArray | None:
    """The currency of each line of an exported table, if the rows say it."""
    ours = "currency" in table.column_names and not {"legs", "section", "debit"}.isdisjoint(table.column_names)
    name = "currency" if ours else summary.units.column
    return plain_text(table[name]) if name is not None and name in table.column_names else None


AMOUNTS: dict[str, tuple[str, ...]] = {
    "groups": ("net", "max_abs"),
    "allocations": ("amount",),
    "rows": ("amount", "matched", "residual"),
    "stages": ("value_in", "value_matched"),
    "exceptions": ("open",),
    "Summary": ("value", "net"),
    "Matched": ("net", "amount"),
    "Exceptions": ("open",),
}
"""Our columns in minor units, by table; those of the user are as he sent them."""


def major(what: str, table: pa.Table, scale: int) -> pa.Table:
    """A table with its amounts in major units."""
    for name in AMOUNTS.get(what, ()):
        moved = in_major_units(table.select([name]).rename_columns(["amount"]), scale)["amount"]
        table = table.set_column(table.column_names.index(name), name, moved)
    return table


def _places(table: pa.Table, tables: Tables) -> pa.ChunkedArray:
    """The input row of each line of a table of the report."""
    return pc.index_in(table[key_of(table)], value_set=plain_text(tables.input[tables.id_name]).combine_chunks())


def _with_age(table: pa.Table, tables: Tables, details: Details) -> pa.Table:
    ageing = details.ageing(tables.input)
    if ageing is None:
        return table.append_column("age_days", pa.nulls(table.num_rows, pa.int64()))
    days = pc.take(ages(tables.input[ageing.column], ageing.as_of), _places(table, tables))
    return table.append_column("age_days", days)
