"""Fuzzing targets: each parser of bytes from outside, with the errors that it may raise and what must hold otherwise.

A target returns or raises ``AssertionError``; any other exception is a finding as well.
"""

from __future__ import annotations

import contextlib
import functools
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import florecon_build as fb
from florecon_build.codegen import CodegenError, emit
from florecon_build.codegen.build import reproduce
from florecon_build.codegen.build.wasm import BUILD_SECTION, IR_SECTION
from florecon_build.codegen.build.wasm_sections import HEADER, with_section
from florecon_build.frontend.ir_validation import verify
from florecon_build.host import Workspace
from florecon_build.host.decisions import portable_file
from florecon_build.host.description import parse
from florecon_build.host.errors import FloreconError
from florecon_build.host.runtime.instance import Instance
from florecon_build.ir.tree_printer import tree
from tests.frontend.closure.fuzz import check
from tests.support.wat_modules import ROWS as WAT_ROWS
from tests.support.wat_modules import solver

COLUMNS = fb.columns(
    id=fb.integer(id=True), day=fb.date(nullable=True), memo=fb.text(nullable=True), amount=fb.money(scale=2)
)
PLUGIN = fb.Plugin("test.fuzzed", "1.0.0", rows=COLUMNS, numeraire=COLUMNS.amount, strategy=fb.exact_1to1())


def ir_json(content: bytes) -> None:
    """An IR is refused with a place, or is one that the builder makes too, and that prints as sound Rust."""
    try:
        plugin = fb.Plugin.from_ir(content)
    except fb.StrategyError:
        return
    assert fb.Plugin.from_ir(plugin.ir()).data == plugin.data
    assert tree(plugin.data).replace("\n", "").isprintable()
    for text in emit(plugin.data, plugin.fingerprint).files.values():
        assert text.replace("\n", "").isprintable()


def arrow(content: bytes) -> None:
    """Arrow is read, or refused with a typed error."""
    with contextlib.suppress(FloreconError):
        PLUGIN.simulate(content)


def describe(content: bytes) -> None:
    """What a module says of itself is checked before it is believed."""
    with contextlib.suppress(FloreconError):
        parse(content, "fuzzed")


@functools.cache
def _scripted() -> bytes:
    return solver()


def reply(content: bytes) -> None:
    """A reply of a module is an answer, a typed error of the wire, or breaks the contract."""
    for step in (_upsert, Workspace.solve, _explain, _groups, Workspace.snapshot):
        workspace = Workspace(_scripted())
        with mock.patch.object(Instance, "dispatch", return_value=content), contextlib.suppress(FloreconError):
            step(workspace)
        workspace.close()


def _upsert(workspace: Workspace) -> object:
    return workspace.upsert(WAT_ROWS)


def _explain(workspace: Workspace) -> object:
    return workspace.explain(1)


def _groups(workspace: Workspace) -> object:
    return workspace.report().groups


def portable(content: bytes) -> None:
    """A portable workspace file is read, or refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "workspace.json"
        path.write_bytes(content)
        with contextlib.suppress(FloreconError):
            portable_file.read(path, PLUGIN.description, {1: 500, 2: -500})


def closure(content: bytes) -> None:
    """The text of a closure is an expression that the builder makes too, or a located error."""
    check(content.decode("utf-8", "surrogateescape"))


def module(content: bytes) -> None:
    """The sections of a module and the claims of a manifest are refused before anything is built."""
    known = module_of(PLUGIN.ir().encode(), {"profile": "quick"})
    for wasm, claims in ((content, None), (known, content)):
        with (
            mock.patch.object(reproduce, "make", side_effect=CodegenError("not built here")),
            contextlib.suppress(CodegenError, fb.StrategyError),
        ):
            reproduce.verify(wasm, validate=verify, claims=claims)


def snapshot(content: bytes) -> None:
    """A snapshot is restored to a workspace that goes on, or refused; also one whose checksum was made anew."""
    for each in (content, sealed(content[:-8])):
        try:
            workspace = Workspace.restore(solver_module(), each)
        except FloreconError:
            continue
        try:
            with contextlib.suppress(FloreconError):
                workspace.solve()
                assert all(number > 0 for number in workspace.report().groups["group_id"].to_pylist())
        finally:
            workspace.close()


def sealed(body: bytes) -> bytes:
    """The bytes with the checksum of the runtime's codec behind them."""
    total = len(body)
    for at in range(0, len(body) - len(body) % 8 + 1, 8):
        word = int.from_bytes(body[at : at + 8].ljust(8, b"\0"), "little")
        mixed = ((total ^ word) * 0x9E3779B97F4A7C15) & (2**64 - 1)
        total = mixed ^ (mixed >> 29)
    return body + total.to_bytes(8, "little")


@functools.cache
def solver_module() -> Path:
    """A compiled module, for what is parsed inside of one."""
    from tests.host.conftest import build  # noqa: PLC0415 - it needs a compiler

    return build("starter")


@dataclass(frozen=True, slots=True)
class Target:
    """A parser under test. ``textual`` inputs are mutated by token, ``compiles`` ones need a compiled module."""

    run: Callable[[bytes], None]
    textual: bool = True
    compiles: bool = False


TARGETS = {
    "ir_json": Target(ir_json),
    "describe": Target(describe),
    "reply": Target(reply),
    "portable": Target(portable),
    "closure": Target(closure),
    "module": Target(module, textual=False),
    "arrow": Target(arrow, textual=False),
    "snapshot": Target(snapshot, textual=False, compiles=True),
}


def module_of(ir: bytes, made_by: object) -> bytes:
    """A module of two sections only."""
    return with_section(with_section(HEADER, BUILD_SECTION, json.dumps(made_by).encode()), IR_SECTION, ir)
