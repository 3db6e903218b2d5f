"""Build: cargo workspace, reproducible modules, and errors attributed to the author's source."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from pathlib import Path

import pytest

from florecon_build.codegen import GeneratedCodeError, emit
from florecon_build.codegen.build import wasm
from florecon_build.codegen.build.cargo_workspace import workspace
from florecon_build.codegen.build.check import check
from florecon_build.codegen.build.environment import user_cargo_home
from florecon_build.codegen.build.paths import runtime_dir, runtime_files
from florecon_build.codegen.build.wasm import IR_SECTION, build_wasm
from florecon_build.codegen.build.wasm_sections import section, with_section
from florecon_build.codegen.rust.crate import Crate, cargo_toml
from florecon_build.codegen.version import VERSION
from tests.codegen.strategies import intercompany, smallest

HOSTILE = """\
[build]
rustc-wrapper = "/bin/false"
rustflags = ["--cfg", "evil"]
[profile.quick]
opt-level = 3
[target.wasm32-unknown-unknown]
rustflags = ["-Copt-level=0"]
linker = "/bin/false"
[env]
RUSTC_BOOTSTRAP = "1"
"""
VARIABLES = {
    "RUSTC_WRAPPER": "/bin/false",
    "RUSTC_WORKSPACE_WRAPPER": "/bin/false",
    "CARGO_BUILD_RUSTC_WRAPPER": "/bin/false",
    "RUSTFLAGS": "--cfg evil",
    "CARGO_ENCODED_RUSTFLAGS": "--cfg\x1fevil",
    "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS": "-Copt-level=0",
    "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER": "/bin/false",
    "CARGO_PROFILE_QUICK_OPT_LEVEL": "3",
    "CARGO_INCREMENTAL": "1",
    "RUSTC_BOOTSTRAP": "1",
}
"""What was seen to change a module, or what its manifest said."""


@pytest.mark.cargo
def test_rejected_closure_names_source_line_and_node() -> None:
    plugin = intercompany()
    crate = emit(plugin.data, plugin.fingerprint)
    text = crate.files["src/lib.rs"]
    broken = text.replace("|item: Item<'_, Row>| item.row.gl_date", "|item: Item<'_, Row>| item.row.nothing")
    assert broken != text
    broken = broken.replace("text::sorted_pair(&company, &icp)", "text::sorted_pair(&company, icp)")
    with pytest.raises(GeneratedCodeError) as caught:
        check({"refused": dataclasses.replace(crate, files={**crate.files, "src/lib.rs": broken})})
    said = {rejection.node: rejection.author for rejection in caught.value.rejections}
    lane, order = "lane pair", "partition_by > seq[1] > exact_1to1.order"
    assert set(said) == {lane, order}
    assert str(said[order]).endswith("row.gl_date")
    assert str(said[lane]).endswith("fb.sorted_pair(row.company, row.icp)")
    assert all("strategies.py:" in str(author) for author in said.values())
    assert f"in {order}" in str(caught.value)
    assert "bug in florecon-build" in str(caught.value)


@pytest.mark.cargo
def test_build_is_reproducible_in_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second has a cache, a workspace, a target directory, a cargo home, a locale, a time zone and a umask of its
    own, as another user has: only the compiler is shared, and the sources of the dependencies. Whatever can be said to
    cargo and rustup around it asks for another compilation, through a wrapper that fails.
    """
    plugin = intercompany()
    warm = build_wasm(plugin.data, plugin.fingerprint, tmp_path / "warm", profile="quick")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a longer place" / "cache"))
    monkeypatch.setenv("CARGO_TARGET_DIR", str(tmp_path / "a longer place" / "target"))
    home = tmp_path / "home of somebody else" / ".cargo"
    home.mkdir(parents=True)
    (home / "registry").symlink_to(user_cargo_home() / "registry")
    monkeypatch.setenv("CARGO_HOME", str(home))
    for folder in (tmp_path, tmp_path / "a longer place" / "cache", home.parent):
        (folder / ".cargo").mkdir(parents=True, exist_ok=True)
        (folder / ".cargo" / "config.toml").write_text(HOSTILE)
    (tmp_path / "rust-toolchain.toml").write_text('[toolchain]\nchannel = "1.1.0"\n')
    monkeypatch.chdir(tmp_path)
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    usual = os.umask(0o077)
    try:
        cold = build_wasm(plugin.data, plugin.fingerprint, tmp_path / "cold", profile="quick")
    finally:
        os.umask(usual)
    assert warm.wasm.read_bytes() == cold.wasm.read_bytes()
    assert warm.manifest.read_text(encoding="utf-8") == cold.manifest.read_text(encoding="utf-8")
    wasm, manifest = cold.wasm.read_bytes(), json.loads(cold.manifest.read_text(encoding="utf-8"))
    assert str(tmp_path).encode() not in wasm
    assert manifest["wasm"] == {"sha256": hashlib.sha256(wasm).hexdigest(), "bytes": len(wasm)}
    assert manifest["fingerprint"] == plugin.fingerprint
    assert IR_SECTION.encode() in wasm
    assert not any(str(tmp_path) in flag for flag in manifest["flags"])


