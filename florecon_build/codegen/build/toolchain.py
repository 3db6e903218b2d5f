"""Toolchain discovery and installation: a Rust compiler that can build for wasm.

In this order: a compiler that has the wasm standard library; ``rustup target add``; a compiler whose library source is
installed, from which the library is built once; the system's packages. What changes the system is installed only where
the caller's ``allow`` says so: by ``florecon-build toolchain ensure``, which asks, and by the set-up of a checkout.
Everywhere else the error names that command.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from florecon_build.codegen.build.rustc import OLDEST, TARGET, Compiler, Toolchain, compilers, output
from florecon_build.codegen.build.sysroot import StatusCallback, is_built, private_sysroot, sysroot_path
from florecon_build.codegen.errors import ToolchainError

RUSTUP = "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal"
_APT_SETS = (("rustc-web", "cargo-web", "rust-web-src"), ("rustc", "cargo", "rust-src"))
_NETWORK_SECONDS = 300
_WINDOWS = sys.platform == "win32"


Allow = Callable[[str], bool]
"""Asked before a command is run that installs something: whether it may be."""

ENSURE = "florecon-build toolchain ensure"


def never(_: str) -> bool:
    """Installs nothing."""
    return False


def always(_: str) -> bool:
    """Installs what is missing without asking."""
    return True


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def ensure(say: StatusCallback = _print, allow: Allow = never) -> Toolchain:
    """A toolchain for wasm; what is missing is installed where ``allow`` agrees to the command that does it.

    ``say`` receives a status line before each slow or persistent step. Raises ``ToolchainError`` if there is none and
    none may or can be installed; its message ends with the command to run.
    """
    if os.environ.get("RUSTC") is None:
        _ensure_host_linker(say, allow)
    found = [compiler for compiler in compilers() if _is_new_enough(compiler, say)]
    toolchain = _ready(found) or _made_before(found) or _by_rustup(found, say, allow) or _from_source(found, say, allow)
    if toolchain is None and _by_apt(say, allow):
        installed = [compiler for compiler in compilers() if _is_new_enough(compiler, say)]
        toolchain = _ready(installed) or _from_source(installed, say, allow)
    if toolchain is None:
        raise ToolchainError(_advice(found, allow))
    return toolchain


def _is_new_enough(compiler: Compiler, say: StatusCallback) -> bool:
    if compiler.version >= OLDEST:
        return True
    oldest = ".".join(map(str, OLDEST))
    say(f"{compiler.rustc} is {compiler.fact('release')}; florecon needs {oldest} or later")
    return False


def _ready(found: list[Compiler]) -> Toolchain | None:
    for compiler in found:
        linker = compiler.linker()
        if compiler.has_wasm_std() and linker != "":
            return _toolchain(compiler, linker)
    return None


def _made_before(found: list[Compiler]) -> Toolchain | None:
    for compiler in found:
        linker = compiler.linker()
        if is_built(compiler) and linker != "":
            return _toolchain(compiler, linker, sysroot_path(compiler))
    return None


def _toolchain(compiler: Compiler, linker: str | None, sysroot: Path | None = None) -> Toolchain:
    env = {"RUSTC": str(compiler.rustc)}
    if linker:
        env["CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER"] = linker
    return Toolchain(compiler, (f"--sysroot={sysroot}",) if sysroot else (), env)


def _by_rustup(found: list[Compiler], say: StatusCallback, allow: Allow) -> Toolchain | None:
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo") / "bin" / "rustup"
    rustup = shutil.which("rustup") or (str(home) if home.exists() else None)
    if rustup is None or os.environ.get("RUSTC") or not allow(f"rustup target add {TARGET}"):
        return None
    say(f"rustup target add {TARGET}")
    if not _run([rustup, "target", "add", TARGET], say):
        return None
    return _ready(found or compilers())


def _from_source(found: list[Compiler], say: StatusCallback, allow: Allow) -> Toolchain | None:
    for compiler in found:
        if compiler.library_source() is None:
            continue
        linker = compiler.linker()
        if linker == "" and _apt_install([f"lld-{compiler.llvm}"], say, allow):
            linker = compiler.linker()
        if linker == "":
            say(f"{compiler.rustc} has no wasm linker: install lld-{compiler.llvm}")
            continue
        return _toolchain(compiler, linker, private_sysroot(compiler, linker, say))
    return None


# -- the system's packages


def _by_apt(say: StatusCallback, allow: Allow) -> bool:
    prefix = _as_root()
    if os.environ.get("RUSTC") or allow is never or prefix is None or shutil.which("apt-get") is None:
        return False
    if _apt_packages() is None:
        if not allow(" ".join([*prefix, "apt-get", "update"])):
            return False
        say("apt-get update")
        _run([*prefix, "apt-get", "update"], say)
    packages = _apt_packages()
    return packages is not None and _apt_install(list(packages), say, allow)


def _apt_packages() -> tuple[str, ...] | None:
    """The package set with a compiler that is new enough."""
    for packages in _APT_SETS:
        candidate = re.search(r"Candidate: (?:\d+:)?(\d+)\.(\d+)", output(["apt-cache", "policy", packages[0]]))
        if candidate and (int(candidate[1]), int(candidate[2])) >= OLDEST:
            return packages
    return None


def _apt_install(packages: list[str], say: StatusCallback, allow: Allow) -> bool:
    prefix = None if allow is never else _as_root()
    if prefix is None or shutil.which("apt-get") is None:
        return False
    command = [*prefix, "apt-get", "install", "-y", "--no-install-recommends", *packages]
    if not allow(" ".join(command)):
        return False
    say(" ".join(command))
    return _run(["env", "DEBIAN_FRONTEND=noninteractive", *command] if not prefix else command, say)


def _as_root() -> list[str] | None:
    """Command prefix to run as root without a prompt; None if impossible."""
    if _WINDOWS:
        return None
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return None


def _ensure_host_linker(say: StatusCallback, allow: Allow) -> None:
    """Macros that run at build time are linked for this machine: rustc calls ``cc``, and on Windows finds a linker."""
    if _WINDOWS or shutil.which("cc") or _apt_install(["gcc", "libc6-dev"], say, allow):
        return
    raise ToolchainError(refused("no C linker (`cc`), required by rustc", "sudo apt-get install gcc libc6-dev", allow))


def _run(command: list[str], say: StatusCallback) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_NETWORK_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        say(f"failed: {error}")
        return False
    if done.returncode != 0:
        tail = (done.stderr or done.stdout).strip().splitlines()[-1:]
        say(f"failed: {' '.join(tail)}")
    return done.returncode == 0


def refused(what: str, command: str, allow: Allow) -> str:
    """The message where something is missing: the command that installs it, or where none may, the one that asks."""
    if allow is never:
        return f"{what}. To fix it, run: {ENSURE} (it says what it will install, and asks)"
    return f"{what}. To fix it, run: {command}"


def _advice(found: list[Compiler], allow: Allow) -> str:
    have = ", ".join(f"{c.rustc} ({c.fact('release')}, no wasm library)" for c in found) or "no rustc"
    packages = _apt_packages()
    if shutil.which("rustup"):
        fix = f"rustup target add {TARGET}"
    elif packages:
        fix = f"sudo apt-get install {' '.join(packages)}"
    else:
        fix = f"{RUSTUP} -t {TARGET}"
    return refused(f"no compiler can build WebAssembly: {have}", fix, allow)


def main() -> int:
    """``python -m florecon_build.codegen.build.toolchain [--yes]``: prints the toolchain; ``--yes`` installs one."""
    try:
        toolchain = ensure(allow=always if "--yes" in sys.argv[1:] else never)
    except ToolchainError as error:
        _print(str(error))
        return 1
    compiler = toolchain.compiler
    extra = f", {toolchain.flags[0]}" if toolchain.flags else ""
    print(f"wasm compiler: {compiler.rustc} {compiler.fact('release')}{extra}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
