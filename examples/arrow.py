"""Arrow for the examples. The library ships no types, so the type checker is told once, here, that anything goes."""

from __future__ import annotations

from importlib import import_module
from typing import Any, TypeAlias

pa: Any = import_module("pyarrow")
pc: Any = import_module("pyarrow.compute")
pq: Any = import_module("pyarrow.parquet")

Array: TypeAlias = Any
Table: TypeAlias = Any
