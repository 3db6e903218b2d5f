"""Periods of a book: a pure fold over the entries of its history, with the rules for the next one.

| kind | body |
|---|---|
| `book` | `plugin`, `scale`, `currency`, `account`, `date` (names of columns, or null), `strategy`, `title` |
| `rows` | `period`, `inputs`, `new`, `restated`; the rows themselves are attached |
| `run` | `period`, `opening` (number of the close it begins with, 0 for none), `rows`, `decided`, `balances`, ... |
| `close` | `period`, `run`, `previous` (number of the close before, 0 for none), `balances`, `consumed`, ... |
| `reopen` | `period`, `target`: the number of the close |
| `migrate` | `before`, `after`: fingerprints of the strategies |
| `withdraw` | `period`, `rows` (a count), `inputs`; the number of the entry and the id of each row are attached |

One period is open at a time, in the order of the calendar. Only a reopened one can have a later one open behind it, and
that one is run again from the new closing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from florecon_build.host.decisions.balances import balances_of, imbalances
from florecon_build.host.decisions.errors import (
    BookError,
    OutOfBalance,
    PeriodClosed,
    StaleRun,
    WrongBook,
    WrongPeriod,
)
from florecon_build.host.decisions.period import Span, period
from florecon_build.host.decisions.store.entry import Draft, Entry

KINDS = ("book", "rows", "run", "close", "reopen", "migrate", "withdraw")


@dataclass(slots=True)
class Period:
    """A period: the entries of its rows, withdrawals, runs, closes and reopenings; `close` is the one in force."""

    span: Span
    rows: list[Entry] = field(default_factory=list[Entry])
    withdrawals: list[Entry] = field(default_factory=list[Entry])
    runs: list[Entry] = field(default_factory=list[Entry])
    closes: list[Entry] = field(default_factory=list[Entry])
    reopens: list[Entry] = field(default_factory=list[Entry])
    close: Entry | None = None

    @property
    def name(self) -> str:
        """The name that the period was run by."""
        return self.span.name

    @property
    def run(self) -> Entry | None:
        """The last run."""
        return self.runs[-1] if self.runs else None

    @property
    def inputs(self) -> list[dict[str, Any]]:
        """The inputs that its rows came with, in order; `withdrawn` counts the rows that were taken back."""
        taken: Counter[tuple[int, int]] = Counter()
        for entry in self.withdrawals:
            for each in entry.body["inputs"]:
                taken[each["entry"], each["input"]] += each["rows"]
        return [
            {**each, "withdrawn": taken[entry.seq, at]} if taken[entry.seq, at] else dict(each)
            for entry in self.rows
            for at, each in enumerate(entry.body.get("inputs", ()))
        ]


class Periods:
    """The book's settings and its periods by name, in the order of the calendar."""

    def __init__(self) -> None:
        self.settings: Mapping[str, Any] | None = None
        self.strategy = ""
        self.strategies: list[Entry] = []
        self.known: dict[str, Period] = {}

    @property
    def last_close(self) -> Entry | None:
        """The close in force of the latest closed period."""
        closes = [each.close for each in self.known.values() if each.close is not None]
        return closes[-1] if closes else None

    def strategy_at(self, seq: int) -> Entry | None:
        """The entry that began the book or migrated it last before an entry."""
        return next((each for each in reversed(self.strategies) if each.seq < seq), None)

    def before(self, span: Span) -> Entry | None:
        """The close in force of the period before."""
        earlier = [each for each in self.known.values() if each.span.last < span.first]
        return earlier[-1].close if earlier else None

    def check(self, draft: Draft | Entry) -> None:
        """Refuses an entry that the rules forbid.

        Errors: `BookError` and its kinds.
        """
        if draft.kind == "book":
            if self.settings is not None:
                raise BookError(f"the book was begun already, for {self.settings.get('plugin')}")
            return
        if self.settings is None:
            raise WrongBook("the book has not been begun; its first run begins it")
        name = draft.body.get("period")
        match draft.kind:
            case "rows" | "run" | "withdraw":
                self.check_run(str(name))
                if draft.kind == "run":
                    self._check_balances(draft.body, self.span(str(name)))
            case "close":
                self._check_close(draft, str(name))
            case "reopen":
                self.check_reopen(str(name))
                close = self.known[str(name)].close
                if close is None or draft.body.get("target") != close.seq:
                    raise WrongPeriod(f"{name} is not closed by entry {draft.body.get('target')!r}")
            case _:
                pass

    def span(self, name: str) -> Span:
        """The days of a period. Errors: `WrongPeriod` for a name that is none."""
        known = self.known.get(name.strip())
        return known.span if known is not None else period(name)

    def check_run(self, name: str) -> Span:
        """The span of a period that can be run now. Errors: `PeriodClosed`, `WrongPeriod`."""
        span = self.span(name)
        known = self.known.get(span.name)
        if known is not None and known.close is not None:
            close = known.close
            raise PeriodClosed(
                f"{span.name} was closed by {close.who} on {close.at[:10]}; to change it, reopen it with a reason,"
                " or run the period that follows it"
            )
        for each in self.known.values():
            if each is known:
                continue
            if each.span.first <= span.last and span.first <= each.span.last:
                raise WrongPeriod(f"{span.name} overlaps {each.name}, which the book has; run {each.name}, or the next")
            if each.span.last < span.first and each.close is None:
                raise WrongPeriod(f"{each.name} is open; close it before {span.name} is run")
            if known is None and each.span.first > span.last and (each.close is not None or each.runs):
                raise WrongPeriod(f"{span.name} is before {each.name}, which the book has already; run {each.name}")
        return span

    def check_close(self, name: str) -> Period:
        """The period of a name, which can be closed now. Errors: `PeriodClosed`, `WrongPeriod`, `StaleRun`."""
        span = self.span(name)
        known = self.known.get(span.name)
        if known is None or known.run is None:
            listed = ", ".join(each.name for each in self.known.values() if each.close is None) or "none"
            raise WrongPeriod(f"{span.name} was never run, so there is nothing to close; open periods: {listed}")
        if known.close is not None:
            raise PeriodClosed(f"{span.name} was closed by {known.close.who} on {known.close.at[:10]} already")
        for each in self.known.values():
            if each.span.last < span.first and each.close is None:
                raise WrongPeriod(f"{each.name} is open; close it before {span.name}")
        before = self.before(span)
        if known.run.body.get("opening") != (0 if before is None else before.seq):
            raise StaleRun(f"the period before {span.name} was closed anew; run {span.name} again, then close it")
        return known

    def check_reopen(self, name: str) -> Period:
        """The period of a name, which can be reopened now. Errors: `WrongPeriod`."""
        span = self.span(name)
        known = self.known.get(span.name)
        if known is None or known.close is None:
            closed = [each.name for each in self.known.values() if each.close is not None]
            which = f"the last closed period is {closed[-1]}" if closed else "no period is closed"
            raise WrongPeriod(f"{span.name} is not closed; {which}")
        for each in reversed(self.known.values()):
            if each is not known and each.close is not None and each.span.first > span.last:
                raise WrongPeriod(f"{each.name} was closed after {span.name}; reopen {each.name} first")
        return known

    def add(self, entry: Entry) -> None:
        """Takes an entry in that `check` has let pass."""
        body = entry.body
        match entry.kind:
            case "book":
                self.settings, self.strategy = body, str(body.get("strategy", ""))
                self.strategies.append(entry)
            case "migrate":
                self.strategy = str(body.get("after", ""))
                self.strategies.append(entry)
            case "rows" | "run":
                known = self._period(str(body["period"]))
                (known.rows if entry.kind == "rows" else known.runs).append(entry)
            case "withdraw":
                self._period(str(body["period"])).withdrawals.append(entry)
            case "close":
                known = self._period(str(body["period"]))
                known.closes.append(entry)
                known.close = entry
            case "reopen":
                known = self._period(str(body["period"]))
                known.reopens.append(entry)
                known.close = None
            case _:
                pass

    def _period(self, name: str) -> Period:
        if name not in self.known:
            self.known[name] = Period(period(name))
            self.known = dict(sorted(self.known.items(), key=lambda item: item[1].span.first))
        return self.known[name]

    def _check_balances(self, body: Mapping[str, Any], span: Span) -> None:
        before = self.before(span)
        if body.get("opening") != (0 if before is None else before.seq):
            raise StaleRun(f"{span.name} does not begin with the closing of the period before; run it again")
        try:
            opening = balances_of(before.body["balances"]) if before is not None else ()
            found = imbalances(balances_of(body["balances"]), opening)
        except (KeyError, TypeError) as error:
            raise BookError(f"the balances of {span.name} are malformed: {error}") from None
        if found:
            raise OutOfBalance(f"{span.name} is out of balance. {'. '.join(found)}")

    def _check_close(self, draft: Draft | Entry, name: str) -> None:
        known = self.check_close(name)
        if known.run is None or draft.body.get("run") != known.run.seq:
            raise StaleRun(f"{name} is closed by its last run only")
        if draft.body.get("balances") != known.run.body.get("balances"):
            raise OutOfBalance(f"the balances of the close of {name} are not those of its last run")
        self._check_balances({**draft.body, "opening": known.run.body.get("opening")}, known.span)
