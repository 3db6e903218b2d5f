"""Rust compilers found on this machine, and their capabilities."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from florecon_build.codegen.build.environment import root, variables

TARGET = "wasm32-unknown-unknown"
SYSTEM = Path("/usr/bin")
"""Where a distribution puts its compiler, beside one of rustup's that comes first on the path."""
OLDEST = (1, 89)
"""The oldest compiler that the runtime is written for (``rust-version`` in its manifest)."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """A ``rustc`` with its ``cargo``. ``about`` is the output of ``rustc -vV``."""

    rustc: Path
    cargo: Path
    about: str

    def fact(self, name: str) -> str:
        """A line of ``rustc -vV``: ``release``, ``host``, ``commit-hash``, ``LLVM version``."""
        found = re.search(rf"^{re.escape(name)}: (.*)$", self.about, re.MULTILINE)
        return found.group(1) if found else ""

    @property
    def version(self) -> tuple[int, int]:
        """Major and minor version."""
        major, minor = re.findall(r"\d+", self.fact("release"))[:2]
        return int(major), int(minor)

    @property
    def llvm(self) -> str:
        """Major version of LLVM."""
        return self.fact("LLVM version").split(".")[0]

    @property
    def key(self) -> str:
        """Hash of ``rustc -vV``, the cache key of compiled libraries."""
        return hashlib.sha256(self.about.encode()).hexdigest()[:16]

    def sysroot(self) -> Path:
        """Sysroot of the compiler."""
        return Path(output([str(self.rustc), "--print", "sysroot"]) or "/nonexistent")

    def has_wasm_std(self) -> bool:
        """True if the standard library for wasm is installed."""
        folder = output([str(self.rustc), "--print", "target-libdir", "--target", TARGET])
        return bool(folder) and any(Path(folder).glob("libstd-*.rlib"))

    def library_source(self) -> Path | None:
        """Source of the standard library, if installed."""
        library = self.sysroot() / "lib" / "rustlib" / "src" / "rust" / "library"
        return library if (library / "std" / "Cargo.toml").is_file() else None

    def linker(self) -> str | None:
        """The linker to configure: None if rustc has its own, "" if there is none."""
        own = self.sysroot() / "lib" / "rustlib" / self.fact("host") / "bin" / "rust-lld"
        if own.exists():
            return None
        for name in (f"wasm-ld-{self.llvm}", "wasm-ld", "rust-lld"):
            if shutil.which(name):
                return name
        return ""


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A compiler that can build for wasm, with the flags and environment variables that it needs."""

    compiler: Compiler
    flags: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict[str, str])


def output(command: list[str]) -> str:
    """Standard output of a command in the environment of compilers, stripped; empty if it fails or does not exist."""
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])
    env = variables({"PATH": path} if Path(command[0]).is_absolute() else {})
    try:
        done = subprocess.run(command, cwd=root(), env=env, capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def compilers() -> list[Compiler]:
    """All compilers in order of preference: ``$RUSTC`` alone if set, else ``PATH``, cargo's own, /usr/bin."""
    forced = os.environ.get("RUSTC")
    if forced:
        cargo = os.environ.get("CARGO") or "cargo"
        rustc, cargo = (Path(shutil.which(name) or name).absolute() for name in (forced, cargo))
        found = _compiler(rustc, cargo)
        return [found] if found else []
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo") / "bin"
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    result: list[Compiler] = []
    for folder in dict.fromkeys([*folders, home, SYSTEM]):
        rustc, cargo = (shutil.which(name, path=str(folder.absolute())) for name in ("rustc", "cargo"))
        if rustc and cargo:
            found = _compiler(Path(rustc), Path(cargo))
            if found and all(found.about != other.about for other in result):
                result.append(found)
    return result


def _compiler(rustc: Path, cargo: Path) -> Compiler | None:
    """The compiler itself, where a proxy of rustup is found: a proxy chooses by the folder that it runs in."""
    about = output([str(rustc), "-vV"])
    if not about:
        return None
    own = Path(output([str(rustc), "--print", "sysroot"]) or "/nonexistent") / "bin"
    names = (own / rustc.name, own / cargo.name)
    if all(name.is_file() for name in names) and output([str(names[0]), "-vV"]) == about:
        rustc, cargo = names
    return Compiler(rustc, cargo, about)
