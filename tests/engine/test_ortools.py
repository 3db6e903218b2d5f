"""Objective values of the flow solver, compared with OR-tools on thousands of random instances."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.flow import FLOWBENCH, flowbench
from benchmarks.instances import FAMILIES, Instance, write
from benchmarks.peers import ortools

pytestmark = pytest.mark.cargo

pytest.importorskip("ortools", reason="OR-tools is not installed: there is no peer to agree with")
ROOT = Path(__file__).resolve().parents[2]
INSTANCES = 2000


@pytest.fixture(scope="module")
def binary() -> Path:
    """``flowbench`` in the profile of the runtime's own tests: every solve certifies itself there."""
    command = [sys.executable, "scripts/cargo.py", "build", "--locked", "--manifest-path", str(FLOWBENCH)]
    done = subprocess.run([*command, "--message-format=json"], cwd=ROOT, check=True, capture_output=True, text=True)
    made = [json.loads(line) for line in done.stdout.splitlines() if '"executable":"' in line]
    return Path(made[-1]["executable"])


def drawn(rng: random.Random) -> Instance:
    """Few distinct costs, so that optima tie; supplies that repeat; some arcs dearer than both penalties."""
    sources, sinks = rng.randrange(1, 9), rng.randrange(1, 9)
    arcs = [
        (a, sources + b) for a in range(sources) for b in range(sinks) if rng.random() < rng.choice([0.2, 0.6, 1.0])
    ]
    supply = [rng.choice([1, 5, 5, 100, rng.randrange(1, 10 ** rng.randrange(1, 10))]) for _ in range(sources + sinks)]
    return Instance(
        sources=sources,
        sinks=sinks,
        supply=np.array(supply[:sources] + [-amount for amount in supply[sources:]], dtype=np.int64),
        penalty=np.array([rng.choice([0, 3, 10, 1000]) for _ in supply], dtype=np.int64),
        tail=np.array([a for a, _ in arcs], dtype=np.int64),
        head=np.array([b for _, b in arcs], dtype=np.int64),
        cost=np.array([rng.choice([-2, 0, 1, 1, 2, 7, rng.randrange(0, 3000)]) for _ in arcs], dtype=np.int64),
    )


def test_objectives_are_equal_on_random_instances(binary: Path, tmp_path: Path) -> None:
    rng = random.Random(4)
    instances = [drawn(rng) for _ in range(INSTANCES)]
    assert disagreements(binary, tmp_path / "random.mcf", instances) == []


def test_objectives_are_equal_on_each_family(binary: Path, tmp_path: Path) -> None:
    assert disagreements(binary, tmp_path / "families.mcf", [make(300) for make in FAMILIES.values()]) == []


def disagreements(binary: Path, file: Path, instances: list[Instance]) -> list[tuple[int, int, int]]:
    """Which instances have another objective by our engine than by OR-tools. Our certificates must hold."""
    write(file, *instances)
    answers = flowbench(binary, file, runs=1)
    assert len(answers) == len(instances)
    assert all(answer["certified"] is True for answer in answers)
    both = [
        (place, int(answer["objective"]), ortools(instance).objective)
        for place, (answer, instance) in enumerate(zip(answers, instances, strict=True))
    ]
    return [(place, ours, theirs) for place, ours, theirs in both if ours != theirs]
