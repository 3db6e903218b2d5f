"""`ws.shard_keys`: shard numbers of rows; a ledger divided by them has the same matches."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import florecon_build as fb
from florecon_build.host import AmountOverflow, BrokenReply, MissingColumn, NullValue, Unsupported, Workspace
from tests.support.ledger import LINES, line, opened, state
from tests.support.wat_modules import ABOUT, ROWS, ok, on, packed, solver


def fnv1a(text: str) -> int:
    """The hash of the wire page."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


@pytest.fixture
def ws(solver_wasm: Path) -> Workspace:
    return opened(solver_wasm)


def test_the_number_is_made_of_the_key(ws: Workspace) -> None:
    """The starter works on accounts."""
    before = state(ws)
    lines = [*LINES, line(20, 1, account='Zürich "8001"'), line(20, 1, account="")]
    keys = ws.shard_keys(lines)
    assert ws.about.divides
    assert keys.type == pa.uint64()
    assert keys.to_pylist() == [fnv1a(json.dumps(each["account"], ensure_ascii=False)) for each in lines]
    assert state(ws) == before


def test_a_divided_ledger_is_matched_as_a_whole_one_is(solver_wasm: Path, ws: Workspace) -> None:
    parts: defaultdict[int, list[dict[str, object]]] = defaultdict(list)
    for each, key in zip(LINES, ws.shard_keys(LINES).to_pylist(), strict=True):
        parts[key].append(each)
    assert len(parts) == 3
    divided = [group for part in parts.values() for group in matched(opened(solver_wasm, part))]
    assert sorted(divided) == sorted(matched(ws))


def matched(ws: Workspace) -> list[tuple[str, tuple[tuple[int, int], ...]]]:
    """Each group as its origin and members."""
    report = ws.report()
    members: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for piece in report.allocations.to_pylist():
        members[piece["group_id"]].append((piece["id"], piece["amount"]))
    return [(group["origin"], tuple(sorted(members[group["group_id"]]))) for group in report.groups.to_pylist()]


def test_bad_rows_are_refused_and_change_nothing(ws: Workspace) -> None:
    before = state(ws)
    table = pa.Table.from_pylist([line(1, 1.0)])
    with pytest.raises(MissingColumn):
        ws.shard_keys(table.drop_columns("account"))
    with pytest.raises(NullValue):
        ws.shard_keys([{**line(1, 1.0), "account": None}])
    assert ws.shard_keys([]).to_pylist() == []
    assert state(ws) == before


def test_the_key_may_read_the_amount() -> None:
    """Of equal rows one is sent: the module says by which columns rows are equal, and is not asked for the others."""
    ledger = fb.columns(id=fb.integer(id=True), account=fb.text(), memo=fb.text(), amount=fb.money(scale=2))
    row = ledger.derive(head=ledger.account.left(1), twice=ledger.amount * 2)
    keys = (row.head, fb.abs(row.lot.amount))
    inner = fb.partition_by(row.memo, fb.agg_net())
    plugin = fb.Plugin(
        "acme.halves", "1.0.0", rows=row, numeraire=row.twice, strategy=fb.labeled("x", fb.partition_by(keys, inner))
    )
    texts = ["a1", "b1", "a2"]
    rows: list[dict[str, Any]] = [
        {"id": place, "account": texts[place % 3], "memo": str(place), "amount": (-1) ** place * (place % 4)}
        for place in range(60)
    ]
    with Workspace(plugin) as ws:
        assert ws.about.shard_columns == ("account", "amount")
        keys_at_once = ws.shard_keys(rows).to_pylist()
        assert keys_at_once == [key for one in rows for key in ws.shard_keys([one]).to_pylist()]
        expected = [fnv1a(json.dumps([one["account"][:1], 200 * abs(one["amount"])]).replace(" ", "")) for one in rows]
        assert keys_at_once == expected
        rows[7]["amount"] = 9e16  # twice of it is none of 64 bits
        with pytest.raises(AmountOverflow) as refused:
            ws.shard_keys(rows)
        assert refused.value.id == 7


def test_a_module_that_does_not_divide() -> None:
    refusal = b'{"ok":false,"error":{"code":"bad_command","message":"no op shard_keys"}}'
    plain = {name: value for name, value in ABOUT.items() if name != "build"}
    wasm = solver(about=plain, reply=b'{"ok":true}' + refusal, dispatch=on("s", packed(16395, len(refusal)), ok()))
    ws = Workspace(wasm)
    assert not ws.about.divides
    with pytest.raises(Unsupported, match="no op shard_keys"):
        ws.shard_keys(ROWS)


def test_replies_that_are_none() -> None:
    for reply in (b'{"ok":true}', b"no stream"):
        with pytest.raises(BrokenReply):
            Workspace(
                solver(reply=b'{"ok":true}' + reply, dispatch=on("s", packed(16395, len(reply)), ok()))
            ).shard_keys(ROWS)
    one = pa.BufferOutputStream()
    with pa.ipc.new_stream(one, pa.schema({"shard_key": pa.uint64()})) as writer:
        writer.write_table(pa.table({"shard_key": pa.array([7], pa.uint64())}))
    reply = one.getvalue().to_pybytes()
    wasm = solver(reply=b'{"ok":true}' + reply, dispatch=on("s", packed(16395, len(reply)), ok()))
    with pytest.raises(BrokenReply, match="2 rows were answered with 1 shard keys"):
        Workspace(wasm).shard_keys(ROWS)
