"""Lint check of generated crates: clippy on many at once, without linking or running."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from florecon_build.codegen.build.cargo import run_cargo
from florecon_build.codegen.build.cargo_workspace import workspace
from florecon_build.codegen.build.file_lock import locked
from florecon_build.codegen.build.paths import cache_dir, runtime_dir, runtime_hash
from florecon_build.codegen.build.rustc import Compiler, output
from florecon_build.codegen.build.sysroot import StatusCallback
from florecon_build.codegen.build.toolchain import ensure


def _quiet(_: str) -> None:
    """No output."""


def check(projects: Mapping[str, Mapping[str, str]], *, say: StatusCallback = _quiet) -> str:
    """Runs clippy over generated projects in one cargo call; every warning is an error.

    ``projects`` maps a package name to the files from ``emit``. Returns the tool used: ``clippy``, or ``check`` with a
    compiler that has no clippy. Raises ``GeneratedCodeError`` if a crate is rejected.
    """
    compiler = ensure(say).compiler
    tool = "clippy" if has_clippy(compiler) else "check"
    runtime = runtime_dir()
    base = cache_dir() / "check" / runtime_hash(runtime)[:16]
    with locked(base.with_suffix(".lock")):
        crates = {f"generated-{name}": _renamed(files, f"generated-{name}") for name, files in projects.items()}
        space = workspace(base, runtime, crates)
        packages = [part for name in projects for part in ("--package", f"generated-{name}")]
        run_cargo(
            compiler,
            space,
            [tool, "--keep-going", *(["--no-deps"] if tool == "clippy" else []), *packages],
            env={"RUSTC": str(compiler.rustc)},
            deny_warnings=True,
        )
    return tool


def has_clippy(compiler: Compiler) -> bool:
    """True if clippy is installed for this compiler."""
    driver = output([str(Path(compiler.cargo).with_name("cargo-clippy")), "--version"])
    return bool(driver) and bool(output([str(compiler.cargo), "clippy", "--version"]))


def _renamed(files: Mapping[str, str], name: str) -> dict[str, str]:
    """The project renamed to package ``name``, to fit into a workspace with others; only its rlib is built."""
    manifest = re.sub(r'^name = ".*"$', f'name = "{name}"', files["Cargo.toml"], count=1, flags=re.MULTILINE)
    manifest = manifest.replace('name = "solver"', f'name = "{name.replace("-", "_")}"')
    return {**files, "Cargo.toml": manifest.replace('["cdylib", "rlib"]', '["rlib"]')}
