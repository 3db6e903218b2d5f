"""``cargo``, over the runtime's workspace, with the compiler that builds the plugins.

    scripts/cargo.py fmt --all --check

Where a tool is missing (a distribution ships rustfmt and clippy apart) the command that installs it is named; rustup's
own components are added.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from florecon_build.codegen.build.environment import cargo_home
from florecon_build.codegen.build.rustc import TARGET, Compiler
from florecon_build.codegen.build.toolchain import ensure
from florecon_build.codegen.build.wasm import wasm_flags

RUNTIME = Path(__file__).resolve().parent.parent / "rust_runtime"
# The tool a cargo command needs: its rustup component, and the Debian package that goes with rustc-web.
TOOLS = {"fmt": ("rustfmt", "rustfmt-web"), "clippy": ("clippy", "rust-web-clippy")}
COMPILING = ("build", "clippy", "test")


def works(cargo: Path, command: str) -> bool:
    """Whether ``cargo COMMAND`` is there."""
    return subprocess.run([cargo, command, "--version"], capture_output=True, check=False).returncode == 0


def install(command: str) -> str | None:
    """Installs what ``command`` needs; returns the advice where it cannot."""
    component, package = TOOLS[command]
    if shutil.which("rustup"):
        fix = ["rustup", "component", "add", component]
    else:
        return f"cargo {command} is missing; run: sudo apt-get install {package} (or: rustup component add {component})"
    print(" ".join(fix), flush=True)
    done = subprocess.run(fix, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else f"`{' '.join(fix)}` failed: {done.stderr.strip()[-300:]}"


def fetch(compiler: Compiler, env: dict[str, str]) -> None:
    """Fetches what is missing, with the user's configuration of cargo; what fails here, the compilation reports."""
    target = TARGET if TARGET in sys.argv else compiler.fact("host")
    at = sys.argv.index("--manifest-path") if "--manifest-path" in sys.argv else len(sys.argv)
    command = [compiler.cargo, "fetch", "--quiet", "--locked", "--target", target, *sys.argv[at : at + 2]]
    subprocess.run(command, cwd=RUNTIME, env=env, check=False)


def main() -> int:
    """Runs cargo with the arguments given."""
    toolchain = ensure(lambda _: None)
    compiler = toolchain.compiler
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command in TOOLS and not works(compiler.cargo, command):
        advice = install(command)
        if advice:
            print(advice, file=sys.stderr)
            return 1
    path = os.pathsep.join([str(compiler.cargo.parent), os.environ.get("PATH", "")])  # its own clippy and rustfmt
    env = {**os.environ, **toolchain.env, "PATH": path}
    env.pop("MAKEFLAGS", None)  # names the job server of make, which a process of Python does not pass on
    if command in COMPILING:  # as the generator has it, so that both find the dependencies that the other compiled
        fetch(compiler, env)
        env["CARGO_HOME"] = str(cargo_home())
    if TARGET in sys.argv:
        env["CARGO_ENCODED_RUSTFLAGS"] = "\x1f".join(wasm_flags(toolchain))
    return subprocess.run([compiler.cargo, *sys.argv[1:]], cwd=RUNTIME, env=env, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
