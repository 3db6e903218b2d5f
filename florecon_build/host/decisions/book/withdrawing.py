"""Withdrawal of rows that an open period was given by mistake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from florecon_build.host.decisions.book.known_rows import INPUT, stored_rows
from florecon_build.host.decisions.book.result import Id
from florecon_build.host.decisions.book.tables import pack
from florecon_build.host.decisions.effect import Effect
from florecon_build.host.decisions.errors import UnknownInput, WrongBook, WrongPeriod
from florecon_build.host.decisions.store.entry import Draft
from florecon_build.host.decisions.store.periods import Period
from florecon_build.host.decisions.store.store import Store
from florecon_build.host.errors import BadCommand, UnknownId

Place = tuple[int, int]
"""The number of an entry of rows, and the place of an input in it."""
SHORTEST_DIGEST = 8


def withdraw(
    store: Store, period: str, *, input: str | None, ids: Sequence[Id] | None, who: str, reason: str
) -> Effect:
    """As `Book.withdraw`."""
    if not reason.strip():
        raise BadCommand("rows are withdrawn for a reason; give reason='...'")
    if (input is None) == (ids is None):
        raise BadCommand("give the input whose rows are withdrawn, or the ids of rows")
    with store.writing() as writing:
        periods = store.book.periods
        if periods.settings is None:
            raise WrongBook("the book has not been begun; it has no rows")
        known = periods.known.get(periods.check_run(period).name)
        if known is None or not known.rows:
            raise WrongPeriod(f"{period} was given no rows, so there is nothing to withdraw")
        came = _rows(store, known, str(periods.settings["id"]))
        taken = _of_ids(came, known, ids) if ids is not None else _of_input(came, known, str(input))
        withdrawn = tuple(dict.fromkeys(row_id for _, row_id in taken))
        body = {
            "period": known.name,
            "rows": len(withdrawn),
            "inputs": [_input(known, place, count) for place, count in Counter(at for at, _ in taken).items()],
        }
        entries = pa.array([entry for (entry, _), _ in taken], pa.int64())
        table = pa.table({"entry": entries, "id": pa.array([row_id for _, row_id in taken])})
        attachments = {"withdrawn": pack(table)}
        entry = writing.append(Draft(who=who, kind="withdraw", body=body, why=reason, attachments=attachments))
    return Effect(len(withdrawn), ids=withdrawn, decisions=(entry.seq,))


def _rows(store: Store, known: Period, id_name: str) -> list[tuple[Place, Id]]:
    """The rows that the period has, each with the input that it came with; one that was restated, once for each."""
    found: list[tuple[Place, Id]] = []
    for entry in known.rows:
        table = stored_rows(store, known, entry, id_name)
        inputs = table[INPUT].to_pylist() if INPUT in table.column_names else [0] * table.num_rows
        found += [((entry.seq, at), row_id) for at, row_id in zip(inputs, table[id_name].to_pylist(), strict=True)]
    return found


def _of_ids(came: list[tuple[Place, Id]], known: Period, ids: Sequence[Id]) -> list[tuple[Place, Id]]:
    wanted, there = set(ids), {row_id for _, row_id in came}
    for row_id in ids:
        if row_id not in there:
            raise UnknownId(
                f"row {row_id!r} did not come in {known.name}; a row of a closed period is resolved, or restated",
                id=row_id,
            )
    return [(place, row_id) for place, row_id in came if row_id in wanted]


def _of_input(came: list[tuple[Place, Id]], known: Period, name: str) -> list[tuple[Place, Id]]:
    wanted = name.strip()
    names: dict[str, None] = {}
    taken: list[tuple[Place, Id]] = []
    for entry in known.rows:
        for at, each in enumerate(entry.body.get("inputs", ())):
            of_input = [one for one in came if one[0] == (entry.seq, at)]
            by_digest = len(wanted) >= SHORTEST_DIGEST and each["sha256"].startswith(wanted.lower())
            if of_input and (each["name"] == wanted or by_digest):
                taken += of_input
            elif of_input:
                names[each["name"]] = None
    if not taken:
        raise UnknownInput(
            f"no row of {known.name} came with {name!r}; its rows came with {', '.join(names) or 'none'}"
        )
    return taken


def _input(known: Period, place: Place, rows: int) -> dict[str, Any]:
    entry, at = place
    each = next(one for one in known.rows if one.seq == entry).body["inputs"][at]
    return {"entry": entry, "input": at, "name": each["name"], "sha256": each["sha256"], "rows": rows}
