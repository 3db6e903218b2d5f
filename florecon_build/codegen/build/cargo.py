"""Cargo invocation, and its JSON messages as errors located in the author's source."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from florecon_build.codegen.build.cargo_workspace import Workspace
from florecon_build.codegen.build.paths import cache_dir
from florecon_build.codegen.build.rustc import Compiler
from florecon_build.codegen.errors import BuildError, GeneratedCodeError, Rejection

_NOT_INHERITED = re.compile(r"RUSTFLAGS|CARGO_ENCODED_RUSTFLAGS|CARGO_BUILD_.*|CARGO_PROFILE_.*|RUSTC_BOOTSTRAP")


def target_dir(compiler: Compiler) -> Path:
    """Cargo's target folder: ``$CARGO_TARGET_DIR``, or one per compiler in the cache."""
    given = os.environ.get("CARGO_TARGET_DIR")
    return Path(given) if given else cache_dir() / f"target-{compiler.key}"


def cargo_home() -> Path:
    """Cargo's home folder, with the registry cache."""
    return Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")


def run_cargo(
    compiler: Compiler,
    workspace: Workspace,
    args: list[str],
    *,
    flags: tuple[str, ...] = (),
    env: Mapping[str, str] | None = None,
    deny_warnings: bool = False,
) -> list[Path]:
    """Runs ``cargo ARGS`` in the workspace; returns the paths of the artifacts.

    Raises ``GeneratedCodeError`` if a generated crate is rejected, ``BuildError`` for any other failure.
    """
    variables = {key: value for key, value in os.environ.items() if not _NOT_INHERITED.fullmatch(key)}
    variables |= {"CARGO_TARGET_DIR": str(target_dir(compiler)), **(env or {})}
    if flags:
        variables["CARGO_ENCODED_RUSTFLAGS"] = "\x1f".join(flags)
    command = [str(compiler.cargo), *args, "--message-format=json", "--locked"]
    if deny_warnings and args[0] == "clippy":
        command += ["--", "--deny", "warnings"]
    elif deny_warnings:
        command += ["--config", "build.warnings='deny'"]
    done = subprocess.run(command, cwd=workspace.root, env=variables, capture_output=True, text=True, check=False)
    messages = list(_messages(done.stdout))
    if done.returncode != 0:
        rejections = tuple(_rejections(messages, workspace))
        if rejections:
            raise GeneratedCodeError(rejections)
        raise BuildError(f"`{' '.join(command)}` failed:\n{_why(done.stderr, messages)}")
    return [Path(file) for message in messages for file in cast("list[str]", message.get("filenames", []))]


def _messages(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        if line.startswith("{"):
            yield json.loads(line)


def _rejections(messages: list[dict[str, Any]], workspace: Workspace) -> Iterator[Rejection]:
    for message in messages:
        said = message.get("message")
        if message.get("reason") != "compiler-message" or said is None or said["level"] != "error":
            continue
        spans = [span for span in said["spans"] if span["is_primary"]]
        member = Path(message["manifest_path"]).parent.name
        crate = workspace.crates.get(member)
        if crate is None or not spans:
            continue
        file, line = Path(spans[0]["file_name"]).as_posix(), int(spans[0]["line_start"])
        origin = crate.origin(file.removeprefix(f"{member}/"), line)
        author, place = (origin.author, origin.place) if origin else (None, None)
        yield Rejection(message=str(said["message"]), file=file, line=line, author=author, node=place)


def _why(stderr: str, messages: list[dict[str, Any]]) -> str:
    rendered = [str(m["message"]["rendered"]) for m in messages if m.get("message", {}).get("level") == "error"]
    return "".join(rendered)[:4000] or stderr[-4000:]
