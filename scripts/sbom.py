"""A bill of materials of the wheel, as CycloneDX: what it is, what it needs, what it compiles into every solver."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
import uuid
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from florecon_build.codegen.version import VERSION
from scripts.licenses import crate_licenses, python_license

ROOT = Path(__file__).resolve().parent.parent


def write_sbom(wheel: Path, out: Path) -> Path:
    """Writes ``florecon_build.cdx.json``; returns its path. The same wheel gives the same text."""
    path = out / "florecon_build.cdx.json"
    path.write_text(json.dumps(sbom(wheel), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def sbom(wheel: Path) -> dict[str, Any]:
    """The bill of materials as data: CycloneDX 1.6."""
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    own = f"pkg:pypi/florecon-build@{VERSION}"
    needs = python_packages()
    crates = crate_packages()
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": "florecon-build",
                "version": VERSION,
                "purl": own,
                "licenses": [{"expression": "MIT OR Apache-2.0"}],
                "hashes": [{"alg": "SHA-256", "content": digest}],
            }
        },
        "components": [*needs, *crates],
        "dependencies": [{"ref": own, "dependsOn": [part["bom-ref"] for part in (*needs, *crates)]}],
    }


def python_packages() -> list[dict[str, Any]]:
    """Everything that an installation without extras brings, at the locked versions."""
    locked = dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^ \\]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    versions = {_canonical(name): version for name, version in locked.items()}
    return [
        _component("pypi", name, versions.get(name, metadata.version(name)), python_license(name))
        for name in sorted(_closure("florecon-build") - {"florecon-build"})
    ]


def _closure(name: str) -> set[str]:
    """A package and all that it needs, without extras."""
    found, waiting = set[str](), [name]
    while waiting:
        package = waiting.pop()
        if package in found:
            continue
        found.add(package)
        for text in metadata.requires(package) or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(_canonical(requirement.name))
    return found


def crate_packages() -> list[dict[str, Any]]:
    """The crates of the runtime's lock file that are compiled into a solver."""
    said = crate_licenses()
    lock = tomllib.loads((ROOT / "rust_runtime" / "Cargo.lock").read_text())
    checksums = {(crate["name"], crate["version"]): crate.get("checksum") for crate in lock["package"]}
    made: list[dict[str, Any]] = []
    for (name, version), license_ in sorted(said.items()):
        part = _component("cargo", name, version, license_)
        checksum = checksums.get((name, version))
        made.append(part | ({"hashes": [{"alg": "SHA-256", "content": checksum}]} if checksum else {}))
    return made


def _component(kind: str, name: str, version: str, license_: str) -> dict[str, Any]:
    purl = f"pkg:{kind}/{name}@{version}"
    said = {"licenses": [{"expression": license_}]} if license_ else {}
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl, **said}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
