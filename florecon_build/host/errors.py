"""Exception types of a module and its host, one per error code.

All are `FloreconError` and carry `code` (stable, for programs), `message` (for people: what happened, where, what to
do), and, where known, the row `id`, the `group_id`, and the `column` and `row` (counted from 0) of a bad cell.

An error of the module and the same fault found by the host before shipping are one type: a missing column is
`MissingColumn` either way. After any of them the workspace is as it was before the call.

>>> try:
...     raise from_wire({"code": "frozen_group", "message": "group 7 is pinned; unpin it first", "group_id": 7})
... except FrozenGroup as error:
...     print(error.code, error.group_id, error)
frozen_group 7 group 7 is pinned; unpin it first
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, cast

_REGISTRY: dict[str, type[FloreconError]] = {}


SCREEN_LINES, SCREEN_LETTERS = 30, 3000


def one_screen(message: str) -> str:
    """A message cut to what a screen shows, with a note of what is left out.

    >>> one_screen("short"), one_screen("x\\n" * 99).splitlines()[-1]
    ('short', '... and 69 more lines')
    """
    lines = message.splitlines()
    if len(lines) > SCREEN_LINES:
        return one_screen("\n".join(lines[:SCREEN_LINES])) + f"\n... and {len(lines) - SCREEN_LINES:,} more lines"
    if len(message) > SCREEN_LETTERS:
        return f"{message[:SCREEN_LETTERS]}... and {len(message) - SCREEN_LETTERS:,} more characters"
    return message


class FloreconError(Exception):
    """The base of every error of a module or its host."""

    default_code: ClassVar[str] = "error"

    def __init_subclass__(cls, *, code: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if code:
            cls.default_code = code
            _REGISTRY[code] = cls

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        id: int | str | None = None,
        group_id: int | None = None,
        column: str | None = None,
        row: int | None = None,
    ) -> None:
        message = one_screen(message)
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.id = id
        self.group_id = group_id
        self.column = column
        self.row = row

    def _render_traceback_(self) -> list[str]:
        """For notebooks: the lines of the caller and the message, without the frames of this package."""
        package = str(Path(__file__).parents[1])
        frames = [
            frame
            for frame in traceback.extract_tb(self.__traceback__)
            if not frame.filename.startswith(package) and "IPython" not in frame.filename
        ]
        return [*traceback.format_list(frames[-3:]), f"{type(self).__name__}: {self}"]

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by keyword, so that an error crosses a process boundary whole."""
        known = {name: getattr(self, name) for name in ("code", "id", "group_id", "column", "row")}
        return partial(type(self), self.message, **known), ()


# generated: errors (from rust_runtime/wire.toml, by scripts/generate_wire.py: do not edit)


# Errors of loading a module


class LoadError(FloreconError):
    """The file cannot be run as a solver module."""


class NotAWasm(LoadError, code="not_a_wasm"):
    """The file is missing, unreadable, or no valid core WebAssembly module."""


class HasImports(LoadError, code="has_imports"):
    """The module asks the host for functions; a solver module must need nothing."""


class ContractMismatch(LoadError, code="contract_mismatch"):
    """The module speaks another version of the florecon ABI."""


class MissingExport(LoadError, code="missing_export"):
    """A required export is absent or has another signature."""


class BadDescribe(LoadError, code="bad_describe"):
    """`describe()` answered with something that is no description."""


# Errors of running a module


class Poisoned(FloreconError, code="poisoned"):
    """The running instance can no longer be trusted. The workspace rebuilds itself at the next call."""


class Trapped(Poisoned, code="trapped"):
    """The module trapped: a bug in it, or its stack ran out."""


class TimedOut(Poisoned, code="timed_out"):
    """A call ran longer than `timeout` allows and was stopped."""


class Cancelled(Poisoned, code="cancelled"):
    """A call was stopped from outside, by `cancel()` or Ctrl-C."""


class MemoryLimit(Poisoned, code="memory_limit"):
    """The module needed more than `max_memory` allows."""


class BrokenReply(Poisoned, code="broken_reply"):
    """The module handed over a pointer out of range, or a reply that is neither JSON nor Arrow as promised."""


class Busy(FloreconError, code="busy"):
    """One workspace was used from two threads at once; give each thread its own, or take turns."""


class Closed(FloreconError, code="closed"):
    """The workspace was closed."""


class Unsupported(FloreconError, code="unsupported"):
    """The module is of this ABI but lacks an extension that the call needs."""


class MissingPackage(FloreconError, code="missing_package"):
    """An optional Python package that the call needs is not installed."""


class StoreError(FloreconError, code="store"):
    """The store cannot be opened, read or written; what was not acknowledged was not kept."""


class StoreDamaged(StoreError, code="store_damaged"):
    """The history is not what was written: a line was changed, removed, added or moved. `fb.verify` lists where."""


class SheetFull(FloreconError, code="sheet_full"):
    """A table has more rows, or a text more letters, than an Excel sheet or cell holds; nothing was written."""


