"""Author loop: load and run a strategy after every save, with the engine module and the input data cached."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import florecon_build as fb
from florecon_build.cli import inputs, strategy_loader
from florecon_build.cli.author.native_process import NativeProcess
from florecon_build.cli.console import timed
from florecon_build.cli.declared_sources import LedgerFiles, ledger
from florecon_build.cli.unused_params import unused_params
from florecon_build.codegen.build.native import Runtime, compile_native, runtime
from florecon_build.codegen.rust.crate import emit
from florecon_build.host import Workspace
from florecon_build.host.description import Description
from florecon_build.host.frames import conform
from florecon_build.host.report.summary import Summary, Tables, summarize, tables_of
from florecon_build.ir.errors import Problem
from florecon_build.simulation import describe
from florecon_build.sources import Reading, SourceError

POLL_SECONDS = 0.03

By = Literal["engine", "compiled", "interpreter"]
"""What runs a strategy: the engine module, a program compiled for this machine, or the reference interpreter."""


@dataclass(frozen=True, slots=True)
class Iteration:
    """One run of the loop: the plugin, its warnings, the summary, seconds per phase, what ran it, and what was read."""

    plugin: fb.Plugin
    warnings: tuple[Problem, ...]
    summary: Summary
    seconds: dict[str, float]
    by: By
    readings: tuple[Reading, ...] = ()


@dataclass(slots=True)
class AuthorLoop:
    """Author loop; caches the input data between runs, and for native runs the compiled runtime."""

    strategy: Path
    name: str | None
    files: LedgerFiles
    params: dict[str, str] = field(default_factory=dict[str, str])
    say: Callable[[str], None] = lambda _: None
    _runtime: Runtime | None = None
    _ledger: tuple[object, tuple[Reading, ...]] | None = None

    def run_once(self, by: By = "engine") -> Iteration:
        """Loads and runs the strategy once."""
        seconds: dict[str, float] = {}
        with timed(seconds, "python"):
            loaded = strategy_loader.load_file(self.strategy, self.name)
            plugin = loaded.plugin
            warnings = (*plugin.require(), *unused_params(loaded.variables))
        match by:
            case "engine":
                tables = self._by_engine(plugin, seconds)
            case "compiled":
                tables = self._native(plugin, seconds)
            case "interpreter":
                with timed(seconds, "run"):
                    tables = self._simulated(plugin)
        with timed(seconds, "count"):
            summary = summarize(tables)
        readings = () if self._ledger is None else self._ledger[1]
        return Iteration(plugin, warnings, summary, seconds, by, readings)

    def _by_engine(self, plugin: fb.Plugin, seconds: dict[str, float]) -> Tables:
        with timed(seconds, "open"):
            config = inputs.parse_params(plugin.description.params, self.params)
            workspace = Workspace(plugin, config or None)
        with workspace:
            with timed(seconds, "read"):
                shipped = ledger(self._readings(workspace.about))
            with timed(seconds, "run"):
                workspace.upsert(shipped)
                report = workspace.solve().load()
            return tables_of(report, workspace.about, shipped)

    def _simulated(self, plugin: fb.Plugin) -> Tables:
        about = describe(plugin.data, plugin.fingerprint)
        shipped = ledger(self._readings(about))
        report = plugin.simulate(shipped, inputs.parse_params(about.params, self.params))
        return tables_of(report, about, shipped)

    def _native(self, plugin: fb.Plugin, seconds: dict[str, float]) -> Tables:
        if self._runtime is None:
            self._runtime = runtime(self.say)
        with timed(seconds, "emit"):
            crate = emit(plugin.data, plugin.fingerprint)
        with timed(seconds, "rustc"):
            program = compile_native(crate, self._runtime, name=str(self.strategy.resolve()))
        with NativeProcess(program) as running:
            with timed(seconds, "read"):
                shipped = ledger(self._readings(running.about))
            with timed(seconds, "run"):
                running.start(inputs.parse_params(running.about.params, self.params))
                running.upsert(conform(shipped, running.about))
                report = running.solve()
        return tables_of(report, running.about, shipped)

    def _readings(self, about: Description) -> tuple[Reading, ...]:
        """The rows of the files, cached until a file or the declared columns change."""
        version = tuple((path, path.stat().st_mtime_ns) for path in self.files.paths() if path.exists()), about.fields
        if self._ledger is None or self._ledger[0] != version:
            self._ledger = version, self.files.read(about)
        return self._ledger[1]

    def watch(self) -> Iterator[float]:
        """Yields the time of each change to the strategy, the modules beside it or the data; never returns."""
        before = self._modification_times()
        while True:
            now = self._modification_times()
            if now != before:
                before = now
                yield time.perf_counter()
            time.sleep(POLL_SECONDS)

    def _modification_times(self) -> Mapping[Path, int]:
        try:
            data = self.files.paths()
        except SourceError:  # a source without a file, until there is one
            data = []
        files = [*self.strategy.parent.glob("*.py"), *data, self.strategy.parent / "florecon.toml"]
        return {path: path.stat().st_mtime_ns for path in files if path.exists()}
