"""``run`` over Parquet files in shards: the checks of its options, the run, and what it prints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

import florecon_build as fb
from florecon_build.cli import console, inputs
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.progress import bar
from florecon_build.cli.reconcile import above_limit
from florecon_build.cli.strategy_loader import STRATEGIES, load
from florecon_build.host import Workspace
from florecon_build.scale.memory import byte_count

MEMORY = "2GB"


@dataclass(frozen=True, slots=True)
class DataSetRun:
    """A run over Parquet files: solver, files, column map, params as typed, the bounds of its workers; and other
    options as they were given, which do not go with it."""

    solver: Path
    data: tuple[Path, ...]
    out: Path
    columns: dict[str, str]
    params: dict[str, str]
    workers: int | None
    memory: str
    timeout: float | None
    others: dict[str, object]

    def check(self) -> None:
        """Refuses files that are no Parquet, and options of a run in one workspace. Errors: `CommandError`."""
        for path in self.data:
            if not path.is_dir() and path.suffix != ".parquet":
                fix = "convert it to Parquet, or leave out --workers and --memory"
                raise CommandError(f"{path}: a run in shards reads Parquet files and folders of them", fix, Exit.USAGE)
        if not self.data:
            raise CommandError("no data", "give Parquet files, or a folder of them", Exit.USAGE)
        given = [name for name, value in self.others.items() if value]
        if given:
            fix = "leave it out, or leave out --workers, --memory and --explain-shards"
            raise CommandError(f"{', '.join(given)}: not for a run in shards", fix, Exit.USAGE)

    def carry_out(self, *, explain: bool, quiet: bool, as_json: bool, allowed: str | None) -> None:
        """Explains or runs, prints, and exits with a code of its own where more rows are open than are allowed."""
        self.check()
        if explain:
            console.print_line(self.explain())
            return
        done = self.run(quiet=quiet)
        if as_json:
            console.print_json(record(done))
        elif not quiet:
            print_run(done)
        if above_limit(done.open_rows(), done.rows_in, allowed):
            raise typer.Exit(Exit.EXCEPTIONS)

    def explain(self) -> str:
        """The largest components, as text."""
        source = self._source()
        found = fb.explain_shards(
            source,
            self.data,
            out=self.out,
            workers=self.workers,
            memory=self._memory(),
            config=self._config(source),
            columns=self.columns,
        )
        return str(found)

    def run(self, *, quiet: bool) -> fb.Reconciled:
        """Solves the shards that are missing."""
        source = self._source()
        with bar(quiet=quiet) as (update, progress):
            update(f"solving {console.display_path(self.out)} in shards")
            return fb.reconcile(
                source,
                self.data,
                out=self.out,
                workers=self.workers,
                memory=self._memory(),
                config=self._config(source),
                columns=self.columns,
                timeout=self.timeout,
                progress=progress,
            )

    def _source(self) -> fb.Plugin | Path:
        if self.solver.suffix not in STRATEGIES:
            return self.solver
        plugin = load(self.solver)
        plugin.require()
        return plugin

    def _config(self, source: fb.Plugin | Path) -> dict[str, object]:
        with Workspace(source) as workspace:
            return inputs.parse_params(workspace.about.params, self.params)

    def _memory(self) -> str | int:
        try:
            byte_count(self.memory)
        except ValueError as error:
            raise CommandError(f"--memory: {error}", "write --memory 4GB", Exit.USAGE) from error
        return self.memory


def record(done: fb.Reconciled) -> dict[str, Any]:
    """What a run in shards came to, for ``--json``."""
    return {"out": str(done.out), "rows": done.rows_in, "open_rows": done.open_rows(), "shards": done.shards}


def print_run(done: fb.Reconciled) -> None:
    """Prints what a run in shards came to."""
    rows, shards = console.plural(done.rows_in, "row"), console.plural(done.shards, "shard")
    console.print_line(f"{rows} in {shards}, {done.open_rows():,} open")
    console.print_line(f"\nwrote {console.display_path(done.out)}: groups, allocations, rows, stages.parquet, run.json")
