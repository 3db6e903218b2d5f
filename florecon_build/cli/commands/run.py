"""``run`` command: reconcile files with a compiled module; exit codes for schedulers."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.text import Text

from florecon_build.cli import console, inputs, reconcile, terminal_page
from florecon_build.cli.commands.options import Json, Map, Params, TextAmounts
from florecon_build.cli.errors import Fault
from florecon_build.cli.exit_codes import MEANING, Exit
from florecon_build.cli.inputs import Shape
from florecon_build.cli.progress import bar
from florecon_build.cli.settings import mark, settings

CODES = "Exit codes:\n\n" + "\n\n".join(f"{code.value}  {MEANING[code]}" for code in MEANING)


def run(
    solver: Annotated[Path, typer.Argument(help="The solver.wasm.")],
    data: Annotated[list[Path], typer.Argument(help="CSV, Parquet or Arrow files; together they are one ledger.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder for what comes out.")] = Path("out"),
    column_map: Map = None,
    param: Params = None,
    text_amounts: TextAmounts = None,
    format: Annotated[Literal["csv", "parquet", "both"], typer.Option(help="Of the exported tables.")] = "csv",
    units: Annotated[
        Literal["major", "minor"], typer.Option(help="Amounts as decimals (12.50) or whole minor units (1250).")
    ] = "major",
    max_exceptions: Annotated[
        str | None,
        typer.Option(metavar="N|N%", help="End with exit code 3 if more rows are open: a count, or a share of all."),
    ] = None,
    explain: Annotated[
        int, typer.Option(metavar="N", help="Ask the largest N exceptions why they did not match.", min=0)
    ] = 100,
    timeout: Annotated[
        float | None, typer.Option(help="Seconds that one call of the solver may take.", min=0.1)
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    as_json: Json = False,
) -> None:
    """Reconcile files: rows in, groups and exceptions out.

    Reads florecon.toml of the current folder where there is one; --map adds to it. OUT gets the tables groups,
    allocations, rows, stages and exceptions, run.json (what ran on what), and data/ (the same exactly, for `report`).
    """
    if max_exceptions is not None and not reconcile.is_limit(max_exceptions):
        raise Fault(f"--max-exceptions {max_exceptions}: no limit", "write a count (100) or a share (2%)", Exit.USAGE)
    said = settings()
    shape = Shape(
        {**said.columns, **inputs.pairs(column_map or [], "--map")},
        mark(text_amounts, "--text-amounts") or said.text_amounts,
    )
    job = reconcile.Job(solver, tuple(data), shape, inputs.pairs(param or [], "--param"), timeout, explain)
    with bar(quiet=quiet) as (tell, progress):
        done = reconcile.reconcile(job, say=tell, progress=progress)
        tell(f"writing {console.place(out)}")
        paths = reconcile.write(done, out, format=format, units=units)
    over = reconcile.too_many(done.found, max_exceptions)
    code = Exit.EXCEPTIONS if over else Exit.DONE
    record = reconcile.write_record(done, out, exit_code=int(code), allowed=max_exceptions)
    if as_json:
        console.emit_json(reconcile.record(done, exit_code=int(code), allowed=max_exceptions))
    elif not quiet:
        seconds = f"solved in {done.seconds['solve']:.2f} s"
        title = f"{done.about.domain} {done.about.version}  {console.counted(done.found.rows, 'row')}  {seconds}"
        terminal_page.show(console.out(), done.found, title=title)
        console.done(f"\nwrote {console.place(out)}: {reconcile.named([*paths, record])}")
    if over:
        opened = console.counted(done.found.open_rows, "row is", "rows are")
        console.err().print(Text(f"{opened} open, more than the {max_exceptions} allowed", style="bold red"))
        raise typer.Exit(code)


run.__doc__ = f"{inspect.cleandoc(run.__doc__ or '')}\n\n{CODES}"
