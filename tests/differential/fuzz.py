"""Differential fuzzer (``make fuzz``): random strategies and ledgers for a given time; a difference is shrunk to a
test.

python tests/differential/fuzz.py --seconds 600 [--seed N]
"""

from __future__ import annotations

import argparse
import dataclasses
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

import florecon_build as fb
from florecon_build.ir.json_format import dumps
from florecon_build.ir.nodes import Node, PluginIr, children
from florecon_build.ir.tree_printer import tree
from tests.differential.compare import Native, Outcome, run_interpreter, run_wasm, table
from tests.differential.machine import machine
from tests.differential.suite import Suite, compile_suite, draw
from tests.support.random_ledgers import SHAPES, Row, ledger

STRATEGIES = 100
BAGS = 50
SEQUENCES = 300


def answers(suite: Suite, native: Native, index: int, rows: list[Row]) -> tuple[Outcome, ...]:
    """What the interpreter, the wasm, the native build and the engine say."""
    plugin = suite.plugins[index]
    batch = table(plugin.columns, rows)
    config = {"strategy": index}
    with fb.Workspace(suite.wasm, config=config) as workspace, fb.Workspace(suite.strategy(index)) as engine:
        return (
            run_interpreter(suite, index, rows),
            run_wasm(workspace, batch),
            native.run(config, batch),
            run_wasm(engine, batch),
        )


def differ(suite: Suite, native: Native, index: int, rows: list[Row]) -> bool:
    """Whether the four do not agree."""
    model, *others = answers(suite, native, index, rows)
    return any(other != model for other in others)


def fewest_rows(suite: Suite, native: Native, index: int, rows: list[Row]) -> list[Row]:
    """Rows of which none can be left out without the difference going away."""
    at = 0
    while at < len(rows):
        fewer = rows[:at] + rows[at + 1 :]
        if differ(suite, native, index, fewer):
            rows, at = fewer, 0
        else:
            at += 1
    return rows


def subtrees(node: Node) -> list[Node]:
    """Every strategy inside a strategy, itself last."""
    below = [tree for child in children(node) for tree in subtrees(child)]
    return [*below, node]


def smallest(plugin: PluginIr, rows: list[Row]) -> tuple[PluginIr, list[Row]]:
    """The smallest part of the strategy on which the four still differ, with as few rows."""
    # a part that reads the key of a shard above it cannot stand alone
    parts = [part for part in subtrees(plugin.strategy) if "ShardKey" not in repr(part)] or [plugin.strategy]
    named = (dataclasses.replace(plugin, id=f"test.s{at}", strategy=part) for at, part in enumerate(parts))
    suite = compile_suite(tuple(named))
    with Native(suite.native) as native:
        for index in range(len(parts)):
            if differ(suite, native, index, rows):
                return suite.plugins[index], fewest_rows(suite, native, index, rows)
    return plugin, rows


def fuzz(seed: int, end: float) -> int:
    """One suite of strategies; returns how many ledgers were run."""
    suite = compile_suite(draw(seed, STRATEGIES, depth=6))
    ran = 0
    with Native(suite.native) as native:
        for bag in range(BAGS):
            for index in range(STRATEGIES):
                if time.monotonic() > end and ran:
                    return ran
                rng = random.Random(f"{seed}/{index}/{bag}")
                rows = ledger(suite.plugins[index].columns, rng, SHAPES[bag % len(SHAPES)], rng.randrange(0, 40))
                ran += 1
                if differ(suite, native, index, rows):
                    report(suite.plugins[index], fewest_rows(suite, native, index, rows), seed, index, bag)
        verbs(suite, native, end)
    return ran


def verbs(suite: Suite, native: Native, end: float) -> None:
    """Random sequences of all verbs over the strategies of a suite; hypothesis shrinks and prints one that differs."""
    if time.monotonic() < end:
        once = settings(
            max_examples=SEQUENCES, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
        )
        run_state_machine_as_test(machine(suite, native, list(range(len(suite.plugins)))), settings=once)
        print(f"{SEQUENCES} sequences of verbs, every step equal", flush=True)


def report(plugin: PluginIr, rows: list[Row], seed: int, index: int, bag: int) -> None:
    """Prints a case for a test, and ends the run."""
    plugin, rows = smallest(plugin, rows)
    suite = compile_suite((plugin,))
    with Native(suite.native) as native:
        names = ("interpreter", "wasm", "native", "engine")
        said = zip(names, answers(suite, native, 0, rows), strict=True)
        print(f"the four differ: seed {seed}, strategy {index}, ledger {bag}\n\n{tree(plugin)}\n\nrows = {rows!r}\n")
        for name, answer in said:
            print(f"{name}: {answer}\n")
        print(f"plugin = {dumps(plugin)}")
    raise SystemExit(1)


def main() -> None:
    """Runs suite after suite until the time is up."""
    arguments = argparse.ArgumentParser(description="random strategies and ledgers through all four implementations")
    arguments.add_argument("--seconds", type=float, default=600)
    arguments.add_argument("--seed", type=int, default=random.randrange(2**32))
    given = arguments.parse_args()
    seed, ran = given.seed, 0
    start = time.monotonic()
    while time.monotonic() - start < given.seconds or not ran:
        print(f"compiling {STRATEGIES} strategies, seed {seed} ...", flush=True)
        ran += fuzz(seed, start + given.seconds)
        print(f"{ran:,} ledgers, every report equal ({time.monotonic() - start:.0f} s)", flush=True)
        seed += 1


if __name__ == "__main__":
    main()