def test_cargo_workspace_adds_members_to_the_runtime(tmp_path: Path) -> None:
    plugin = smallest()
    crates = {"plugin": emit(plugin.data, plugin.fingerprint)}
    space = workspace(tmp_path / "w", runtime_dir(), crates)
    lock = (space.root / "Cargo.lock").read_text()
    assert '"plugin"]' in (space.root / "Cargo.toml").read_text()
    assert f"content-{space.runtime[:16]}" in (space.root / "florecon" / "Cargo.toml").read_text()
    assert lock.count('name = "acme-smallest-solver"') == 1
    before = {path: path.stat().st_mtime_ns for path in space.root.rglob("*") if path.is_file()}
    again = workspace(tmp_path / "w", runtime_dir(), crates)
    after = {path: path.stat().st_mtime_ns for path in again.root.rglob("*") if path.is_file()}
    assert before == after, "an unchanged file was written again, and cargo would compile it again"


@pytest.mark.cargo
def test_two_runtimes_over_one_target_folder_stay_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cargo took the library of the runtime compiled last, and the module of the crate compiled last."""
    runtimes = {number: _runtime(tmp_path / f"runtime-{number}", number) for number in (1, 2)}
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CARGO_TARGET_DIR", str(tmp_path / "target"))
    modules: dict[tuple[int, str], bytes] = {}
    for number, package in [(1, "a-solver"), (2, "b-solver"), (1, "a-solver"), (2, "a-solver"), (1, "a-solver")]:
        monkeypatch.setattr(wasm, "runtime_dir", lambda number=number: runtimes[number])
        source = '#[unsafe(no_mangle)]\npub extern "C" fn f() -> usize { florecon::number() }\n'
        crate = Crate({"Cargo.toml": cargo_toml(package), "src/lib.rs": source}, package, "", {})
        made = wasm.compile_crate(crate, profile="quick").wasm
        assert modules.setdefault((number, package), made) == made
    assert modules[1, "a-solver"] != modules[2, "a-solver"]


def _runtime(folder: Path, number: int) -> Path:
    """A workspace as the runtime's, of a library that says its number."""
    files = {
        "Cargo.toml": '[workspace]\nresolver = "3"\nmembers = ["florecon"]\n',
        "Cargo.lock": 'version = 4\n\n[[package]]\nname = "florecon-runtime"\nversion = "0.1.0"\n',
        "florecon/Cargo.toml": '[package]\nname = "florecon-runtime"\nversion = "0.1.0"\nedition = "2024"\n\n'
        '[lib]\nname = "florecon"\n',
        "florecon/src/lib.rs": f"pub fn number() -> usize {{\n    {number}\n}}\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_runtime_files_are_sources_only() -> None:
    names = {path.as_posix() for path in runtime_files(runtime_dir())}
    assert {"Cargo.toml", "Cargo.lock", "florecon/Cargo.toml", "florecon/src/lib.rs"} <= names
    assert not any("target/" in name for name in names)


def test_custom_section_round_trip() -> None:
    wasm = with_section(b"\0asm\1\0\0\0", "n", b"x" * 200)
    assert wasm[8:12] == bytes([0, 0xCA, 0x01, 1])
    assert wasm[12:13] == b"n"
    assert section(wasm, "n") == b"x" * 200
    assert wasm.endswith(b"x" * 200)


def test_package_and_runtime_versions_are_equal() -> None:
    root = Path(__file__).parents[3]
    assert f'version = "{VERSION}"' in (root / "pyproject.toml").read_text()
    assert f'version = "{VERSION}"' in (runtime_dir() / "Cargo.toml").read_text()
    assert 'florecon = { package = "florecon-runtime", path = "../florecon" }' in cargo_toml("acme")
