"""Book: a reconciliation that is repeated every period, with its open items, decisions, parameters and periods.

```python
book = Book("close.db")
ws = book.run("2026-03", "dist/solver.wasm", "march.csv", who="anna")
ws.resolve([17], "timing", "paid on April 2")
ws.solve()
book.close("2026-03", who="ben", allow_open=True)
```

A call that raises leaves the book as it was.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Self

import pyarrow as pa

from florecon_build.host.decisions.balances import balances_of
from florecon_build.host.decisions.book import item_verbs, withdrawing
from florecon_build.host.decisions.book.kept_run import description_of, reasons_of, report_of
from florecon_build.host.decisions.book.known_rows import KnownRows, read_known
from florecon_build.host.decisions.book.opening import Input, Request, begin
from florecon_build.host.decisions.book.proof import disproved
from florecon_build.host.decisions.book.recording import Moved
from florecon_build.host.decisions.book.tables import unpack
from florecon_build.host.decisions.book.views import PeriodView, as_json, decision_data, view_of, with_age
from florecon_build.host.decisions.book.workspace import ATTEMPTS, BookWorkspace
from florecon_build.host.decisions.codes import Code
from florecon_build.host.decisions.effect import Effect
from florecon_build.host.decisions.errors import OpenItems, OutOfBalance, StaleRun, WrongBook, WrongHead, WrongPeriod
from florecon_build.host.decisions.identity import check_name
from florecon_build.host.decisions.store import Decision, Store, verify
from florecon_build.host.decisions.store.entry import Draft, Entry
from florecon_build.host.decisions.store.ledger import Book as Ledger
from florecon_build.host.decisions.store.periods import Period
from florecon_build.host.description import Description
from florecon_build.host.errors import BadCommand, StoreDamaged
from florecon_build.host.explain.open_rows import MOST_EXPLAINED
from florecon_build.host.frames import TextAmounts
from florecon_build.host.report.report import Report
from florecon_build.host.runtime.arguments import Ids, ids_from
from florecon_build.host.runtime.engine_module import HasIr
from florecon_build.host.runtime.module import Source
from florecon_build.host.runtime.session import Progress
from florecon_build.host.workspace import Workspace

__all__ = ["Book", "Input", "PeriodView"]
AGES = (30, 60, 90)
"""The last day of each bucket of the ageing but the last."""
FROZEN = ("module", "strategy", "runtime", "version", "params", "balances", "open", "unexplained", "consumed")
"""What a close takes over from the last run."""


class Book:
    """The durable side of a reconciliation, in a SQLite file or a PostgreSQL database.

    Parameters: `where` is the path of a SQLite file (made if it is not there) or a `postgresql://` URL; `name` chooses
    one of several books in it.
    Errors: `StoreError`, `MissingPackage`; `StoreDamaged` from the first call that reads a book that was tampered with.
    """

    def __init__(self, where: str | os.PathLike[str], *, name: str = "default") -> None:
        self._store = Store(where, book=name)

    # Reading

    @property
    def store(self) -> Store:
        """The store underneath: history, approvals, comments, policy."""
        return self._store

    @property
    def name(self) -> str:
        """The name of the book in its database."""
        return self._store.book_name

    @property
    def head(self) -> str:
        """The hash of the last entry. Kept elsewhere, it proves later that nothing up to it was changed."""
        self._store.refresh()
        return self._store.head

    @property
    def plugin(self) -> str | None:
        """The plugin that the book is of; None before its first run."""
        settings = self._ledger().periods.settings
        return None if settings is None else str(settings["plugin"])

    @property
    def scale(self) -> int:
        """The number of decimals of the amounts."""
        settings = self._ledger().periods.settings
        return 2 if settings is None else int(settings["scale"])

    @property
    def params(self) -> Mapping[str, Any]:
        """The parameters that were set, as the module takes them."""
        return self._ledger().params

    @property
    def codes(self) -> Mapping[str, Code]:
        """The reason codes."""
        return self._ledger().codes

    @property
    def title(self) -> Mapping[str, Any]:
        """The entity, and what else the title of a report says."""
        settings = self._ledger().periods.settings
        return {} if settings is None else dict(settings.get("title", {}))

    @property
    def periods(self) -> tuple[PeriodView, ...]:
        """The periods in the order of the calendar."""
        ledger = self._ledger()
        return tuple(view_of(each, ledger) for each in ledger.periods.known.values())

    def period(self, name: str) -> PeriodView:
        """A period. Errors: `WrongPeriod` for one that the book does not have."""
        for each in self.periods:
            if each.name == name.strip():
                return each
        listed = ", ".join(each.name for each in self.periods) or "none"
        raise WrongPeriod(f"the book has no period {name!r}; it has {listed}")

    def open_items(self, period: str | None = None) -> pa.Table:
        """The open items at the end of a period, or of the last that was run.

        Columns: `id, currency, account, original, remaining, first_seen, date, code, reason, who`, and `age_days`, from
        the item's date (else the last day of the period that it came in) to the last day of the period. Amounts are in
        minor units.
        """
        found = self._of_run(period, "open")
        return with_age(found[0], found[1]) if found is not None else pa.table({})

    def groups(self, period: str | None = None) -> pa.Table:
        """The groups of a period's last run, with the `stage` that they are counted under and their `kind`."""
        found = self._of_run(period, "groups")
        return found[0] if found is not None else pa.table({})

    def allocations(self, period: str | None = None) -> pa.Table:
        """The allocations of a period's last run, with the currency and account of each row."""
        found = self._of_run(period, "allocations")
        return found[0] if found is not None else pa.table({})

    def rows(self, period: str | None = None) -> pa.Table:
        """The rows at hand in a period, in their declared columns, as they were given."""
        found = self._of_run(period, "allocations")
        if found is None:
            return pa.table({})
        ledger = self._ledger()
        known = self._known(ledger, found[1])
        return known.take(dict.fromkeys(found[0].column("id").to_pylist()))

    def report(self, period: str | None = None) -> Report:
        """The report of a period's last run, or of the last that was run, from the book alone.

        It is the report that the run returned, with numbers of groups of its own, and can be written as a page and
        exported when the run's folder, its files and its module are gone.
        Errors: `WrongPeriod` for a period that was never run; `NotKept` for a run of an earlier release;
        `StoreDamaged`.
        """
        return report_of(self._store, self._last_run(period), self.rows(period))

    def reasons(self, period: str | None = None) -> Mapping[str, str]:
        """Why items of a period's last run are open, by id as text, as far as `run(explain=...)` asked."""
        return reasons_of(self._store, self._last_run(period))

    def strategy(self, period: str | None = None) -> bytes | None:
        """The strategy of a period's last run as JSON; None where its module does not carry it."""
        run = self._last_run(period)
        entry = self._ledger().periods.strategy_at(run.seq)
        if entry is None or "strategy" not in entry.body.get("attachments", {}):
            return None
        return self._store.attachment(entry.seq, "strategy")

    def description(self, period: str | None = None) -> Description:
        """What the module of a period's last run says of itself. Errors: as `report`."""
        return description_of(self._store, self._last_run(period))

    def ageing(self, period: str | None = None) -> list[dict[str, Any]]:
        """The open items by age: currency, account, bucket of days, number of rows and sum of their amounts."""
        sums: dict[tuple[str | None, str | None, str], list[int]] = {}
        for line in self.open_items(period).to_pylist():
            days = line["age_days"]
            at = next((at for at, last in enumerate(AGES) if days <= last), len(AGES))
            first = 0 if at == 0 else AGES[at - 1] + 1
            bucket = f"over {AGES[-1]}" if at == len(AGES) else f"{first}-{AGES[at]}"
            one = sums.setdefault((line["currency"], line["account"], bucket), [0, 0])
            one[0] += 1
            one[1] += line["remaining"]
        order = {f"over {AGES[-1]}": 1}
        keys = sorted(sums, key=lambda key: (key[0] or "", key[1] or "", order.get(key[2], 0), key[2]))
        return [
            {"currency": key[0], "account": key[1], "bucket": key[2], "rows": sums[key][0], "amount": sums[key][1]}
            for key in keys
        ]

    def changes_after_run(self, period: str) -> list[Decision]:
        """What was decided, given or withdrawn after the last run of an open period, so that it has to be run again."""
        known = self._ledger().periods.known[self.period(period).name]
        if known.run is None or known.close is not None:
            return []
        return self._store.book.changes_after(known.run.seq)

    def decisions(self, period: str | None = None) -> list[Decision]:
        """The decisions of people, oldest first; of a period: those made since the period before was closed."""
        ledger = self._ledger()
        kinds = (
            "pin",
            "merge",
            "detach",
            "dissolve",
            "unpin",
            "undo",
            "resolve",
            "unresolve",
            "withdraw",
            "params",
            "codes",
            "policy",
        )
        after, until = 0, len(self._store)
        if period is not None:
            known = ledger.periods.known.get(self.period(period).name)
            before = ledger.periods.before(known.span) if known is not None else None
            after = 0 if before is None else before.seq
            until = known.close.seq if known is not None and known.close is not None else until
        return [each for seq, each in ledger.decisions.items() if after < seq <= until and each.kind in kinds]

    def as_data(self) -> dict[str, Any]:
        """The book as JSON data: periods, balances, open items, ageing, decisions. Amounts are in minor units."""
        ledger = self._ledger()
        settings = ledger.periods.settings or {}
        last = next((each for each in reversed(self.periods) if each.runs), None)
        return {
            "book": self.name,
            "plugin": settings.get("plugin"),
            "strategy": ledger.periods.strategy,
            "scale": self.scale,
            "currency": settings.get("currency"),
            "account": settings.get("account"),
            "entries": len(self._store),
            "head": self._store.head,
            "params": dict(ledger.params),
            "codes": {name: code.as_data() for name, code in ledger.codes.items()},
            "second_person_from": ledger.second_person_from,
            "period": None if last is None else last.name,
            "periods": [each.as_data() for each in self.periods],
            "balances": [] if last is None else [each.as_data() for each in last.balances],
            "open_items": [as_json(line) for line in self.open_items().to_pylist()],
            "ageing": self.ageing(),
            "pending": [decision_data(each) for each in ledger.pending()],
            "decisions": [decision_data(each) for each in self.decisions()],
        }

    # Periods

    def run(
        self,
        period: str,
        solver: Source | HasIr,
        rows: object = None,
        *,
        who: str,
        params: Mapping[str, object] | None = None,
        restate: bool = False,
        migrate: bool = False,
        any_date: bool = False,
        date: str | None = None,
        title: Mapping[str, str] | None = None,
        inputs: Sequence[Input] = (),
        explain: int = MOST_EXPLAINED,
        columns: Mapping[str, str] | None = None,
        text_amounts: TextAmounts | None = None,
        timeout: float | None = None,
        max_memory: int | None = None,
        progress: bool | Progress = False,
    ) -> BookWorkspace:
        """Solves the open items of the last closed period and the new rows, and records the run.

        It can be repeated: rows that the book has are recognised by their ids and change nothing.

        Parameters
        - `period`: such as `2026-03`, `2026-Q1`, `2026-W12` or `2026-02-23..2026-03-22`.
        - `solver`: the path of a `solver.wasm`, what a build returned, or a plugin, which the engine runs uncompiled.
        - `rows`: new rows, anything that `Workspace.upsert` takes; None for no more than the book has.
        - `who` prepares the period.
        - `params`: values that are set from now on, as `configure` does.
        - `restate`: takes known rows that come with another content, and keeps what they were; without it they are
          refused.
        - `migrate`: takes a module of another strategy than the book's.
        - `any_date`: takes rows dated after the period, and files without a row in it.
        - `date`: the column of the dates of rows, where the plugin has none or several; kept in the book.
        - `title`: `entity`, `account` and the like, for the title of reports; kept when the book is begun.
        - `inputs`: the files that the rows came from, in their order.
        - `explain`: of how many open items, the largest of each currency first, the module is asked for the reasons,
          which are kept for the report; every ten thousand cost about a further solve.
        - `columns`, `text_amounts`, `timeout`, `max_memory`: as for a `Workspace`.

        Errors: `WrongBook`, `OtherStrategy`, `PeriodClosed`, `WrongPeriod`, `RowsChanged`, `StaleRun`; those of
        `Workspace` and of the store. The book is then as it was.
        """
        check_name(who)
        request = Request(
            period=period,
            solver=solver,
            rows=rows,
            who=who,
            params=params or {},
            restate=restate,
            migrate=migrate,
            any_date=any_date,
            date=date,
            title=title or {},
            inputs=tuple(inputs),
            explain=explain,
            columns=columns,
            text_amounts=text_amounts,
        )
        for _ in range(ATTEMPTS):
            self._store.refresh()
            # one instance: what earlier periods matched is set aside before the first solve, which moves to one
            workspace = Workspace(solver, timeout=timeout, max_memory=max_memory, workers=1)
            try:
                context = begin(self._store, workspace, request)
                return BookWorkspace(workspace, self._store, context, who=who)
            except Moved:
                workspace.close()
            except BaseException:
                workspace.close()
                raise
        raise StaleRun("others change the book faster than it is solved; run it again later")

    def close(
        self, period: str, *, who: str, allow_open: bool = False, expect_head: str | None = None, why: str | None = None
    ) -> PeriodView:
        """Proves opening + new - cleared = closing for each currency and account, and freezes the period.

        Parameters: `allow_open` closes with open items that have no reason code; `expect_head` is a head of the book
        that was kept elsewhere, and must be in its history.
        Returns the closed period. Errors: `OpenItems`, `StaleRun`, `OutOfBalance`, `WrongPeriod`, `PeriodClosed`,
        `WrongHead`, `StoreDamaged`; `SamePerson` where the book requires a second person; `BookError` while a decision
        waits for one.
        """
        check_name(who)
        self._store.refresh()
        audit = verify(self._store, expect_head=expect_head)
        if not audit.is_intact:
            listed = ". ".join(f"Entry {each.seq}: {each.what}" for each in audit.faults[:5] if not each.is_clock)
            kind = WrongHead if expect_head is not None and verify(self._store).is_intact else StoreDamaged
            raise kind(f"the book is not what was written, and nothing is closed on it. {listed}")
        with self._store.writing() as writing:
            ledger = self._store.book
            if ledger.periods.settings is None:
                raise WrongBook("the book has not been begun; run a period first")
            known = ledger.periods.check_close(period)
            run = known.run
            if run is None:
                raise WrongPeriod(f"{period} was never run")
            self._check_fresh(ledger, known, run)
            self._prove(ledger, known, run)
            unexplained = int(run.body["unexplained"])
            if unexplained and not allow_open:
                raise OpenItems(
                    f"{known.name} has {unexplained} open {'item' if unexplained == 1 else 'items'} without a reason"
                    " code; give each one"
                    " (ws.resolve(ids, code, reason)), or close with --allow-open (allow_open=True)"
                )
            before = ledger.periods.before(known.span)
            body = {
                "period": known.name,
                "run": run.seq,
                "previous": 0 if before is None else before.seq,
                "allow_open": allow_open,
                "preparer": run.who,
                "makers": ledger.makers(0 if before is None else before.seq),
                "inputs": known.inputs,
                "head": self._store.head,
                **{name: run.body[name] for name in FROZEN},
                "tables": dict(run.body["attachments"]),
            }
            writing.append(Draft(who=who, kind="close", body=body, why=why, input=run.input, strategy=run.strategy))
        return self.period(period)

    def reopen(self, period: str, *, who: str, reason: str) -> PeriodView:
        """Opens the last closed period again: it can be run and closed anew; what it was stays in the history.

        Errors: `WrongPeriod` for a period that is not closed, or before one that is; `BadCommand` without a reason.
        """
        if not reason.strip():
            raise BadCommand("a period is reopened for a reason; give reason='...'")
        with self._store.writing() as writing:
            known = self._store.book.periods.check_reopen(period)
            target = 0 if known.close is None else known.close.seq
            writing.append(Draft(who=who, kind="reopen", body={"period": known.name, "target": target}, why=reason))
        return self.period(period)

    def set_codes(self, codes: Mapping[str, object], *, who: str, why: str | None = None) -> Mapping[str, Code]:
        """Sets the reason codes: `{name: "carried" | "cleared"}`, or `{"effect": ..., "second_person_from": minor}`.

        Errors: `BadCommand` for a code that is malformed.
        """
        plain = {name: each.as_data() if isinstance(each, Code) else each for name, each in codes.items()}
        self._store.append(Draft(who=who, kind="codes", body={"codes": plain}, why=why))
        return self.codes

    # Decisions

    def resolve(self, ids: Ids, code: str, reason: str, *, who: str, period: str | None = None) -> Effect:
        """Gives open items of the open period a reason code; the next run of the period applies it.

        Parameters: as `BookWorkspace.resolve`, which a workspace of the period at hand spares the run; `period` is the
        open one unless given.
        Returns an `Effect`. Errors: `UnknownCode`, `PeriodClosed`, `UnknownId`, `UnknownAllocation`, `StaleRun` where
        rows came or went since the last run; `BadCommand` for an item that has a code already, and without a reason.
        """
        return item_verbs.resolve(self._store, ids_from(ids), code, reason, who=who, period=period)

    def unresolve(self, ids: Ids, *, who: str, why: str | None = None, period: str | None = None) -> Effect:
        """Takes the reason codes of items back; the next run of the period applies it.

        Returns an `Effect`. Errors: `UnknownId` for a row without a code, `PeriodClosed`.
        """
        return item_verbs.unresolve(self._store, ids_from(ids), who=who, why=why, period=period)

    def approve(self, entry: int, *, who: str, why: str | None = None) -> Decision:
        """Puts a decision that waits for a second person in force.

        Parameters: `entry` is its number. Returns the decision. Errors: `SamePerson` for who made it, under whatever
        name; `NotPending`, `UnknownEntry`.
        """
        self._store.approve(entry, who=who, why=why)
        return self._store.book.decisions[entry]

    def reject(self, entry: int, *, who: str, why: str | None = None) -> Decision:
        """Turns down a decision that waits for a second person. Errors: as `approve`."""
        self._store.reject(entry, who=who, why=why)
        return self._store.book.decisions[entry]

    def withdraw(
        self, period: str, *, who: str, reason: str, input: str | None = None, ids: Ids | None = None
    ) -> Effect:
        """Takes rows back that an open period was given by mistake: those of an input, or single ones.

        A row that came first in the period is gone, and may come again; one that was restated in it is what it was
        before. What was withdrawn, by whom and why, stays in the history. Run the period again, then close it.
        Parameters: `input` is the name of a file, or the beginning of its SHA-256; `ids` are rows.
        Returns an `Effect`: the rows. Errors: `PeriodClosed`, `WrongPeriod`; `UnknownInput` for a file that brought
        no row of the period; `UnknownId` for a row that did not come in it; `BadCommand` without a reason, and for
        both or neither of `input` and `ids`.
        """
        rows = None if ids is None else ids_from(ids)
        return withdrawing.withdraw(self._store, period, input=input, ids=rows, who=who, reason=reason)

    def dispose(self) -> None:
        """Closes the connections to the database."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.dispose()

    # How

    def _ledger(self) -> Ledger:
        self._store.refresh()
        return self._store.book

    def _of_run(self, period: str | None, name: str) -> tuple[pa.Table, Period] | None:
        """A table of a period's last run, and the period; None where nothing was run yet."""
        ledger = self._ledger()
        if period is None:
            ran = [each for each in ledger.periods.known.values() if each.runs]
            known = ran[-1] if ran else None
        else:
            known = ledger.periods.known[self.period(period).name]
        if known is None or known.run is None:
            return None
        return unpack(self._store.attachment(known.run.seq, name)), known

    def _last_run(self, period: str | None) -> Entry:
        """The last run of a period, or of all. Errors: `WrongPeriod`."""
        ledger = self._ledger()
        periods = list(ledger.periods.known.values())
        if period is not None:
            periods = [ledger.periods.known[self.period(period).name]]
        runs = [each.run for each in periods if each.run is not None]
        if not runs:
            raise WrongPeriod(f"{period or 'the book'} was never run, so there is nothing to report; run it first")
        return runs[-1]

    def _known(self, ledger: Ledger, period: Period) -> KnownRows:
        settings = ledger.periods.settings or {}
        return read_known(self._store, ledger.periods, period.name, str(settings["id"]))

    def _check_fresh(self, ledger: Ledger, known: Period, run: Entry) -> None:
        changed = ledger.changes_after(run.seq)
        if changed:
            told = ", ".join(f"{each.kind} by {each.entry.who}" for each in changed[:3])
            raise StaleRun(
                f"the book was changed after {known.name} was last run ({told}); run it again, then close it"
            )

    def _prove(self, ledger: Ledger, known: Period, run: Entry) -> None:
        before = ledger.periods.before(known.span)
        opening = None
        if before is not None:
            opening = unpack(self._store.attachment(int(before.body["run"]), "open"))
        tables = {name: unpack(self._store.attachment(run.seq, name)) for name in ("groups", "allocations", "open")}
        found = disproved(
            balances_of(run.body["balances"]),
            opening=opening,
            known=self._known(ledger, known),
            period=known.name,
            groups=tables["groups"],
            allocations=tables["allocations"],
            open_items=tables["open"],
        )
        if found:
            raise OutOfBalance(f"{known.name} is out of balance. {'. '.join(found)}")
