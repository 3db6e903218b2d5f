"""From the IR to Rust text, from the text to a cargo project, and from the project to ``solver.wasm``."""

from __future__ import annotations

from florecon_build.codegen.build.check import check
from florecon_build.codegen.build.native import build_native
from florecon_build.codegen.build.wasm import Artifact, Profile, build_suite, build_wasm
from florecon_build.codegen.errors import BuildError, CodegenError, GeneratedCodeError, Rejection, ToolchainError
from florecon_build.codegen.rust.crate import Crate, emit, emit_suite

__all__ = [
    "Artifact",
    "BuildError",
    "CodegenError",
    "Crate",
    "GeneratedCodeError",
    "Profile",
    "Rejection",
    "ToolchainError",
    "build_native",
    "build_suite",
    "build_wasm",
    "check",
    "emit",
    "emit_suite",
]
