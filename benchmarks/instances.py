"""The transportation instances that the flow engine and its peers are timed on: deterministic, made with numpy alone.

Every source and sink has a supply and a penalty per unit left unmatched; arcs run from a source to a sink without a
capacity. The objective is ``sum(cost * flow) + sum(penalty * unmatched)``.

Families:

- ``block``: pairs in blocks of 50 by 50, complete, equal amounts. Heavy degeneracy, many equal optima.
- ``window``: each source reaches its 20 nearest sinks in time. One giant component, lognormal amounts.
- ``tiny``: components of 2 to 12 nodes, what a ledger sharded by company pair looks like.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

MAGIC = 0x3146434D
SIZES = {"block": (20_000,), "window": (20_000, 100_000), "tiny": (20_000,)}
WORD = (1 << 64) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One instance. ``supply`` and ``penalty`` have a value per node, sources (positive) first; ``tail``, ``head`` and
    ``cost`` one per arc."""

    sources: int
    sinks: int
    supply: Ints
    penalty: Ints
    tail: Ints
    head: Ints
    cost: Ints


def write(path: Path, *instances: Instance) -> None:
    """Write the ``.mcf`` file that ``flowbench`` reads, instances one after the other: little endian, a header of four
    int64, then the arrays."""
    with path.open("wb") as file:
        for instance in instances:
            header = [MAGIC, instance.sources, instance.sinks, len(instance.tail)]
            np.array(header, dtype="<i8").tofile(file)
            for array, form in (
                (instance.supply, "<i8"),
                (instance.penalty, "<i8"),
                (instance.tail, "<i4"),
                (instance.head, "<i4"),
                (instance.cost, "<i8"),
            ):
                array.astype(form).tofile(file)


def xorshift(count: int) -> Ints:
    """``count`` costs from 1 to 100 out of a 64-bit xorshift generator with a fixed seed."""
    state = 0x123456789ABCDEF0
    out = np.empty(count, dtype=np.int64)
    for index in range(count):
        state ^= (state << 13) & WORD
        state ^= state >> 7
        state ^= (state << 17) & WORD
        out[index] = 1 + state % 100
    return out


def block(pairs: int, *, degree: int = 50, amount: int = 1_000, penalty: int = 1_000_000) -> Instance:
    """``pairs`` sources and sinks of one amount in complete blocks of ``degree``."""
    source = np.arange(pairs)
    first = (source // degree) * degree
    return Instance(
        sources=pairs,
        sinks=pairs,
        supply=np.repeat(np.array([amount, -amount]), pairs),
        penalty=np.full(2 * pairs, penalty),
        tail=np.repeat(source, degree),
        head=((first[:, None] + np.arange(degree)) % pairs).ravel() + pairs,
        cost=xorshift(pairs * degree),
    )


def cents(rng: np.random.Generator, count: int) -> Ints:
    """Lognormal amounts around 1,000.00."""
    return np.maximum(1, np.rint(rng.lognormal(np.log(100_000), 1.5, count))).astype(np.int64)


def window(
    size: int, *, degree: int = 20, penalty: int = 100_000, spacing: int = 10, noise: int = 100, seed: int = 7
) -> Instance:
    """``size`` sources and sinks scattered over time; each source reaches its ``degree`` nearest sinks."""
    rng = np.random.Generator(np.random.PCG64([seed, size]))
    source_time = np.sort(rng.integers(0, spacing * size, size))
    sink_time = np.sort(rng.integers(0, spacing * size, size))
    source_supply, sink_supply = cents(rng, size), cents(rng, size)
    low = np.clip(np.searchsorted(sink_time, source_time) - degree, 0, size - degree)
    best, best_reach = low.copy(), np.full(size, np.iinfo(np.int64).max)
    for shift in range(degree + 1):
        first = np.minimum(low + shift, size - degree)
        reach = np.maximum(np.abs(source_time - sink_time[first]), np.abs(sink_time[first + degree - 1] - source_time))
        best, best_reach = np.where(reach < best_reach, first, best), np.minimum(reach, best_reach)
    tail = np.repeat(np.arange(size), degree)
    sink = (best[:, None] + np.arange(degree)).ravel()
    return Instance(
        sources=size,
        sinks=size,
        supply=np.concatenate([source_supply, -sink_supply]),
        penalty=np.full(2 * size, penalty),
        tail=tail,
        head=sink + size,
        cost=np.abs(source_time[tail] - sink_time[sink]) + rng.integers(0, noise, size * degree),
    )


def resplit(rng: np.random.Generator, total: int, parts: int) -> Ints:
    """``total`` cut into ``parts`` positive amounts."""
    cuts = np.sort(rng.choice(total - 1, parts - 1, replace=False) + 1) if parts > 1 else np.empty(0, np.int64)
    return np.diff(np.concatenate([[0], cuts, [total]])).astype(np.int64)


def tiny(components: int, *, penalty: int = 100_000, seed: int = 11) -> Instance:
    """``components`` small components; in three of five the sinks re-split the sources' total."""
    rng = np.random.Generator(np.random.PCG64([seed, components]))
    sources: list[Ints] = []
    sinks: list[Ints] = []
    tails: list[Ints] = []
    heads: list[Ints] = []
    costs: list[Ints] = []
    source_count = sink_count = 0
    for _ in range(components):
        nodes = int(rng.integers(2, 13))
        a = int(rng.integers(1, nodes))
        b = nodes - a
        left = cents(rng, a)
        if rng.random() < 0.6:
            total = int(left.sum())
            b = min(b, total)
            right = resplit(rng, total, b)
        else:
            right = cents(rng, b)
        linked = rng.random((a, b)) < 0.7
        diagonal = np.arange(max(a, b))
        linked[diagonal % a, diagonal % b] = True
        x, y = np.nonzero(linked)
        tails.append(x + source_count)
        heads.append(y + sink_count)
        costs.append(rng.integers(0, 60, len(x)) + rng.integers(0, 100, len(x)))
        sources.append(left)
        sinks.append(right)
        source_count, sink_count = source_count + a, sink_count + b
    return Instance(
        sources=source_count,
        sinks=sink_count,
        supply=np.concatenate([*sources, *(-part for part in sinks)]),
        penalty=np.full(source_count + sink_count, penalty),
        tail=np.concatenate(tails),
        head=np.concatenate(heads) + source_count,
        cost=np.concatenate(costs),
    )


FAMILIES = {"block": block, "window": window, "tiny": tiny}
