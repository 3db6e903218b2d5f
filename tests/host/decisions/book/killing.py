"""Crash test of the book: kills two processes that run and close the same periods; one of them wins each close.

`python -m tests.host.decisions.book.killing --rounds 200 [--store URL]` is the long run; the tests do a few rounds.
`... killing --write STORE BOOK WASM NAME` is one of the processes; it prints each close that was acknowledged.
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
from datetime import date
from pathlib import Path
from typing import Any

from florecon_build.host import Book, FloreconError, StoreDamaged, verify
from tests.host.decisions.book.histories import row
from tests.host.decisions.book.plugin import plugin

ROOT = Path(__file__).resolve().parents[4]
ROUNDS_PER_BOOK = 5
LONGEST_LIFE = 0.7


def rows_of(month: int) -> list[dict[str, Any]]:
    """The rows of a month, the same for whoever runs it: two that match and one that stays open in part."""
    first = [(f"{month}-a", 1000 + month), (f"{month}-b", -1000 - month), (f"{month}-c", 500), (f"{month}-d", -200)]
    refs = ("x", "x", f"y{month}", f"y{month}")
    day = date(2000 + month // 12, month % 12 + 1, 5)
    return [row(name, minor, day=day, ref=ref) for (name, minor), ref in zip(first, refs, strict=True)]


def name_of(month: int) -> str:
    """The period of a month."""
    return f"{2000 + month // 12}-{month % 12 + 1:02}"


def say(line: str) -> None:
    """Writes a line in one call, which a pipe takes whole, whatever the other process writes."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


def write(place: str, name: str, wasm: str, who: str) -> None:
    """Runs and closes one month after the other until it is killed; what the other process did first is refused."""
    book = Book(place, name=name)
    say("begun")
    while True:
        book.store.refresh()
        month = sum(each.status == "closed" for each in book.periods)
        try:
            book.run(name_of(month), wasm, rows_of(month), who=who).close()
            say(str(book.close(name_of(month), who=who, allow_open=True).head))
        except StoreDamaged:
            raise
        except FloreconError:
            continue


def kill_round(place: str, name: str, wasm: Path, rng: random.Random) -> int:
    """Two processes work on one book and are killed; returns how many closes were acknowledged."""
    command = [sys.executable, "-m", "tests.host.decisions.book.killing", "--write", place, name, str(wasm)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    read, written = os.pipe()  # of both: a short line is written whole
    writers = [subprocess.Popen([*command, who], stdout=written, cwd=ROOT, env=environment) for who in ("anna", "ben")]
    os.close(written)
    with open(read, encoding="utf-8") as said:
        heads: list[str] = []
        while not heads:  # how long a machine takes to begin is no matter of the test
            line = said.readline()
            assert line, "the writers died by themselves"
            heads += [line.strip()] if line != "begun\n" else []
        for writer in writers:
            time.sleep(rng.random() * LONGEST_LIFE)
            assert writer.poll() is None, "a writer died by itself"
            writer.kill()
        heads += [line.strip() for line in said if line.endswith("\n") and line != "begun\n"]
    for writer in writers:
        writer.wait()
    check(place, name, heads)
    return len(heads)


def check(place: str, name: str, heads: list[str]) -> None:
    """Every acknowledged close is there, each period was closed once, and each begins with what the last left open."""
    with Book(place, name=name) as book:
        entries = book.store.entries()
        assert verify(book.store).is_intact, verify(book.store).faults
        assert set(heads) <= {entry.hash for entry in entries if entry.kind == "close"}, "a close was lost"
        closes = Counter(entry.body["period"] for entry in entries if entry.kind == "close")
        assert set(closes.values()) <= {1}, "a period was closed twice"
        closed = [period for period in book.periods if period.status == "closed"]
        assert [period.name for period in closed] == [name_of(month) for month in range(len(closed))]
        before = 0
        for period in closed:
            (euro,) = period.balances
            assert euro.opening == before, period.name
            assert euro.opening + euro.new - euro.cleared == euro.closing, period.name
            before = euro.closing
        assert before == 300 * len(closed), "each month leaves 3.00 open"


def kill_rounds(place: str, wasm: Path, rounds: int, seed: int) -> int:
    """Many rounds; a book is gone on with for a few of them. Returns how many closes were acknowledged."""
    rng = random.Random(seed)
    told, name = 0, ""
    for number in range(rounds):
        if number % ROUNDS_PER_BOOK == 0:
            name = uuid.uuid4().hex
        told += kill_round(place, name, wasm, rng)
    return told


def main() -> None:
    """The long run, or one process of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", nargs=4, metavar=("STORE", "BOOK", "WASM", "NAME"))
    parser.add_argument("--wasm", type=Path, help="a module of the tests' plugin; built unless given")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--store", help="a postgresql:// URL; a SQLite file in a new folder unless given")
    given = parser.parse_args()
    if given.write:
        write(*given.write)
    with tempfile.TemporaryDirectory() as folder:
        wasm = given.wasm or plugin.build(Path(folder) / "dist", profile="quick").wasm
        told = kill_rounds(given.store or str(Path(folder) / "close.db"), wasm, given.rounds, given.seed)
    print(f"seed {given.seed}: {given.rounds} rounds, {told} closes acknowledged and all found, none by half")


if __name__ == "__main__":
    main()
