"""Agreement of the engine module and a compiled module: the same ledger through both, compared table by table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

import florecon_build as fb
from florecon_build.cli.console import timed
from florecon_build.cli.declared_sources import LedgerFiles, ledger
from florecon_build.cli.inputs import InputFormat
from florecon_build.cli.settings import Settings
from florecon_build.host import Workspace

TABLES = ("groups", "allocations", "rows", "stages")


@dataclass(frozen=True, slots=True)
class Agreement:
    """Rows that went through both, the tables that differ (none where the two agree), seconds of each."""

    rows: int
    differing: tuple[str, ...]
    seconds: dict[str, float]

    @property
    def equal(self) -> bool:
        """Whether the two report the same."""
        return not self.differing


def on_sample(plugin: fb.Plugin, wasm: Path, project: Settings) -> Agreement | None:
    """Compares both on the sample of a project, or on its declared sources; None where it has neither."""
    files = LedgerFiles(
        tuple(project.sample), InputFormat(project.columns, project.text_amounts), project.folder, project.sources
    )
    if not files.data and not files.sources:
        return None
    seconds: dict[str, float] = {}
    with Workspace(plugin) as engine, Workspace(wasm) as compiled:
        table = ledger(files.read(compiled.about))
        with timed(seconds, "engine"):
            by_engine = _report(engine, table)
        with timed(seconds, "compiled"):
            by_module = _report(compiled, table)
    differing = tuple(name for name in TABLES if not by_engine[name].equals(by_module[name]))
    return Agreement(table.num_rows, differing, seconds)


def _report(workspace: Workspace, table: pa.Table) -> dict[str, pa.Table]:
    workspace.upsert(table)
    report = workspace.solve()
    return {name: getattr(report, name) for name in TABLES}
