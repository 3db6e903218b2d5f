"""Strategy suite: many random strategies over one row type, compiled into one wasm module and one native program."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import florecon_build as fb
from florecon_build.codegen.build.native import build_native
from florecon_build.codegen.build.paths import cache_dir, runtime_dir, runtime_hash
from florecon_build.codegen.build.wasm import build_suite
from florecon_build.codegen.rust.crate import emit_suite
from florecon_build.interpreter import Plain
from florecon_build.interpreter import Workspace as Model
from florecon_build.ir import expressions as e
from florecon_build.ir.json_format import dumps
from florecon_build.ir.lanes import reached_lanes
from florecon_build.ir.nodes import Param, PluginIr
from florecon_build.ir.types import BOOLEAN
from florecon_build.ir.validation import lane_types
from tests.support.random_nodes import NodeMaker
from tests.support.random_strategies import ROWS, closure_strategies
from tests.support.random_values import IDLE


@dataclass(frozen=True, slots=True)
class Suite:
    """``plugins[i]`` is what the module does when its param ``strategy`` is ``i``; ``reached`` are the lanes that any
    of them reaches.
    """

    plugins: tuple[PluginIr, ...]
    reached: frozenset[str]
    wasm: Path
    native: Path

    def strategy(self, index: int) -> Data:
        """One strategy as the engine module takes it; at ingest it computes what the module of all does."""
        first = self.plugins[0]
        reached = reached_lanes(first, [ir.strategy for ir in self.plugins])
        return Data(reaching(self.plugins[index], reached))

    def model(self, index: int, config: Mapping[str, Plain] | None = None) -> Model:
        """The interpreter of one strategy; at ingest it computes the lanes that any strategy of the module reaches."""
        return Model(self.plugins[index], config, reached=self.reached)


@dataclass(frozen=True, slots=True)
class Data:
    """A strategy that hands over its JSON, as a plugin does."""

    plugin: PluginIr

    def ir(self) -> str:
        """The canonical JSON."""
        return dumps(self.plugin)


def reaching(plugin: PluginIr, lanes: frozenset[str]) -> PluginIr:
    """The same plugin with a numeraire that reads these lanes and does not depend on them."""
    types = lane_types(plugin)
    nulls = [
        e.IsNull(type=BOOLEAN, operand=e.Lane(type=types[name], var=e.Var.ITEM, name=name)) for name in sorted(lanes)
    ]
    if not nulls:
        return plugin
    read: e.Value = functools.reduce(
        lambda left, right: e.Logic(type=BOOLEAN, op=e.LogicOp.OR, left=left, right=right), nulls[1:], nulls[0]
    )
    amount = plugin.numeraire
    both = e.Where(type=amount.type, condition=read, then=amount, otherwise=amount)
    return dataclasses.replace(plugin, numeraire=both)


def draw(seed: int, count: int, depth: int) -> tuple[PluginIr, ...]:
    """``count`` random strategies of up to ``depth`` levels, and those of closures as text; they share columns, lanes,
    params and numeraire.
    """
    rng = random.Random(seed)
    row = with_lanes(rng)
    numeraire = rng.choice([row.amount, row.amount, -row.amount, row.cents])
    drawn: list[PluginIr] = []
    for index in range(count):
        strategy = NodeMaker(rng, row).strategy(rng.randrange(1, depth + 1))
        plugin = fb.Plugin(f"test.s{index}", "1.0.0", rows=row, numeraire=numeraire, strategy=strategy)
        drawn.append(plugin.data)
    for index, strategy in enumerate(closure_strategies(row)):
        plugin = fb.Plugin(f"test.c{index}", "1.0.0", rows=row, numeraire=numeraire, strategy=strategy)
        drawn.append(plugin.data)
    return shared_params(drawn)


def with_lanes(rng: random.Random) -> fb.DynamicRows:
    """The rows with a few random lanes, and two that overflow on large amounts, which no strategy reads."""
    row = ROWS.derive(**NodeMaker(rng, ROWS).lanes())
    row = row.derive(**{IDLE[0]: row.amount.to_minor() * row.amount.to_minor()})
    return row.derive(**{IDLE[1]: fb.gap(row[IDLE[0]], row.units) * 3})


def shared_params(drawn: list[PluginIr]) -> tuple[PluginIr, ...]:
    """The same plugins, each with the params of all."""
    params: dict[str, Param] = {param.name: param for ir in drawn for param in ir.params}
    every = tuple(params[name] for name in sorted(params))
    return tuple(dataclasses.replace(ir, params=every) for ir in drawn)


def compile_suite(plugins: tuple[PluginIr, ...]) -> Suite:
    """Compiles both forms; what was compiled before is kept beside the other caches, by content."""
    crate = emit_suite(plugins)
    digest = hashlib.sha256(runtime_hash(runtime_dir()).encode())
    for name, text in sorted(crate.files.items()):
        digest.update(f"{name}\0{text}\0".encode())
    folder = cache_dir() / "suites" / digest.hexdigest()[:24]
    if not (folder / "solver.wasm").is_file():
        build_suite(plugins, folder)
    reached = reached_lanes(plugins[0], [ir.strategy for ir in plugins])
    return Suite(plugins, reached, folder / "solver.wasm", build_native(crate))
