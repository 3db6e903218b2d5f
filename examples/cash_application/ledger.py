"""Reader for invoices, payments and remittance lines, as one ledger.

A payment with remittance advice is one lot per advice line and one for the remaining amount, so that each part can be
applied to its invoice, and the rest stays open.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

INVOICE, ADVISED, UNADVISED = "invoice", "advised", "unadvised"


@dataclass(frozen=True, slots=True)
class Lot:
    """An invoice, or a part of a payment. Invoices are positive, payments negative."""

    row_id: str
    kind: str
    document: str
    party: str
    day: date
    said: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Application:
    """Amount of a payment applied to an invoice."""

    payment: str
    invoice: str
    amount: Decimal


def read(path: Path) -> tuple[list[Lot], list[Application] | None]:
    """Reads the lots of a file of invoices, payments and remittance lines, and the answer if it has one."""
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal, parse_int=Decimal)
    advised: dict[str, list[dict[str, Any]]] = {}
    for line in data["remittance_lines"]:
        advised.setdefault(line["payment_id"], []).append(line)
    lots = [invoice(one) for one in data["invoices"]]
    for one in data["payments"]:
        lots += payment(one, advised.get(one["payment_id"], []))
    truth = data.get("ground_truth")
    return lots, None if truth is None else [application(one) for one in truth["applications"]]


def invoice(one: dict[str, Any]) -> Lot:
    number, due = one["invoice_id"], date.fromisoformat(one["due_date"])
    return Lot(number, INVOICE, number, one["customer_name"], due, one["description"], one["amount"])


def payment(one: dict[str, Any], advice: list[dict[str, Any]]) -> list[Lot]:
    number, payer, day = one["payment_id"], one["payer_name"], date.fromisoformat(one["payment_date"])
    parts = [
        Lot(f"{number}/{line['remittance_id']}", ADVISED, number, payer, day, line["invoice_ref"], -line["amount"])
        for line in advice
    ]
    unsaid = -one["amount"] - sum(part.amount for part in parts)
    if unsaid or not parts:
        parts.append(Lot(number, UNADVISED, number, payer, day, one["reference_info"], unsaid))
    return parts


def application(one: dict[str, Any]) -> Application:
    return Application(one["payment_id"], one["invoice_id"], one["applied_amount"])


def as_rows(lots: list[Lot]) -> list[dict[str, Any]]:
    """The lots as rows of a workspace."""
    return [asdict(lot) for lot in lots]
