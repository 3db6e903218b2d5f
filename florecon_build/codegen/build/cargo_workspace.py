"""Cargo workspace of a build: the runtime's own, with the generated crate as one more member.

A workspace is kept per version of the runtime's source, so that the runtime is compiled once, and its lock file is the
runtime's with the generated crate written in: cargo resolves nothing anew.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from florecon_build.codegen.build.paths import runtime_files, runtime_hash
from florecon_build.codegen.errors import BuildError
from florecon_build.codegen.rust.crate import PACKAGE_VERSION, Crate

MEMBER = "plugin"
_LIBRARY = Path("florecon/Cargo.toml")

# Released modules use optimisation level 2: 16 kB smaller than 3, and as fast (measured: intercompany, 50,000 rows).
# Dependencies use level 3, as the runtime's manifest says, shared with hand-written plugins. Those that a quick build
# links and never calls are not optimised there.
_PROFILES = """
[profile.quick]
inherits = "release"
opt-level = 1
lto = "off"
codegen-units = 16
incremental = false
strip = "none"

[profile.quick.package]
"*".opt-level = 1
arrow-cmp.opt-level = 0
arrow-select.opt-level = 0

[profile.author]
inherits = "release"
opt-level = 3
lto = false
codegen-units = 16
strip = "none"
"""


@dataclass(frozen=True, slots=True)
class Workspace:
    """Cargo workspace on disk: root folder, hash of the runtime, generated crates by member folder."""

    root: Path
    runtime: str
    crates: Mapping[str, Crate]


def workspace(root: Path, runtime: Path, crates: Mapping[str, Crate]) -> Workspace:
    """Creates or updates a workspace of the runtime and ``crates``; writes only files that differ."""
    root.mkdir(parents=True, exist_ok=True)
    digest = runtime_hash(runtime)
    for path in runtime_files(runtime):
        if path == _LIBRARY:
            _write(root / path, _with_identity((runtime / path).read_text(), digest))
        elif path.name not in ("Cargo.toml", "Cargo.lock") or len(path.parts) > 1:
            _copy(runtime / path, root / path)
    manifest = (runtime / "Cargo.toml").read_text()
    _write(root / "Cargo.toml", _with_members(manifest, crates))
    _write(root / "Cargo.lock", _with_locked((runtime / "Cargo.lock").read_text(), crates.values()))
    for member, crate in crates.items():
        for name, text in crate.files.items():
            _write(root / member / name, text)
    return Workspace(root, digest, crates)


def _copy(source: Path, target: Path) -> None:
    if target.is_file() and target.read_bytes() == source.read_bytes():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _write(path: Path, text: str) -> None:
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.write_text(text, encoding="utf-8")
    scratch.replace(path)


def _with_identity(manifest: str, digest: str) -> str:
    """The manifest of the runtime's library with a feature of its content, on by default.

    Cargo names what it compiles by package, version and features, not by content or folder, and takes what is newer
    than the sources for up to date: two versions of the runtime over one target folder would take each other's library.
    """
    feature = f"content-{digest[:16]}"
    own = cast("dict[str, list[str]]", tomllib.loads(manifest).get("features", {}))
    features = own | {"default": [*own.get("default", []), feature], feature: []}
    lines = [f"{json.dumps(name)} = {json.dumps(parts)}" for name, parts in features.items()]
    rest = re.sub(r"^\[features\]\n(?:(?!\[).*\n?)*", "", manifest, flags=re.MULTILINE)
    return "\n".join([rest.rstrip(), "", "[features]", *lines, ""])


def _with_members(manifest: str, members: Iterable[str]) -> str:
    listed = re.search(r"^members = \[(.*?)\]", manifest, re.MULTILINE | re.DOTALL)
    if listed is None:
        raise BuildError("the runtime's Cargo.toml lists no workspace members")
    added = "".join(f', "{member}"' for member in members)
    changed = manifest[: listed.end(1)].rstrip().rstrip(",") + added + manifest[listed.end(1) :]
    return changed.replace("opt-level = 3", "opt-level = 2", 1).rstrip() + "\n" + _PROFILES


def _with_locked(lock: str, crates: Iterable[Crate]) -> str:
    """The runtime's lock file with an entry per generated crate, in cargo's order."""
    head, *packages = lock.split(_PACKAGE)
    for crate in crates:
        dependencies = 'dependencies = [\n "florecon-runtime",\n]'
        packages.append(f'name = "{crate.package}"\nversion = "{PACKAGE_VERSION}"\n{dependencies}')
    ordered = sorted((package.strip() for package in packages), key=_sort_key)
    return head + "\n\n".join(_PACKAGE + package for package in ordered) + "\n"


_PACKAGE = "[[package]]\n"


def _sort_key(package: str) -> tuple[str, tuple[int, ...]]:
    entry = tomllib.loads(package)
    numbers = re.findall(r"\d+", entry["version"].split("-")[0])
    return entry["name"], tuple(int(number) for number in numbers)
