"""Typer application: the commands, their help panels and the global options."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Annotated

import typer

from florecon_build.cli.commands.author import author
from florecon_build.cli.commands.book import book, close, reopen
from florecon_build.cli.commands.check import check
from florecon_build.cli.commands.decide import approve, reject, resolve, unresolve, withdraw
from florecon_build.cli.commands.diff import diff
from florecon_build.cli.commands.doctor import doctor, toolchain
from florecon_build.cli.commands.new import new
from florecon_build.cli.commands.package import package
from florecon_build.cli.commands.read import read
from florecon_build.cli.commands.report import report
from florecon_build.cli.commands.rules import codes, policy
from florecon_build.cli.commands.run import run
from florecon_build.cli.commands.ship import ship, verify
from florecon_build.cli.commands.view import rust, svg, tree
from florecon_build.cli.errors import DEBUG, handle_errors
from florecon_build.codegen.version import VERSION

app = typer.Typer(
    name="florecon-build",
    help="The compiler for financial reconciliation: a strategy in Python, reviewable Rust, one solver.wasm.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

START, WRITE, DELIVER, REPEAT, MACHINE = "Start", "Write", "Deliver", "Repeat", "This machine"
_PANELS: dict[str, tuple[Callable[..., None], ...]] = {
    START: (new,),
    WRITE: (read, author, check, tree, svg, rust, diff),
    DELIVER: (ship, verify, package, run, report),
    REPEAT: (book, codes, policy, resolve, unresolve, approve, reject, withdraw, close, reopen),
    MACHINE: (doctor,),
}
for _panel, _commands in _PANELS.items():
    for _command in _commands:
        app.command(rich_help_panel=_panel)(handle_errors(_command))
app.add_typer(toolchain, name="toolchain", rich_help_panel=MACHINE)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"florecon-build {VERSION}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options before the command name."""
    if debug:
        os.environ[DEBUG] = "1"


def main() -> None:
    """Entry point of the console script."""
    app()
