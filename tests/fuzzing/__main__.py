"""``make fuzz``: searches each target for a share of the time; an input that breaks a promise is kept and printed.

python -m tests.fuzzing --seconds 120 [--target ir_json] [--seed N] [--keep]

``--keep`` adds inputs that reach new lines to the corpus, as small as they come.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import random
import sys
import time
import traceback
from pathlib import Path

from tests.fuzzing.coverage import Coverage
from tests.fuzzing.mutate import mutated
from tests.fuzzing.seeds import CORPUS, corpus, seeds
from tests.fuzzing.targets import TARGETS, Target

FOUND = Path(".cache") / "fuzzing"
KEPT_BYTES = 4_000
"""Larger inputs stay out of the corpus."""


def search(name: str, target: Target, *, seconds: float, rng: random.Random, keep: bool) -> int:
    """Searches one target; returns how many inputs broke a promise."""
    coverage, pool, found, tried = Coverage(), list[bytes](), dict[str, bytes](), 0
    end = time.monotonic() + seconds
    waiting = [*corpus(name), *seeds(name)]
    while time.monotonic() < end:
        content = waiting.pop() if waiting else mutated(rng, rng.choice(pool), pool, textual=target.textual)
        failure = ""

        def run(content: bytes = content) -> None:
            nonlocal failure
            try:
                target.run(content)
            except Exception:
                failure = traceback.format_exc()

        tried += 1
        _write(FOUND, content, "running")  # what ends the process is there afterwards
        grew = coverage.grows(run)
        if grew or not pool:
            pool.append(content)
            if keep and not failure and len(content) <= KEPT_BYTES:
                _write(CORPUS / name, content)
        if failure and (place := failure.strip().splitlines()[-3:][0]) not in found:
            found[place] = content
            path = _write(FOUND / name, content)
            print(f"{name}: {path}\n{failure}")
    print(
        f"{name}: {tried:,} inputs, {len(pool)} of them reach {len(coverage.seen):,} lines, {len(found)} findings",
        flush=True,
    )
    return len(found)


def _write(folder: Path, content: bytes, name: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (name or hashlib.sha256(content).hexdigest()[:12])
    path.write_bytes(content)
    return path


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--target", choices=sorted(TARGETS), action="append")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    chosen = options.target or list(TARGETS)
    share = options.seconds / len(chosen)
    rng = random.Random(options.seed)
    logging.disable()
    findings = [search(name, TARGETS[name], seconds=share, rng=rng, keep=options.keep) for name in chosen]
    return int(any(findings))


if __name__ == "__main__":
    sys.exit(main())
