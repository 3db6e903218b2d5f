"""Report of a run from what the book keeps of it: its tables, the description of its module, and reasons."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.decisions.book.result import OPEN
from florecon_build.host.decisions.book.tables import no_rows, pack, plain, unpack
from florecon_build.host.decisions.errors import NotKept
from florecon_build.host.decisions.store.entry import Entry, canonical
from florecon_build.host.decisions.store.store import Store
from florecon_build.host.description import Description, parse
from florecon_build.host.errors import Unsupported
from florecon_build.host.frames import conform
from florecon_build.host.report.projections import primary_assignments
from florecon_build.host.report.report import Report
from florecon_build.host.report.row_facts import RowFacts
from florecon_build.host.report.tables import COLUMNS

DESCRIPTION, REASONS, STAGES = "description", "reasons", "stages"
"""Attachments of a run, beside its tables."""


def attachments_of(stages: pa.Table | None, about: Description, reasons: Mapping[str, str]) -> dict[str, bytes]:
    """What a report of the run needs beside its groups, allocations and open items."""
    made = {DESCRIPTION: zlib.compress(canonical(about.raw).encode())}
    if stages is not None:
        made[STAGES] = pack(stages)
    if reasons:
        made[REASONS] = zlib.compress(canonical(dict(reasons)).encode())
    return made


def is_same_run(last: Entry, text: str) -> bool:
    """True if a run comes to what the last one came to; one that was asked for no reasons takes none away."""
    new: dict[str, Any] = json.loads(text)
    old = dict(last.body)
    if REASONS not in new.get("attachments", {}):
        old["attachments"] = {name: digest for name, digest in old["attachments"].items() if name != REASONS}
    return old == new


def reasons_of(store: Store, run: Entry) -> dict[str, str]:
    """Why items are open, by id as text, as far as the run was asked."""
    if REASONS not in run.body.get("attachments", {}):
        return {}
    return json.loads(zlib.decompress(store.attachment(run.seq, REASONS)))


def report_of(store: Store, run: Entry, rows: pa.Table) -> Report:
    """The report of a run.

    Parameters: `rows` are the rows at hand, as they were given. Errors: those of `description_of`.
    """
    about = description_of(store, run)
    names: Mapping[str, Any] = run.body.get("attachments", {})
    kept = {name: unpack(store.attachment(run.seq, name)) for name in ("groups", "allocations")}
    tables = _tables(kept["groups"], kept["allocations"], is_text=about.id_is_text)
    if STAGES in names:
        tables[STAGES] = unpack(store.attachment(run.seq, STAGES))
    frame = conform(rows if rows.num_columns else no_rows(about), about)
    return Report(
        about,
        lambda what: _table(tables, what),
        facts=RowFacts(about, [frame]),
        input=lambda: rows if rows.num_columns else plain(frame.to_table()),
        module=str(run.body["module"]),
        whole_rows=False,
    )


def description_of(store: Store, run: Entry) -> Description:
    """What the module of a run said of itself.

    Errors: `NotKept` for a run of an earlier release; `StoreDamaged`.
    """
    names: Mapping[str, Any] = run.body.get("attachments", {})
    period = run.body["period"]
    if DESCRIPTION not in names:
        raise NotKept(
            f"the book does not keep what a report of {period} needs: it was run by an earlier release; run {period}"
            " again (reopen it first, if it is closed), or give the output folder of the run"
        )
    return parse(zlib.decompress(store.attachment(run.seq, DESCRIPTION)), f"the module of {period}")


def _table(tables: Mapping[str, pa.Table], what: str) -> pa.Table:
    if what not in tables:
        raise Unsupported("the module of this run counts no stages")
    return tables[what]


def _tables(groups: pa.Table, allocations: pa.Table, *, is_text: bool) -> dict[str, pa.Table]:
    """The tables of a report; texts as ids have numbers beside them, in the order of the groups."""
    ids = allocations["id"].combine_chunks()
    names = pc.unique(ids)
    numbers = pc.index_in(ids, value_set=names).cast(pa.int64()) if is_text else ids
    parts = pa.table({"id": numbers, "group_id": allocations["group_id"], "amount": allocations["amount"]})
    opened = pc.is_in(
        parts["group_id"], value_set=groups.filter(pc.equal(groups["kind"], OPEN))["group_id"].combine_chunks()
    )
    parts = parts.append_column("left", pc.if_else(opened, parts["amount"], 0))
    sums = parts.group_by("id").aggregate([("amount", "sum"), ("left", "sum")]).sort_by("id")
    homes = primary_assignments(groups, parts.select(["id", "group_id", "amount"])).sort_by("id")
    first = parts.group_by("group_id").aggregate([("id", "min")])
    at = pc.index_in(groups["group_id"], value_set=first["group_id"].combine_chunks())
    groups = groups.append_column("first_id", pc.take(first["id_min"], at))
    rows = pa.table(
        {
            "id": sums["id"],
            "group_id": homes["group_id"],
            "amount": sums["amount_sum"],
            "matched": pc.subtract(sums["amount_sum"], sums["left_sum"]),
            "residual": sums["left_sum"],
        }
    )
    made = {
        "groups": groups.select(list(COLUMNS["groups"])),
        "allocations": parts.select(["id", "group_id", "amount"]),
        "rows": rows,
    }
    if is_text:
        for what in ("allocations", "rows"):
            table = made[what]
            text = table.append_column("id_text", pc.take(names, table["id"]))
            made[what] = text.select(["id", "id_text", *table.column_names[1:]])
    return made
