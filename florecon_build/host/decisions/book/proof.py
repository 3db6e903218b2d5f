"""Proof of a close: the balances of a run, computed again from the stored rows, allocations and open items."""

from __future__ import annotations

import pyarrow as pa

from florecon_build.host.decisions.balances import Balance, name_of
from florecon_build.host.decisions.book.known_rows import KnownRows
from florecon_build.host.decisions.book.result import OPEN, Id, Key, sums_by_key


def disproved(
    balances: tuple[Balance, ...],
    *,
    opening: pa.Table | None,
    known: KnownRows,
    period: str,
    groups: pa.Table,
    allocations: pa.Table,
    open_items: pa.Table,
) -> list[str]:
    """Every number of the balances that the stored tables do not bear out, as text."""
    is_open = {
        group: kind == OPEN
        for group, kind in zip(groups["group_id"].to_pylist(), groups["kind"].to_pylist(), strict=True)
    }
    at_hand: dict[Id, int] = {}
    key_of: dict[Id, Key] = {}
    cleared: list[tuple[Key, int]] = []
    closing: list[tuple[Key, int]] = []
    for line in allocations.to_pylist():
        row_id, amount, key = line["id"], line["amount"], (line["currency"], line["account"])
        at_hand[row_id] = at_hand.get(row_id, 0) + amount
        key_of[row_id] = key
        (closing if is_open[line["group_id"]] else cleared).append((key, amount))
    opened: dict[Id, int] = {}
    old_key: dict[Id, Key] = {}
    for line in opening.to_pylist() if opening is not None else ():
        opened[line["id"]] = line["remaining"]
        old_key[line["id"]] = (line["currency"], line["account"])
    new: list[tuple[Key, int]] = []
    for row_id, amount in at_hand.items():
        if known.rows[row_id].first_seen == period:
            new.append((key_of[row_id], known.amount(row_id)))
            continue
        new.append((key_of[row_id], amount))
        if row_id in opened:
            new.append((old_key[row_id], -opened[row_id]))
    shown = [((line["currency"], line["account"]), line["remaining"]) for line in open_items.to_pylist()]
    lost = [str(row_id) for row_id in opened if row_id not in at_hand]
    found = [f"open items {', '.join(lost[:5])} are not in the run"] if lost else []
    sums = {
        "opening": sums_by_key((old_key[row_id], amount) for row_id, amount in opened.items()),
        "new": sums_by_key(new),
        "cleared": sums_by_key(cleared),
        "closing": sums_by_key(closing),
    }
    listed = sums_by_key(shown)
    stated = {(each.currency, each.account): each for each in balances}
    for key in sorted({*stated, *(key for each in sums.values() for key in each)}, key=str):
        balance = stated.get(key)
        for name, of_key in sums.items():
            said = getattr(balance, name) if balance is not None else 0
            if said != of_key.get(key, 0):
                found.append(f"{name_of(key)}: {name} is {said}, and the rows come to {of_key.get(key, 0)}")
        if listed.get(key, 0) != sums["closing"].get(key, 0):
            found.append(f"{name_of(key)}: the open items come to {listed.get(key, 0)}, not to the closing")
    return found
