"""From the IR to Rust text, from the text to a cargo project, and from the project to ``solver.wasm``."""

from __future__ import annotations

from florecon_build.codegen.plugin import emit, emit_suite

__all__ = ["emit", "emit_suite"]
