"""Author loop: load, compile and run a strategy after every save, with the runtime and the input data cached."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import florecon_build as fb
from florecon_build.cli import inputs, strategy_loader
from florecon_build.cli.author.native_process import Program
from florecon_build.cli.author.preview import simulated
from florecon_build.cli.console import timed
from florecon_build.cli.inputs import Shape
from florecon_build.cli.reconcile import tables_of
from florecon_build.cli.summary import Outcome, Tables, outcome
from florecon_build.cli.unused_params import unused_params
from florecon_build.codegen.build.native import Runtime, compile_native, runtime
from florecon_build.codegen.build.source_map import blaming
from florecon_build.host.description import Description
from florecon_build.host.frames import Frame
from florecon_build.ir.errors import Problem

POLL_SECONDS = 0.03


@dataclass(frozen=True, slots=True)
class Round:
    """One turn: the plugin, what is doubtful about it, what it came to, and the seconds each part took."""

    plugin: fb.Plugin
    warnings: tuple[Problem, ...]
    found: Outcome
    seconds: dict[str, float]


@dataclass(slots=True)
class Author:
    """What stays warm between turns: the compiled runtime, and the data as it was last read."""

    strategy: Path
    name: str | None
    data: tuple[Path, ...]
    shape: Shape = field(default_factory=Shape)
    params: dict[str, str] = field(default_factory=dict[str, str])
    say: Callable[[str], None] = lambda _: None
    _runtime: Runtime | None = None
    _frames: dict[Path, tuple[object, Frame]] = field(default_factory=dict[Path, tuple[object, Frame]])

    def turn(self, *, preview: bool = False) -> Round:
        """Loads, compiles and runs once."""
        seconds: dict[str, float] = {}
        with timed(seconds, "python"):
            loaded = strategy_loader.load_file(self.strategy, self.name)
            plugin = loaded.plugin
            warnings = (*plugin.require(), *unused_params(loaded.variables))
        if preview:
            with timed(seconds, "run"):
                tables = simulated(plugin, self.data, self.shape, self.params)
        else:
            tables = self._native(plugin, seconds)
        with timed(seconds, "count"):
            found = outcome(tables)
        return Round(plugin, warnings, found, seconds)

    def _native(self, plugin: fb.Plugin, seconds: dict[str, float]) -> Tables:
        if self._runtime is None:
            self._runtime = runtime(self.say)
        with timed(seconds, "emit"):
            files = plugin.rust()
        with timed(seconds, "rustc"), blaming(plugin.data):
            program = compile_native(files, self._runtime, name=str(self.strategy.resolve()))
        with Program(program) as running:
            with timed(seconds, "read"):
                frames = [self._frame(path, running.about) for path in self.data]
            with timed(seconds, "run"):
                running.start(inputs.config(running.about.params, self.params))
                for frame in frames:
                    running.upsert(frame)
                report = running.solve()
        shipped = inputs.joined(frame.to_table() for frame in frames)
        return tables_of(report, running.about, shipped)

    def _frame(self, path: Path, about: Description) -> Frame:
        """The rows of a file, read again only when the file or the declared columns changed."""
        as_it_is = (path.stat().st_mtime_ns if path.exists() else 0, about.fields)
        kept = self._frames.get(path)
        if kept is None or kept[0] != as_it_is:
            kept = self._frames[path] = as_it_is, inputs.read(path, about, self.shape)
        return kept[1]

    def saves(self) -> Iterator[float]:
        """Yields the time of each save of the strategy, its neighbours or the data, from now on; never ends."""
        before = self._stamps()
        while True:
            now = self._stamps()
            if now != before:
                before = now
                yield time.perf_counter()
            time.sleep(POLL_SECONDS)

    def _stamps(self) -> Mapping[Path, int]:
        files = [*self.strategy.parent.glob("*.py"), *self.data, self.strategy.parent / "florecon.toml"]
        return {path: path.stat().st_mtime_ns for path in files if path.exists()}
