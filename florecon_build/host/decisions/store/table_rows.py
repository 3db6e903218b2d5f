"""Conversion between store entries and database rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from florecon_build.host.decisions.store.entry import Entry
from florecon_build.host.errors import StoreDamaged

if TYPE_CHECKING:
    import sqlalchemy as sa

TEXTS = ("at", "who", "kind", "why", "input", "strategy", "body", "previous", "hash")


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
    """The entry of a table row. Errors: `StoreDamaged` for a value of another type and a body that is no object."""
    seq = number_of(row.seq)
    for name in TEXTS:
        value = getattr(row, name)
        if not isinstance(value, str) and not (name == "why" and value is None):
            raise StoreDamaged(f"entry {seq}: its {name} is no text; fb.verify lists what was changed")
    try:
        body = json.loads(row.body)
    except (ValueError, RecursionError) as error:
        raise StoreDamaged(f"entry {seq}: its body is no JSON; fb.verify lists what was changed") from error
    if not isinstance(body, dict):
        raise StoreDamaged(f"entry {seq}: its body is no object; fb.verify lists what was changed")
    return Entry(
        seq=seq,
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


def number_of(seq: object) -> int:
    """The number of an entry. Errors: `StoreDamaged` for what is none, as SQLite keeps any value in any column."""
    if not isinstance(seq, int):
        raise StoreDamaged(f"an entry has the number {seq!r}; fb.verify lists what was changed")
    return seq
