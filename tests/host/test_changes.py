"""`report.changes`, `ws.apply` and held reports: edits in a long-lived workspace, against a solve of all rows."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import florecon_build as fb
from florecon_build.host import BadAmount, ConservationViolated, Report, Unsupported, Workspace
from florecon_build.host.report.changes import check_changes
from florecon_build.host.report.shipped_rows import ShippedRows
from florecon_build.host.runtime import session

ROW = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2), day=fb.date())
FLOW = fb.flow(penalty=9, match_keys=[fb.amount_key()], cost=lambda a, b: fb.tier(a.account == b.account, 1))
STEPS = fb.seq(fb.exact_1to1(key=ROW.account, order=ROW.day), fb.labeled("late", FLOW), fb.agg_net(ROW.account, tol=2))
PLUGIN = fb.Plugin("tests.changes", "1.0.0", rows=ROW, numeraire=ROW.amount, strategy=STEPS)
FACTS = ("key", "status", "origin", "reason", "node", "unique")
MONEY = pa.decimal128(9, 2)
KINDS = ("groups", "allocations", "rows", "stages")


def rows(ids: Iterable[int], draw: random.Random) -> list[dict[str, Any]]:
    return [
        {
            "row_id": id,
            "account": draw.choice("ABCDEFGHIJ"),
            "amount": draw.choice((-3, -2, -1, 1, 2, 3)),
            "day": 20_000 + draw.randrange(9),
        }
        for id in ids
    ]


def contents(groups: pa.Table) -> Counter[tuple[object, ...]]:
    """The groups without the integers that name them."""
    return Counter(tuple(group[name] for name in FACTS) for group in groups.to_pylist())


def tables(report: Report) -> dict[str, pa.Table]:
    return {what: getattr(report, what) for what in KINDS}


def test_changes_add_up_and_held_reports_stay_over_many_edits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "EAGER_BYTES", 0)
    draw = random.Random(5)
    first = rows(range(0, 120, 2), draw)
    known = {row["row_id"]: row for row in first}
    held: list[tuple[Report, dict[str, pa.Table]]] = []
    with Workspace(PLUGIN) as ws, Workspace(PLUGIN) as eager:
        for workspace in (ws, eager):
            workspace.upsert(first)
        accumulated = contents(ws.solve().changes.added)
        eager.solve()
        for step in range(40):
            new = rows(draw.sample(range(130), 2), draw)
            known.update((row["row_id"], row) for row in new)
            gone = draw.sample(sorted(known), 1) if step % 3 == 0 else []
            known = {id: row for id, row in known.items() if id not in gone}
            pinned = None
            for workspace in (ws, eager):
                workspace.upsert(new)
                if gone:
                    workspace.remove(gone)
                if step % 5 == 1:
                    groups = workspace.report().groups.filter(pa.compute.equal(workspace.report().groups["size"], 2))
                    pinned = groups["group_id"][0].as_py()
                    workspace.pin(pinned)
            report, again = ws.solve(), eager.solve()
            changes = report.changes
            accumulated = accumulated - contents(changes.removed) + contents(changes.added)
            assert accumulated == contents(again.groups), step
            assert not contents(changes.removed) & contents(changes.added)
            if step % 6 == 0:
                held.append((report, tables(again)))
            if step % 10 == 9:
                with Workspace(PLUGIN) as cold:
                    cold.upsert(list(known.values()))
                    if not any(status == "pinned" for _, status, *_ in accumulated):
                        assert contents(cold.solve().groups) == accumulated
        assert not any(report._tables for report, _ in held)  # pyright: ignore[reportPrivateUsage]
        for report, expected in held:
            assert tables(report) == expected


def test_a_feed_is_followed_and_a_bad_item_changes_nothing() -> None:
    line = {"account": "A", "day": 20_000}
    with Workspace(PLUGIN) as ws:
        feed: list[object] = [
            [{"row_id": 1, "amount": 5, **line}],
            [[{"row_id": 2, "amount": -5, **line}], fb.Removal([1]), [{"row_id": 1, "amount": 5, **line}]],
            [fb.Removal([2]), [{"row_id": 3, "amount": 0.001, **line}]],
        ]
        seen: list[tuple[int, int]] = []
        with pytest.raises(BadAmount):
            seen.extend((changes.removed.num_rows, changes.added.num_rows) for changes in ws.apply(feed))
        assert seen == [(0, 1), (1, 1)]
        assert ws.report().groups["origin"].to_pylist() == ["exact_1to1"]


def test_text_ids_are_named_by_their_texts_also_when_their_rows_are_gone() -> None:
    row = fb.columns(name=fb.text(id=True), amount=fb.money(scale=2))
    plugin = fb.Plugin("tests.names", "1.0.0", rows=row, numeraire=row.amount, strategy=fb.exact_1to1(fb.amount_key()))
    with Workspace(plugin) as ws:
        feed = [
            [{"name": name, "amount": amount} for name, amount in (("b", 5), ("a", -5), ("c", 1))],
            fb.Removal(["a"]),
        ]
        first, second = ws.apply(feed)
        assert first.added["first_id"].to_pylist() == [1, 2]
        assert second.removed_allocations["id_text"].to_pylist() == ["a", "b"]
        assert second.added_allocations.to_pylist()[0]["id_text"] == "b"


def test_a_row_that_is_removed_and_comes_again_has_changed_nothing() -> None:
    row = fb.columns(name=fb.text(id=True), amount=fb.money(scale=2))
    plugin = fb.Plugin("tests.names", "1.0.0", rows=row, numeraire=row.amount, strategy=fb.exact_1to1(fb.amount_key()))
    lines = [{"name": name, "amount": amount} for name, amount in (("b", 5), ("a", -5), ("c", 1), ("d", 7))]
    with Workspace(plugin) as ws:
        feed: list[object] = [
            lines,
            [fb.Removal(["a", "d"]), lines[1:2]],
            [fb.Removal(["b"]), [{**lines[0], "amount": 6}]],
        ]
        _, second, third = ws.apply(feed)
        assert (second.removed_allocations["id_text"].to_pylist(), second.added.num_rows) == (["d"], 0)
        assert third.removed_allocations["id_text"].to_pylist() == ["a", "b"]
        assert third.added_allocations["id_text"].to_pylist() == ["a", "b"]


def test_a_snapshot_is_what_the_changes_after_it_are_compared_with() -> None:
    draw = random.Random(3)
    with Workspace(PLUGIN) as ws:
        ws.upsert(rows(range(60), draw))
        ws.solve()
        ws.remove([0, 1])
        ws.upsert(rows(range(2, 6), draw))
        before = contents(ws.report().groups)
        with Workspace.restore(PLUGIN, ws.snapshot()) as again:
            assert contents(again.report().changes.added) == before
            report = again.solve()
            now = contents(report.groups)
            assert contents(report.changes.removed) == before - now
            assert contents(report.changes.added) == now - before
    with Workspace(PLUGIN) as ws:
        ws.upsert(rows(range(60), draw))
        with Workspace.restore(PLUGIN, ws.snapshot()) as again:
            report = again.solve()
            assert contents(report.changes.added) == contents(report.groups)
            assert report.changes.removed.num_rows == 0


def test_changes_stay_where_a_snapshot_takes_the_place_of_the_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("florecon_build.host.runtime.journal.FLOOR", 20)
    draw = random.Random(4)

    def interrupted(ws: Workspace) -> None:
        ws._session._instances.current.cancel()  # pyright: ignore[reportPrivateUsage]

    with Workspace(PLUGIN) as ws, Workspace(PLUGIN) as twin:
        twin._session._compacts = False  # pyright: ignore[reportPrivateUsage]
        shortest = 99
        for step in range(40):
            new = rows(draw.sample(range(40), 6), draw)
            removed = [new[0]["row_id"]] if step % 4 == 3 else []
            seen: list[tuple[pa.Table, pa.Table]] = []
            for each in (ws, twin):
                each.upsert(new)
                each.remove(removed)
                if each is ws:
                    interrupted(ws)
                with suppress(InterruptedError), each.transaction():
                    each.remove([new[1]["row_id"]])
                    each.solve()
                    raise InterruptedError
                each.solve()
                if each is ws:
                    interrupted(ws)
                changes = each.report().changes
                seen.append((changes.removed, changes.added))
            assert seen[0] == seen[1], step
            shortest = min(shortest, len(ws._session._instances.journal)) if step > 20 else shortest  # pyright: ignore[reportPrivateUsage]
        assert shortest == 1
        assert tables(ws.report()) == tables(twin.report())


def test_memory_stays_over_edits_of_the_same_rows() -> None:
    draw = random.Random(2)
    with Workspace(PLUGIN) as ws:
        ws.upsert(rows(range(2000), draw))
        after: list[int] = []
        for step in range(400):
            ws.upsert(rows([draw.randrange(2000)], draw))
            ws.solve()
            if step in (100, 399):
                after.append(ws.memory_bytes())
        assert after[1] <= after[0] + 64 * 1024


def lines(*members: tuple[str, int, int]) -> pa.Table:
    change, ids, amounts = zip(*members, strict=True)
    return pa.table({"change": list(change), "id": list(ids), "amount": pa.array(amounts, pa.int64())})


@pytest.mark.parametrize(
    ("members", "row"),
    [
        ([("removed", 1, 500), ("added", 1, 500)], None),
        ([("removed", 2, 500), ("added", 2, 700)], None),
        ([("removed", 3, 500)], None),
        ([("removed", 1, 500), ("added", 1, 400)], 1),
        ([("added", 4, 1)], 4),
        ([("removed", 2, 500), ("added", 2, 800)], 2),
        ([("removed", 2, 500), ("added", 2, -1)], 2),
        ([("added", 2, 200)], None),
        ([("removed", 3, 500), ("added", 3, 500)], 3),
    ],
)
def test_changes_are_compared_with_the_rows_that_were_shipped(members: list[Any], row: int | None) -> None:
    nothing = pa.table({"id": pa.array([], pa.int64()), "amount": pa.array([], MONEY)})
    sent = pa.table({"id": [2], "amount": pa.array(["7.00"]).cast(MONEY)})
    shipped = ShippedRows.of_table(nothing, "id", "amount", 2).restored().upserted(sent).removed([3])
    if row is None:
        check_changes(lines(*members), shipped)
        return
    with pytest.raises(ConservationViolated) as error:
        check_changes(lines(*members), shipped)
    assert error.value.id == row


def test_a_simulation_has_all_groups_as_changes_and_other_reports_say_that_they_know_none(solver_wasm: Path) -> None:
    report = PLUGIN.simulate([{"row_id": 1, "account": "A", "amount": 5, "day": 20_000}])
    assert contents(report.changes.added) == contents(report.groups)
    with pytest.raises(Unsupported, match="does not know"):
        _ = report.mapped(lambda what, table: table(what)).changes
    with Workspace(solver_wasm) as ws:
        assert ws.solve().changes.added.num_rows == 0
