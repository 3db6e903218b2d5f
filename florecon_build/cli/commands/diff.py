"""``diff`` command: semantic difference of two strategies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import florecon_build as fb
from florecon_build.cli import console, strategy_loader
from florecon_build.cli.commands.options import Json
from florecon_build.cli.exit_codes import Exit

Side = Annotated[Path, typer.Argument(help="A strategy.py, an IR or manifest (.json), or a solver.wasm.")]


def diff(before: Side, after: Side, as_json: Json = False) -> None:
    """Compare two strategies: moved, changed, added and removed parts.

    The comparison is semantic: formatting and comments are ignored. Exit code 0 if the strategies are equal, 1 if not.
    """
    old, new = strategy_loader.load(before), strategy_loader.load(after)
    found = fb.diff(old, new)
    if as_json:
        console.print_json(
            {"equal": not found, "before": old.fingerprint, "after": new.fingerprint, "changes": found.as_data()}
        )
    else:
        for change in found:
            console.print_line(str(change))
        if not found:
            console.print_line(f"no difference: both have fingerprint {old.fingerprint[:12]}")
    if found:
        raise typer.Exit(Exit.REFUSED)
