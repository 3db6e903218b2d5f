"""Error classes: one per wire code, and unchanged by pickling."""

from __future__ import annotations

import pickle

import pytest

from florecon_build.host import FloreconError, PluginError, Poisoned, SchemaError, UnknownGroup
from florecon_build.host.errors import codes, error_class, from_wire
from florecon_build.wire import ERROR_CODES


@pytest.mark.parametrize("code", ERROR_CODES)
def test_every_code_of_the_wire_has_its_class(code: str) -> None:
    kind = error_class(code)
    assert kind is not PluginError
    error = from_wire({"code": code, "message": "what to do", "id": 3, "group_id": 9})
    assert type(error) is kind
    assert (error.code, error.message, error.id, error.group_id, str(error)) == (code, "what to do", 3, 9, "what to do")


def test_classes_are_distinct() -> None:
    assert len({error_class(code) for code in codes()}) == len(codes())


def test_bad_rows_and_faults_are_told_apart() -> None:
    assert issubclass(error_class("missing_column"), SchemaError)
    assert issubclass(error_class("timed_out"), Poisoned)
    assert not issubclass(UnknownGroup, SchemaError)


@pytest.mark.parametrize(
    "error", [UnknownGroup("no group 7", group_id=7), SchemaError("x", column="amount", row=3, id="a")]
)
def test_errors_cross_a_process_boundary(error: FloreconError) -> None:
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is type(error)
    assert vars(back) == vars(error)
