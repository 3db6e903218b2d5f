"""Error handling of commands: every exception becomes a message, a suggested fix and an exit code."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import typer
from rich.text import Text

from florecon_build.cli import console
from florecon_build.cli.exit_codes import Exit
from florecon_build.codegen.errors import BuildError, GeneratedCodeError, ToolchainError
from florecon_build.host.errors import BadConfig, FloreconError, LoadError, SchemaError
from florecon_build.interpreter import ModelError
from florecon_build.ir.errors import StrategyError
from florecon_build.ir.json_format import IrError

P = ParamSpec("P")
T = TypeVar("T")

DEBUG = "FLORECON_DEBUG"


class Fault(Exception):
    """What a command cannot do, in words, with the fix, and the exit code."""

    def __init__(self, message: str, fix: str = "", code: Exit = Exit.REFUSED) -> None:
        super().__init__(message)
        self.fix = fix
        self.code = code


@dataclass(frozen=True, slots=True)
class Shown:
    """An error as it is printed."""

    code: Exit
    message: str
    fix: str = ""


def debugging() -> bool:
    """Whether tracebacks are wanted: ``--debug``, or ``FLORECON_DEBUG`` in the environment."""
    return bool(os.environ.get(DEBUG))


def guarded(command: Callable[P, T]) -> Callable[P, T]:
    """Turns what a command raises into a message and an exit code; with ``--debug`` the traceback comes first."""

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except KeyboardInterrupt:
            console.say("interrupted")
            raise typer.Exit(Exit.INTERRUPTED) from None
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read has seen enough
            raise typer.Exit(Exit.DONE) from None
        except Exception as error:
            show(error)
            raise typer.Exit(explain(error).code) from None

    return wrapper


def show(error: Exception) -> None:
    """Prints an error to standard error."""
    if debugging():
        traceback.print_exception(error)
    said = explain(error)
    terminal = console.err()
    terminal.print(Text("error: ", style="bold red").append(said.message, style="not bold default"), soft_wrap=True)
    if said.fix:
        terminal.print(Text("  fix: ", style="bold green").append(said.fix, style="not bold default"), soft_wrap=True)


def explain(error: Exception) -> Shown:
    """The message, the fix and the exit code of an error."""
    match error:
        case Fault():
            return Shown(error.code, str(error), error.fix)
        case IrError():
            return Shown(Exit.REFUSED, f"this is no strategy of this version\n\n{_indented(str(error))}")
        case StrategyError():
            count = len(error.problems)
            head = "the strategy has a mistake" if count == 1 else f"the strategy has {count} mistakes"
            return Shown(Exit.REFUSED, f"{head}\n\n{_indented(str(error))}")
        case ToolchainError():
            message, _, fix = str(error).partition("To fix it, ")
            advice = fix or "`florecon-build doctor` says what is missing and the command that installs it"
            return Shown(Exit.ENVIRONMENT, message.strip(), advice)
        case GeneratedCodeError():
            return Shown(Exit.BUG, str(error))
        case BuildError():
            return Shown(Exit.ENVIRONMENT, str(error), "`florecon-build doctor` looks for what may be missing")
        case LoadError():
            return Shown(Exit.SOLVER, str(error), "give the solver.wasm that `florecon-build ship` made")
        case SchemaError():
            return Shown(Exit.DATA, str(error), _data_fix(error))
        case BadConfig():
            return Shown(Exit.USAGE, str(error))
        case ModelError():
            return Shown(Exit.DATA, str(error))
        case FloreconError():
            return Shown(Exit.SOLVER, str(error))
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            return Shown(Exit.ENVIRONMENT, f"{where}{error.strerror or error}")
        case _:
            return _unexpected(error)


def _data_fix(error: SchemaError) -> str:
    match error.code:
        case "missing_column":
            return "name your header: --map amount=Betrag, or a line in [columns] of florecon.toml"
        case "wrong_type" if "text_amounts" in str(error):
            return "say how amounts are written: --text-amounts point (1,234.50) or comma (1.234,50)"
        case _:
            return ""


def _unexpected(error: Exception) -> Shown:
    message = f"florecon-build failed in a way that it should not: {type(error).__name__}: {error}"
    return Shown(Exit.BUG, message, "run it again with --debug and report what it prints")


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" if line else "" for line in text.splitlines())
