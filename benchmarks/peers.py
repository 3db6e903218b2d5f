"""The flow engine's peers: each solves an instance and says how long that took and what it found.

OR-tools comes with the development tools. The others are measured where they are installed
(``pip install --require-hashes -r benchmarks/peers.lock``, and Debian's ``liblemon-dev``); nothing else needs them.
"""

from __future__ import annotations

import functools
import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from benchmarks import lemon
from benchmarks.instances import Instance, Ints

BLOCK = 50


@dataclass(frozen=True, slots=True)
class Answer:
    """How long the solve took, without building the model, and the exact objective of what came out."""

    ms: float
    objective: int


@dataclass(frozen=True, slots=True)
class Peer:
    """A solver of others: its name, what says its version (None where it is not installed), and the families that it
    can solve (None: all)."""

    name: str
    version: Callable[[], str | None]
    solve: Callable[[Instance], Answer]
    families: frozenset[str] | None = None


def package(name: str) -> Callable[[], str | None]:
    """What says the version of an installed package."""

    def found() -> str | None:
        try:
            return version(name)
        except PackageNotFoundError:
            return None

    return found


def module(name: str) -> Any:
    """A package that may be missing, and has no types."""
    return importlib.import_module(name)


def exact(instance: Instance, flow: Ints) -> int:
    """What a flow costs; what it does not match pays its penalty."""
    left = np.abs(instance.supply).astype(np.int64)
    np.subtract.at(left, instance.tail, flow)
    np.subtract.at(left, instance.head, flow)
    if (left < 0).any() or (flow < 0).any():
        raise ValueError("more is matched than there is")
    return int((flow * instance.cost).sum()) + int((left * instance.penalty).sum())


def ortools(instance: Instance) -> Answer:
    """OR-tools ``SimpleMinCostFlow``; unmatched units go through one root node."""
    solver = module("ortools.graph.python.min_cost_flow").SimpleMinCostFlow()
    nodes = instance.sources + instance.sinks
    sources, sinks = np.arange(instance.sources), instance.sources + np.arange(instance.sinks)
    root = np.full(nodes, nodes)
    tail = np.concatenate([instance.tail, sources, root[: instance.sinks]])
    head = np.concatenate([instance.head, root[: instance.sources], sinks])
    cost = np.concatenate([instance.cost, instance.penalty])
    capacity = np.full(len(tail), int(np.abs(instance.supply).sum()))
    solver.add_arcs_with_capacity_and_unit_cost(tail, head, capacity, cost)
    solver.set_nodes_supplies(np.arange(nodes + 1), np.append(instance.supply, -instance.supply.sum()))
    start = time.perf_counter()
    status = solver.solve()
    ms = (time.perf_counter() - start) * 1e3
    if status != solver.OPTIMAL:
        raise RuntimeError(f"OR-tools ended with {status}")
    return Answer(ms, int(solver.optimal_cost()))


def pot(instance: Instance) -> Answer:
    """POT's sparse ``emd`` (LEMON's network simplex, in doubles): one more source and sink take what is unmatched."""
    supply = np.abs(instance.supply).astype(float)
    sources, sinks = supply[: instance.sources], supply[instance.sources :]
    all_sources, all_sinks = np.arange(instance.sources), np.arange(instance.sinks)
    tail = np.concatenate([instance.tail, all_sources, np.full(instance.sinks, instance.sources), [instance.sources]])
    head = np.concatenate(
        [instance.head - instance.sources, np.full(instance.sources, instance.sinks), all_sinks, [instance.sinks]]
    )
    cost = np.concatenate([instance.cost, instance.penalty, [0]]).astype(float)
    shape = (instance.sources + 1, instance.sinks + 1)
    matrix = module("scipy.sparse").coo_array((cost, (tail, head)), shape=shape)
    left, right = np.append(sources, sinks.sum()), np.append(sinks, sources.sum())
    emd = module("ot").emd
    start = time.perf_counter()
    plan = emd(left, right, matrix, numItermax=1_000_000_000).tocoo()
    ms = (time.perf_counter() - start) * 1e3
    place = {pair: arc for arc, pair in enumerate(zip(instance.tail.tolist(), instance.head.tolist(), strict=True))}
    flow = np.zeros(len(instance.tail), np.int64)
    amounts = np.rint(plan.data).astype(np.int64).tolist()
    for source, sink, amount in zip(plan.row.tolist(), plan.col.tolist(), amounts, strict=True):
        if source < instance.sources and sink < instance.sinks:
            flow[place[source, sink + instance.sources]] = amount
    return Answer(ms, exact(instance, flow))


def highs(instance: Instance) -> Answer:
    """HiGHS' dual simplex, one thread: a row for each node, a column for each arc and each penalty."""
    highspy = module("highspy")
    nodes, arcs = instance.sources + instance.sinks, len(instance.tail)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = arcs + nodes, nodes
    model.col_cost_ = np.concatenate([instance.cost, instance.penalty]).astype(float)
    model.col_lower_, model.col_upper_ = np.zeros(arcs + nodes), np.full(arcs + nodes, highspy.kHighsInf)
    model.row_lower_ = model.row_upper_ = np.abs(instance.supply).astype(float)
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.concatenate([np.arange(0, 2 * arcs, 2), 2 * arcs + np.arange(nodes + 1)])
    ends = np.stack([instance.tail, instance.head], axis=1).ravel()
    model.a_matrix_.index_ = np.concatenate([ends, np.arange(nodes)])
    model.a_matrix_.value_ = np.ones(2 * arcs + nodes)
    solver = highspy.Highs()
    for option, value in {"output_flag": False, "solver": "simplex", "simplex_strategy": 1, "threads": 1}.items():
        solver.setOptionValue(option, value)
    solver.passModel(model)
    start = time.perf_counter()
    solver.run()
    ms = (time.perf_counter() - start) * 1e3
    flow = np.rint(np.asarray(solver.getSolution().col_value)[:arcs]).astype(np.int64)
    return Answer(ms, exact(instance, flow))


def assignment(instance: Instance) -> Answer:
    """SciPy's assignment solver on each block of ``block``, whose amounts are equal: one amount, one partner."""
    solve = module("scipy.optimize").linear_sum_assignment
    blocks = instance.cost.reshape(-1, BLOCK, BLOCK)
    start = time.perf_counter()
    pairs = [solve(block) for block in blocks]
    ms = (time.perf_counter() - start) * 1e3
    total = sum(int(block[pair].sum()) for block, pair in zip(blocks, pairs, strict=True))
    return Answer(ms, total * int(instance.supply[0]))


def network_simplex(instance: Instance, cut: str) -> Answer:
    """LEMON's network simplex, on all at once or on each component alone, from its starting tree or ours."""
    ms, objective = lemon.solve(instance, cut)
    return Answer(ms, objective)


PEERS = (
    Peer("OR-tools SimpleMinCostFlow", package("ortools"), ortools),
    Peer("LEMON network simplex", lemon.version, functools.partial(network_simplex, cut="whole")),
    Peer("LEMON, component by component", lemon.version, functools.partial(network_simplex, cut="components")),
    Peer("LEMON, from the penalty arcs", lemon.version, functools.partial(network_simplex, cut="penalties")),
    Peer("POT sparse emd", package("POT"), pot),
    Peer("HiGHS dual simplex", package("highspy"), highs),
    Peer("SciPy assignment, block by block", package("scipy"), assignment, frozenset({"block"})),
)
