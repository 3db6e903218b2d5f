"""Solution of a shard of a book: amounts set aside, decisions in force, and reasons of its largest open items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host import Report, Workspace
from florecon_build.host.decisions.replayer import Replayer
from florecon_build.host.decisions.resolutions import resolved_of
from florecon_build.host.explain.open_rows import explain_open_rows
from florecon_build.host.report.step_names import step_names
from florecon_build.scale.book_input import DECIDED, REASONS, BookInput, Id

Progress = Callable[[int, int], None]


def solve_in_book(
    workspace: Workspace, book: BookInput, rows: pa.Table, progress: Progress | bool = False, *, certify: bool = False
) -> tuple[Report, Replayer]:
    """Solves rows as a workspace of the book does; the report has resolved items under their codes.

    Errors: those of `Workspace.upsert` and `solve`.
    """
    id_name = workspace.about.id_name or rows.column_names[0]
    ids = rows[id_name]
    held = book.aside.filter(pc.is_in(book.aside["id"], value_set=ids.combine_chunks()))
    aside: dict[Id, int] = dict(zip(held["id"].to_pylist(), held["amount"].to_pylist(), strict=True))
    if aside and book.spare is not None:
        one = rows.filter(pc.equal(ids, held["id"][0])).slice(0, 1)
        spare = one.set_column(one.column_names.index(id_name), id_name, pa.array([book.spare], ids.type))
        workspace.upsert(pa.concat_tables([rows, spare]))
        workspace.set_aside(aside, book.spare)
    else:
        workspace.upsert(rows)
    decisions = book.of_rows(ids.to_pylist())
    replayer = Replayer(workspace, decisions)
    if decisions.is_of_groups:
        workspace.solve()  # proposals for the decisions to be found in
    replayer.retry()
    certified = workspace.solve(progress=progress, certify=certify).certified
    replayer.solved()
    resolved = resolved_of(decisions.resolutions, replayer.placed)
    report = workspace.report()
    report.certified = certified
    return (report.mapped(resolved.view) if resolved else report), replayer


def book_tables(
    workspace: Workspace, book: BookInput, rows: pa.Table, *, report: Report, replayer: Replayer, base: int
) -> dict[str, pa.Table]:
    """What became of the decisions, by number, with groups numbered from ``base``; and the reasons of open items."""
    placed, misfits = replayer.placed, replayer.misfits
    decided = pa.table(
        {
            "seq": pa.array([*placed, *misfits], pa.int64()),
            "group_id": pa.array([base + each for each in placed.values()] + [None] * len(misfits), pa.int64()),
            "misfit": pa.array([None] * len(placed) + [each.reason for each in misfits.values()], pa.string()),
        }
    )
    names = step_names(workspace.about.nodes)
    items = _largest_open(book, rows, report, workspace.about.id_name or "")
    reasons = explain_open_rows(workspace, items, names)
    told = {"id": pa.array(list(reasons), pa.string()), "reason": pa.array(list(reasons.values()), pa.string())}
    return {DECIDED: decided, REASONS: pa.table(told)}


def _largest_open(book: BookInput, rows: pa.Table, report: Report, id_name: str) -> list[Id]:
    """The largest open items of each currency: those of the whole book are among those of its shards.

    An item that has a code, and is not asked for, takes no other's place.
    """
    count = book.explain and book.explain + len(book.of_rows(rows[id_name].to_pylist()).resolutions)
    opened = report.rows.filter(pc.not_equal(report.rows["residual"], 0))
    ids = opened["id_text" if "id_text" in opened.column_names else "id"]
    currencies: dict[Id, str | None] = {}
    if book.currency is not None:
        currencies = dict(zip(rows[id_name].to_pylist(), rows[book.currency].to_pylist(), strict=True))
    largest: defaultdict[str | None, list[tuple[int, Id]]] = defaultdict(list)
    for row_id, left in zip(ids.to_pylist(), opened["residual"].to_pylist(), strict=True):
        largest[currencies.get(row_id)].append((-abs(left), row_id))
    return [row_id for each in largest.values() for _, row_id in sorted(each)[:count]]
