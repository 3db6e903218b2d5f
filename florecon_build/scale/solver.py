"""Solver of a run: a plugin that the engine module runs, or a compiled module; and the modules of its keys."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from florecon_build.codegen.build.wasm import IR_SECTION
from florecon_build.codegen.build.wasm_sections import section
from florecon_build.host import NotAWasm, Workspace
from florecon_build.host.runtime.engine_module import HasIr, engine_hash
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.explained import explained
from florecon_build.ir.json_format import dumps, loads
from florecon_build.ir.traversal import walk
from florecon_build.ir.types import BOOLEAN, tuple_of
from florecon_build.sharding import ShardPlan, shard_plan


@dataclass(frozen=True, slots=True)
class Document:
    """A strategy as JSON, as the engine module takes it."""

    text: str = field(repr=False)

    def ir(self) -> str:
        """The JSON."""
        return self.text

    def node_facts(self) -> list[dict[str, object]]:
        """The facts of each node that explanations read, as a plugin has them."""
        return [explained(place.node) for place in walk(loads(self.text).strategy)]


@dataclass(frozen=True, slots=True)
class Solver:
    """What solves a shard: the module's bytes, or None for the engine module; the strategy, where it is known."""

    module: bytes | None = field(repr=False)
    document: str | None = field(repr=False)

    @staticmethod
    def of(source: HasIr | str | os.PathLike[str] | bytes) -> Solver:
        """The solver behind a plugin, the path of a module or its bytes. Errors: `NotAWasm`."""
        if isinstance(source, bytes):
            return Solver._compiled(source)
        if isinstance(source, (str, os.PathLike)):
            path = Path(source)
            try:
                return Solver._compiled(path.read_bytes())
            except OSError as error:
                raise NotAWasm(f"{path}: {error.strerror}") from error
        return Solver(None, source.ir())

    @staticmethod
    def _compiled(wasm: bytes) -> Solver:
        ir = section(wasm, IR_SECTION) if wasm[:4] == b"\0asm" else None
        return Solver(wasm, None if ir is None else ir.decode())

    @property
    def identity(self) -> str:
        """SHA-256 of the strategy and of the module that runs it."""
        parts = (
            self.document or "",
            engine_hash() or "" if self.module is None else hashlib.sha256(self.module).hexdigest(),
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def plugin(self) -> n.PluginIr | None:
        """The strategy; None for a module that does not contain it."""
        return None if self.document is None else loads(self.document)

    def plan(self) -> ShardPlan | None:
        """The shard plan of the strategy."""
        plugin = self.plugin()
        return None if plugin is None else shard_plan(plugin)

    def open(
        self, config: Mapping[str, object], *, max_memory: int | None = None, timeout: float | None = None
    ) -> Workspace:
        """An empty workspace of the solver, in one instance: it is the processes that work in parallel."""
        source = self.module if self.module is not None else Document(self.document or "")
        return Workspace(source, config or None, max_memory=max_memory, timeout=timeout, workers=1)


def key_workspace(plugin: n.PluginIr, parts: tuple[e.Value, ...], config: Mapping[str, object]) -> Workspace:
    """A workspace of the engine module whose `shard_keys` are the numbers of a key made of ``parts``.

    Its strategy is a `partition_by` over the key. Conditions are parts that are null where they fail; see `condition`.
    """
    key = parts[0] if len(parts) == 1 else e.MakeTuple(type=tuple_of(*(part.type for part in parts)), operands=parts)
    strategy = n.PartitionBy(key=key, inner=n.Identity())
    return Workspace(Document(dumps(replace(plugin, strategy=strategy))), config or None)


def condition(value: e.Value) -> e.Value:
    """A part of a key that is null where a condition does not hold."""
    nullable = BOOLEAN.with_nullable(True)
    true, null = e.Lit(type=nullable, value=True), e.Lit(type=nullable, value=None)
    return e.Where(type=nullable, condition=value, then=true, otherwise=null)
