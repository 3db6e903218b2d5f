"""Fixture of a compiled module: the starter plugin of the runtime."""

from tests.host.conftest import solver_wasm

__all__ = ["solver_wasm"]
