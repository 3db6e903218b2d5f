"""Content check of the sdist and the wheel: required and forbidden files."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.metadata import Metadata
from packaging.utils import parse_sdist_filename, parse_wheel_filename

from florecon_build.codegen.build.paths import runtime_files
from florecon_build.codegen.version import VERSION

LICENSES = ("LICENSE-MIT", "LICENSE-APACHE")
RUNTIME_TESTS = {"tests", "benches"}
STRAY = re.compile(r"__pycache__|\.py[co]$|\.so$|\.orig$|(^|/)target/|\.DS_Store|(^|/)\.(venv|cache|git)(/|$)")


def check_wheel(path: Path, root: Path) -> Iterator[str]:
    """What is wrong with a wheel; nothing where it is right."""
    name, version, _, tags = parse_wheel_filename(path.name)
    if (name, str(version)) != ("florecon-build", VERSION):
        yield f"{path.name}: named {name} {version}, the code is {VERSION}"
    if {str(tag) for tag in tags} != {"py3-none-any"}:
        yield f"{path.name}: not universal"
    with zipfile.ZipFile(path) as archive:
        files = {entry: archive.read(entry) for entry in archive.namelist()}
    info = f"florecon_build-{version}.dist-info"
    yield from _metadata(path.name, files[f"{info}/METADATA"])
    yield from _record(path.name, files, f"{info}/RECORD")
    wanted = {f"florecon_build/{file}" for file in _package_files(root)}
    wanted |= {f"florecon_build/_runtime/{file}" for file in _runtime_files(root)}
    wanted |= {f"florecon_build/_examples/{p.parent.name}/{p.name}" for p in (root / "examples").glob("*/sample.csv")}
    wanted |= {f"{info}/licenses/{name}" for name in LICENSES}
    yield from (f"{path.name}: {file} is missing" for file in sorted(wanted - set(files)))
    yield from _engine(path.name, files)
    yield from _strays(path.name, files)
    if b"florecon-build = florecon_build.cli.app:main" not in files.get(f"{info}/entry_points.txt", b""):
        yield f"{path.name}: no command florecon-build"


def _engine(name: str, files: dict[str, bytes]) -> Iterator[str]:
    """The engine module is there, and is the one that its manifest says."""
    module, manifest = files.get("florecon_build/engine.wasm"), files.get("florecon_build/engine.json")
    if module is None or manifest is None:
        yield f"{name}: no engine module and manifest; run make setup"
    elif json.loads(manifest) != {"sha256": hashlib.sha256(module).hexdigest(), "bytes": len(module)}:
        yield f"{name}: the engine module is not the one of its manifest"


def check_sdist(path: Path, root: Path) -> Iterator[str]:
    """What is wrong with an sdist."""
    name, version = parse_sdist_filename(path.name)
    if (name, str(version)) != ("florecon-build", VERSION):
        yield f"{path.name}: named {name} {version}, the code is {VERSION}"
    with tarfile.open(path) as archive:
        files = {entry.name.partition("/")[2]: entry for entry in archive.getmembers() if entry.isfile()}
        pkg_info = archive.extractfile(files["PKG-INFO"])
        yield from _metadata(path.name, pkg_info.read() if pkg_info else b"")
    wanted = {f"florecon_build/{file}" for file in _package_files(root)}
    wanted |= {f"rust_runtime/{file}" for file in _runtime_files(root)}
    wanted |= {*LICENSES, "README.md", "pyproject.toml", "setup.py"}
    yield from (f"{path.name}: {file} is missing" for file in sorted(wanted - set(files)))
    yield from _strays(path.name, files)


def _package_files(root: Path) -> list[str]:
    folder = root / "florecon_build"
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return [path.relative_to(folder).as_posix() for path in found]


def _runtime_files(root: Path) -> list[str]:
    """What a plugin is built from: all of the runtime but its own tests."""
    files = runtime_files(root / "rust_runtime")
    return [path.as_posix() for path in files if RUNTIME_TESTS.isdisjoint(path.parts)]


def _metadata(name: str, text: bytes) -> Iterator[str]:
    """As an index would refuse it."""
    try:
        said = Metadata.from_email(text, validate=True)
    except ExceptionGroup as error:
        yield from (f"{name}: {problem}" for problem in error.exceptions)
        return
    if said.description_content_type != "text/markdown" or not said.description:
        yield f"{name}: no README as its description"
    if said.license_expression != "MIT OR Apache-2.0" or set(said.license_files or ()) != set(LICENSES):
        yield f"{name}: the licence is not said"


def _record(name: str, files: dict[str, bytes], record: str) -> Iterator[str]:
    listed = {row[0]: row[1] for row in csv.reader(io.StringIO(files[record].decode()))}
    if set(listed) != set(files):
        yield f"{name}: RECORD does not list what is there: {sorted(set(listed) ^ set(files))[:3]}"
    for file, digest in listed.items():
        if file != record and digest != f"sha256={_digest(files.get(file, b''))}":
            yield f"{name}: {file} is not what RECORD says"


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _strays(name: str, files: Iterable[str]) -> Iterator[str]:
    yield from (f"{name}: {file} does not belong there" for file in files if STRAY.search(file))
