"""Errors of the reference interpreter, with the codes of the wire."""

from __future__ import annotations

from florecon_build.wire import ErrorCode


class ModelError(Exception):
    """A refused call or a failed solve; the workspace is as it was before.

    ``code`` is one of the error codes of the wire; ``id`` and ``group_id`` name the row and the group it is about.

    >>> error = ModelError("frozen_group", "group 7 is pinned; unpin it first", group_id=7)
    >>> error.code, error.group_id, str(error)
    ('frozen_group', 7, 'group 7 is pinned; unpin it first')
    """

    def __init__(self, code: ErrorCode, message: str, id: int | str | None = None, group_id: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.id = id
        self.group_id = group_id


class EvalError(Exception):
    """An expression that has no value. Whoever evaluates it knows the row and raises the `ModelError`."""

    code: ErrorCode = "amount_overflow"
    text = "an integer left the 64-bit range"


class Overflow(EvalError):
    """An integer left the 64-bit range."""


class BadAmount(EvalError):
    """A real is not representable in minor units."""

    code = "bad_amount"
    text = "a real is not representable in minor units"


class BadConfig(EvalError):
    """A tolerance that is negative."""

    code = "bad_config"
    text = "a tolerance is negative; its amount, basis points and floor must be at least 0"
