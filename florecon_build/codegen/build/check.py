"""Lint check of generated crates: clippy on many at once, without linking or running."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from florecon_build.codegen.build.cargo import run_cargo
from florecon_build.codegen.build.cargo_workspace import MEMBER, workspace
from florecon_build.codegen.build.file_lock import locked
from florecon_build.codegen.build.paths import cache_dir, runtime_dir, runtime_hash
from florecon_build.codegen.build.rustc import Compiler, output
from florecon_build.codegen.build.sysroot import StatusCallback
from florecon_build.codegen.build.toolchain import ensure
from florecon_build.codegen.rust.crate import LIB, Crate, cargo_toml
from florecon_build.codegen.rust.printer import SourceLine

PACKAGE = "generated"


def _quiet(_: str) -> None:
    """No output."""


def check(crates: Mapping[str, Crate], *, say: StatusCallback = _quiet) -> str:
    """Runs clippy over generated crates, each as a module of one crate; every warning is an error.

    ``crates`` maps a module name to the crate from ``emit``. Returns the tool used: ``clippy``, or ``check`` with a
    compiler that has no clippy. Raises ``GeneratedCodeError`` if a crate is rejected.
    """
    compiler = ensure(say).compiler
    tool = "clippy" if has_clippy(compiler) else "check"
    runtime = runtime_dir()
    base = cache_dir() / "check" / runtime_hash(runtime)[:16]
    with locked(base.with_suffix(".lock")):
        space = workspace(base, runtime, {MEMBER: _joined(crates)})
        run_cargo(
            compiler,
            space,
            [tool, *(["--no-deps"] if tool == "clippy" else []), "--package", PACKAGE],
            deny_warnings=True,
        )
    return tool


def has_clippy(compiler: Compiler) -> bool:
    """True if clippy is installed for this compiler."""
    driver = output([str(Path(compiler.cargo).with_name("cargo-clippy")), "--version"])
    return bool(driver) and bool(output([str(compiler.cargo), "clippy", "--version"]))


def _joined(crates: Mapping[str, Crate]) -> Crate:
    """One crate with a module per crate."""
    files = {
        "Cargo.toml": cargo_toml(PACKAGE, PACKAGE, ("rlib",)),
        LIB: "".join(f"pub mod {name};\n" for name in crates),
    }
    source_lines: dict[str, tuple[SourceLine, ...]] = {}
    for name, crate in crates.items():
        files[f"src/{name}/mod.rs"] = crate.files[LIB]
        files[f"src/{name}/nodes.json"] = crate.files["src/nodes.json"]
        source_lines[f"src/{name}/mod.rs"] = crate.source_lines[LIB]
    return Crate(files, PACKAGE, "", source_lines)
