"""``make fuzz``: new random strategies and small bags through oracle and interpreter for as long as asked.

python -m tests.oracle.fuzz --seconds 60 [--seed N]
"""

from __future__ import annotations

import argparse
import random
import time

from florecon_build.ir.json_format import dumps
from florecon_build.ir.tree_printer import tree
from tests.oracle.compare import Case, case, interpreted, is_equal
from tests.oracle.oracle import answer


def fewest_rows(one: Case) -> Case:
    """One bag of the case on which both differ, without the rows that make no difference."""
    bags = [rows for rows in one.bags if not is_equal(Case(one.plugin, [rows], one.config))]
    rows, at = bags[0], 0
    while at < len(rows):
        fewer = Case(one.plugin, [rows[:at] + rows[at + 1 :]], one.config)
        if is_equal(fewer):
            at += 1
        else:
            rows = fewer.bags[0]
    return Case(one.plugin, [rows], one.config)


def report(seed: int, one: Case) -> None:
    """Prints a case on which both differ, and ends the run."""
    one = fewest_rows(one)
    rows = one.bags[0]
    print(f"oracle and interpreter differ: seed {seed}\n\n{tree(one.plugin)}\n")
    print(f"config = {one.config!r}\nrows = {rows!r}\n")
    print(f"oracle:      {answer(one.plugin, rows, one.config)}\n")
    print(f"interpreter: {interpreted(one.plugin, rows, one.config)}\n")
    print(f"plugin = {dumps(one.plugin)}")
    raise SystemExit(1)


def main() -> None:
    """Runs seed after seed until the time is up."""
    arguments = argparse.ArgumentParser(description="random strategies and small bags through oracle and interpreter")
    arguments.add_argument("--seconds", type=float, default=60)
    arguments.add_argument("--seed", type=int, default=random.randrange(2**32))
    given = arguments.parse_args()
    start, seed, bags = time.monotonic(), given.seed, 0
    print(f"oracle and interpreter, from seed {seed} ...", flush=True)
    while time.monotonic() - start < given.seconds:
        one = case(seed)
        if not is_equal(one):
            report(seed, one)
        seed, bags = seed + 1, bags + len(one.bags)
    print(f"{bags:,} bags, every answer equal ({time.monotonic() - start:.0f} s)")


if __name__ == "__main__":
    main()
