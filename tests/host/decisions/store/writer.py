"""A writer process for the crash tests: commits random decisions as fast as it can and prints each acknowledgement.

`python -m tests.host.decisions.store.writer STORE BOOK WASM NAME SEED` prints, after each verb that returned, the
number and the hash of the store's last entry.
"""

from __future__ import annotations

import random
import sys
from typing import Any

from florecon_build.host import FloreconError, Poisoned, Store, StoredWorkspace, StoreError, Workspace
from florecon_build.host.decisions.store import Draft
from tests.support.ledger import line

PAIRS = 60


def ledger() -> list[dict[str, Any]]:
    """Pairs of equal amounts, and lines without a partner."""
    pairs = [line(2 * at + side, (at + 1) * (1 - 2 * side)) for at in range(PAIRS) for side in (0, 1)]
    return pairs + [line(1000 + at, 5000.0 + at, account="B") for at in range(20)]


def decide(ws: StoredWorkspace, rng: random.Random, name: str) -> None:
    """One random verb. One that the other writer made pointless is refused, which is as good as any."""
    groups = ws.report().groups.select(["group_id", "status", "size"]).to_pylist()
    proposed = [each["group_id"] for each in groups if each["status"] == "proposed" and each["size"] > 1]
    pinned = [each["group_id"] for each in groups if each["status"] == "pinned"]
    match rng.randrange(7):
        case 0 if proposed:
            ws.pin(rng.choice(proposed), why="looks right")
        case 1 if pinned:
            ws.unpin(rng.choice(pinned), why="on second thoughts")
        case 2 if proposed:
            few = rng.sample(proposed, min(3, len(proposed)))
            ws.pin_where(lambda g: g.group_id.is_in(few), why="three at once")
        case 3:
            one, other = rng.sample(range(20), 2)
            ws.tag([1000 + one, 1000 + other], rng.choice(["review", "fx"]))
        case 4 if proposed:
            ws.dissolve(rng.choice(proposed))
            ws.solve()
        case 5:
            batch(ws.store, rng, name)
        case _:
            ws.comment("hm", ids=[1000 + rng.randrange(20)])


def batch(store: Store, rng: random.Random, name: str) -> None:
    """Several entries in one transaction; each says how many there must be."""
    count, mark = rng.randrange(2, 6), f"{name}-{rng.getrandbits(64)}"
    with store.writing() as writing:
        for _ in range(count):
            writing.append(Draft(who=name, kind="comment", body={"text": mark, "of": count}))


def main() -> None:
    """Goes on until it is killed."""
    place, book, wasm, name, seed = sys.argv[1:]
    rng = random.Random(int(seed))
    store = Store(place, book=book)
    ws = Workspace.open(store, wasm, ledger(), who=name)
    while True:
        try:
            decide(ws, rng, name)
        except (StoreError, Poisoned):
            raise
        except FloreconError:
            ws.refresh()
        print(len(store), store.head, flush=True)


if __name__ == "__main__":
    main()
