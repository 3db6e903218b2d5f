"""``run`` in shards: the checks of its options, the run, and what it prints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

import florecon_build as fb
from florecon_build.cli import console, inputs
from florecon_build.cli.book_run import BookOptions, FileInput, differences_shown, period_data
from florecon_build.cli.commands.book import print_outcome
from florecon_build.cli.declared_sources import LedgerFiles, ledger, refuse_exceptions
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.progress import bar
from florecon_build.cli.reading_page import print_findings
from florecon_build.cli.reconcile import above_limit, file_names
from florecon_build.cli.staged_sources import StagedSources, staged_sources
from florecon_build.cli.strategy_loader import STRATEGIES, load
from florecon_build.host import Workspace
from florecon_build.scale.memory import byte_count
from florecon_build.sources.file_digest import sha256

MEMORY = "2GB"


@dataclass(frozen=True, slots=True)
class DataSetRun:
    """A run in shards: solver, files, params as typed, the bounds of its workers; and other options as they were
    given, which do not go with it.

    Plain Parquet files are read where they are, in parallel; all else as its source says, once, to ``OUT/input``.
    """

    solver: Path
    files: LedgerFiles
    out: Path
    params: dict[str, str]
    workers: int | None
    memory: str
    timeout: float | None
    others: dict[str, object]
    book: BookOptions | None = None

    def check(self) -> None:
        """Refuses options of a run in one workspace, and a run without files. Errors: `CommandError`."""
        if not self.files.data and not self.files.sources and self.book is None:
            fix = "give files, or declare [source.NAME] in florecon.toml"
            raise CommandError("no data", fix, Exit.USAGE)
        given = [name for name, value in self.others.items() if value]
        if given:
            fix = "leave it out, or leave out --workers, --memory and --explain-shards"
            raise CommandError(f"{', '.join(given)}: not for a run in shards", fix, Exit.USAGE)

    def carry_out(self, *, explain: bool, quiet: bool, as_json: bool, allowed: str | None) -> None:
        """Explains or runs, prints, and exits with a code of its own where more rows are open than are allowed."""
        self.check()
        if explain:
            if self.book is not None:
                raise CommandError("--explain-shards: not for a book", "leave out --book", Exit.USAGE)
            console.print_line(self.explain())
            return
        if self.book is not None:
            self._carry_out_period(self.book, quiet=quiet, as_json=as_json, allowed=allowed)
            return
        done, staged = self.run(quiet=quiet)
        if as_json:
            console.print_json(record(done, staged))
        elif not quiet:
            print_run(done)
            print_findings(() if staged is None else staged.readings)
        if above_limit(done.open_rows(), done.rows_in, allowed):
            raise typer.Exit(Exit.EXCEPTIONS)

    def _carry_out_period(self, options: BookOptions, *, quiet: bool, as_json: bool, allowed: str | None) -> None:
        """Runs a period of a book, and prints it."""
        source = self._source()
        with bar(quiet=quiet) as (update, progress):
            with Workspace(source) as workspace:
                about = workspace.about
            update(f"reading {file_names(self.files.paths())}")
            readings = self.files.read(about) if self.files.data or self.files.sources else ()
            refuse_exceptions(readings, about)
            read = [one for reading in readings for one in reading.files]
            update(f"solving {options.period} in shards")
            book = fb.Book(options.book, name=options.name)
            with differences_shown():
                ran = fb.reconcile_period(
                    book,
                    options.period,
                    source,
                    ledger(readings) if readings else None,
                    who=options.who,
                    out=self.out,
                    workers=self.workers,
                    memory=self._memory(),
                    params=inputs.parse_params(about.params, self.params),
                    restate=options.restate,
                    migrate=options.migrate,
                    any_date=options.any_date,
                    date=options.date_column,
                    title=options.title,
                    inputs=[FileInput(one.path.name, sha256(one.path), one.rows) for one in read],
                    explain=options.explain,
                    timeout=self.timeout,
                    progress=progress or False,
                )
        if as_json:
            told = record(ran.done, None) | {"sources": [reading.as_data() for reading in readings]}
            console.print_json(told | {"book": period_data(options, book, ran.outcome)})
        elif not quiet:
            print_run(ran.done)
            print_outcome(ran.outcome, ran.unfit, book.scale)
            print_findings(readings)
        if above_limit(ran.outcome.unexplained, ran.done.rows_in, allowed):
            raise typer.Exit(Exit.EXCEPTIONS)

    def explain(self) -> str:
        """The largest components, as text."""
        source = self._source()
        config, paths, _ = self._given(source)
        found = fb.explain_shards(
            source,
            paths,
            out=self.out,
            workers=self.workers,
            memory=self._memory(),
            config=config,
            columns=self._columns(),
        )
        return str(found)

    def run(self, *, quiet: bool) -> tuple[fb.Reconciled, StagedSources | None]:
        """Solves the shards that are missing."""
        source = self._source()
        with bar(quiet=quiet) as (update, progress):
            update(f"reading {file_names(self.files.paths())}")
            config, paths, staged = self._given(source)
            update(f"solving {console.display_path(self.out)} in shards")
            done = fb.reconcile(
                source,
                paths,
                out=self.out,
                workers=self.workers,
                memory=self._memory(),
                config=config,
                columns=self._columns(),
                timeout=self.timeout,
                progress=progress,
            )
        return done, staged

    def _source(self) -> fb.Plugin | Path:
        if self.solver.suffix not in STRATEGIES:
            return self.solver
        plugin = load(self.solver)
        plugin.require()
        return plugin

    def _given(self, source: fb.Plugin | Path) -> tuple[dict[str, object], list[Path], StagedSources | None]:
        """The params, the Parquet files, and what they were made from, where they were made."""
        with Workspace(source) as workspace:
            about = workspace.about
        config = inputs.parse_params(about.params, self.params)
        if self._is_plain():
            return config, list(self.files.data), None
        staged = staged_sources(self.files, about, self.out)
        return config, [staged.path], staged

    def _is_plain(self) -> bool:
        """True for Parquet files and folders of them, which are no source's."""
        return bool(self.files.data) and all(path.is_dir() or path.suffix == ".parquet" for path in self.files.data)

    def _columns(self) -> dict[str, str]:
        """The headers of columns, which staged files have in the strategy's own names."""
        return self.files.shape.columns if self._is_plain() else {}

    def _memory(self) -> str | int:
        try:
            byte_count(self.memory)
        except ValueError as error:
            raise CommandError(f"--memory: {error}", "write --memory 4GB", Exit.USAGE) from error
        return self.memory


def record(done: fb.Reconciled, staged: StagedSources | None) -> dict[str, Any]:
    """What a run in shards came to, for ``--json``; with the sources of files that are no Parquet."""
    counts = {"out": str(done.out), "rows": done.rows_in, "open_rows": done.open_rows(), "shards": done.shards}
    return counts if staged is None else {**counts, "sources": staged.record}


def print_run(done: fb.Reconciled) -> None:
    """Prints what a run in shards came to."""
    rows, shards = console.plural(done.rows_in, "row"), console.plural(done.shards, "shard")
    console.print_line(f"{rows} in {shards}, {done.open_rows():,} open")
    console.print_line(f"\nwrote {console.display_path(done.out)}: groups, allocations, rows, stages.parquet, run.json")