class ShardTooLarge(FloreconError, code="shard_too_large"):
    """Rows that the strategy can bring together are more than a worker of a run has memory for."""


class RunMismatch(FloreconError, code="run_mismatch"):
    """An output folder holds the run of another strategy, data set or configuration, or something else."""


class WorkerLost(FloreconError, code="worker_lost"):
    """A worker process of a run ended twice at one task; what is finished stays, and the run can go on."""


class StorageError(FloreconError, code="storage"):
    """A file of a run cannot be written or read, as where the disk is full; what is finished stays."""


class SplitRow(FloreconError, code="split_row"):
    """A row sits in several groups where one was asked for."""


# Errors of rows; the host raises them too, for what it finds before it ships the rows


class SchemaError(FloreconError):
    """The rows do not fit what the module declares."""


class BadTable(SchemaError, code="bad_table"):
    """Not a table: no Arrow stream, a truncated one, or an object that holds no rows."""


class MissingColumn(SchemaError, code="missing_column"):
    """A declared column is not there."""


class WrongType(SchemaError, code="wrong_type"):
    """A column's type, or a cell, cannot become the declared type without loss."""


class NullValue(SchemaError, code="null_value"):
    """A null in a column that is not nullable."""


class BadAmount(SchemaError, code="bad_amount"):
    """An amount that is NaN, infinite, or no whole number of minor units."""


class AmountOverflow(SchemaError, code="amount_overflow"):
    """An amount, or a sum of them, beyond 64 bits of minor units."""


class DuplicateId(SchemaError, code="duplicate_id"):
    """The same id twice in one batch, or in one merge."""


# Errors of commands


class CommandError(FloreconError):
    """A command that cannot be carried out."""


class BadCommand(CommandError, code="bad_command"):
    """An unknown operation, or a missing or mistyped field."""


class NoSession(CommandError, code="no_session"):
    """A command before `init`."""


class BadConfig(CommandError, code="bad_config"):
    """An unknown parameter, or a value of another type or out of range."""


class BadStrategy(CommandError, code="bad_strategy"):
    """A strategy sent as data that cannot be run, or to a module that takes none; the message names the place."""


class BadCost(CommandError, code="bad_cost"):
    """A cost or penalty that is NaN, infinite, negative where it may not be, or too large."""


class BadSnapshot(CommandError, code="bad_snapshot"):
    """A snapshot that is damaged, or of another strategy or runtime."""


class UnknownId(CommandError, code="unknown_id"):
    """No row has this id."""


class UnknownGroup(CommandError, code="unknown_group"):
    """No group has this id (now)."""


class UnknownAllocation(CommandError, code="unknown_allocation"):
    """The row is not in the group that the call is about."""


class FrozenGroup(CommandError, code="frozen_group"):
    """The group is pinned; unpin it first."""


class FrozenMember(CommandError, code="frozen_member"):
    """All of the row's amount sits in pinned groups."""


class DegenerateGroup(CommandError, code="degenerate_group"):
    """A merge of fewer than two rows."""


class InsufficientLiveAmount(CommandError, code="insufficient_live_amount"):
    """A merge of more than is there, or of the other sign."""


class UnknownEntry(CommandError, code="unknown_entry"):
    """No entry of the store has this number, or it is none that the call can be about."""


class NotPending(CommandError, code="not_pending"):
    """The entry does not wait for a second person, or is no longer in force."""


class SamePerson(CommandError, code="same_person"):
    """The person who decided may not be the one who approves."""


# Errors of a solve, and of modules of other makers


class ConservationViolated(FloreconError, code="conservation_violated"):
    """The strategy lost or invented money, or the optimality of a flow does not hold; nothing was changed."""


# end of errors


class PluginError(FloreconError):
    """A code that this host does not know (a module of another author); `code` has it."""


def error_class(code: str) -> type[FloreconError]:
    """The class that stands for a code; `PluginError` for one that is not known.

    >>> error_class("unknown_group").__name__
    'UnknownGroup'
    """
    return _REGISTRY.get(code, PluginError)


def codes() -> Mapping[str, type[FloreconError]]:
    """All known codes with their classes."""
    return dict(_REGISTRY)


def from_wire(error: object) -> FloreconError:
    """The typed error for the `error` object of a reply.

    Parameters: `error` is whatever stood there; a module that lies must not crash the host, so nothing is assumed.
    Where ids are texts, the error's `id` is the text, not the session's number for it.
    """
    fields = cast("dict[str, object]", error) if isinstance(error, dict) else {}
    code = fields.get("code")
    code = code if isinstance(code, str) and code else "unknown"
    message = fields.get("message")
    row_id, group_id = fields.get("id_text", fields.get("id")), fields.get("group_id")
    return error_class(code)(
        message if isinstance(message, str) and message else f"the module refused with {code!r} and no message",
        code=code,
        id=row_id if isinstance(row_id, (int, str)) else None,
        group_id=group_id if isinstance(group_id, int) else None,
    )
