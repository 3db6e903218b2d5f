"""Balances of a period: opening + new - cleared = closing, per currency and account, in exact minor units.

>>> fee = Cleared("fee", "resolved", groups=1, rows=1, debit=0, credit=1200)
>>> one = Balance("EUR", None, opening=5000, new=800, cleared_by=(fee,), closing=7000, open_rows=3)
>>> one.cleared, one.difference
(-1200, 0)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

Kind = Literal["matched", "resolved"]


@dataclass(frozen=True, slots=True)
class Cleared:
    """What left the open items for one reason: `debit` and `credit` are the sums of positive and negative amounts.

    `reason` is the label of the strategy's step, the origin of a group without one, or the code of a resolution.
    """

    reason: str
    kind: Kind
    groups: int
    rows: int
    debit: int
    credit: int

    @property
    def net(self) -> int:
        """The signed sum."""
        return self.debit - self.credit


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    opening: int
    new: int
    closing: int
    cleared_by: tuple[Cleared, ...] = ()
    restated: int = 0
    open_rows: int = 0


@dataclass(frozen=True, slots=True)
class Balance(_Sums):
    """One currency and account of a period, in minor units; `restated` is the part of `new` that restatements made."""

    currency: str | None
    account: str | None

    @property
    def cleared(self) -> int:
        """The sum of what was cleared, by all reasons."""
        return sum(each.net for each in self.cleared_by)

    @property
    def difference(self) -> int:
        """Opening + new - cleared - closing, which is zero."""
        return self.opening + self.new - self.cleared - self.closing

    def as_data(self) -> dict[str, Any]:
        """The balance as JSON data."""
        return {
            "currency": self.currency,
            "account": self.account,
            "opening": self.opening,
            "new": self.new,
            "restated": self.restated,
            "cleared": self.cleared,
            "closing": self.closing,
            "cleared_by": [
                {
                    "reason": each.reason,
                    "kind": each.kind,
                    "groups": each.groups,
                    "rows": each.rows,
                    "debit": each.debit,
                    "credit": each.credit,
                    "net": each.net,
                }
                for each in self.cleared_by
            ],
            "open_rows": self.open_rows,
        }


def balances_of(given: object) -> tuple[Balance, ...]:
    """The balances of JSON data. Errors: `KeyError`, `TypeError`."""
    return tuple(_balance(each) for each in cast("Sequence[Mapping[str, Any]]", given))


def _balance(given: Mapping[str, Any]) -> Balance:
    cleared = tuple(
        Cleared(each["reason"], each["kind"], each["groups"], each["rows"], each["debit"], each["credit"])
        for each in given["cleared_by"]
    )
    made = Balance(
        given["currency"],
        given["account"],
        opening=given["opening"],
        new=given["new"],
        restated=given["restated"],
        cleared_by=cleared,
        closing=given["closing"],
        open_rows=given["open_rows"],
    )
    nets = [each["net"] for each in given["cleared_by"]]
    if made.cleared != given["cleared"] or nets != [each.net for each in cleared]:
        raise TypeError(f"cleared is {given['cleared']}, and its reasons add up to {made.cleared}")
    return made


def imbalances(balances: Sequence[Balance], before: Sequence[Balance]) -> list[str]:
    """Every broken rule: a balance that does not hold, or an opening that is not the closing of the period before."""
    closings = {(each.currency, each.account): each.closing for each in before}
    found = [
        f"{name_of(each)}: opening {each.opening} + new {each.new} - cleared {each.cleared} is not closing "
        f"{each.closing} (a difference of {each.difference} minor units)"
        for each in balances
        if each.difference
    ]
    openings = {(each.currency, each.account): each.opening for each in balances}
    for key in sorted(closings.keys() | openings.keys(), key=str):
        if closings.get(key, 0) != openings.get(key, 0):
            name = name_of(key)
            found.append(f"{name}: opening {openings.get(key, 0)} is not the closing {closings.get(key, 0)} before")
    return found


def name_of(balance: Balance | tuple[str | None, str | None]) -> str:
    """The currency and account of a balance, for messages."""
    currency, account = balance if isinstance(balance, tuple) else (balance.currency, balance.account)
    return " ".join(each for each in (currency, account) if each) or "all rows"
