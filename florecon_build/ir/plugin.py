"""A plugin: rows, numeraire and strategy under a name and a version; the whole tree, checked and as data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from florecon_build.ir import nodes as n
from florecon_build.ir.builder.base import Expr, describe
from florecon_build.ir.builder.columns import Rows, rows_parts
from florecon_build.ir.builder.settings import declared_params
from florecon_build.ir.builder.strategy import Strategy
from florecon_build.ir.checks import check
from florecon_build.ir.diff import Difference, diff_ir
from florecon_build.ir.errors import Missing, Problem, Severity, StrategyError, author_scope, authored, fail, problem
from florecon_build.ir.serial import dumps, fingerprint, loads
from florecon_build.ir.structure import number_binders, structure
from florecon_build.ir.tree import tree

if TYPE_CHECKING:
    from florecon_build.ir.preview import Preview

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*)*")
_VERSION = re.compile(r"\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?")


class PluginData:
    """A whole strategy as data: what it says, its fingerprint, what is doubtful about it, and a preview.

    The public ``fb.Plugin`` is this, and builds Rust from it as well.
    """

    def __init__(self, id: str, version: str, *, rows: Rows, numeraire: Expr, strategy: Strategy) -> None:
        self._unused: tuple[n.Param, ...] = ()
        ir = _assemble(id, version, rows, numeraire, strategy)
        if isinstance(ir, Missing):  # the mistakes are being collected; there is nothing to hold
            self._ir, self._fingerprint = ir, ""
            return
        self._adopt(ir)
        self._unused = _unused_params(ir)

    def _adopt(self, ir: n.PluginIr) -> None:
        self._ir = ir
        self._fingerprint = fingerprint(ir)

    @property
    def id(self) -> str:
        """The plugin's name, as in ``acme.intercompany``."""
        return self._ir.id

    @property
    def version(self) -> str:
        """The author's version, as in ``1.0.0``."""
        return self._ir.version

    @property
    def data(self) -> n.PluginIr:
        """The typed tree."""
        return self._ir

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the canonical JSON: the same for the same meaning, whatever the formatting."""
        return self._fingerprint

    def check(self) -> tuple[Problem, ...]:
        """What is doubtful about the whole: errors, which stop a build, and warnings. Each names the author's line."""
        return check(self._ir, self._unused)

    def require(self) -> tuple[Problem, ...]:
        """The warnings of ``check``; raises ``StrategyError`` with all the errors where there are any."""
        found = self.check()
        errors = [problem for problem in found if problem.severity is Severity.ERROR]
        if errors:
            raise StrategyError(errors)
        return found

    def tree(self) -> str:
        """The plugin as text to read: rows, params, and the tree with node ids and the author's lines."""
        return tree(self._ir)

    def simulate(self, frame: object, config: Mapping[str, object] | None = None) -> Preview:
        """The report that the compiled module would give for ``frame``, from the reference interpreter: slow, no
        toolchain.

        ``frame`` is a list of dicts, a dict of columns, or a pyarrow, polars or pandas table, with money in major
        units. ``config`` gives values for params. Raises ``ModelError`` with the runtime's error codes.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2))
        >>> plugin = fb.Plugin("acme.demo", "1.0.0", rows=rows, numeraire=rows.amount, strategy=fb.exact_1to1())
        >>> result = plugin.simulate([{"row_id": 1, "amount": 9.5}, {"row_id": 2, "amount": -9.5}])
        >>> [(group.origin, group.size) for group in result.groups]
        [('exact_1to1', 2)]
        """
        from florecon_build.ir.preview import preview  # noqa: PLC0415 - a build needs no interpreter

        return preview(self._ir, frame, config)

    def ir(self) -> str:
        """The plugin as canonical JSON, with source positions apart."""
        return dumps(self._ir)

    @classmethod
    def from_ir(cls, text: str | bytes | Mapping[str, Any]) -> Self:
        """The plugin behind ``ir()``'s JSON (text or parsed). Raises ``IrError`` where it is none."""
        from florecon_build.ir.verify import verify  # noqa: PLC0415

        plugin = cls.__new__(cls)
        plugin._unused = ()
        plugin._adopt(verify(loads(text)))
        return plugin

    def __repr__(self) -> str:
        return f"<plugin {self.id} {self.version} {self.fingerprint[:12]}>"


@authored
def _assemble(id: object, version: object, rows: object, numeraire: object, strategy: object) -> n.PluginIr:
    if not isinstance(id, str) or not _ID.fullmatch(id):
        fix = "use dotted words: `acme.intercompany`"
        fail("bad_name", "Plugin: the id is dotted words", expected="acme.intercompany", got=describe(id), fix=fix)
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        fail("bad_name", "Plugin: the version", expected="1.0.0", got=describe(version), fix="write major.minor.patch")
    if not isinstance(rows, Rows):
        fail("not_rows", "Plugin: rows", expected="what columns() or derive() gave", got=describe(rows), fix="rows=row")
    if not isinstance(strategy, Strategy):
        fix = "pass a node, such as fb.seq(..)"
        fail("not_a_strategy", "Plugin: strategy", expected="a strategy", got=describe(strategy), fix=fix)
    if not isinstance(numeraire, Expr):
        fix = "pass the amount column: numeraire=row.amount"
        fail("numeraire", "Plugin: numeraire", expected="money or integer", got=describe(numeraire), fix=fix)
    family, columns, lanes = rows_parts(rows)
    params = sorted(strategy.uses.params, key=lambda param: param.name)
    ir = n.PluginIr(
        id=id,
        version=version,
        columns=columns,
        lanes=lanes,
        params=tuple(params),
        numeraire=numeraire.ir,
        strategy=number_binders(strategy.ir),
    )
    found = structure(ir)
    if not found and (strategy.uses.families | numeraire.uses.families) - {family}:
        other = "the strategy reads lanes of other columns than rows="
        found.append(problem("other_rows", other, fix="pass the rows that the strategy was written for"))
    if found:
        raise StrategyError(found)
    return ir


def _unused_params(ir: n.PluginIr) -> tuple[n.Param, ...]:
    """The params declared in the module or function that makes the plugin, and that nothing in it reads."""
    here = author_scope()
    used = {param.name for param in ir.params}
    return tuple(param for (scope, name), param in declared_params.items() if scope == here and name not in used)


def diff(before: PluginData, after: PluginData) -> Difference:
    """What changed from one plugin to another: a difference of meaning, in words (``str``) and as data (``as_data``).

    It is false exactly when the fingerprints agree. Formatting, comments and line numbers are no difference.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
    >>> def plugin(tol: int) -> fb.Plugin:
    ...     net = fb.agg_net(rows.account, tol=tol)
    ...     return fb.Plugin("acme.demo", "1.0.0", rows=rows, numeraire=rows.amount, strategy=net)
    >>> [(change.kind, change.setting, change.before, change.after) for change in fb.diff(plugin(0), plugin(5))]
    [('changed', 'tol', '0', '5')]
    """
    return diff_ir(before.data, after.data)
