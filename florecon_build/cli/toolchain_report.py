"""Toolchain report: the installed build tools, the missing ones, and the command that installs each."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from florecon_build.codegen.build.check import has_clippy
from florecon_build.codegen.build.paths import cache_dir, runtime_dir, runtime_hash
from florecon_build.codegen.build.rustc import OLDEST, TARGET, Compiler, compilers, output
from florecon_build.codegen.build.sysroot import is_built
from florecon_build.codegen.errors import CodegenError
from florecon_build.codegen.version import VERSION
from florecon_build.host.runtime.engine_module import engine_hash

MIN_FREE_BYTES = 2_000_000_000
"""Free disk space that a first build needs, in bytes."""


@dataclass(frozen=True, slots=True)
class Finding:
    """State of one tool. ``needed`` is false for optional tools; ``fix`` is the command that installs it."""

    name: str
    ok: bool
    found: str
    fix: str = ""
    needed: bool = True


def diagnose() -> list[Finding]:
    """State of all build tools, in the order in which a build needs them."""
    found = [compiler for compiler in compilers() if compiler.version >= OLDEST]
    chosen = next(
        (compiler for compiler in found if compiler.has_wasm_std() or is_built(compiler)), found[0] if found else None
    )
    return [
        _python(),
        _engine(),
        _runtime(),
        _rustc(chosen),
        _wasm(chosen),
        _linker(chosen),
        _cc(),
        _crates(chosen),
        _rustfmt(chosen),
        _clippy(chosen),
        _cache(),
    ]


def _python() -> Finding:
    return Finding("python", True, f"{platform.python_version()} at {sys.executable}, florecon-build {VERSION}")


def _engine() -> Finding:
    digest = engine_hash()
    if digest is None:
        return Finding("engine", False, "engine.wasm not found", "pip install --force-reinstall florecon-build")
    return Finding("engine", True, f"sha256 {digest}, runs strategies without a compiler")


def _runtime() -> Finding:
    try:
        path = runtime_dir()
    except CodegenError:
        return Finding("runtime", False, "source not found", "pip install --force-reinstall florecon-build")
    return Finding("runtime", True, f"{VERSION} ({runtime_hash(path)[:12]}) at {path}")


def _rustc(chosen: Compiler | None) -> Finding:
    oldest = ".".join(map(str, OLDEST))
    if chosen is None:
        older = ", ".join(f"{compiler.rustc} {compiler.fact('release')}" for compiler in compilers()) or "none"
        return Finding("rustc", False, f"{older}; version {oldest} or later is required", install_rust())
    return Finding("rustc", True, f"{chosen.fact('release')} at {chosen.rustc}")


def _wasm(chosen: Compiler | None) -> Finding:
    ensure = "florecon-build toolchain ensure"
    if chosen is None:
        return Finding(TARGET, False, "no compiler", ensure)
    if chosen.has_wasm_std():
        return Finding(TARGET, True, "standard library of the compiler")
    if is_built(chosen):
        return Finding(TARGET, True, "standard library built from source")
    fix = f"rustup target add {TARGET}" if shutil.which("rustup") else ensure
    return Finding(TARGET, False, "standard library not installed", fix)


def _linker(chosen: Compiler | None) -> Finding:
    linker = chosen.linker() if chosen else None
    if linker == "" and chosen:
        return Finding("wasm linker", False, "none", f"{_install()} lld-{chosen.llvm}")
    return Finding("wasm linker", True, linker or "linker of the compiler")


def _cc() -> Finding:
    cc = shutil.which("cc")
    return Finding("cc", bool(cc), cc or "no C linker, required by rustc", "" if cc else f"{_install()} gcc libc6-dev")


def _crates(chosen: Compiler | None) -> Finding:
    """Dependencies of the runtime: in cargo's registry cache, or fetched by the first build."""
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    cached = sorted((home / "registry" / "cache").glob("*/arrow-ipc-*.crate"))
    if cached:
        return Finding("crates", True, f"cached in {home / 'registry'}", needed=False)
    fix = "the first build fetches them from crates.io; behind a proxy set CARGO_HTTP_PROXY"
    return Finding("crates", chosen is None, "not fetched yet", fix, needed=False)


def _rustfmt(chosen: Compiler | None) -> Finding:
    tool = chosen and output([str(Path(chosen.cargo).with_name("rustfmt")), "--version"])
    fix = "" if tool else _component("rustfmt", "rustfmt-web")
    return Finding("rustfmt", bool(tool), str(tool or "not installed; used by `check` only"), fix, needed=False)


def _clippy(chosen: Compiler | None) -> Finding:
    available = chosen is not None and has_clippy(chosen)
    fix = "" if available else _component("clippy", "rust-web-clippy")
    return Finding(
        "clippy", available, "available" if available else "not installed; used by `check` only", fix, needed=False
    )


def _cache() -> Finding:
    path = cache_dir()
    parent = next(folder for folder in (path, *path.parents) if folder.exists())
    free = shutil.disk_usage(parent).free
    writable = os.access(parent, os.W_OK)
    state = f"{path}, {free / 1e9:.0f} GB free"
    fix = "" if writable and free > MIN_FREE_BYTES else "export XDG_CACHE_HOME=/a/folder/with/room"
    return Finding("cache", writable and free > MIN_FREE_BYTES, state if writable else f"{path} is not writable", fix)


def install_rust() -> str:
    """The command that installs a Rust compiler on this system."""
    if shutil.which("rustup"):
        return "rustup update stable"
    if shutil.which("apt-get") and "rustc-web" in output(["apt-cache", "search", "--names-only", "^rustc-web$"]):
        return f"{_install()} rustc-web cargo-web rust-web-src lld"
    if platform.system() == "Darwin" and shutil.which("brew"):
        return f"brew install rustup && rustup default stable && rustup target add {TARGET}"
    return f"curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y -t {TARGET}"


def _component(rustup: str, debian: str) -> str:
    return f"rustup component add {rustup}" if shutil.which("rustup") else f"{_install()} {debian}"


def _install() -> str:
    for tool, command in (
        ("apt-get", "apt-get install"),
        ("dnf", "dnf install"),
        ("pacman", "pacman -S"),
        ("apk", "apk add"),
    ):
        if shutil.which(tool):
            return command if os.geteuid() == 0 else f"sudo {command}"
    return "brew install" if shutil.which("brew") else "install"
