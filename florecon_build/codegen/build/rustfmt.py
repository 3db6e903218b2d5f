"""Format check of generated Rust: ``rustfmt --check``."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from florecon_build.codegen.build.environment import root, variables
from florecon_build.codegen.build.rustc import output
from florecon_build.codegen.build.toolchain import ensure
from florecon_build.codegen.errors import GeneratedCodeError, Rejection


def check_format(files: Mapping[str, str]) -> str | None:
    """Runs ``rustfmt --check`` on a generated crate; returns ``rustfmt``, or None if it is not installed.

    Raises ``GeneratedCodeError`` with the first difference, which is a bug of the generator.
    """
    compiler = ensure(lambda _: None).compiler
    tool = Path(compiler.cargo).with_name("rustfmt")
    if not output([str(tool), "--version"]):
        return None
    with tempfile.TemporaryDirectory(prefix="florecon-format-") as name:
        for file in ("rustfmt.toml", "src/lib.rs"):
            path = Path(name) / file
            path.parent.mkdir(exist_ok=True)
            path.write_text(files[file], encoding="utf-8")
        source = Path(name) / "src" / "lib.rs"
        command = [str(tool), "--check", "--edition", "2024", "--config-path", name, str(source)]
        done = subprocess.run(command, cwd=root(), env=variables(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stdout or done.stderr).replace(f"{name}/", "")
        raise GeneratedCodeError((Rejection(message=f"rustfmt: {said}", file="src/lib.rs", line=1, author=None),))
    return "rustfmt"
