"""``doctor`` and ``toolchain`` commands: report and install the build toolchain."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from florecon_build.cli import console
from florecon_build.cli.commands.options import Json
from florecon_build.cli.errors import handle_errors
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.toolchain_report import diagnose
from florecon_build.codegen.build.toolchain import always
from florecon_build.codegen.build.toolchain import ensure as ensure_toolchain

toolchain = typer.Typer(help="Manage the compiler that builds strategies.", no_args_is_help=True)


def doctor(as_json: Json = False) -> None:
    """List installed and missing build tools, and the command that installs each.

    Exit code 0 if strategies can be compiled, 6 if not. Running a strategy or a compiled solver needs none of these
    tools.
    """
    findings = diagnose()
    can_build = all(finding.ok for finding in findings if finding.needed)
    if as_json:
        console.print_json({"able": can_build, "findings": [asdict(finding) for finding in findings]})
    else:
        terminal = console.out()
        for finding in findings:
            mark, style = (
                ("ok", "green") if finding.ok else ("missing", "bold red") if finding.needed else ("-", "yellow")
            )
            line = Text(f"{mark:<8}", style=style).append(
                f"{finding.name:<24}{finding.found}", style="not bold default"
            )
            terminal.print(line, soft_wrap=True)
            if finding.fix:
                terminal.print(Text(f"{'':<32}{finding.fix}", style="bold"), soft_wrap=True)
        without = "strategies run with the engine, and cannot be compiled here"
        terminal.print(Text("strategies can be compiled" if can_build else without))
    if not can_build:
        raise typer.Exit(Exit.ENVIRONMENT)


@toolchain.command()
@handle_errors
def ensure(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Install without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Find or install a compiler for WebAssembly: rustup target, library from source, or apt.

    Says each command that installs something before it runs it, and asks. No other command installs anything.
    """
    found = ensure_toolchain(console.print_status, always if yes else _asked)
    compiler = found.compiler
    about = {"rustc": str(compiler.rustc), "release": compiler.fact("release"), "flags": list(found.flags)}
    if as_json:
        console.print_json(about)
        return
    extra = f", {found.flags[0]}" if found.flags else ""
    console.print_line(f"rustc {about['release']} at {about['rustc']}{extra}")


def _asked(command: str) -> bool:
    """The answer of the person at the terminal; no where nobody is there."""
    if not console.err().is_terminal:
        console.print_status(f"not installed, as nobody can be asked here: {command} (--yes installs it)")
        return False
    return typer.confirm(f"This will run: {command}\nMay it?", default=False, err=True)
