"""Toolchain discovery, with scripts in place of compilers."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

from florecon_build.codegen.build import toolchain as tools
from florecon_build.codegen.build.rustc import TARGET, compilers
from florecon_build.codegen.errors import ToolchainError

ABOUT = """rustc {release} (abc 2026-01-01)
host: x86_64-unknown-linux-gnu
release: {release}
LLVM version: 22.1.2
"""


def script(path: Path, text: str) -> None:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


class Machine:
    """A machine whose only compilers are the given ones, that can install nothing."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.said: list[str] = []
        self.bin = root / "bin"
        self.bin.mkdir(parents=True)
        script(self.bin / "cc", "exit 0")
        for name in ("RUSTC", "CARGO", "CARGO_HOME"):
            monkeypatch.delenv(name, raising=False)
        for tool in ("cat", "touch"):
            (self.bin / tool).symlink_to(shutil.which(tool) or tool)
        monkeypatch.setenv("PATH", str(self.bin))
        monkeypatch.setenv("HOME", str(root))
        monkeypatch.setenv("XDG_CACHE_HOME", str(root / "cache"))
        monkeypatch.setattr(tools, "_as_root", lambda: None)
        monkeypatch.setattr("florecon_build.codegen.build.rustc.SYSTEM", root / "usr" / "bin")

    def compiler(
        self, release: str = "1.95.0", *, wasm: bool = False, linker: bool = True, source: bool = False
    ) -> None:
        """Puts a rustc on the path."""
        sysroot = self.root / "sysroot"
        libs = sysroot / "lib" / "rustlib" / TARGET / "lib"
        libs.mkdir(parents=True)
        if wasm:
            (libs / "libstd-1.rlib").touch()
        if linker:
            script(sysroot / "lib" / "rustlib" / "x86_64-unknown-linux-gnu" / "bin" / "rust-lld", "")
        if source:
            std = sysroot / "lib" / "rustlib" / "src" / "rust" / "library" / "std"
            std.mkdir(parents=True)
            (std / "Cargo.toml").touch()
        about = ABOUT.format(release=release)
        answers = f"""case "$*" in
-vV) cat <<'X'
{about}X
;;
*target-libdir*) echo {libs} ;;
*sysroot*) echo {sysroot} ;;
esac"""
        script(self.bin / "rustc", answers)
        script(self.bin / "cargo", "exit 1")

    def ensure(self, allow: tools.Allow = tools.always) -> tools.Toolchain:
        """What ``ensure`` finds here, or may install."""
        return tools.ensure(self.said.append, allow)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path / "machine", monkeypatch)


def test_compiler_with_wasm_library_is_used_without_output(machine: Machine) -> None:
    machine.compiler(wasm=True)
    found = machine.ensure()
    assert found.compiler.rustc == machine.bin / "rustc"
    assert found.flags == ()
    assert machine.said == []


def test_linker_of_the_same_llvm_version_is_configured(machine: Machine) -> None:
    machine.compiler(wasm=True, linker=False)
    script(machine.bin / "wasm-ld-22", "")
    assert machine.ensure().env["CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER"] == "wasm-ld-22"


def test_rustup_target_is_tried_before_a_source_build(machine: Machine) -> None:
    machine.compiler()
    std = machine.root / "sysroot" / "lib" / "rustlib" / TARGET / "lib" / "libstd-1.rlib"
    script(machine.bin / "rustup", f"touch {std}")
    assert machine.ensure().flags == ()
    assert machine.said == [f"rustup target add {TARGET}"]


def test_nothing_is_installed_unless_it_may_be(machine: Machine) -> None:
    asked: list[str] = []
    machine.compiler()
    for tool in ("rustup", "apt-get", "sudo"):
        script(machine.bin / tool, f"touch {machine.root}/installed")
    script(machine.bin / "apt-cache", "echo '  Candidate: 1.90.0'")
    with pytest.raises(ToolchainError, match=r"To fix it, run: florecon-build toolchain ensure \(it says what"):
        machine.ensure(tools.never)
    assert not (machine.root / "installed").exists()
    with pytest.raises(ToolchainError, match=r"To fix it, run: rustup target add"):
        machine.ensure(lambda command: asked.append(command) is not None)
    assert asked[0] == f"rustup target add {TARGET}"
    assert machine.said == []


def test_failing_rustup_reports_the_command(machine: Machine) -> None:
    machine.compiler()
    script(machine.bin / "rustup", "echo 'error: could not download' >&2; exit 1")
    with pytest.raises(ToolchainError, match=f"To fix it, run: rustup target add {TARGET}"):
        machine.ensure()
    assert machine.said[-1] == "failed: error: could not download"


def test_existing_sysroot_is_reused(machine: Machine) -> None:
    machine.compiler(source=True)
    script(machine.bin / "rustup", "exit 1")
    libs = machine.root / "cache" / "florecon-build" / f"sysroot-{compilers()[0].key}" / "lib" / "rustlib" / TARGET
    (libs / "lib").mkdir(parents=True)
    (libs / "lib" / "libstd-1.rlib").touch()
    assert machine.ensure().flags == (f"--sysroot={libs.parents[2]}",)
    assert machine.said == []


def test_old_compiler_is_reported_and_skipped(machine: Machine) -> None:
    machine.compiler("1.63.0", wasm=True)
    with pytest.raises(ToolchainError, match="To fix it"):
        machine.ensure()
    assert machine.said[0].endswith("is 1.63.0; florecon needs 1.89 or later")


def test_missing_compiler(machine: Machine) -> None:
    with pytest.raises(ToolchainError, match=r"no rustc\. To fix it, run: "):
        machine.ensure()


def test_missing_c_linker_is_reported_first(machine: Machine) -> None:
    machine.compiler(wasm=True)
    (machine.bin / "cc").unlink()
    with pytest.raises(ToolchainError, match="no C linker"):
        machine.ensure()


def test_windows_needs_no_c_linker_on_the_path_and_installs_nothing(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("PATH", str(machine.bin))
    monkeypatch.setenv("HOME", str(machine.root))
    monkeypatch.delenv("RUSTC", raising=False)
    monkeypatch.delenv("CARGO_HOME", raising=False)
    monkeypatch.setattr("florecon_build.codegen.build.rustc.SYSTEM", machine.root / "usr" / "bin")
    monkeypatch.setattr(tools, "_WINDOWS", True)
    monkeypatch.delattr("os.geteuid")
    (machine.bin / "cc").unlink()
    with pytest.raises(ToolchainError, match=r"no rustc\. To fix it, run: "):
        machine.ensure()
    machine.compiler(wasm=True)
    assert machine.ensure().compiler.rustc == machine.bin / "rustc"
    assert machine.said == []
