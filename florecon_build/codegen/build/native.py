"""Native build of a plugin: an executable for this machine, compiled in a fraction of a second for the author loop.

The runtime is compiled once, at full speed, and kept; of a changed strategy only the generated crate is compiled again,
incrementally, by ``rustc`` itself. The program speaks the wire over its standard input and output.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from florecon_build.codegen.build.cargo import run_cargo, target_dir
from florecon_build.codegen.build.cargo_workspace import workspace
from florecon_build.codegen.build.check import check
from florecon_build.codegen.build.environment import root, variables
from florecon_build.codegen.build.file_lock import locked
from florecon_build.codegen.build.paths import cache_dir, runtime_dir, runtime_hash
from florecon_build.codegen.build.rustc import OLDEST, Compiler, compilers
from florecon_build.codegen.build.sysroot import StatusCallback
from florecon_build.codegen.build.toolchain import ENSURE, never, refused
from florecon_build.codegen.errors import BuildError, ToolchainError
from florecon_build.codegen.rust.crate import Crate

PROFILE = "FLORECON_AUTHOR_PROFILE"
"""The variable that names the cargo profile of the runtime: ``author`` at full speed, or ``dev``, made sooner."""
OPT_LEVEL = 1
"""Of the generated crate; the runtime it calls is at 3. Measured: higher doubles the wait and gains little speed."""
CODEGEN_UNITS = 64
"""Code is cut into as many pieces, so that a change compiles few of them again."""

_PROGRAM = "solver.exe" if sys.platform == "win32" else "solver"

_MAIN = """\
// The plugin as a program of this machine.
#[path = "lib.rs"]
mod plugin;

fn main() -> std::io::Result<()> {{
    florecon::sdk::serve::<plugin::{plugin}>(&mut std::io::stdin().lock(), &mut std::io::stdout().lock())
}}
"""


@dataclass(frozen=True, slots=True)
class Runtime:
    """Compiled runtime: library, dependency folder, compiler and cache key."""

    compiler: Compiler
    library: Path
    dependencies: Path
    key: str


def native_compiler() -> Compiler:
    """The first compiler that is new enough. Raises ``ToolchainError`` if there is none."""
    for compiler in compilers():
        if compiler.version >= OLDEST:
            return compiler
    oldest = ".".join(map(str, OLDEST))
    raise ToolchainError(refused(f"no Rust compiler of version {oldest} or later", ENSURE, never))


def runtime(say: StatusCallback) -> Runtime:
    """The compiled runtime, from the cache or compiled now (a minute or two)."""
    compiler = native_compiler()
    source = runtime_dir()
    profile = os.environ.get(PROFILE, "author")
    facts = f"{runtime_hash(source)} {compiler.key} {target_dir(compiler)} {profile}"
    key = hashlib.sha256(facts.encode()).hexdigest()[:16]
    note = cache_dir() / "native" / f"{key}.path"
    kept = Path(note.read_text()) if note.is_file() else None
    if kept is None or not kept.is_file():
        say("compiling the florecon runtime for this machine, this first time")
        kept = _compile_runtime(compiler, source, profile, say)
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(str(kept))
    return Runtime(compiler, kept, kept.parent, key)


def _compile_runtime(compiler: Compiler, source: Path, profile: str, say: StatusCallback) -> Path:
    base = cache_dir() / "work" / f"{runtime_hash(source)[:16]}-native"
    with locked(base.with_suffix(".lock")):
        space = workspace(base, source, {})
        args = ["build", "--profile", profile, "--package", "florecon-runtime", "--lib"]
        made = run_cargo(compiler, space, args, say=say)
        library = next(
            (path for path in reversed(made) if path.name.startswith("libflorecon") and path.suffix == ".rlib"), None
        )
    if library is None:
        raise BuildError("cargo built no library of the florecon runtime")
    return library if library.parent.name == "deps" else _in_deps(library)


def _in_deps(library: Path) -> Path:
    """The copy with a hash in its file name, which builds of another source do not overwrite."""
    for path in (library.parent / "deps").glob("libflorecon-*.rlib"):
        if path.samefile(library) or path.read_bytes() == library.read_bytes():
            return path
    return library


def compile_native(crate: Crate, at: Runtime, *, name: str = "author") -> Path:
    """Compiles a generated crate to a program; ``name`` is the key of its build folder.

    Raises ``GeneratedCodeError`` if ``rustc`` rejects the code, ``BuildError`` for any other failure.
    """
    folder = _folder(at, name)
    with locked(folder.with_suffix(".lock")):
        for file, text in {**crate.files, "src/main.rs": _MAIN.format(plugin=crate.plugin)}.items():
            _write(folder / file, text)
        program = folder / _PROGRAM
        command = _command(at, folder, program)
        done = subprocess.run(command, cwd=root(), env=variables(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        check({"author": crate})  # raises with the author's line; passes if the environment is at fault
        raise BuildError(f"rustc failed:\n{done.stderr[-4000:]}")
    return program


def build_native(crate: Crate, say: StatusCallback = lambda _: None) -> Path:
    """The program of a generated crate (from ``emit``), cached by content.

    The program serves one session over standard input and output, see ``florecon::sdk::serve``. Raises
    ``ToolchainError``, ``GeneratedCodeError`` or ``BuildError``.
    """
    at = runtime(say)
    content = "\0".join(f"{file}\0{text}" for file, text in sorted(crate.files.items()))
    name = hashlib.sha256(content.encode()).hexdigest()
    program = _folder(at, name) / _PROGRAM
    return program if program.is_file() else compile_native(crate, at, name=name)


def _folder(at: Runtime, name: str) -> Path:
    """Build folder of a project."""
    return cache_dir() / "native" / f"{at.key}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def _command(at: Runtime, folder: Path, program: Path) -> list[str]:
    return [
        str(at.compiler.rustc),
        "--edition=2024",
        "--crate-name=solver",
        "--crate-type=bin",
        "--cap-lints=allow",
        f"-Copt-level={OPT_LEVEL}",
        f"-Ccodegen-units={CODEGEN_UNITS}",
        f"-Cincremental={folder / 'incremental'}",
        "-Cpanic=abort",
        f"--extern=florecon={at.library}",
        f"-Ldependency={at.dependencies}",
        f"-o{program}",
        str(folder / "src" / "main.rs"),
    ]


def _write(path: Path, text: str) -> None:
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
