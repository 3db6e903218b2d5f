"""Fuzzing of sources: how ``new`` reads random files. A wrong reading in silence ends it with exit code 1.

``python -m tests.sources.fuzz --files 2000``
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from florecon_build.cli.scaffold.propose_columns import propose
from florecon_build.sources import Source, SourceError
from florecon_build.sources.declaration import Header
from florecon_build.sources.detection.detect import Question
from tests.sources.random_files import random_file


class _OpenError(Exception):
    """A question that nobody answers."""


def _nobody(source: str, questions: Sequence[Question]) -> Source:
    question = questions[0]
    raise _OpenError(f"{source}: {question.text}: {' | '.join(question.advice.lines)}")


def outcome(seed: int, folder: Path) -> str:
    """``found``, ``asked ...``, ``refused ...``, or ``wrong ...`` where the reading is another one than was written."""
    made = random_file(seed)
    path = made.write(folder)
    try:
        proposal = propose({"file": path}, "fuzz", {}, _nobody)
    except _OpenError as error:
        return f"asked {error}"
    except SourceError as error:
        return f"refused {' '.join(str(error).split())}"
    finally:
        path.unlink()
    (reading,) = proposal.readings
    amounts = reading.table["amount"].to_pylist()
    if amounts != made.amounts:
        at = next((at for at, pair in enumerate(zip(amounts, made.amounts, strict=False)) if pair[0] != pair[1]), -1)
        rule = reading.source.columns["amount"]
        return f"wrong amounts of seed {seed}: {len(amounts)} for {len(made.amounts)}, first {at}, {rule}"
    days = [
        reading.table[name].to_pylist()
        for name, rule in reading.source.columns.items()
        if isinstance(rule, Header) and pa.types.is_date(reading.table[name].type)
    ]
    if days and made.days not in days:
        return f"wrong days of seed {seed}: {days[0][:3]} for {made.days[:3]}"
    return "found"


def main() -> int:
    """Runs the files of many seeds and prints how each kind of outcome came about."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=2_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--show", default="wrong")
    given = parser.parse_args()
    counts: Counter[str] = Counter()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(given.first, given.first + given.files):
            said = outcome(seed, Path(folder))
            counts[said.partition(" ")[0]] += 1
            if said.startswith(given.show):
                print(seed, said)
    print(f"{given.files:,} files in {time.perf_counter() - start:.0f} s: {dict(counts)}")
    return 1 if counts["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
