"""Error handling of commands: every exception becomes a message, a suggested fix and an exit code."""

from __future__ import annotations

import contextlib
import errno
import functools
import io
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
from florecon_build.codegen.errors import BuildError, CodegenError, GeneratedCodeError, ToolchainError
from florecon_build.host.decisions.errors import BookError, BookLocked, WrongHead
from florecon_build.host.errors import (
    BadCommand,
    BadConfig,
    FloreconError,
    LoadError,
    NotPending,
    RunMismatch,
    SamePerson,
    SchemaError,
    ShardTooLarge,
    StorageError,
    StoreDamaged,
    StoreError,
    UnknownAllocation,
    UnknownEntry,
    UnknownId,
    WorkerLost,
)
from florecon_build.interpreter import ModelError
from florecon_build.ir.errors import StrategyError
from florecon_build.ir.json_format import IrError
from florecon_build.sources.errors import SourceError

P = ParamSpec("P")
T = TypeVar("T")

DEBUG = "FLORECON_DEBUG"


class CommandError(Exception):
    """Failure of a command: a message, a suggested fix and an exit code."""

    def __init__(self, message: str, fix: str = "", code: Exit = Exit.REFUSED) -> None:
        super().__init__(message)
        self.fix = fix
        self.code = code


@dataclass(frozen=True, slots=True)
class RenderedError:
    """An error as printed: message, fix and exit code."""

    code: Exit
    message: str
    fix: str = ""


def debug_enabled() -> bool:
    """True if tracebacks are shown: with ``--debug`` or ``FLORECON_DEBUG`` in the environment."""
    return bool(os.environ.get(DEBUG))


def handle_errors(command: Callable[P, T]) -> Callable[P, T]:
    """Decorator of a command: prints an exception as a message and exits with its code.

    ``--debug`` adds the traceback.
    """

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except KeyboardInterrupt:
            console.print_status("interrupted")
            raise typer.Exit(Exit.INTERRUPTED) from None
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader closed the pipe, as `head` does
            raise typer.Exit(Exit.DONE) from None
        except Exception as error:
            print_error(error)
            raise typer.Exit(render(error).code) from None

    return wrapper


def print_error(error: Exception) -> None:
    """Prints an error to standard error."""
    if debug_enabled():
        text = io.StringIO()
        with contextlib.redirect_stderr(text):
            traceback.print_exception(error)
        console.err().print(Text(text.getvalue()), soft_wrap=True)
    rendered = render(error)
    terminal = console.err()
    terminal.print(Text("error: ", style="bold red").append(rendered.message, style="not bold default"), soft_wrap=True)
    if rendered.fix:
        terminal.print(
            Text("  fix: ", style="bold green").append(rendered.fix, style="not bold default"), soft_wrap=True
        )


def render(error: Exception) -> RenderedError:
    """The message, the fix and the exit code of an error."""
    match error:
        case CommandError():
            return RenderedError(error.code, str(error), error.fix)
        case IrError():
            return RenderedError(
                Exit.REFUSED, f"the file is not a valid strategy IR of this version\n\n{_indented(str(error))}"
            )
        case StrategyError():
            count = len(error.problems)
            head = "the strategy has 1 error" if count == 1 else f"the strategy has {count} errors"
            return RenderedError(Exit.REFUSED, f"{head}\n\n{_indented(str(error))}")
        case ToolchainError():
            message, _, fix = str(error).partition("To fix it, ")
            advice = fix or "run `florecon-build doctor`: it lists missing tools and the commands that install them"
            return RenderedError(Exit.ENVIRONMENT, message.strip(), advice)
        case GeneratedCodeError():
            return RenderedError(Exit.BUG, str(error))
        case BuildError():
            return RenderedError(Exit.ENVIRONMENT, str(error), "run `florecon-build doctor` to check the build tools")
        case CodegenError():
            return RenderedError(Exit.SOLVER, str(error), "pass a solver.wasm built by `florecon-build ship`")
        case LoadError():
            return RenderedError(Exit.SOLVER, str(error), "pass a solver.wasm built by `florecon-build ship`")
        case SourceError():
            return RenderedError(Exit.DATA, error.summary, error.fix)
        case SchemaError():
            return RenderedError(Exit.DATA, str(error), _schema_fix(error))
        case BadConfig() | BadCommand():
            return RenderedError(Exit.USAGE, str(error))
        case ModelError():
            return RenderedError(Exit.DATA, str(error))
        case BookLocked():
            return RenderedError(Exit.ENVIRONMENT, str(error))
        case BookError() | WrongHead() | StoreDamaged() | SamePerson() | NotPending():
            return RenderedError(Exit.BOOK, str(error))
        case UnknownEntry() | UnknownId() | UnknownAllocation():
            return RenderedError(Exit.BOOK, str(error))
        case RunMismatch():
            return RenderedError(Exit.USAGE, str(error))
        case StoreError() | StorageError() | ShardTooLarge() | WorkerLost():
            return RenderedError(Exit.ENVIRONMENT, str(error))
        case FloreconError():
            return RenderedError(Exit.SOLVER, str(error))
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            said = os.strerror(error.errno) if error.errno in _DISK_FIX else error.strerror or str(error)
            return RenderedError(Exit.ENVIRONMENT, f"{where}{said}", _DISK_FIX.get(error.errno or 0, ""))
        case _:
            return _internal_error(error)


_FULL = "free some space, or write to another disk, then run the command again; what was there before is as it was"
_LOCKED = "give a place that you may write to"
_DISK_FIX = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EROFS: _LOCKED,
    errno.EACCES: _LOCKED,
    errno.EPERM: _LOCKED,
}


def _schema_fix(error: SchemaError) -> str:
    match error.code:
        case "missing_column":
            return "map your header to the column: --map amount=Betrag, or an entry under [columns] in florecon.toml"
        case "wrong_type" if "text_amounts" in str(error):
            return "set the decimal mark: --text-amounts point (1,234.50) or comma (1.234,50)"
        case _:
            return ""


def _internal_error(error: Exception) -> RenderedError:
    message = f"internal error of florecon-build: {type(error).__name__}: {error}"
    return RenderedError(Exit.BUG, message, "run the command again with --debug and report the output")


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" if line else "" for line in text.splitlines())
