"""``Plugin``: a strategy as data, and the Rust and the wasm that are made from it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from florecon_build.ir.plugin import PluginData

if TYPE_CHECKING:
    from florecon_build.codegen import Artifact, Profile


class Plugin(PluginData):
    """A strategy under a name and a version, over the rows and the numeraire (the exact amount) that it reconciles.

    ``id`` is dotted words, ``version`` major.minor.patch; ``rows`` is what ``columns`` or ``derive`` gave,
    ``numeraire`` a money or integer lane that is never null. Raises ``StrategyError`` naming every mistake of the
    assembled tree.

    >>> import florecon_build as fb
    >>> ledger = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
    >>> plugin = fb.Plugin(
    ...     "acme.demo", "1.0.0", rows=ledger, numeraire=ledger.amount, strategy=fb.exact_1to1(ledger.account)
    ... )
    >>> print(plugin.tree())
    acme.demo 1.0.0
    columns    row_id integer id, account text, amount money(scale=2)
    numeraire  row.amount
    strategy
      0  exact_1to1(row.account)
    """

    def rust(self) -> dict[str, str]:
        """The generated project, file name to text: what a reviewer reads. Whole-strategy errors stop it."""
        from florecon_build import codegen  # noqa: PLC0415 - a reader of strategies needs no generator

        self.require()
        return codegen.emit(self.data, self.fingerprint)

    def build(
        self, directory: str | Path, *, profile: Profile = "release", say: Callable[[str], None] | None = None
    ) -> Artifact:
        """Compiles the plugin into ``directory``: ``solver.wasm`` and ``solver.json``, its manifest.

        The warnings of ``check()`` are printed to standard error and listed in the manifest; its errors raise
        ``StrategyError`` before anything is compiled. ``profile`` is ``release`` or ``quick`` (compiled sooner, runs
        slower); ``say`` is told what is being done. What the compiler refuses is a ``codegen.BuildError``.
        """
        from florecon_build import codegen  # noqa: PLC0415

        warnings = [str(found) for found in self.require()]
        for warning in warnings:
            print(warning, file=sys.stderr)
        told = {"say": say} if say else {}
        return codegen.build(
            self.data, self.fingerprint, directory, ir_json=self.ir(), warnings=warnings, profile=profile, **told
        )
