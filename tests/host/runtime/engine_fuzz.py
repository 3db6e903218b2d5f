"""Fuzzer of the engine module (``make fuzz``): mutated strategies are run or refused, and none traps it.

python -m tests.host.runtime.engine_fuzz --seconds 60 [--seed N]
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import time
from collections import Counter
from typing import Any

import florecon_build as fb
from tests.codegen.strategies import STRATEGIES
from tests.host.runtime.hostile_strategies import Document, mutated
from tests.support.random_nodes import NodeMaker
from tests.support.random_strategies import ROWS


def sources(rng: random.Random) -> list[Any]:
    """Valid documents: those of the snapshots, and random ones."""
    made = [json.loads(make().ir()) for make in STRATEGIES.values()]
    for index in range(20):
        strategy = NodeMaker(rng, ROWS).strategy(rng.randrange(1, 7))
        plugin = fb.Plugin(f"test.s{index}", "1.0.0", rows=ROWS, numeraire=ROWS.amount, strategy=strategy)
        made.append(json.loads(plugin.ir()))
    return made


def main() -> None:
    """Opens mutated strategies until the time is up; anything but a refusal or a session ends it with the document."""
    arguments = argparse.ArgumentParser(description="mutated strategies through the engine module")
    arguments.add_argument("--seconds", type=float, default=60)
    arguments.add_argument("--seed", type=int, default=random.randrange(2**32))
    given = arguments.parse_args()
    rng, end, said = random.Random(given.seed), time.monotonic() + given.seconds, Counter[str]()
    valid = sources(rng)
    while time.monotonic() < end:
        document = mutated(copy.deepcopy(rng.choice(valid)), rng)
        try:
            fb.Workspace(Document(document), timeout=20, max_memory=1 << 30).close()
            said["run"] += 1
        except fb.FloreconError as error:
            said[error.code] += 1
            if error.code not in {"bad_strategy", "bad_config", "bad_describe"}:
                print(json.dumps(document))
                raise
    print(f"seed {given.seed}: {sum(said.values()):,} mutated strategies: {dict(said)}")


if __name__ == "__main__":
    main()
