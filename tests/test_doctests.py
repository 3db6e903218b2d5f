"""Doctests of the IR, the frontend and the public API."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil

import pytest

import florecon_build
import florecon_build.frontend
import florecon_build.frontend.closure
import florecon_build.ir

MODULES = [
    "florecon_build.about",
    "florecon_build.conformance",
    "florecon_build.host.runtime.module",
    "florecon_build.host.decisions.store.audit",
    "florecon_build.plugin",
    "florecon_build.scale.book",
    "florecon_build.scale.reconcile",
    *(f"florecon_build.ir.{item.name}" for item in pkgutil.iter_modules(florecon_build.ir.__path__)),
    *(f"florecon_build.frontend.{item.name}" for item in pkgutil.iter_modules(florecon_build.frontend.__path__)),
    *(
        f"florecon_build.frontend.closure.{item.name}"
        for item in pkgutil.iter_modules(florecon_build.frontend.closure.__path__)
    ),
    "tests.support.random_strategies",
]


COMPILING = {"florecon_build.conformance"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.cargo) if name in COMPILING else name for name in MODULES]
)
def test_examples_run(name: str) -> None:
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL)
    assert result.failed == 0


def test_every_public_function_is_in_a_tested_module() -> None:
    public = [getattr(florecon_build, name) for name in florecon_build.__all__]
    assert {item.__module__ for item in public if inspect.isroutine(item)} <= set(MODULES)


def test_every_public_name_is_documented() -> None:
    bare = [name for name in florecon_build.__all__ if not getattr(florecon_build, name).__doc__]
    assert bare == []
