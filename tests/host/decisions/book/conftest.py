"""Fixtures of books: a book in each kind of database, and the starter plugin's rows."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from florecon_build.host import Book
from tests.host.decisions.book.plugin import plugin
from tests.host.decisions.store.conftest import place, postgresql

__all__ = ["place", "postgresql"]
Open = Callable[[], Book]


@pytest.fixture
def opened(place: str) -> Open:
    """Opens the same book of the test again and again, as other processes would."""
    name = uuid.uuid4().hex
    return lambda: Book(place, name=name)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """A new book in a SQLite file."""
    return Book(tmp_path / "close.db")


@pytest.fixture(scope="session")
def book_solver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The module of the tests' plugin, built once."""
    return plugin.build(tmp_path_factory.mktemp("book"), profile="quick").wasm
