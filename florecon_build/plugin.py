"""``Plugin``: a strategy as data, with its generated Rust, its build and its simulation."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from florecon_build.frontend.plugin_data import PluginData
from florecon_build.host.description import Description
from florecon_build.host.frames import TextAmounts
from florecon_build.host.report.report import Report
from florecon_build.host.workspace import Workspace
from florecon_build.sharding import ShardPlan, shard_plan
from florecon_build.simulation import describe, simulate

if TYPE_CHECKING:
    from florecon_build.codegen import Artifact, Profile


class Plugin(PluginData):
    """A strategy under a name and a version, over the rows and the numeraire (the exact amount) that it reconciles.

    ``id`` is dotted words, ``version`` major.minor.patch; ``rows`` is what ``columns`` or ``derive`` gave,
    ``numeraire`` a money or integer lane that is never null. ``currency`` and ``account`` are text columns whose values
    have totals of their own in every report; amounts of different currencies are never added. Raises
    ``StrategyError`` naming every mistake of the assembled tree.

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

    @property
    def description(self) -> Description:
        """The description that the compiled module gives of itself: columns, parameters, nodes.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2))
        >>> plugin = fb.Plugin("acme.demo", "1.0.0", rows=rows, numeraire=rows.amount, strategy=fb.exact_1to1())
        >>> [(field.name, field.kind) for field in plugin.description.fields]
        [('row_id', 'integer'), ('amount', 'money')]
        """
        return describe(self.data, self.fingerprint)

    def simulate(
        self,
        frame: object,
        config: Mapping[str, object] | None = None,
        *,
        columns: Mapping[str, str] | None = None,
        text_amounts: TextAmounts | None = None,
    ) -> Report:
        """The report that the compiled module would give for ``frame``, from the reference interpreter: slow, and
        without any toolchain.

        ``frame``, ``columns`` and ``text_amounts`` are what ``Workspace.upsert`` takes, with money in major units;
        ``config`` gives values for params, as for ``Workspace``. Returns the ``Report`` of ``Workspace.solve``: the
        same Arrow tables, cell by cell. Raises the ``FloreconError`` that a workspace would.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2))
        >>> plugin = fb.Plugin("acme.demo", "1.0.0", rows=rows, numeraire=rows.amount, strategy=fb.exact_1to1())
        >>> report = plugin.simulate([{"row_id": 1, "amount": 9.5}, {"row_id": 2, "amount": -9.5}])
        >>> report.groups.select(["origin", "size"]).to_pylist()
        [{'origin': 'exact_1to1', 'size': 2}]
        """
        about = self.description
        return simulate(self.data, about, frame, config, columns=columns, text_amounts=text_amounts)

    def workspace(self, **config: object) -> Workspace:
        """A workspace of the plugin, run by the engine module: at once, and without any toolchain.

        ``config`` gives values for params; the further parameters of a workspace are those of ``Workspace(plugin)``.
        Its reports, errors, explanations and snapshots are those of the compiled module. Raises ``BadConfig``.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2))
        >>> plugin = fb.Plugin("acme.demo", "1.0.0", rows=rows, numeraire=rows.amount, strategy=fb.exact_1to1())
        >>> with plugin.workspace() as ws:
        ...     change = ws.upsert([{"row_id": 1, "amount": 9.5}, {"row_id": 2, "amount": -9.5}])
        ...     ws.solve().groups["origin"].to_pylist()
        ['exact_1to1']
        """
        return Workspace(self, config or None)

    def shard_plan(self) -> ShardPlan:
        """The keys by which the strategy can bring rows together, and what prevents dividing a ledger by them.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2))
        >>> plugin = fb.Plugin("acme.demo", "1.0.0", rows=rows, numeraire=rows.amount, strategy=fb.agg_net())
        >>> print(plugin.shard_plan())
        shard plan of acme.demo 1.0.0
        does not divide: a node can bring any two rows together
          node 0  agg_net: any two rows
        what prevents division
          node 0  agg_net: it has no key; give agg_net a key, or put partition_by(..) around it
        """
        return shard_plan(self.data)

    def svg(self) -> str:
        """The plugin drawn: one box a node with its settings and line, as an SVG document of the same bytes everywhere.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2))
        >>> plugin = fb.Plugin("acme.demo", "1.0.0", rows=rows, numeraire=rows.amount, strategy=fb.exact_1to1())
        >>> plugin.svg()[:39], plugin.svg().count("<title>")
        ('<svg xmlns="http://www.w3.org/2000/svg"', 1)
        """
        from florecon_build import strategy_svg as drawing  # noqa: PLC0415 - Graphviz is loaded where something is drawn

        return drawing.svg(self.data)

    def rust(self) -> dict[str, str]:
        """The generated project, file name to text: what a reviewer reads. Whole-strategy errors stop it.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2))
        >>> plugin = fb.Plugin("acme.demo", "1.0.0", rows=rows, numeraire=rows.amount, strategy=fb.exact_1to1())
        >>> sorted(plugin.rust())
        ['Cargo.toml', 'rustfmt.toml', 'src/lib.rs', 'src/nodes.json']
        """
        from florecon_build import codegen  # noqa: PLC0415 - a reader of strategies needs no generator

        self.require()
        return codegen.emit(self.data, self.fingerprint).files

    def build(
        self, directory: str | Path, *, profile: Profile = "release", say: Callable[[str], None] | None = None
    ) -> Artifact:
        """Compiles the plugin into ``directory``: ``solver.wasm`` and ``solver.json``, its manifest.

        The warnings of ``check()`` are printed to standard error and listed in the manifest; its errors raise
        ``StrategyError`` before anything is compiled. ``profile`` is ``release`` or ``quick`` (compiled sooner, runs
        slower); ``say`` is told what is being done. What the compiler refuses is a ``codegen.BuildError``.
        """
        from florecon_build import codegen  # noqa: PLC0415 - a reader of strategies needs no generator

        warnings = [str(found) for found in self.require()]
        for warning in warnings:
            print(warning, file=sys.stderr)
        told = {"say": say} if say else {}
        return codegen.build_wasm(
            self.data, self.fingerprint, directory, ir_json=self.ir(), warnings=warnings, profile=profile, **told
        )
