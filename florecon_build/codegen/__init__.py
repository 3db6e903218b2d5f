"""From the IR to Rust text, from the text to a cargo project, and from the project to ``solver.wasm``."""

from __future__ import annotations

from florecon_build.codegen.build import Artifact, Profile, build, build_suite
from florecon_build.codegen.check import check
from florecon_build.codegen.errors import BuildError, CodegenError, GeneratedCodeError, Rejection, ToolchainError
from florecon_build.codegen.native import build_native
from florecon_build.codegen.plugin import emit, emit_suite

__all__ = [
    "Artifact",
    "BuildError",
    "CodegenError",
    "GeneratedCodeError",
    "Profile",
    "Rejection",
    "ToolchainError",
    "build",
    "build_native",
    "build_suite",
    "check",
    "emit",
    "emit_suite",
]
