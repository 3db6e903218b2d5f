"""Random plugins cover every kind of value and node in the emitter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from florecon_build.codegen import emit
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.traversal import NODE_KINDS, VALUE_KINDS, value_parts, values_in
from tests.support.random_ir import random_plugin


def nodes_in(node: n.Node) -> Iterator[n.Node]:
    """The node and all below it."""
    yield node
    for child in n.children(node):
        yield from nodes_in(child)


@pytest.mark.slow
def test_every_kind_is_emitted() -> None:
    nodes: set[type[n.Node]] = set()
    values: set[type[e.Value]] = set()
    for seed in range(400):
        ir = random_plugin(seed, 2 + seed % 2)
        emit(ir, "0" * 64)
        for node in nodes_in(ir.strategy):
            nodes.add(type(node))
            values |= {type(value) for _, part in value_parts(node) for value in values_in(part)}
    assert nodes == set(NODE_KINDS)
    assert values == set(VALUE_KINDS)


def test_emission_is_a_function_of_its_input() -> None:
    for seed in range(20):
        assert emit(random_plugin(seed, 3), "0" * 64) == emit(random_plugin(seed, 3), "0" * 64)
