"""Cargo invocation, and its JSON messages as errors located in the author's source."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from florecon_build.codegen.build.cargo_workspace import Workspace
from florecon_build.codegen.build.environment import (
    NEUTRAL,
    cargo_home,
    refuse_outer_configuration,
    root,
    variables,
)
from florecon_build.codegen.build.paths import cache_dir
from florecon_build.codegen.build.rustc import Compiler
from florecon_build.codegen.build.sysroot import StatusCallback
from florecon_build.codegen.errors import BuildError, GeneratedCodeError, Rejection

HELD = ("--locked", "--offline")
"""Every compilation is held to the lock file, and takes nothing from a network."""


def target_dir(compiler: Compiler) -> Path:
    """Cargo's target folder: ``$CARGO_TARGET_DIR``, or one per compiler in the cache."""
    given = os.environ.get("CARGO_TARGET_DIR")
    return Path(given).absolute() if given else cache_dir() / f"target-{compiler.key}"


def run_cargo(
    compiler: Compiler,
    workspace: Workspace,
    args: list[str],
    *,
    flags: tuple[str, ...] = (),
    env: Mapping[str, str] | None = None,
    deny_warnings: bool = False,
    say: StatusCallback | None = None,
) -> list[Path]:
    """Runs ``cargo ARGS`` over the workspace, offline, in an environment of its own; returns the artifacts' paths.

    ``say`` is told what is being compiled and how many crates remain, at most every few seconds. Packages that are
    missing are fetched first, with the user's configuration. Raises ``GeneratedCodeError`` if a generated crate is
    rejected, ``BuildError`` for any other failure.
    """
    refuse_outer_configuration()
    settings = {
        **NEUTRAL,
        "CARGO_HOME": str(cargo_home()),
        "CARGO_TARGET_DIR": str(target_dir(compiler)),
        "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(flags),
        "PATH": os.pathsep.join([str(compiler.cargo.parent), os.environ.get("PATH", "")]),
        "RUSTC": str(compiler.rustc),
        **(env or {}),
    }
    manifest = ["--manifest-path", str(workspace.root / "Cargo.toml")]
    command = [str(compiler.cargo), *args, *manifest, "--message-format=json", *HELD]
    if deny_warnings and args[0] == "clippy":
        command += ["--", "--deny", "warnings"]
    elif deny_warnings:
        command += ["--config", "build.warnings='deny'"]
    if say is not None:
        # cargo draws its progress where it is told to; otherwise only on a terminal
        settings |= {"CARGO_TERM_PROGRESS_WHEN": "always", "CARGO_TERM_PROGRESS_WIDTH": "200"}
    done = _run(command, variables(settings), say)
    if done.code != 0 and not any(_is_of_a_crate(message) for message in done.messages):
        # for every target: a build asks for packages that `cargo fetch --target` leaves out
        fetch = [str(compiler.cargo), "fetch", "--locked", *manifest]
        fetched = _run(fetch, {**os.environ, "RUSTC": str(compiler.rustc)}, None)
        if fetched.code != 0:
            why = f"{_why(done.log, done.messages)}\n{fetched.log[-2000:]}"
            raise BuildError(f"`{' '.join(command)}` failed:\n{why}")
        done = _run(command, variables(settings), say)
    messages = done.messages
    if done.code != 0:
        rejections = tuple(_rejections(messages, workspace))
        if rejections:
            raise GeneratedCodeError(rejections)
        raise BuildError(f"`{' '.join(command)}` failed:\n{_why(done.log, messages)}")
    return [Path(file) for message in messages for file in cast("list[str]", message.get("filenames", []))]


@dataclass(frozen=True, slots=True)
class _Done:
    """A finished run of cargo: exit code, messages, and what it wrote for people."""

    code: int
    messages: list[dict[str, Any]]
    log: str


def _run(command: list[str], env: dict[str, str], say: StatusCallback | None) -> _Done:
    with subprocess.Popen(command, cwd=root(), env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        log: list[str] = []
        reader = threading.Thread(target=_follow, args=(_pipe(process.stderr), log, say or _silent), daemon=True)
        reader.start()
        messages = list(_messages(_pipe(process.stdout).read().decode("utf-8", "replace")))
        reader.join()
    return _Done(process.returncode, messages, "".join(log))


def _is_of_a_crate(message: dict[str, Any]) -> bool:
    """Whether cargo came as far as compiling: nothing was missing."""
    return message.get("reason") in {"compiler-message", "compiler-artifact", "build-script-executed"}


_PROGRESS = re.compile(r"\s*Building \[[=> ]*\] (\d+)/(\d+)(?:: (.*))?")
_EVERY_SECONDS = 3.0


def _silent(_: str) -> None:
    """Tells nobody."""


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise BuildError("cargo has no output")
    return stream


def _follow(stderr: IO[bytes], log: list[str], say: StatusCallback) -> None:
    """Collects what cargo writes to ``log``, and tells ``say`` of its progress, which ends in carriage returns."""
    rest, last = "", 0.0
    while chunk := os.read(stderr.fileno(), 1 << 16):
        *lines, rest = re.split(r"[\r\n]", rest + chunk.decode("utf-8", "replace"))
        for line in lines:
            found = _PROGRESS.match(line)
            if found is None:
                log.append(line + "\n")
            elif found[3] and time.monotonic() - last > _EVERY_SECONDS:
                last = time.monotonic()
                remaining = int(found[2]) - int(found[1])
                crates = "1 crate remains" if remaining == 1 else f"{remaining} crates remain"
                say(f"compiling {found[3].strip()}: {crates} of {found[2]}")
    log.append(rest)


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
