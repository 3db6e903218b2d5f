"""Private sysroot: the wasm standard library, built from source once per compiler."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from florecon_build.codegen.build.environment import (
    NEUTRAL,
    cargo_home,
    refuse_outer_configuration,
    root,
    variables,
)
from florecon_build.codegen.build.file_lock import locked
from florecon_build.codegen.build.paths import cache_dir
from florecon_build.codegen.build.rustc import TARGET, Compiler
from florecon_build.codegen.errors import ToolchainError

StatusCallback = Callable[[str], None]

_MANIFEST = """\
[package]
name = "std-for-wasm"
version = "0.0.0"
edition = "2021"

[lib]
crate-type = ["cdylib"]
path = "lib.rs"

[profile.release]
panic = "abort"
"""
_SOURCES = "sources.toml"
_VENDORED = """\
[source.crates-io]
replace-with = "library-vendor"

[source.library-vendor]
directory = "{vendor}"
"""


def private_sysroot(compiler: Compiler, linker: str | None, say: StatusCallback) -> Path:
    """The private sysroot of ``compiler``, from the cache or built now (about 30 seconds)."""
    sysroot = sysroot_path(compiler)
    with locked(cache_dir() / f"sysroot-{compiler.key}.lock"):
        if not is_built(compiler):
            _build(compiler, linker, sysroot, say)
    return sysroot


def sysroot_path(compiler: Compiler) -> Path:
    """Path of the private sysroot of a compiler; libraries fit only the compiler that built them."""
    return cache_dir() / f"sysroot-{compiler.key}"


def is_built(compiler: Compiler) -> bool:
    """True if the private sysroot of this compiler exists."""
    return any(_libs(sysroot_path(compiler)).glob("libstd-*.rlib"))


def _libs(sysroot: Path) -> Path:
    return sysroot / "lib" / "rustlib" / TARGET / "lib"


def _build(compiler: Compiler, linker: str | None, sysroot: Path, say: StatusCallback) -> None:
    library = compiler.library_source()
    if library is None:
        raise ToolchainError(f"{compiler.rustc} has no library source")
    vendor = library / "vendor"
    say(f"building the wasm standard library of rustc {compiler.fact('release')} from {library} (once, about 30 s)")
    with tempfile.TemporaryDirectory(prefix="florecon-std-") as name:
        crate = Path(name)
        (crate / "Cargo.toml").write_text(_MANIFEST)
        (crate / "lib.rs").write_text("")
        # vendored sources need no network and have the same path on every machine
        if vendor.is_dir():
            (crate / _SOURCES).write_text(_VENDORED.format(vendor=vendor))
        _cargo(compiler, linker, crate)
        built = sorted((crate / "target" / TARGET / "release" / "deps").glob("*.rlib"))
        staged = sysroot.with_suffix(f".{os.getpid()}")
        _libs(staged).mkdir(parents=True)
        for rlib in built:
            shutil.copy2(rlib, _libs(staged))
        shutil.rmtree(sysroot, ignore_errors=True)
        staged.rename(sysroot)
    say(f"installed in {sysroot}")


def _cargo(compiler: Compiler, linker: str | None, crate: Path) -> None:
    refuse_outer_configuration()
    env = NEUTRAL | {
        "CARGO_HOME": str(cargo_home()),
        "CARGO_ENCODED_RUSTFLAGS": f"--remap-path-prefix={crate}=/std",
        "CARGO_TARGET_DIR": str(crate / "target"),
        "RUSTC": str(compiler.rustc),
        "RUSTC_BOOTSTRAP": "1",
    }
    command = [str(compiler.cargo), "build", "--release", "-Zbuild-std=std,panic_abort", "--target", TARGET]
    command += ["--manifest-path", str(crate / "Cargo.toml")]
    if (crate / _SOURCES).is_file():
        command += ["--config", str(crate / _SOURCES)]
    else:
        del env["CARGO_NET_OFFLINE"]
    if linker:
        env["CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER"] = linker
    done = subprocess.run(command, cwd=root(), env=variables(env), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ToolchainError(f"the build of the wasm standard library failed:\n{done.stderr[-2000:]}")
