"""Plugin as data: rows, numeraire and strategy under an id and a version, validated, with the fingerprint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from florecon_build.frontend.deferred_cost import bound
from florecon_build.frontend.diagnostics import Missing, answered, authored, fail, problem
from florecon_build.frontend.handles import Deferred, Expr, describe
from florecon_build.frontend.ir_validation import verify
from florecon_build.frontend.rows import Rows, Source, rows_of
from florecon_build.frontend.strategy import Strategy
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.diff import Difference, diff_ir
from florecon_build.ir.errors import Problem, Severity, StrategyError
from florecon_build.ir.explained import explained
from florecon_build.ir.json_format import dumps, fingerprint, loads
from florecon_build.ir.lints import check
from florecon_build.ir.strings import fault
from florecon_build.ir.traversal import values_in, walk
from florecon_build.ir.tree_printer import tree
from florecon_build.ir.validation import expressions, number_binders, structure


class PluginData:
    """A whole strategy as data: the IR, its fingerprint and its diagnostics.

    The public ``fb.Plugin`` adds simulation, code generation and the build.
    """

    def __init__(
        self,
        id: str,
        version: str,
        *,
        rows: Rows,
        numeraire: Expr,
        strategy: Strategy,
        currency: Expr | None = None,
        account: Expr | None = None,
    ) -> None:
        ir = _assemble(
            id, version, rows=rows, numeraire=numeraire, strategy=strategy, currency=currency, account=account
        )
        if isinstance(ir, Missing):  # the mistakes are being collected; there is nothing to hold
            self._ir, self._fingerprint = ir, ""
            return
        self._adopt(ir)

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
        """The diagnostics of the whole strategy at the author's lines: errors, which stop a build, and warnings."""
        return check(self._ir)

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

    def ir(self) -> str:
        """The plugin as canonical JSON, with source positions apart."""
        return dumps(self._ir)

    def node_facts(self) -> list[dict[str, object]]:
        """What a host needs to explain each node in the author's words, in the order of node ids."""
        return [explained(place.node) for place in walk(self._ir.strategy)]

    @classmethod
    def from_ir(cls, text: str | bytes | Mapping[str, Any]) -> Self:
        """The plugin behind ``ir()``'s JSON (text or parsed). Raises ``IrError`` where it is none."""
        plugin = cls.__new__(cls)
        plugin._adopt(verify(loads(text)))
        return plugin

    def __repr__(self) -> str:
        return f"<plugin {self.id} {self.version} {self.fingerprint[:12]}>"


@authored
def _assemble(
    id: object,
    version: object,
    *,
    rows: object,
    numeraire: object,
    strategy: object,
    currency: object,
    account: object,
) -> n.PluginIr:
    if not isinstance(id, str) or fault(n.PluginIr, "id", id):
        fix = "use dotted words: `acme.intercompany`"
        fail(
            "bad_name",
            "Plugin: the id must be identifiers separated by dots",
            expected="acme.intercompany",
            got=describe(id),
            fix=fix,
        )
    if not isinstance(version, str) or fault(n.PluginIr, "version", version):
        fail(
            "bad_name",
            "Plugin: invalid version",
            expected="1.0.0",
            got=describe(version),
            fix="write major.minor.patch",
        )
    source = rows_of(rows, "Plugin: rows")
    if not isinstance(strategy, Strategy):
        fix = "pass a node, such as fb.seq(..)"
        fail("not_a_strategy", "Plugin: invalid strategy", expected="a strategy", got=describe(strategy), fix=fix)
    if isinstance(numeraire, Deferred):
        numeraire = answered(numeraire.over(rows))
    if not isinstance(numeraire, Expr):
        fix = "pass the amount column: numeraire=row.amount"
        fail("numeraire", "Plugin: invalid numeraire", expected="money or integer", got=describe(numeraire), fix=fix)
    units, accounts = _column(currency, rows, "currency"), _column(account, rows, "account")
    strategy = bound(strategy, source)
    if source.lost:  # the mistakes are being collected
        raise StrategyError([])
    params = sorted(strategy.uses.params, key=lambda param: param.name)
    ir = n.PluginIr(
        id=id,
        version=version,
        columns=source.columns,
        lanes=source.derived,
        params=tuple(params),
        numeraire=numeraire.ir,
        strategy=number_binders(strategy.ir),
        currency=_name(units),
        account=_name(accounts),
    )
    read = strategy.uses.sources | numeraire.uses.sources
    for column in (units, accounts):
        read |= frozenset() if column is None else column.uses.sources
    found = structure(ir) or list(_other_rows(source, read, ir))
    if found:
        raise StrategyError(found)
    return ir


def _column(column: object, rows: object, setting: str) -> Expr | None:
    """The column of ``currency=`` or ``account=``: itself, not an expression over it."""
    if isinstance(column, Deferred):
        column = answered(column.over(rows))
    if column is not None and not (isinstance(column, Expr) and isinstance(column.ir, e.Lane)):
        fix = f"pass the column itself: {setting}=row.{setting}"
        fail(setting, f"Plugin: invalid {setting}", expected="a text column", got=describe(column), fix=fix)
    return column


def _name(column: Expr | None) -> str | None:
    return column.ir.name if column is not None and isinstance(column.ir, e.Lane) else None


def _other_rows(rows: Source, read: Iterable[Source], ir: n.PluginIr) -> Iterator[Problem]:
    """Lanes that the strategy reads of other columns, or under another definition than the plugin's rows have."""
    if any(source.family is not rows.family for source in read):
        other = "the strategy reads lanes of other columns than rows="
        yield problem("other_rows", other, fix="pass the rows that the strategy was written for")
        return
    names = {part.name for _, value in expressions(ir) for part in values_in(value) if isinstance(part, e.Lane)}
    lanes = {lane.name: lane.value for lane in rows.derived}
    strange = {lane.name for source in read for lane in source.derived if lanes.get(lane.name) != lane.value} & names
    for name in sorted(strange):
        message = f"the strategy reads another lane `{name}` than the one that rows= has"
        yield problem("other_rows", message, fix="derive it once, and use the rows that this derive() gave throughout")


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
