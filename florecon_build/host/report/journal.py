"""Journal entries of a report: balanced debit and credit lines for every difference that a match or a write-off leaves.

A group whose amounts come to 100.30 against 100.00 closes the items and leaves 0.30 on the account that is reconciled.
Its entry moves the 0.30 from that account to the account of its reason.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.csv as pa_csv

from florecon_build.host.description import Description
from florecon_build.host.errors import BadCommand
from florecon_build.host.report.excel import write_workbook
from florecon_build.host.report.exports import in_currency_decimals
from florecon_build.host.report.formulas import Formulas, without_formulas
from florecon_build.host.report.row_facts import Fact, RowFacts
from florecon_build.host.report.step_names import plain_reason, step_name, step_names
from florecon_build.wire import UNMATCHED

if TYPE_CHECKING:
    from florecon_build.host.report.report import Report

Id = int | str
CLEARING = "clearing"
"""The key in `accounts` of the account that is reconciled, where the plugin declares no account column."""
NAMED = 3
"""How many rows a text names."""


@dataclass(frozen=True, slots=True)
class Journal:
    """Entries as an Arrow table.

    Columns: `group`, a key of the group's rows and amounts, the same in every run; `date`; `account`; `debit` and
    `credit` as decimals, one of them empty; `currency`; `text`. Debits of each group and currency equal its credits.
    """

    table: pa.Table

    def write_csv(self, path: str | os.PathLike[str], *, formulas: Formulas = "escape") -> Path:
        """Writes a CSV file, amounts with the decimals of their currency; returns the path."""
        target, table = Path(path), without_formulas(self.table, formulas)
        scale = self.table.schema.field("debit").type.scale
        pa_csv.write_csv(in_currency_decimals(table, self.table["currency"], scale), str(target))
        return target

    def write_excel(self, path: str | os.PathLike[str]) -> Path:
        """Writes a workbook with the sheet Journal; returns the path. Errors: `MissingPackage`, `SheetFull`."""
        return write_workbook(Path(path), {"Journal": self.table}, {"Journal": self.table["currency"]})

    def __len__(self) -> int:
        return self.table.num_rows


@dataclass(frozen=True, slots=True)
class _Leg:
    """What a group leaves in one currency on one account, signed, in minor units."""

    group: str
    reasons: tuple[str, ...]
    currency: str | None
    account: str | None
    net: int
    day: date | None
    text: str


def journal_of(
    report: Report,
    about: Description,
    facts: RowFacts | None,
    accounts: Mapping[str, str],
    *,
    on: date | None,
    scale: int,
) -> Journal:
    """The journal of a report; see `Report.journal`."""
    legs = _legs(report, about, facts)
    chosen = {leg: next((accounts[name] for name in leg.reasons if name in accounts), None) for leg in legs}
    missing: dict[str, int] = {}
    for leg, account in chosen.items():
        if account is None:
            missing[leg.reasons[-1]] = missing.get(leg.reasons[-1], 0) + 1
    if missing:
        listed = ", ".join(f"{reason!r} ({count})" for reason, count in sorted(missing.items()))
        raise BadCommand(
            f"no account is given for {listed}; add each of these reasons, with its account, to the accounts"
        )
    lines: list[tuple[Any, ...]] = []
    for leg, account in chosen.items():
        own = leg.account or accounts.get(CLEARING, CLEARING)
        day = on or leg.day
        sides = (account, own) if leg.net > 0 else (own, account)
        lines.append((leg.group, day, sides[0], abs(leg.net), None, leg.currency, leg.text))
        lines.append((leg.group, day, sides[1], None, abs(leg.net), leg.currency, leg.text))
    names = ("group", "date", "account", "debit", "credit", "currency", "text")
    columns = list(zip(*lines, strict=True)) if lines else [()] * len(names)
    money = pa.decimal128(38, scale)
    kinds = (pa.string(), pa.date32(), pa.string(), money, money, pa.string(), pa.string())
    table = {
        name: _money(values, scale) if kind == money else pa.array(list(values), kind)
        for name, kind, values in zip(names, kinds, columns, strict=True)
    }
    return Journal(pa.table(table))


def _money(values: tuple[int | None, ...], scale: int) -> pa.Array:
    return pa.array(
        [None if each is None else Decimal(each).scaleb(-scale) for each in values], pa.decimal128(38, scale)
    )


def _legs(report: Report, about: Description, facts: RowFacts | None) -> list[_Leg]:
    allocations = report.allocations
    ids: list[Id] = allocations.column("id_text" if "id_text" in allocations.column_names else "id").to_pylist()
    parts: dict[int, list[tuple[Id, int]]] = {}
    groups: list[int] = allocations.column("group_id").to_pylist()
    amounts: list[int] = allocations.column("amount").to_pylist()
    for group_id, row_id, amount in zip(groups, ids, amounts, strict=True):
        parts.setdefault(group_id, []).append((row_id, amount))
    known: Mapping[Id, Fact] = {} if facts is None else facts.of(ids)
    if facts is not None and facts.currency is not None and not set(ids) <= known.keys():
        raise BadCommand(
            "the currencies of some rows are not known to this report; make it in the workspace of the rows"
        )
    names = step_names(about.nodes)
    legs: list[_Leg] = []
    for line in report.groups.to_pylist():
        if line["origin"] == UNMATCHED:
            continue
        members = sorted(parts[line["group_id"]], key=lambda part: (isinstance(part[0], str), part[0]))
        nets: dict[tuple[str | None, str | None], int] = {}
        days: list[date] = []
        for row_id, amount in members:
            fact = known.get(row_id, Fact())
            nets[fact.currency, fact.account] = nets.get((fact.currency, fact.account), 0) + amount
            days += [] if fact.date is None else [fact.date]
        reasons = (line["origin"], step_name(names, line["node"], line["origin"]))
        more = f" and {len(members) - NAMED} more" if len(members) > NAMED else ""
        rows = ", ".join(str(row_id) for row_id, _ in members[:NAMED]) + more
        text = f"{plain_reason(line['reason']) or line['origin']}: {rows}"
        key = hashlib.sha256(json.dumps(members).encode()).hexdigest()[:12]
        legs += [
            _Leg(key, reasons, currency, account, net, max(days, default=None), text)
            for (currency, account), net in nets.items()
            if net
        ]
    return legs
