"""Report of a workspace: Arrow tables of groups, allocations, rows and stages, and their export to files."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date
from html import escape
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from florecon_build.host.description import Description
from florecon_build.host.errors import BadCommand, ConservationViolated, MissingPackage, Unsupported
from florecon_build.host.report.changes import Changes
from florecon_build.host.report.currencies import format_minor
from florecon_build.host.report.excel import write_workbook
from florecon_build.host.report.exports import (
    PREFIX,
    Details,
    codes_of,
    decisions_table,
    exceptions_table,
    groups_table,
    in_currency_decimals,
    major,
    matched_table,
    rows_table,
    stages_table,
    summary_table,
)
from florecon_build.host.report.formulas import Formulas, without_formulas
from florecon_build.host.report.group_keys import KEY, with_keys
from florecon_build.host.report.html import BookPage, Node, RunResult, Signing, render, write_page
from florecon_build.host.report.journal import Journal, journal_of
from florecon_build.host.report.notebook import lines_html, table_html
from florecon_build.host.report.pivot_nets import other_amounts, pivots_of
from florecon_build.host.report.projections import Policy, connected_components, primary_assignments, strict_assignments
from florecon_build.host.report.row_facts import RowFacts
from florecon_build.host.report.summary import Summary, Tables, key_of, summarize, tables_of
from florecon_build.host.report.tables import COLUMNS, in_major_units

Units = Literal["minor", "major"]
MAX_LINES = 24
"""Lines of stages that a notebook shows."""


class Report:
    """The groups of a workspace at one moment, as Arrow tables; later verbs do not change it.

    `Workspace.solve`, `Workspace.report` and `Plugin.simulate` return one. Tables are read when first asked for; those
    of a module are then compared with the rows that were shipped to it.
    Amounts are whole minor units; `in_units("major", ...)`, and `units="major"` when writing, give decimals.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
    >>> steps = fb.labeled("account", fb.agg_net(rows.account, tol=5))
    >>> plugin = fb.Plugin("acme.demo", "1.0.0", rows=rows, numeraire=rows.amount, strategy=steps)
    >>> lines = [(1, "A", 9.5), (2, "A", -9.48), (3, "B", 7)]
    >>> report = plugin.simulate([dict(zip(("row_id", "account", "amount"), line)) for line in lines])
    >>> report.groups.select(["origin", "reason", "net", "size"]).to_pylist()[0]
    {'origin': 'agg_net', 'reason': 'account: aggregate net', 'net': 2, 'size': 2}
    >>> report.allocations.select(["id", "amount"]).to_pylist()[1]
    {'id': 2, 'amount': -948}
    >>> report.in_units("major", report.rows).select(["id", "residual"]).to_pylist()[2]
    {'id': 3, 'residual': Decimal('7.00')}
    >>> report.stages.select(["node", "kind", "items_in", "items_matched"]).to_pylist()[1]
    {'node': 1, 'kind': 'agg_net', 'items_in': 3, 'items_matched': 2}
    >>> report.strict_assignments().column_names, report.strict_assignments().num_rows
    (['id', 'group_id'], 3)
    """

    certified: int | None
    """Number of flows that `solve(certify=True)` proved optimal; None for any other report, and for a module without
    certificates."""
    whole_rows: bool
    """False where a part of rows is set aside, as of those that a book carries: `rows` then has what is at hand."""

    def __init__(
        self,
        about: Description,
        fetch: Callable[[str], pa.Table],
        certified: int | None = None,
        facts: RowFacts | None = None,
        *,
        input: Callable[[], pa.Table | None] = lambda: None,
        module: str | None = None,
        whole_rows: bool = True,
        changes: Callable[[], Changes] | None = None,
    ) -> None:
        self._about = about
        self._facts = facts
        self._fetch = fetch
        self.certified = certified
        self._tables: dict[str, pa.Table | Unsupported] = {}
        self._refused: ConservationViolated | None = None
        self._module = module
        self._keys: pa.ChunkedArray | None = None
        self._keyed: pa.Table | None = None
        self.whole_rows = whole_rows
        self._read_input = input
        self._read_changes = changes
        self._changes: Changes | None = None
        self._input: pa.Table | None = None
        self._has_input = False

    @property
    def input(self) -> pa.Table | None:
        """The input rows in the declared columns, one row per row; None where the host has not seen them, as in a
        workspace restored from a snapshot.
        """
        if not self._has_input:
            self._input, self._has_input = self._read_input(), True
        return self._input

    @property
    def changes(self) -> Changes:
        """The groups that the last solve removed and added, compared with the solve before; see `Changes`.

        Its cost follows their number. A report that was taken after decisions has the changes of the solve before them.
        Errors: `ConservationViolated` for changes that do not agree with the rows that were shipped; `Unsupported` for
        a module that does not say them, and for a report of which a part is set aside, as that of a book.
        """
        if self._changes is None:
            if self._read_changes is None:
                raise Unsupported("this report does not know what its solve changed")
            self._changes = self._read_changes()
        return self._changes

    def __repr__(self) -> str:
        rows, groups = self.rows, self._table("groups")
        opened = pc.sum(pc.not_equal(rows["residual"], 0)).as_py() or 0
        return f"<report of {self._about.domain}: {rows.num_rows:,} rows, {groups.num_rows:,} groups, {opened:,} open>"

    def _repr_html_(self) -> str:
        """For notebooks: the stages by currency and the largest open items."""
        summary = self.summary()
        head = ["stage", "currency", "groups", "rows", "value", "net"]
        lines = [
            (
                "open" if line.name is None else line.name,
                line.currency,
                f"{line.groups:,}" if line.name is not None else "",
                f"{line.rows:,}",
                format_minor(line.value, summary.scale, line.currency),
                format_minor(line.net, summary.scale, line.currency),
            )
            for line in summary.stages[:MAX_LINES]
        ]
        more = len(summary.stages) - len(lines)
        caption = f"{summary.rows:,} rows, {summary.open_rows:,} open" + (f"; {more} more lines" if more > 0 else "")
        note = f"<p>{escape(summary.units.note)}</p>" if summary.units.refused else ""
        opened = major("exceptions", summary.exceptions, summary.scale)
        return note + lines_html(caption, head, lines) + table_html("open, largest first", opened)

    @property
    def groups(self) -> pa.Table:
        """One row per group, ordered by smallest row id.

        Columns: `group_id`; `status` (`pinned` or `proposed`); `origin` and `reason`; `net`, the sum of its amounts in
        minor units; `size` in rows; `max_abs`, its largest amount without sign; `min_side`, the number of rows on the
        side with fewer; `node` that formed it; `unique`, whether the solver had no other choice; `first_id`; and `key`,
        32 hexadecimal digits that are the same wherever a group has the same rows with the same amounts.
        """
        if self._keyed is None:
            groups = self._table("groups")
            self._keyed = with_keys(groups, self.allocations, self._keys)
        return self._keyed

    @property
    def allocations(self) -> pa.Table:
        """One row per row and group: `id, group_id, amount` (minor units). Text ids stand beside `id` in `id_text`."""
        return self._table("allocations")

    @property
    def rows(self) -> pa.Table:
        """One row per row: `id`, its primary `group_id`, and `amount`, `matched` and `residual` in minor units."""
        return self._table("rows")

    @property
    def stages(self) -> pa.Table:
        """One row per node of the strategy: items and value in, groups, items and value matched, rejections by cause.

        `path`, `file` and `line` are the author's. Values are sums of absolute amounts in minor units of the node's
        numeraire. Errors: `Unsupported` for a module that does not count them.
        """
        return self._table("stages")

    def mapped(self, view: Callable[[str, Callable[[str], pa.Table]], pa.Table], *, whole_rows: bool = True) -> Report:
        """A report whose tables are views of this one's: `view(name, table_of)` returns the table of a name.

        Parameters: `whole_rows` is false for a view that sets a part of rows aside.
        """

        def tables(what: str) -> pa.Table:
            return view(what, self._table)

        def rows() -> pa.Table | None:
            shipped, shown = self.input, tables("rows")
            if shipped is None or self._about.id_name is None:
                return None
            ids = shown[key_of(shown)].combine_chunks()
            return shipped.filter(pc.is_in(shipped[self._about.id_name], value_set=ids))

        whole = self.whole_rows and whole_rows
        return Report(
            self._about, tables, self.certified, self._facts, input=rows, module=self._module, whole_rows=whole
        )

    def journal(self, accounts: Mapping[str, str], *, on: date | None = None) -> Journal:
        """Balanced journal entries for every difference that a group leaves, and for every write-off.

        Parameters: `accounts` has the account of each reason: the code of a resolution, the origin of a group, or the
        name of the step that formed it; and under `clearing` the account that is reconciled, where the plugin declares
        no account column. `on` is the date of the entries; unless given, the latest date of a group's rows.
        Returns a `Journal`, with `table`, `write_csv` and `write_excel`. A group over several currencies has lines in
        each of them. Errors: `BadCommand` naming every reason without an account.
        """
        return journal_of(self, self._about, self._facts, accounts, on=on, scale=self._about.scale)

    def load(self) -> Report:
        """Reads all tables now; returns the report.

        Errors: those of a module, such as `Trapped`; `ConservationViolated` for tables that do not agree with each
        other or with the rows that were shipped.
        """
        _ = self.input
        for what in COLUMNS:
            self._load(what)
        return self

    def tables(self) -> dict[str, pa.Table]:
        """The tables of the module by name, groups without keys; no `stages` where the module does not count them."""
        loaded = {what: self._load(what) for what in COLUMNS}
        return {what: table for what, table in loaded.items() if isinstance(table, pa.Table)}

    def _table(self, what: str) -> pa.Table:
        table = self._load(what)
        if isinstance(table, Unsupported):
            raise table
        return table

    def _load(self, what: str) -> pa.Table | Unsupported:
        if self._refused is not None:
            raise self._refused
        if what not in self._tables:
            try:
                table = self._fetch(what)
                if what == "groups" and KEY in table.column_names:
                    self._keys, table = table[KEY], table.drop_columns(KEY)
                self._tables[what] = self._with_source(table) if what == "stages" else table
            except Unsupported as error:
                self._tables[what] = error
            except ConservationViolated as error:
                self._refused = error
                raise
        return self._tables[what]

    def _with_source(self, stages: pa.Table) -> pa.Table:
        """Stages with the author's place in the strategy beside them."""
        if "path" in stages.column_names:
            return stages
        nodes = {node.id: node for node in self._about.nodes}
        known = [nodes.get(number) for number in stages.column("node").to_pylist()]
        columns: dict[str, tuple[pa.DataType, list[Any]]] = {
            "path": (pa.string(), [node.path if node else None for node in known]),
            "file": (pa.string(), [node.file if node else None for node in known]),
            "line": (pa.int64(), [node.line if node else None for node in known]),
        }
        for name, (kind, values) in columns.items():
            stages = stages.append_column(name, pa.array(values, kind))
        return stages

    # Projections

    def strict_assignments(self) -> pa.Table:
        """`id, group_id`, one row per row. Errors: `SplitRow` if a row is in several groups."""
        return strict_assignments(self.allocations)

    def primary_assignments(self, policy: Policy = "largest_abs") -> pa.Table:
        """`id, group_id`, one row per row.

        Parameters: `policy` chooses among several groups of a row: `largest_abs`, the one with its largest amount;
        `prefer_clean`, the one that nets nearest to zero; `first_group`, the one with the smallest id.
        """
        return primary_assignments(self._table("groups"), self.allocations, policy)

    def connected_components(self) -> pa.Table:
        """`id, group_id, component`: connected components of the graph of rows and groups."""
        return connected_components(self.allocations)

    # Files

    def in_units(self, units: Units, table: pa.Table) -> pa.Table:
        """A table of the report with amounts as integers in `minor` units, or as decimals in `major` units."""
        if units == "minor":
            return table
        return in_major_units(table, self._about.scale)

    def summary(self) -> Summary:
        """The totals that the report page shows: matches by stage, open rows, conservation, all by currency.

        Amounts of different currencies are never added: `Summary.units` says the currencies, and where it refuses there
        are no totals.
        """
        return summarize(self._summary_tables())

    def _summary_tables(self) -> Tables:
        """The tables that the summary is computed from; without the input, of the ids alone."""
        shipped = self.input
        if shipped is None:
            key = key_of(self.rows)
            shipped = self.rows.select([key]).rename_columns([self._about.id_name or key])
        return tables_of(self, self._about, shipped)

    def write_csv(
        self,
        folder: str | os.PathLike[str],
        *,
        units: Units = "minor",
        formulas: Formulas = "escape",
        details: Details | None = None,
    ) -> list[Path]:
        """Writes `groups.csv`, `allocations.csv`, `rows.csv`, `exceptions.csv` and, where counted, `stages.csv`.

        Returns the paths.

        `rows.csv` and `exceptions.csv` have the columns of the input, the reason and the age in days; `details` says
        more. In major units an amount has the decimals of its currency. Texts that a spreadsheet would run as formulas
        get an apostrophe before them, or stay with `formulas="keep"`.
        """

        others = self._other_amounts()

        def write(table: pa.Table, path: Path, codes: pa.ChunkedArray | None) -> None:
            _write_csv(without_formulas(table, formulas), path, codes, others)

        return self._write(folder, ".csv", units, details or Details(), write)

    def write_parquet(
        self, folder: str | os.PathLike[str], *, units: Units = "minor", details: Details | None = None
    ) -> list[Path]:
        """Writes `groups.parquet` and so on, as `write_csv`; amounts are integers or decimals of one scale."""
        return self._write(folder, ".parquet", units, details or Details(), _write_parquet)

    def write_excel(
        self,
        path: str | os.PathLike[str],
        *,
        units: Units = "major",
        details: Details | None = None,
        accounts: Mapping[str, str] | None = None,
    ) -> Path:
        """Writes a workbook with the sheets Summary, Matched, Exceptions, Decisions and Journal; returns the path.

        Cells have the types of the input, every sheet a filter and a frozen header; texts are never formulas. Amounts
        have the decimals of their currency; a number of more than 15 digits, which Excel would round, is a text.

        Parameters: as `write_csv`; `accounts` as for `journal`, whose entries are then in the sheet Journal.
        Errors: `SheetFull` for a table of more rows than a sheet holds; `MissingPackage` where XlsxWriter is not
        installed; those of `journal`.
        """
        more = self._details(details, accounts)
        tables = self._summary_tables()
        summary = summarize(tables)
        sheets = {
            "Summary": summary_table(summary, tables, more),
            "Matched": matched_table(summary, tables, more),
            "Exceptions": exceptions_table(summary, tables, more),
            "Decisions": decisions_table(summary, tables) if more.decisions is None else more.decisions,
            "Journal": _no_journal() if more.journal is None else more.journal,
        }
        exact = {
            name: major(name, table, summary.scale) if units == "major" else table for name, table in sheets.items()
        }
        codes = {name: codes_of(table, summary) for name, table in exact.items()}
        return write_workbook(Path(path), exact, codes, self._other_amounts())

    def write_html(
        self,
        path: str | os.PathLike[str],
        *,
        entity: str = "",
        account: str = "",
        period: str = "",
        preparer: str = "",
        reviewer: str = "",
        prepared_at: datetime.datetime | str | None = None,
        title: str | None = None,
        facts: Mapping[str, str] | None = None,
        book: BookPage | None = None,
        details: Details | None = None,
        accounts: Mapping[str, str] | None = None,
    ) -> Path:
        """Writes one self-contained HTML page to read, filter, print and sign; returns the path.

        The page has a title block, the proof of the amounts, matches by stage, ageing, decisions, all open items and
        groups, and lines to sign. It loads nothing: it can be mailed, archived and opened without a network.

        Parameters: `entity`, `account`, `period`, `preparer` and `reviewer` fill the title block, and stay blank lines
        where they are not given; `prepared_at` is now unless given; `facts` are further lines of the footer, such as
        the hash of the module; `book` what a book adds; `details` as for `write_csv`;
        `accounts` as for `journal`, whose totals by account are then on the page.
        Errors: `BadCommand` where the host has not seen the rows, as in a restored workspace; `OSError`.
        """
        if self.input is None or self._about.id_name is None:
            raise BadCommand("the page lists your rows, and this report has none: upsert them into a new workspace")
        about, more = self._about, self._details(details, accounts)
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        when = prepared_at.isoformat(timespec="seconds") if isinstance(prepared_at, datetime.datetime) else prepared_at
        known = {
            "strategy": about.strategy or "unknown: not declared by the module",
            **({} if self._module is None else {"module": f"sha256 {self._module}"}),
            "rows": f"{self.input.num_rows:,}, sha256 {_digest(self.input)}",
        }
        nodes = (Node(node.id, node.kind, node.path, node.label, node.facts) for node in about.nodes)
        page = render(
            RunResult(
                title=title or f"{about.domain} {about.version}",
                ledger=self.input,
                id_column=self._about.id_name,
                rows=self.rows,
                groups=self._table("groups"),
                allocations=self.allocations,
                scale=about.scale,
                facts={**known, **(facts or {})},
                nodes=tuple(nodes),
                why=more.reasons,
                journal=more.journal,
                currency=about.currency,
                account=about.account,
                amount_column=about.numeraire_column,
                whole_rows=self.whole_rows,
                date_column=more.date_column,
                as_of=more.as_of,
                signing=Signing(
                    entity=entity,
                    account=account,
                    period=period,
                    preparer=preparer,
                    reviewer=reviewer,
                    prepared_at=when or now,
                ),
                book=book,
            )
        )
        target = Path(path)
        write_page(target, page)
        return target

    def _other_amounts(self) -> frozenset[str]:
        """The exported columns whose amounts are not in the currency of the row."""
        names = other_amounts(pivots_of(self._about.nodes))
        return names | {f"{PREFIX}{name}" for name in names}

    def _details(self, details: Details | None, accounts: Mapping[str, str] | None) -> Details:
        """The details, with the journal of the accounts."""
        given = details or Details()
        return given if accounts is None else replace(given, journal=self.journal(accounts).table)

    def _write(
        self,
        folder: str | os.PathLike[str],
        suffix: str,
        units: Units,
        details: Details,
        write: Callable[[pa.Table, Path, pa.ChunkedArray | None], object],
    ) -> list[Path]:
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        made = {**self.tables(), "groups": self.groups}
        codes: dict[str, pa.ChunkedArray | None] = {}
        if self.input is not None:
            tables = self._summary_tables()
            summary = summarize(tables)
            made["groups"] = groups_table(summary, replace(tables, groups=self.groups))
            made["rows"] = rows_table(summary, tables, details)
            if "stages" in made:
                made["stages"] = stages_table(summary, made["stages"])
            made["exceptions"] = exceptions_table(summary, tables, details)
            codes = {what: codes_of(one, summary) for what, one in made.items()}
        paths: list[Path] = []
        for what, table in made.items():
            paths.append(target / f"{what}{suffix}")
            write(major(what, table, self._about.scale) if units == "major" else table, paths[-1], codes.get(what))
        return paths

    def to_json(self) -> dict[str, list[dict[str, Any]]]:
        """The report as the wire page's JSON: `groups` and `allocations`; absent reasons are left out.

        Where ids are texts, an allocation has the text beside the number, as `id_text`.
        """
        names = ["group_id", "status", "net", "size", "origin", "reason"]
        groups: list[dict[str, Any]] = self.groups.select(names).to_pylist()
        for group in groups:
            if group["reason"] is None:
                del group["reason"]
        return {"groups": groups, "allocations": self.allocations.to_pylist()}

    def write_json(self, path: str | os.PathLike[str]) -> Path:
        """Writes `to_json()`; returns the path."""
        target = Path(path)
        target.write_text(json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return target

    def sql(self, query: str) -> pa.Table:
        """Runs SQL over the tables `groups`, `allocations`, `rows` and `stages` with DuckDB.

        Errors: `MissingPackage` where DuckDB is not installed.
        """
        try:
            import duckdb  # noqa: PLC0415  (optional)
        except ImportError as error:
            raise MissingPackage("sql() needs DuckDB: pip install duckdb") from error
        with duckdb.connect() as connection:
            for what in COLUMNS:
                table = self._load(what)
                if not isinstance(table, Unsupported):
                    connection.register(what, self.groups if what == "groups" else table)
            answer: Any = connection.sql(query)
            return answer.to_arrow_table()


def _digest(rows: pa.Table) -> str:
    """SHA-256 of the rows, column by column, as JSON: the same for the same rows in the same order."""
    digest = hashlib.sha256()
    for name in rows.column_names:
        digest.update(
            json.dumps([name, *rows[name].to_pylist()], default=str, ensure_ascii=False).encode(
                "utf-8", "surrogatepass"
            )
        )
    return digest.hexdigest()


def _no_journal() -> pa.Table:
    """The sheet of a report that no journal was made for."""
    return pa.table(
        {"journal": ["Not made: it needs accounts; give write_excel(accounts=...), or run --accounts FILE."]}
    )


def _write_csv(table: pa.Table, path: Path, codes: pa.ChunkedArray | None, others: Collection[str]) -> None:
    """The CSV writer knows no 128-bit decimals, so they are written as their own text."""
    scale = max((field.type.scale for field in table.schema if pa.types.is_decimal(field.type)), default=0)
    pa_csv.write_csv(in_currency_decimals(table, codes, scale, others), str(path))


def _write_parquet(table: pa.Table, path: Path, _: pa.ChunkedArray | None) -> None:
    pq.write_table(table, str(path))
