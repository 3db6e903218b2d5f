"""``doctor`` and ``toolchain`` commands: report and install the build toolchain."""

from __future__ import annotations

from dataclasses import asdict

import typer
from rich.text import Text

from florecon_build.cli import console
from florecon_build.cli.commands.options import Json
from florecon_build.cli.errors import guarded
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.toolchain_report import diagnose
from florecon_build.codegen.build.toolchain import ensure as ensure_toolchain

toolchain = typer.Typer(help="The compiler that strategies are built with.", no_args_is_help=True)


def doctor(as_json: Json = False) -> None:
    """Say what is installed, what is missing, and the command that brings it.

    Exit code 0 if strategies can be built here, 6 if not. Running a finished solver needs none of it.
    """
    found = diagnose()
    able = all(one.ok for one in found if one.needed)
    if as_json:
        console.emit_json({"able": able, "findings": [asdict(one) for one in found]})
    else:
        terminal = console.out()
        for one in found:
            mark, style = ("ok", "green") if one.ok else ("missing", "bold red") if one.needed else ("-", "yellow")
            line = Text(f"{mark:<8}", style=style).append(f"{one.name:<24}{one.found}", style="not bold default")
            terminal.print(line, soft_wrap=True)
            if one.fix:
                terminal.print(Text(f"{'':<32}{one.fix}", style="bold"), soft_wrap=True)
        terminal.print(Text("strategies can be built here" if able else "strategies cannot be built here yet"))
    if not able:
        raise typer.Exit(Exit.ENVIRONMENT)


@toolchain.command()
@guarded
def ensure(as_json: Json = False) -> None:
    """Find a compiler that makes WebAssembly, or set one up: rustup's target, the library from source, or apt."""
    found = ensure_toolchain(console.say)
    compiler = found.compiler
    about = {"rustc": str(compiler.rustc), "release": compiler.fact("release"), "flags": list(found.flags)}
    if as_json:
        console.emit_json(about)
        return
    extra = f", {found.flags[0]}" if found.flags else ""
    console.done(f"rustc {about['release']} at {about['rustc']}{extra}")
