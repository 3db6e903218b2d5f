"""``run`` command: reconcile files with a strategy or a compiled module; exit codes for schedulers."""

from __future__ import annotations

import inspect
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.text import Text

from florecon_build.cli import console, inputs, reconcile, strategy_loader, terminal_page
from florecon_build.cli.accounts import read_accounts
from florecon_build.cli.book_run import BookOptions
from florecon_build.cli.commands.book import print_outcome
from florecon_build.cli.commands.options import Json, Map, Params, SourceFiles, TextAmounts
from florecon_build.cli.data_set_run import MEMORY, DataSetRun
from florecon_build.cli.declared_sources import LedgerFiles, parse_data
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import MEANING, Exit
from florecon_build.cli.inputs import InputFormat
from florecon_build.cli.progress import bar
from florecon_build.cli.reading_page import print_findings
from florecon_build.cli.run_folder import commit, staging
from florecon_build.cli.settings import decimal_mark, settings
from florecon_build.host.explain.open_rows import MOST_EXPLAINED
from florecon_build.host.report.shipped_rows import COMPUTED, amount_column

CODES = "Exit codes:\n\n" + "\n\n".join(f"{code.value}  {MEANING[code]}" for code in MEANING)


def run(
    solver: Annotated[
        Path, typer.Argument(help="The solver.wasm, or a strategy file (.py, .json), which the engine module runs.")
    ],
    data: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files (CSV, Excel, JSON, Parquet, Arrow), read as one ledger.", show_default="the declared sources"
        ),
    ] = None,
    source: SourceFiles = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Output folder.")] = Path("out"),
    column_map: Map = None,
    param: Params = None,
    text_amounts: TextAmounts = None,
    format: Annotated[
        Literal["csv", "parquet", "both", "excel"],
        typer.Option(help="Format of the exported tables; excel is one workbook, report.xlsx."),
    ] = "csv",
    units: Annotated[
        Literal["major", "minor"], typer.Option(help="Amounts as decimals (12.50) or whole minor units (1250).")
    ] = "major",
    csv_formulas: Annotated[
        Literal["escape", "keep"],
        typer.Option(help="Texts in CSV that a spreadsheet would run as formulas: an apostrophe before them, or none."),
    ] = "escape",
    max_exceptions: Annotated[
        str | None,
        typer.Option(
            metavar="N|N%", help="Exit with code 3 if more rows are open: a count, or a percentage of all rows."
        ),
    ] = None,
    explain: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Explain the N largest exceptions by the steps of the strategy; the others are told by their amount.",
            min=0,
        ),
    ] = MOST_EXPLAINED,
    accounts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="CSV file with the header reason,account: write the journal of the differences."
        ),
    ] = None,
    timeout: Annotated[float | None, typer.Option(help="Time limit of one solver call, in seconds.", min=0.1)] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
    as_json: Json = False,
    book: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Book to run a period of: a SQLite file, or a postgresql:// URL."),
    ] = None,
    period: Annotated[
        str | None, typer.Option(metavar="PERIOD", help="With --book: the period, such as 2026-03 or 2026-Q1.")
    ] = None,
    who: Annotated[str | None, typer.Option(metavar="PERSON", help="With --book: who prepares the period.")] = None,
    restate: Annotated[
        bool, typer.Option("--restate", help="With --book: take known rows that come with another content.")
    ] = False,
    migrate: Annotated[
        bool, typer.Option("--migrate", help="With --book: take a solver of another strategy than the book's.")
    ] = False,
    any_date: Annotated[
        bool, typer.Option("--any-date", help="With --book: take rows that are dated outside of the period.")
    ] = False,
    date_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="With --book: the column of the dates of rows.")
    ] = None,
    title: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=TEXT", help="With a new --book: entity=... and the like, for reports; repeatable."),
    ] = None,
    book_name: Annotated[
        str, typer.Option(metavar="NAME", help="With --book: which of several books in one database.")
    ] = "default",
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", help="Solve in shards, by so many processes.", min=1),
    ] = None,
    memory: Annotated[
        str | None, typer.Option(metavar="SIZE", help="As --workers: memory of all processes together, such as 4GB.")
    ] = None,
    explain_shards: Annotated[
        bool, typer.Option("--explain-shards", help="Show the largest components; solve nothing.")
    ] = False,
) -> None:
    """Reconcile files: reads rows, writes groups and exceptions.

    Reads florecon.toml of the current folder if there is one; --map adds to it. Without DATA the sources that it
    declares are read, from their files or those given by --data NAME=FILE. OUT receives the tables groups,
    allocations, rows, stages and exceptions, run.json (the record of the run), and data/ (exact tables, for `report`);
    with --accounts, whose file has an account for each reason of a difference, also the journal.

    With --book, --period and --who the open items of the last closed period are carried on: they and the new rows are
    solved, and the run is kept in the book. It can be repeated: rows that the book has are recognised.

    With --workers or --memory, the rows are solved in shards: OUT receives the folders groups, allocations and rows, a
    file for each shard. Parquet files may be of any size; other files and sources are read first, into OUT/input. The
    same command goes on with a run that was stopped. With --book, the rows at hand are divided, and the book keeps what
    it would of a run in one workspace.
    """
    if max_exceptions is not None and not reconcile.is_limit(max_exceptions):
        raise CommandError(
            f"--max-exceptions {max_exceptions}: not a limit", "write a count (100) or a percentage (2%)", Exit.USAGE
        )
    project = settings()
    shape = InputFormat(
        {**project.columns, **inputs.parse_pairs(column_map or [], "--map")},
        decimal_mark(text_amounts, "--text-amounts") or project.text_amounts,
    )
    files = tuple(data or ())
    given = parse_data(source or [], project.sources)
    if files and given:
        raise CommandError("both files and --data", "give files, or --data NAME=FILE for declared sources", Exit.USAGE)
    options: BookOptions | None = None
    flags = {"--period": period, "--who": who, "--restate": restate, "--migrate": migrate, "--any-date": any_date}
    if book is not None:
        if not period or not who:
            missing = "--period" if not period else "--who"
            raise CommandError(f"--book needs {missing}", "write --book FILE --period 2026-03 --who NAME", Exit.USAGE)
        named = inputs.parse_pairs(title or [], "--title")
        options = BookOptions(book, period, who, book_name, restate, migrate, any_date, date_column, named)
    elif any(flags.values()):
        names = ", ".join(name for name, value in flags.items() if value)
        raise CommandError(f"{names} without --book", "add --book FILE, or leave it out", Exit.USAGE)
    if workers is not None or memory is not None or explain_shards:
        in_shards = DataSetRun(
            solver=solver,
            files=LedgerFiles(files, shape, project.folder, project.sources, given),
            out=out,
            params=inputs.parse_pairs(param or [], "--param"),
            workers=workers,
            memory=memory or MEMORY,
            timeout=timeout,
            others={"--accounts": accounts},
            book=None if options is None else replace(options, explain=explain),
        )
        in_shards.carry_out(explain=explain_shards, quiet=quiet, as_json=as_json, allowed=max_exceptions)
        raise typer.Exit
    if not files and not project.sources and book is None:
        raise CommandError("no data", "give files, or declare [source.NAME] in florecon.toml", Exit.USAGE)
    job = reconcile.Job(
        solver=solver,
        accounts=None if accounts is None else read_accounts(accounts),
        plugin=strategy_loader.load(solver) if solver.suffix in strategy_loader.STRATEGIES else None,
        data=files,
        shape=shape,
        params=inputs.parse_pairs(param or [], "--param"),
        timeout=timeout,
        explain=explain,
        folder=project.folder,
        sources=project.sources,
        source_files=given,
        book=options,
    )
    with bar(quiet=quiet) as (update, progress):
        done = reconcile.reconcile(job, say=update, progress=progress)
        over = reconcile.exceeds_limit(done.summary, max_exceptions)
        code = Exit.EXCEPTIONS if over else Exit.DONE
        update(f"writing {console.display_path(out)}")
        with staging(out) as folder:
            paths = reconcile.write(done, folder, format=format, units=units, formulas=csv_formulas)
            record = commit(out, reconcile.record(done, exit_code=int(code), allowed=max_exceptions))
    if as_json:
        console.print_json(reconcile.record(done, exit_code=int(code), allowed=max_exceptions))
    elif not quiet:
        heading = f"{_rows_of(done)}  solved in {done.seconds['solve']:.2f} s, {job.by}"
        terminal_page.print_summary(console.out(), done.summary, title=heading)
        if amount_column(done.about) is None:
            console.print_line(f"\namounts are {COMPUTED}")
        if done.book is not None:
            print_outcome(done.book.workspace.outcome, done.book.workspace.unfit, done.book.book.scale)
        print_findings(done.read.readings)
        console.print_line(f"\nwrote {console.display_path(out)}: {reconcile.file_names([*paths, record])}")
    if over:
        open_rows = console.plural(done.summary.exception_rows, "row is", "rows are")
        console.err().print(Text(f"{open_rows} open, more than the {max_exceptions} allowed", style="bold red"))
        raise typer.Exit(code)


def _rows_of(done: reconcile.Run) -> str:
    return f"{done.about.domain} {done.about.version}  {console.plural(done.summary.rows, 'row')}"


run.__doc__ = f"{inspect.cleandoc(run.__doc__ or '')}\n\n{CODES}"
