"""Engine build: from the runtime's source to ``engine.wasm``, which runs a strategy without compiling it.

    python -m florecon_build.codegen.build.engine

Does nothing where the module is there and its source is what it was built from. The build is reproducible: one source
and one compiler give the same bytes on every machine.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from florecon_build.codegen.build.cargo import run_cargo, target_dir
from florecon_build.codegen.build.cargo_workspace import workspace
from florecon_build.codegen.build.file_lock import locked
from florecon_build.codegen.build.paths import ENGINE_CRATE, cache_dir, runtime_dir, runtime_files, runtime_hash
from florecon_build.codegen.build.rustc import TARGET, Toolchain
from florecon_build.codegen.build.sysroot import StatusCallback
from florecon_build.codegen.build.toolchain import Allow, ensure, never
from florecon_build.codegen.build.wasm import wasm_flags
from florecon_build.codegen.build.wasm_sections import with_section
from florecon_build.codegen.errors import BuildError
from florecon_build.codegen.version import VERSION

PACKAGE = "florecon-engine"
SECTION = "florecon.build"
MODULE = Path(__file__).resolve().parents[2] / "engine.wasm"


def build_engine(module: Path = MODULE, say: StatusCallback = lambda _: None, allow: Allow = never) -> Path:
    """Compiles the engine module to ``module``, or takes it from the cache of earlier builds.

    Its manifest, with its hash and size, is written beside it as ``engine.json``.

    Raises ``ToolchainError`` or ``BuildError``.
    """
    toolchain = ensure(say, allow)
    kept = cache_dir() / "engine" / f"{_key(toolchain)}.wasm"
    if not kept.is_file():
        wasm = _compile(toolchain, say)
        kept.parent.mkdir(parents=True, exist_ok=True)
        scratch = kept.with_suffix(".part")
        scratch.write_bytes(wasm)
        scratch.replace(kept)
    content = kept.read_bytes()
    manifest = json.dumps({"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}) + "\n"
    for path, wanted in ((module, content), (module.with_suffix(".json"), manifest.encode())):
        if not path.is_file() or path.read_bytes() != wanted:
            path.write_bytes(wanted)
    return module


def _key(toolchain: Toolchain) -> str:
    """Hash of all that the module is made from."""
    root = runtime_dir()
    digest = hashlib.sha256(f"{VERSION}\0{toolchain.compiler.key}\0{wasm_flags(toolchain)}\0".encode())
    for path in runtime_files(root):
        if {"tests", "benches", "plugins"}.isdisjoint(path.parts):
            content = (root / path).read_bytes()
            digest.update(f"{path.as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()[:32]


def _compile(toolchain: Toolchain, say: StatusCallback) -> bytes:
    base = cache_dir() / "work" / f"{runtime_hash(runtime_dir())[:16]}"
    with locked(base.with_suffix(".lock")), locked(target_dir(toolchain.compiler) / "florecon.lock"):
        space = workspace(base, runtime_dir(), {})
        say(f"compiling the engine module for {TARGET}, once")
        args = ["build", "--target", TARGET, "--profile", "release", "--package", PACKAGE]
        made = run_cargo(toolchain.compiler, space, args, flags=wasm_flags(toolchain), env=toolchain.env, say=say)
        wasm = [path for path in made if path.suffix == ".wasm"]
        if not wasm:
            raise BuildError(f"cargo built no .wasm file of {ENGINE_CRATE}")
        provenance = {"generator": VERSION, "runtime": {"version": VERSION, "sha256": space.runtime}}
        return with_section(wasm[-1].read_bytes(), SECTION, json.dumps(provenance, sort_keys=True).encode())


def main() -> int:
    """Builds the engine module of this installation."""
    build_engine(say=lambda line: print(f"engine: {line}", file=sys.stderr, flush=True))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
