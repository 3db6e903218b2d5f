"""``conformance``: checks a module, or both builds of a plugin, against the invariants of a report."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from florecon_build.host import Workspace
from florecon_build.host.conformance import Program, Verdict, WorkspaceModule, run
from florecon_build.host.errors import BadDescribe
from florecon_build.host.frames import TextAmounts, conform
from florecon_build.host.runtime.module import Source
from florecon_build.plugin import Plugin


def conformance(
    plugin_or_wasm: Plugin | Source,
    frame: object,
    config: Mapping[str, object] | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    text_amounts: TextAmounts | None = None,
    id_column: str | None = None,
) -> Verdict:
    """Holds a module to what a report promises, over the rows of a frame.

    Parameters
    - ``plugin_or_wasm``: a ``Plugin``, which is compiled for wasm and for this machine, or any module of the ABI as
      ``Workspace`` takes it: a path, bytes, or what a build returned; whoever made it.
    - ``frame``: rows as ``Workspace.upsert`` takes them, with ``columns`` and ``text_amounts`` as there; money in major
      units. A few hundred rows of real work say most: each check solves them several times.
    - ``config``: values for the module's params.
    - ``id_column``: the declared column that has the ids, for a module that does not say so itself.

    Returns a ``Verdict``: ``.ok``, ``.checks`` and ``.failures``, each with what was expected, what came instead, and
    as few rows as still show it; ``print`` it to read it. The checks: unique ids, conservation, idempotent upsert,
    independence of order and batches, warm equals cold, neutral pins, refusals that change nothing, and for a
    ``Plugin`` that the wasm and the native build report the same; of a bare module there is only the wasm, and
    ``.not_run`` says so.

    Errors: those of ``Workspace`` and its ``upsert`` for a file that is no module or a frame that is not what it
    declares; those of ``Plugin.build``.

    >>> import florecon_build as fb
    >>> ledger = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
    >>> plugin = fb.Plugin(
    ...     "acme.demo", "1.0.0", rows=ledger, numeraire=ledger.amount, strategy=fb.exact_1to1(ledger.account)
    ... )
    >>> rows = [{"row_id": id, "account": "A", "amount": amount} for id, amount in enumerate((5, -5, 7.5))]
    >>> verdict = fb.conformance(plugin, rows)
    >>> verdict.ok, verdict.checks[-1]
    (True, 'wasm equals native')
    """
    given = _Given(frame, config, columns, text_amounts, id_column)
    if not isinstance(plugin_or_wasm, Plugin):
        return _judged(plugin_or_wasm, given, program=None)
    from florecon_build import codegen  # noqa: PLC0415 - a module of another maker needs no compiler

    program = codegen.build_native(codegen.emit(plugin_or_wasm.data, plugin_or_wasm.fingerprint))
    with tempfile.TemporaryDirectory() as folder:
        wasm = plugin_or_wasm.build(folder, profile="quick").wasm.read_bytes()
    return _judged(wasm, given, program)


@dataclass(frozen=True, slots=True)
class _Given:
    """Rows as the caller has them, and the params to use."""

    frame: object
    config: Mapping[str, object] | None
    columns: Mapping[str, str] | None
    text_amounts: TextAmounts | None
    id_column: str | None


def _judged(wasm: Source, given: _Given, program: Path | None) -> Verdict:
    config = given.config
    with Workspace(wasm, config) as workspace:
        about = workspace.about
    id_column = given.id_column or about.id_name
    if id_column is None:
        raise BadDescribe("the module does not say which column has the ids; name it with id_column=")
    rows = conform(given.frame, about, columns=given.columns, text_amounts=given.text_amounts).to_table()
    return run(
        f"{about.domain} {about.version}",
        lambda: WorkspaceModule(Workspace(wasm, config)),
        rows,
        id_column,
        native=None if program is None else lambda: Program(program, config),
    )
