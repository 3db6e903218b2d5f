"""Supply chain: licences of dependencies, bill of materials, publishing workflow."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from scripts import licenses
from scripts.sbom import write_sbom

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.cargo
def test_every_licence_is_allowed() -> None:
    assert list(licenses.refused()) == []


def test_licence_list_equals_deny_toml() -> None:
    said = tomllib.loads((ROOT / "deny.toml").read_text())
    assert set(said["licenses"]["allow"]) == licenses.ALLOWED


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0", False),
        ("", False),
        ("MIT OR GPL-3.0", True),
        ("MIT AND GPL-3.0", False),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", True),
        ("(MIT OR Apache-2.0) AND GPL-3.0", False),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("MIT/Apache-2.0", True),
        ("(MIT", False),
        ("MIT Apache-2.0", False),
    ],
)
def test_licence_expression_has_an_allowed_choice(expression: str, allowed: bool) -> None:
    assert licenses.is_allowed(expression) is allowed


@pytest.mark.cargo
def test_bill_of_materials_lists_python_and_rust_dependencies(tmp_path: Path) -> None:
    wheel = tmp_path / "a.whl"
    wheel.write_bytes(b"wheel")
    said = json.loads(write_sbom(wheel, tmp_path).read_text())
    assert (said["bomFormat"], said["specVersion"]) == ("CycloneDX", "1.6")
    parts = {part["name"]: part for part in said["components"]}
    assert {"pyarrow", "wasmtime", "typer", "arrow-ipc", "serde_json"} <= set(parts)
    assert not {"pytest", "proptest", "ruff", "florecon-build"} & set(parts), "nothing that only develops it"
    assert all(part["licenses"] for part in parts.values())
    assert parts["serde_json"]["hashes"][0]["alg"] == "SHA-256"
    assert len(said["dependencies"][0]["dependsOn"]) == len(said["components"])
