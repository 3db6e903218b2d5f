"""Page payload: the rows of a run as compressed JSON columns.

Nothing is computed here that the page can count itself, so that what it shows for one currency and for all of them
comes from the same rows.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.cli.html.run_result import Node, Outcome

UNMATCHED = "unmatched"
EPOCH = date(1970, 1, 1)
EXACT_IN_A_BROWSER = 2**53
MOST_ROWS_IN_FULL = 200_000


def packed(outcome: Outcome) -> str:
    """The payload as base64 of gzipped JSON; the same bytes for the same outcome."""
    text = json.dumps(payload(outcome), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def payload(outcome: Outcome) -> dict[str, Any]:
    """Everything that the page's script reads; see `page.js`.

    Errors: `KeyError` for a row of the report that the ledger does not have, or a column that it does not have.
    """
    ids = _shown_ids(outcome.rows)
    ledger = _in_order_of(ids, outcome)
    matched = outcome.groups.filter(pc.not_equal(outcome.groups["origin"], UNMATCHED))
    stages, stage_of = _stages(matched, outcome.nodes)
    places = {group: place for place, group in enumerate(matched["group_id"].to_pylist())}
    columns = [_column(name, ledger[name]) for name in ledger.column_names]
    names = [column["name"] for column in columns]
    residual = outcome.rows["residual"].to_pylist()
    _leave_out(columns, residual)
    return {
        "scale": outcome.scale,
        "stages": stages,
        "rows": {"id": ids, "amount": _amounts(outcome.rows["amount"].to_pylist()), "residual": _amounts(residual)},
        "groups": _groups(matched, stage_of),
        "parts": _parts(outcome, ids, places),
        "columns": columns,
        "dates": _dates(outcome, columns),
        "only": None if outcome.by is None else names.index(outcome.by),
        "why": dict(outcome.why),
    }


def _shown_ids(table: pa.Table) -> list[str]:
    name = "id_text" if "id_text" in table.column_names else "id"
    return [str(value) for value in table[name].to_pylist()]


def _in_order_of(ids: Sequence[str], outcome: Outcome) -> pa.Table:
    """The ledger's lines in the order of the report's rows, without the ids."""
    at = {str(value): place for place, value in enumerate(outcome.ledger[outcome.id_column].to_pylist())}
    places = pa.array([at[row] for row in ids], pa.int64())
    return outcome.ledger.drop_columns([outcome.id_column]).take(places)


def _amounts(values: Sequence[int]) -> list[int | str]:
    """Whole numbers that survive a browser: those beyond its exact range travel as text."""
    return [value if abs(value) < EXACT_IN_A_BROWSER else str(value) for value in values]


def _column(name: str, values: pa.ChunkedArray) -> dict[str, Any]:
    kind = values.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        days = pc.cast(pc.cast(values, pa.date32(), safe=False), pa.int32())
        return {"name": name, "kind": "date", "values": days.to_pylist()}
    if pa.types.is_integer(kind):
        return {"name": name, "kind": "integer", "values": [v if v is None else str(v) for v in values.to_pylist()]}
    numeric = pa.types.is_decimal(kind) or pa.types.is_floating(kind)
    words: dict[str | None, int] = {}
    codes = [words.setdefault(None if v is None else str(v), len(words)) for v in values.to_pylist()]
    return {"name": name, "kind": "real" if numeric else "text", "words": list(words), "codes": codes}


def _leave_out(columns: Sequence[dict[str, Any]], residual: Sequence[int]) -> None:
    """Of a very large ledger, only open rows keep their columns; what is counted stays whole."""
    if len(residual) <= MOST_ROWS_IN_FULL:
        return
    for column in columns:
        if "codes" in column and len(column["words"]) > MOST_ROWS_IN_FULL // 100:
            column["words"].append(None)
            nothing = len(column["words"]) - 1
            column["codes"] = [code if left else nothing for code, left in zip(column["codes"], residual, strict=True)]


def _stages(groups: pa.Table, nodes: Sequence[Node]) -> tuple[list[str], list[int]]:
    """The names that groups stand under, in the order of the strategy, and for each group which one."""
    known = {node.id: node for node in nodes}
    labels = [node for node in nodes if node.label]
    formed: list[tuple[int | None, str]] = list(
        zip(groups["node"].to_pylist(), groups["origin"].to_pylist(), strict=True)
    )
    name_of = {one: _stage(known.get(one[0]) if one[0] is not None else None, one[1], labels) for one in set(formed)}
    ranks: dict[str, int] = {}
    for (node, _), name in name_of.items():
        ranks[name] = min(ranks.get(name, 1 << 31), 1 << 30 if node is None else node)
    stages = sorted(ranks, key=lambda name: (ranks[name], name))
    place = {name: at for at, name in enumerate(stages)}
    return stages, [place[name_of[one]] for one in formed]


def _stage(node: Node | None, origin: str, labels: Sequence[Node]) -> str:
    """The outermost label above a node; without one, the group's origin."""
    if node is None:
        return origin
    above = [label for label in labels if node.path == label.path or node.path.startswith(f"{label.path} > ")]
    return min(above, key=lambda label: len(label.path)).label or origin if above else origin


def _groups(groups: pa.Table, stage_of: Sequence[int]) -> dict[str, Any]:
    words: dict[str | None, int] = {}
    reasons = [words.setdefault(reason, len(words)) for reason in groups["reason"].to_pylist()]
    unique = groups["unique"].to_pylist() if "unique" in groups.column_names else [None] * groups.num_rows
    return {
        "id": groups["group_id"].to_pylist(),
        "stage": list(stage_of),
        "reason": reasons,
        "words": list(words),
        "pinned": [int(status == "pinned") for status in groups["status"].to_pylist()],
        "net": _amounts(groups["net"].to_pylist()),
        "unique": unique,
    }


def _parts(outcome: Outcome, ids: Sequence[str], groups: Mapping[int, int]) -> dict[str, Any]:
    """What of which row is in which group, by group."""
    rows = {row: place for place, row in enumerate(ids)}
    held = zip(
        outcome.allocations["group_id"].to_pylist(),
        _shown_ids(outcome.allocations),
        outcome.allocations["amount"].to_pylist(),
        strict=True,
    )
    parts = sorted((groups[group], rows[row], amount) for group, row, amount in held if group in groups)
    return {
        "group": [part[0] for part in parts],
        "row": [part[1] for part in parts],
        "amount": _amounts([part[2] for part in parts]),
    }


def _dates(outcome: Outcome, columns: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Which column ages open items, and until which day; none without a date."""
    wanted = [
        place
        for place, column in enumerate(columns)
        if column["kind"] == "date" and outcome.date_column in (None, column["name"])
    ]
    if outcome.date_column is not None and not wanted:
        raise KeyError(f"the ledger has no date column {outcome.date_column!r}")
    days = [day for day in columns[wanted[0]]["values"] if day is not None] if wanted else []
    if not days:
        return None
    as_of = max(days) if outcome.as_of is None else (outcome.as_of - EPOCH).days
    return {"column": wanted[0], "as_of": as_of, "given": outcome.as_of is not None}
