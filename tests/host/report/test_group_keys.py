"""Content keys of groups: a function of members and amounts alone."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pyarrow as pa
import pytest

import florecon_build as fb
from florecon_build.host import BrokenReply, load
from florecon_build.host.frames import conform
from florecon_build.host.report import control
from florecon_build.host.report.group_keys import with_keys
from florecon_build.host.runtime.limits import Limits
from florecon_build.host.runtime.session import Session

ROWS = fb.columns(row_id=fb.text(id=True), account=fb.text(), amount=fb.money(scale=2))
PLUGIN = fb.Plugin("acme.keys", "1.0.0", rows=ROWS, numeraire=ROWS.amount, strategy=fb.agg_net(ROWS.account, tol=5))


@pytest.fixture(autouse=True, params=[control.BLOCK, 3])
def lines_of_a_block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a real report, and such that a small one has several of them."""
    monkeypatch.setattr(control, "BLOCK", request.param)


def expected(members: list[tuple[str, int]]) -> str:
    """The key by the rule of the wire page, one member after the other."""
    digest = hashlib.blake2b(digest_size=16)
    for row_id, amount in sorted(members, key=lambda member: member[0].encode()):
        digest.update(f"{amount}:{len(row_id.encode())}:{row_id}".encode())
    return digest.hexdigest()


def ledger(rng: random.Random) -> list[dict[str, object]]:
    ids = ["a", "é", "z", "10", "9", "a:1", "\U0001f600", "ab"]
    lines: list[dict[str, object]] = [
        {"row_id": row_id, "account": rng.choice("AB"), "amount": rng.choice([-2, 1, 1, 2]) / 100} for row_id in ids
    ]
    rng.shuffle(lines)
    return lines


def test_key_follows_the_wire_page_whatever_the_order_of_the_rows_and_the_engine() -> None:
    for seed in range(6):
        lines = ledger(random.Random(seed))
        simulated = PLUGIN.simulate(lines)
        members: dict[int, list[tuple[str, int]]] = {}
        for part in simulated.allocations.to_pylist():
            members.setdefault(part["group_id"], []).append((part["id_text"], part["amount"]))
        wanted = [expected(members[group]) for group in simulated.groups["group_id"].to_pylist()]
        assert simulated.groups["key"].to_pylist() == wanted
        again = PLUGIN.simulate(sorted(lines, key=lambda line: str(line["row_id"])))
        assert again.groups["key"].to_pylist() == wanted
        with PLUGIN.workspace() as ws:
            ws.upsert(pa.Table.from_pylist(lines))
            assert ws.solve().groups["key"].to_pylist() == wanted


def test_key_does_not_depend_on_the_order_of_the_tables() -> None:
    groups = pa.table({"group_id": [7, 8]})
    parts = pa.table({"id": [9, 10, 3], "group_id": [7, 7, 8], "amount": [950, -948, 700]})
    first = dict(zip([7, 8], with_keys(groups, parts)["key"].to_pylist(), strict=True))
    for order in ([2, 1, 0], [1, 0, 2]):
        turned = groups.take([1, 0])
        assert with_keys(turned, parts.take(order))["key"].to_pylist() == [first[8], first[7]]


@pytest.mark.cargo
def test_keys_of_the_module_are_those_of_the_rule(tmp_path: Path) -> None:
    session = Session(load(PLUGIN.build(tmp_path, profile="quick").wasm), Limits())
    session.change("upsert", {}, conform(ledger(random.Random(1)), session.about))
    session.solve(None)
    said, allocations = session.fetch("groups"), session.fetch("allocations")
    session.close()
    assert with_keys(said.drop_columns("key"), allocations).equals(said)


@pytest.mark.parametrize("wrong", ["0" * 32, "0", None])
def test_another_key_of_the_module_is_refused(wrong: str | None) -> None:
    groups = pa.table({"group_id": [7, 8]})
    parts = pa.table({"id": [1, 2, 3], "group_id": [7, 7, 8], "amount": [950, -948, 700]})
    said = with_keys(groups, parts)["key"]
    assert with_keys(groups, parts, said)["key"] == said
    assert with_keys(groups.slice(0, 0), parts.slice(0, 0), said.slice(0, 0)).num_rows == 0
    with pytest.raises(BrokenReply, match="key"):
        with_keys(groups, parts, pa.chunked_array([[said[0].as_py()], [wrong]], pa.string()))


@pytest.mark.parametrize("listed", [[7], [7, 8, 9]])
def test_groups_and_allocations_that_do_not_meet_are_refused(listed: list[int]) -> None:
    parts = pa.table({"id": [1, 2, 3], "group_id": [7, 7, 8], "amount": [950, -948, 700]})
    with pytest.raises(BrokenReply, match="allocations"):
        with_keys(pa.table({"group_id": listed}), parts)
