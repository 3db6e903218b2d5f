"""Untyped access to Arrow for the examples: pyarrow ships no type annotations."""

from __future__ import annotations

from importlib import import_module
from typing import Any, TypeAlias

pa: Any = import_module("pyarrow")
pc: Any = import_module("pyarrow.compute")
pq: Any = import_module("pyarrow.parquet")

Array: TypeAlias = Any
Table: TypeAlias = Any
