"""Compute functions: each takes arrays or scalars of many types and answers in kind, so they are `Any`."""

from typing import Any

def __getattr__(name: str) -> Any: ...
