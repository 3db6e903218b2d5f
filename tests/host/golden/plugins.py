"""Plugins of the golden vectors: one with integer ids, one with text ids, otherwise equal."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import florecon_build as fb
from florecon_build.codegen.build.native import build_native
from florecon_build.codegen.build.paths import cache_dir, runtime_dir, runtime_hash
from florecon_build.codegen.build.wasm import build_wasm
from florecon_build.codegen.rust.crate import emit
from florecon_build.ir.json_format import fingerprint
from florecon_build.ir.nodes import PluginIr


def plugin(textual: bool) -> fb.Plugin:
    """The ledger and its strategy: every verb has something to act on, and every error of a solve can be had."""
    row = fb.columns(
        row_id=fb.text(id=True) if textual else fb.integer(id=True),
        account=fb.text(),
        reference=fb.text(nullable=True),
        amount=fb.money(scale=2, display=True),
        day=fb.date(),
        rate=fb.real(),
        open=fb.boolean(),
    )
    slack = fb.param("slack", 100, doc="cents that an account may be off by")
    window = fb.param("window", 10, doc="days that two lines may lie apart")
    weight = fb.param("weight", 1.0, doc="the cost of a day")
    strategy = fb.seq(
        fb.labeled("reference", fb.exact_1to1(key=(row.account, row.reference))),
        fb.agg_net(key=row.account, tol=fb.abs_tol(slack)),
        fb.when(
            row.open,
            fb.flow(
                penalty=1000.0,
                order=row.day,
                window=window,
                cost=lambda a, b: weight * fb.gap(a.day, b.day) / b.rate,
            ),
        ),
        fb.soak_small(5, origin="write_off"),
    )
    name = "test.golden.text" if textual else "test.golden.integer"
    return fb.Plugin(name, "1.0.0", rows=row, numeraire=row.amount, strategy=strategy)


PLUGINS = {"integer": plugin(False), "text": plugin(True)}


@dataclass(frozen=True, slots=True)
class Built:
    """A plugin in its three forms."""

    ir: PluginIr
    wasm: Path
    native: Path


def built(name: str) -> Built:
    """Compiles a plugin, or finds it compiled, kept by content like the suites."""
    ir = PLUGINS[name].data
    crate = emit(ir, fingerprint(ir))
    digest = hashlib.sha256(runtime_hash(runtime_dir()).encode())
    for file, text in sorted(crate.files.items()):
        digest.update(f"{file}\0{text}\0".encode())
    folder = cache_dir() / "suites" / digest.hexdigest()[:24]
    if not (folder / "solver.wasm").is_file():
        build_wasm(ir, fingerprint(ir), folder, profile="quick")
    return Built(ir, folder / "solver.wasm", build_native(crate))
