"""Errors of a book: each says what to do, and leaves the book as it was."""

from __future__ import annotations

from typing import Any

from florecon_build.host.errors import FloreconError, StoreError


class BookError(FloreconError, code="book"):
    """The book refuses the call."""


class WrongBook(BookError, code="wrong_book"):
    """The book is of another plugin, or has not been begun."""


class OtherStrategy(BookError, code="other_strategy"):
    """The module is of another strategy than the book; `before` and `after` are their IR as JSON, where known."""

    def __init__(self, message: str, *, before: bytes | None = None, after: bytes | None = None, **where: Any) -> None:
        super().__init__(message, **where)
        self.before = before
        self.after = after


class WrongPeriod(BookError, code="wrong_period"):
    """The period cannot be run, closed or reopened now, or the rows are of another period."""


class PeriodClosed(BookError, code="period_closed"):
    """The period is closed; what a close froze is changed by `reopen` only."""


class RowsChanged(BookError, code="rows_changed"):
    """Rows that the book knows came again with another content; `ids` names them."""

    def __init__(self, message: str, *, ids: tuple[int | str, ...] = (), **where: Any) -> None:
        super().__init__(message, **where)
        self.ids = ids


class UnknownCode(BookError, code="unknown_code"):
    """The book has no such reason code."""


class UnknownInput(BookError, code="unknown_input"):
    """No row of the period came with such an input."""


class OpenItems(BookError, code="open_items"):
    """Items are open without a reason code; resolve them, or close with `allow_open`."""


class StaleRun(BookError, code="stale_run"):
    """The book was changed after the period was last run; run it again."""


class OutOfBalance(BookError, code="out_of_balance"):
    """Opening + new - cleared is not closing; the period stays open."""


class NotKept(BookError, code="not_kept"):
    """The book does not keep what the call needs, as it was written by an earlier release."""


class WrongHead(StoreError, code="wrong_head"):
    """The expected head is not in the history: entries were cut off, or the history was written anew."""


class BookLocked(StoreError, code="book_locked"):
    """Another process is writing to the book; try again when it is done."""
