"""Crash test of the store: kills writers at random; acknowledged entries are complete, and no entry is partial.

`python -m tests.host.decisions.store.killing --rounds 200 [--store URL]` is the long run; the tests do a few rounds.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from pathlib import Path

from florecon_build.host import Store, Workspace, verify
from tests.host.conftest import build
from tests.host.decisions.store.writer import ledger

ROOT = Path(__file__).resolve().parents[4]
WRITERS = 2
ROUNDS_PER_BOOK = 10
LONGEST_LIFE = 0.4


def kill_round(place: str, book: str, wasm: Path, rng: random.Random) -> tuple[int, int]:
    """Writers start, work, and are killed one after the other; returns how many acknowledgements and entries there are.

    Raises `AssertionError` for anything lost or half-written.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    writers = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.host.decisions.store.writer",
                place,
                book,
                str(wasm),
                f"w{at}",
                str(rng.getrandbits(32)),
            ],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
        )
        for at in range(WRITERS)
    ]
    said: list[str] = []
    for writer in writers:
        assert writer.stdout is not None
        said.append(writer.stdout.readline())
        assert said[-1], "a writer died by itself"
    for writer in writers:
        time.sleep(rng.random() * LONGEST_LIFE)
        assert writer.poll() is None, "a writer died by itself"
        writer.kill()
    for writer in writers:
        assert writer.stdout is not None
        said += writer.stdout.read().splitlines()
        writer.stdout.close()
        writer.wait()
    return check(place, book, wasm, [line.split() for line in said if line.count(" ") == 1 and len(line.split()) == 2])


def check(place: str, book: str, wasm: Path, said: list[list[str]]) -> tuple[int, int]:
    """Compares what the writers were told with what is stored."""
    store = Store(place, book=book)
    audit = verify(store)
    assert audit.ok, audit.faults
    hashes = {entry.seq: entry.hash for entry in store.entries()}
    for seq, value in said:
        if len(value) == len(audit.head):  # the last line of a killed writer may be cut
            assert hashes.get(int(seq)) == value, f"entry {seq} was acknowledged and is not there"
    batches = Counter((entry.body["text"], entry.body["of"]) for entry in store.entries() if "of" in entry.body)
    assert all(count == of for (_, of), count in batches.items()), "a transaction was kept by half"
    with Workspace.open(store, wasm, ledger(), who="checker") as ws:
        assert ws.unfit == ()
        standing = sum(decision.kind == "pin" for decision in ws.decisions)
        assert ws.report().groups.column("status").to_pylist().count("pinned") == standing
    store.close()
    return len(said), len(hashes)


def kill_rounds(place: str, wasm: Path, rounds: int, seed: int) -> tuple[int, int]:
    """Many rounds; a book is gone on with for a few of them, so that writers also start over what was left."""
    rng = random.Random(seed)
    told, kept, entries, book = 0, 0, 0, ""
    for number in range(rounds):
        if number % ROUNDS_PER_BOOK == 0:
            kept, book = kept + entries, uuid.uuid4().hex
        acknowledged, entries = kill_round(place, book, wasm, rng)
        told += acknowledged
    return told, kept + entries


def main() -> None:
    """The long run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wasm", type=Path, help="a module of the starter plugin; built unless given")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--store", help="a postgresql:// URL; a SQLite file in a new folder unless given")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = given.store or str(Path(folder) / "recon.sqlite")
        told, kept = kill_rounds(place, given.wasm or build("starter"), given.rounds, given.seed)
    print(
        f"seed {given.seed}: {given.rounds} rounds, {given.rounds * WRITERS} writers killed,"
        f" {told} acknowledgements all found, {kept} entries all whole"
    )


if __name__ == "__main__":
    main()
