"""Page payload: the rows of a run as compressed JSON columns, for the lists of open items and groups."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.report.ageing import BOUNDS, EPOCH, ageing_of, bucket_names
from florecon_build.host.report.currencies import Currencies, currencies_of, decimals_of
from florecon_build.host.report.html.run_result import RunResult
from florecon_build.host.report.open_reasons import open_reasons
from florecon_build.host.report.pivot_nets import other_amounts, pivots_of
from florecon_build.host.report.step_names import plain_reason, step_name, step_names
from florecon_build.host.report.summary import groups_of_several_currencies, labelled, mixed_nets
from florecon_build.wire import PINNED, UNMATCHED

MAX_SAFE_INTEGER = 2**53
MAX_FULL_ROWS = 200_000


def packed(result: RunResult) -> str:
    """The payload as base64 of gzipped JSON; the same bytes for the same result."""
    text = json.dumps(payload(result), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def payload(result: RunResult) -> dict[str, Any]:
    """The data that `page.js` reads.

    Errors: `KeyError` for a row of the report or a column that is not in the ledger.
    """
    ids = _shown_ids(result.rows)
    ledger = _reorder(ids, result)
    matched = result.groups.filter(pc.not_equal(result.groups["origin"], UNMATCHED))
    stages, stage_of = _stages(matched, step_names(result.nodes))
    places = {group: place for place, group in enumerate(matched["group_id"].to_pylist())}
    others = other_amounts(pivots_of(result.nodes))
    columns = [_column(name, ledger[name], is_money=name not in others) for name in ledger.column_names]
    names = [column["name"] for column in columns]
    residual = result.rows["residual"].to_pylist()
    _drop_matched_texts(columns, residual)
    units = currencies_of(result.ledger, result.currency)
    return {
        "name": result.title,
        "scale": result.scale,
        "decimals": {code: decimals_of(code, result.scale) for code in units.found},
        "codes": list(units.found),
        "code": None if units.column is None else names.index(units.column),
        "stages": stages,
        "rows": {"id": ids, "amount": _amounts(result.rows["amount"].to_pylist()), "residual": _amounts(residual)},
        "groups": {**_groups(matched, stage_of), "pivot": _pivot_nets(result, units, list(places))},
        "parts": _parts(result, ids, places),
        "columns": columns,
        "dates": _dates(result, names),
        "buckets": {"names": bucket_names(), "bounds": list(BOUNDS)},
        "why": open_reasons(result.tables(), units, result.why),
        "seen": {} if result.book is None else dict(result.book.first_seen),
    }


def _shown_ids(table: pa.Table) -> list[str]:
    name = "id_text" if "id_text" in table.column_names else "id"
    return [str(value) for value in table[name].to_pylist()]


def _reorder(ids: Sequence[str], result: RunResult) -> pa.Table:
    """The input rows in the order of the report, without the id column."""
    at = {str(value): place for place, value in enumerate(result.ledger[result.id_column].to_pylist())}
    places = pa.array([at[row] for row in ids], pa.int64())
    return result.ledger.drop_columns([result.id_column]).take(places)


def _amounts(values: Sequence[int]) -> list[int | str]:
    """Integers for JSON; those beyond the exact range of a JavaScript number are text."""
    return [value if abs(value) < MAX_SAFE_INTEGER else str(value) for value in values]


def _column(name: str, values: pa.ChunkedArray, *, is_money: bool) -> dict[str, Any]:
    """A column as JSON; decimals are `money`, shown with the decimals of the row's currency, if they are in it."""
    kind = values.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        days = pc.cast(pc.cast(values, pa.date32(), safe=False), pa.int32())
        return {"name": name, "kind": "date", "values": days.to_pylist()}
    if pa.types.is_integer(kind):
        return {"name": name, "kind": "integer", "values": [v if v is None else str(v) for v in values.to_pylist()]}
    numeric = pa.types.is_decimal(kind) or pa.types.is_floating(kind)
    words: dict[str | None, int] = {}
    codes = [words.setdefault(None if v is None else str(v), len(words)) for v in values.to_pylist()]
    return {"name": name, "kind": "real" if numeric else "text", "words": list(words), "codes": codes} | (
        {"money": True} if pa.types.is_decimal(kind) and is_money else {}
    )


def _drop_matched_texts(columns: Sequence[dict[str, Any]], residual: Sequence[int]) -> None:
    """In a very large ledger, drops long-tail texts of matched rows; amounts and counts are kept."""
    if len(residual) <= MAX_FULL_ROWS:
        return
    for column in columns:
        if "codes" in column and len(column["words"]) > MAX_FULL_ROWS // 100:
            column["words"].append(None)
            nothing = len(column["words"]) - 1
            column["codes"] = [code if left else nothing for code, left in zip(column["codes"], residual, strict=True)]


def _stages(groups: pa.Table, names: Mapping[int, str]) -> tuple[list[str], list[int]]:
    """Stage names in the order of the strategy, and the index of the stage of each group."""
    formed: list[tuple[int | None, str]] = list(
        zip(groups["node"].to_pylist(), groups["origin"].to_pylist(), strict=True)
    )
    name_of = {one: step_name(names, *one) for one in set(formed)}
    ranks: dict[str, int] = {}
    for (node, _), name in name_of.items():
        ranks[name] = min(ranks.get(name, 1 << 31), 1 << 30 if node is None else node)
    stages = sorted(ranks, key=lambda name: (ranks[name], name))
    place = {name: at for at, name in enumerate(stages)}
    return stages, [place[name_of[one]] for one in formed]


def _groups(groups: pa.Table, stage_of: Sequence[int]) -> dict[str, Any]:
    words: dict[str | None, int] = {}
    reasons = [words.setdefault(reason, len(words)) for reason in map(plain_reason, groups["reason"].to_pylist())]
    unique = groups["unique"].to_pylist() if "unique" in groups.column_names else [None] * groups.num_rows
    return {
        "id": groups["group_id"].to_pylist(),
        "stage": list(stage_of),
        "reason": reasons,
        "words": list(words),
        "pinned": [int(status == PINNED) for status in groups["status"].to_pylist()],
        "net": _amounts(groups["net"].to_pylist()),
        "unique": unique,
    }


def _pivot_nets(result: RunResult, units: Currencies, groups: Sequence[int]) -> list[str | None]:
    """The net of each group over several currencies in the numeraire of its pivot, as text."""
    if units.column is None:
        return [None] * len(groups)
    tables = result.tables()
    allocations = labelled(tables.allocations, tables, units)
    nets = mixed_nets(tables, allocations, groups_of_several_currencies(allocations))
    return [str(nets[group]) if group in nets else None for group in groups]


def _parts(result: RunResult, ids: Sequence[str], groups: Mapping[int, int]) -> dict[str, Any]:
    """Allocations (group, row, amount), sorted by group."""
    rows = {row: place for place, row in enumerate(ids)}
    held = zip(
        result.allocations["group_id"].to_pylist(),
        _shown_ids(result.allocations),
        result.allocations["amount"].to_pylist(),
        strict=True,
    )
    parts = sorted((groups[group], rows[row], amount) for group, row, amount in held if group in groups)
    return {
        "group": [part[0] for part in parts],
        "row": [part[1] for part in parts],
        "amount": _amounts([part[2] for part in parts]),
    }


def _dates(result: RunResult, names: Sequence[str]) -> dict[str, Any] | None:
    """The date column and the reference date of the ageing; None without a date."""
    found = ageing_of(result.ledger, result.date_column, result.as_of)
    if found is None:
        return None
    return {"column": names.index(found.column), "as_of": (found.as_of - EPOCH).days}
