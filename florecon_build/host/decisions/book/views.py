"""Views of a book: a period as it stands, the ages of its open items, and JSON data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa

from florecon_build.host.decisions.balances import Balance, balances_of
from florecon_build.host.decisions.period import period as period_named
from florecon_build.host.decisions.store import Decision
from florecon_build.host.decisions.store.ledger import Book as Ledger
from florecon_build.host.decisions.store.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodView:
    """A period as it stands: `status` is `open`, `closed` or `reopened`; the rest is of the last run, or of the close.

    `preparer` ran it last, `closed_by` closed it; `head` is the hash of the close. Amounts are in minor units.
    """

    name: str
    status: str
    first: date
    last: date
    runs: int
    balances: tuple[Balance, ...] = ()
    open: int = 0
    unexplained: int = 0
    preparer: str | None = None
    prepared_at: str | None = None
    closed_by: str | None = None
    closed_at: str | None = None
    allow_open: bool = False
    makers: tuple[str, ...] = ()
    module: str = ""
    strategy: str = ""
    version: str = ""
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    inputs: tuple[Mapping[str, Any], ...] = ()
    head: str | None = None
    reopened: tuple[Mapping[str, Any], ...] = ()

    def as_data(self) -> dict[str, Any]:
        """The period as JSON data."""
        names = (
            *("name", "status", "runs", "open", "unexplained", "preparer", "prepared_at", "closed_by", "closed_at"),
            *("allow_open", "module", "strategy", "version", "head"),
        )
        return {
            **{name: getattr(self, name) for name in names},
            "period": self.name,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "makers": list(self.makers),
            "params": dict(self.params),
            "inputs": [dict(each) for each in self.inputs],
            "balances": [each.as_data() for each in self.balances],
            "reopened": [dict(each) for each in self.reopened],
        }


def view_of(known: Period, ledger: Ledger) -> PeriodView:
    """The view of a period."""
    run, close = known.run, known.close
    source = close or run
    body: Mapping[str, Any] = {} if source is None else source.body
    before = ledger.periods.before(known.span)
    status = "closed" if close is not None else "reopened" if known.reopens else "open"
    return PeriodView(
        name=known.name,
        status=status,
        first=known.span.first,
        last=known.span.last,
        runs=len(known.runs),
        balances=balances_of(body.get("balances", ())),
        open=body.get("open", 0),
        unexplained=body.get("unexplained", 0),
        preparer=None if run is None else run.who,
        prepared_at=None if run is None else run.at,
        closed_by=None if close is None else close.who,
        closed_at=None if close is None else close.at,
        allow_open=bool(body.get("allow_open", False)),
        makers=tuple(body.get("makers") or ledger.makers(0 if before is None else before.seq)),
        module=body.get("module", ""),
        strategy=body.get("strategy", ""),
        version=body.get("version", ""),
        params=body.get("params", {}),
        inputs=tuple(known.inputs),
        head=None if close is None else close.hash,
        reopened=tuple({"who": each.who, "at": each.at, "reason": each.why} for each in known.reopens),
    )


def with_age(items: pa.Table, known: Period) -> pa.Table:
    """The open items of a period with `age_days`."""
    ages: list[int] = []
    for first_seen, day in zip(items["first_seen"].to_pylist(), items["date"].to_pylist(), strict=True):
        start = day if day is not None else period_named(first_seen).last
        ages.append(max(0, (known.span.last - start).days))
    return items.append_column("age_days", pa.array(ages, pa.int64()))


def as_json(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line of a table as JSON data."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in line.items()}


def decision_data(decision: Decision) -> dict[str, Any]:
    """A decision as JSON data."""
    entry = decision.entry
    return {
        "entry": entry.seq,
        "kind": entry.kind,
        "who": entry.who,
        "at": entry.at,
        "why": entry.why,
        "status": decision.status,
        "second_person": decision.checker,
        "ids": [member.id for member in decision.members],
        "code": entry.body.get("code"),
        "values": entry.body.get("values"),
    }
