"""Report of a period from its book alone: the page, and the exported tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import florecon_build as fb
from florecon_build.cli.console import plural
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.exported_tables import Format, export
from florecon_build.cli.html.book_page import of_book
from florecon_build.codegen.version import VERSION
from florecon_build.host import Book, Report
from florecon_build.host.decisions.book import PeriodView
from florecon_build.host.report.control import check_tables
from florecon_build.host.report.exports import Details
from florecon_build.host.report.html import Node, RunResult, Signing
from florecon_build.host.report.journal import Journal
from florecon_build.host.report.shipped_rows import COMPUTED


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOptions:
    """Options of the page: column of separate totals, of dates, day of the ageing, title block, accounts."""

    by: str | None = None
    date_column: str | None = None
    as_of: date | None = None
    signing: Signing = field(default_factory=Signing)
    accounts: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class KeptRun:
    """The last run of a period, as the book keeps it."""

    book: Book
    view: PeriodView
    report: Report
    journal: Journal | None
    options: PageOptions

    @staticmethod
    def of(book: Book, period: str | None, options: PageOptions) -> KeptRun:
        """The run of a period, or the last of all. Errors: those of `Book.report`; `ConservationViolated`."""
        report = book.report(period).load()
        view = [each for each in book.periods if each.runs][-1] if period is None else book.period(period)
        check_tables(report.groups, report.allocations, report.rows)
        journal = None if options.accounts is None else report.journal(options.accounts)
        return KeptRun(book, view, report, journal, options)

    @property
    def details(self) -> Details:
        """What the report alone does not know."""
        return Details(
            reasons=self.book.reasons(self.view.name),
            date_column=self.options.date_column,
            as_of=self.options.as_of,
            journal=None if self.journal is None else self.journal.table,
        )

    def page(self) -> RunResult:
        """The content of the page. Raises ``CommandError`` for a column that the rows do not have."""
        about, rows, given = self.book.description(self.view.name), self.report.input, self.options
        if rows is None or about.id_name is None:
            raise CommandError(f"the book has no rows of {self.view.name}", code=Exit.BOOK)
        for wanted in (given.by, given.date_column):
            if wanted is not None and wanted not in rows.column_names:
                listed = ", ".join(rows.column_names)
                raise CommandError(f"the rows have no column {wanted!r}; they have {listed}", code=Exit.USAGE)
        strategy = self.book.strategy(self.view.name)
        plugin = None if strategy is None else fb.Plugin.from_ir(strategy)
        kept, signing = of_book(self.book, self.view.name, given.signing)
        return RunResult(
            title=f"{about.domain} {about.version}",
            ledger=rows,
            id_column=about.id_name,
            rows=self.report.rows,
            groups=self.report.groups,
            allocations=self.report.allocations,
            scale=about.scale,
            facts=self._facts(),
            nodes=tuple(Node(node.id, node.kind, node.path, node.label, node.facts) for node in about.nodes),
            tree="" if plugin is None else plugin.tree(),
            drawing=None if plugin is None else plugin.svg(),
            why=self.details.reasons,
            journal=self.details.journal,
            currency=about.currency if given.by is None else given.by,
            account=about.account,
            amount_column=about.numeraire_column,
            whole_rows=False,
            date_column=given.date_column,
            as_of=given.as_of,
            signing=signing,
            book=kept,
        )

    def export(self, folder: Path, format: Format) -> list[Path]:
        """Writes the exported tables, as ``run`` does; returns their paths."""
        folder.mkdir(parents=True, exist_ok=True)
        items = self.book.open_items(self.view.name)
        return export(
            self.report, folder, details=self.details, open_items=items, journal=self.journal, format=format
        )  # fmt: skip

    def _facts(self) -> dict[str, str]:
        view = self.view
        params = ", ".join(f"{name} = {value}" for name, value in view.params.items())
        inputs = {
            f"input {one['name']}": f"{one['rows']:,} rows, sha256 {one['sha256']}"
            + (f", {plural(one['withdrawn'], 'row')} withdrawn" if one.get("withdrawn") else "")
            for one in view.inputs
        }
        later = ", ".join(f"{each.kind} by {each.entry.who}" for each in self.book.changes_after_run(view.name)[:3])
        return {
            "run": f"{view.prepared_at} by {view.preparer}",
            "strategy": view.strategy or "unknown: not declared by the module",
            "solver": f"sha256 {view.module}",
            **inputs,
            **({"params": params} if params else {}),
            "amounts": COMPUTED,
            **({"not in this run": f"the book was changed after it: {later}"} if later else {}),
            "created by": f"florecon-build {VERSION}, from the book alone",
        }
