"""Conversion between store entries and database rows."""

from __future__ import annotations

import json
from typing import Any, cast

import sqlalchemy as sa

from florecon_build.host.decisions.store.entry import Entry
from florecon_build.host.errors import StoreDamaged


def row_of(book: str, entry: Entry) -> dict[str, object]:
    """The table row for an entry."""
    return {
        "book": book,
        "seq": entry.seq,
        "at": entry.at,
        "who": entry.who,
        "kind": entry.kind,
        "why": entry.why,
        "input": entry.input,
        "strategy": entry.strategy,
        "body": entry.text,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def entry_of(row: sa.Row[Any]) -> Entry:
    """The entry of a table row. Errors: `StoreDamaged` for a body that is no object."""
    try:
        body = json.loads(row.body)
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreDamaged(f"entry {row.seq}: its body is no JSON; fb.verify lists what was changed") from error
    if not isinstance(body, dict):
        raise StoreDamaged(f"entry {row.seq}: its body is no object; fb.verify lists what was changed")
    return Entry(
        seq=row.seq,
        at=row.at,
        who=row.who,
        kind=row.kind,
        why=row.why,
        input=row.input,
        strategy=row.strategy,
        text=row.body,
        previous=row.previous,
        hash=row.hash,
        body=cast("dict[str, Any]", body),
    )
