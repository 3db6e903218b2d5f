"""Random ledgers in random shapes: the rows, the file that says them, and the declaration that reads it back."""

from __future__ import annotations

import csv
import datetime
import io
import random
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from florecon_build.host.description import Field

HEADERS: dict[str, dict[str, str]] = {
    "en": {
        "id": "Id",
        "day": "Date",
        "value": "Value Date",
        "text": "Details",
        "amount": "Amount",
        "credit": "Credit",
        "debit": "Debit",
        "sign": "D/C",
        "balance": "Balance",
        "currency": "Currency",
        "total": "Total",
    },
    "de": {
        "id": "Belegnummer",
        "day": "Buchungstag",
        "value": "Wertstellung",
        "text": "Verwendungszweck",
        "amount": "Betrag",
        "credit": "Haben",
        "debit": "Soll",
        "sign": "S/H",
        "balance": "Saldo",
        "currency": "Währung",
        "total": "Summe",
    },
    "fr": {
        "id": "Numéro",
        "day": "Date opération",
        "value": "Date valeur",
        "text": "Libellé",
        "amount": "Montant",
        "credit": "Crédit",
        "debit": "Débit",
        "sign": "Sens D/C",
        "balance": "Solde",
        "currency": "Devise",
        "total": "Totaux",
    },
    "es": {
        "id": "Id",
        "day": "Fecha",
        "value": "Fecha valor",
        "text": "Concepto",
        "amount": "Importe",
        "credit": "Abono",
        "debit": "Cargo",
        "sign": "Signo",
        "balance": "Saldo",
        "currency": "Divisa",
        "total": "Suma",
    },
    "sv": {
        "id": "Id",
        "day": "Bokföringsdatum",
        "value": "Valutadatum",
        "text": "Text",
        "amount": "Belopp",
        "credit": "Insättning",
        "debit": "Uttag",
        "sign": "Typ",
        "balance": "Saldo",
        "currency": "Valuta",
        "total": "Summa",
    },
    "pl": {
        "id": "Lp",
        "day": "Data księgowania",
        "value": "Data waluty",
        "text": "Tytuł",
        "amount": "Kwota",
        "credit": "Uznania",
        "debit": "Obciążenia",
        "sign": "Typ",
        "balance": "Saldo po operacji",
        "currency": "Waluta",
        "total": "Razem",
    },
}
SIGN_WORDS = {
    "de": ("H", "S"),
    "es": ("H", "D"),
    "en": ("C", "D"),
    "fr": ("C", "D"),
    "sv": ("+", "-"),
    "pl": ("+", "-"),
}
DATES = (
    *("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y%m%d", "%d.%m.%y", "%Y/%m/%d", "%d %b %Y"),
    *("%d/%m/%y", "%m/%d/%y", "%y-%m-%d", "%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M:%S", "%d. %m. %Y"),
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252", "cp1250")
ID = Field(name="row_id", base="i64", kind="integer", is_id=True)


@dataclass(slots=True)
class RandomFile:
    """A file: its bytes, the amounts and days that it says, and the declaration that reads it."""

    name: str
    content: bytes
    declaration: dict[str, Any]
    fields: tuple[Field, ...]
    amounts: list[Decimal]
    days: list[datetime.date]
    day_header: str
    texts: list[str] = field(default_factory=list[str])

    def write(self, folder: Path) -> Path:
        """Writes the file."""
        path = folder / self.name
        path.write_bytes(self.content)
        return path


@dataclass(frozen=True, slots=True)
class _Form:
    """How amounts are written."""

    mark: str
    group: str
    scale: int
    always: bool

    def text(self, amount: Decimal) -> str:
        """The digits of an amount without its sign."""
        plain = f"{abs(amount):,.{self.scale}f}"
        if not self.always:
            plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
        return plain.replace(",", "G").replace(".", self.mark).replace("G", self.group)


def random_file(seed: int) -> RandomFile:
    """The file of a seed."""
    rng = random.Random(seed)
    tongue = rng.choice(sorted(HEADERS))
    heads = HEADERS[tongue]
    mark = rng.choice(".,")
    groups = [*("", "", " ", "'", "\u00a0"), "," if mark == "." else "."]
    form = _Form(mark, rng.choice(groups), rng.choice((2, 2, 2, 2, 0, 3)), rng.random() < 0.8)
    count = rng.choice((1, 2, 3, 5, 8, 13, 30))
    amounts = [_amount(rng, form.scale) for _ in range(count)]
    start = datetime.date(rng.choice((2019, 2024, 2026)), rng.randint(1, 12), rng.randint(1, 28))
    days = sorted(start + datetime.timedelta(days=rng.randint(0, rng.choice((3, 40, 200)))) for _ in range(count))
    texts = [_text(rng) for _ in range(count)]
    written = rng.choice(DATES)
    kind = rng.choice(("single", "single", "single", "pair", "signs", "negative" if count > 2 else "single"))
    columns: dict[str, list[str]] = {}
    data: dict[str, Any] = {"columns": {}}
    wanted = data["columns"]

    def optional(share: float) -> bool:
        return rng.random() < share

    if optional(0.3):
        columns["#"] = [str(number) for number in range(1, count + 1)]
    if optional(0.4):
        columns[heads["id"]] = [str(4000 + 7 * number) for number in range(count)]
    columns[heads["day"]] = [day.strftime(written) for day in days]
    if optional(0.4):
        columns[heads["value"]] = [(day + datetime.timedelta(days=1)).strftime(written) for day in days]
    if optional(0.2):
        columns["Year"] = [str(day.year) for day in days]
    columns[heads["text"]] = texts
    if optional(0.2):
        columns["Account"] = ["4711000815"] * count
    unit = ""
    if kind == "negative":  # what only a balance proves
        unit = rng.choice(("", " EUR"))
    elif optional(0.3):
        columns[heads["currency"]] = [rng.choice(("EUR", "USD")) if optional(0.3) else "EUR" for _ in range(count)]
    elif optional(0.3):
        unit = rng.choice((" EUR", "\u20ac ", " \u20ac", "CHF "))
    _write_amounts(rng, kind, amounts, form, unit, heads, SIGN_WORDS[tongue], columns, wanted)
    descending = optional(0.2)
    if (kind == "negative" or optional(0.4)) and heads["currency"] not in columns:
        columns[heads["balance"]] = _balances(rng, amounts, form, descending=descending)
    if descending:
        columns = {name: cells if name == "#" else cells[::-1] for name, cells in columns.items()}
        amounts, days, texts = amounts[::-1], days[::-1], texts[::-1]
    if optional(0.1):
        columns["Limit"] = [form.text(_amount(rng, form.scale)) for _ in range(count)]
    data |= {"dates": written if "T" not in written else "timestamp", "decimal": mark}
    content, dialect = _file(rng, columns, heads, amounts, form)
    wanted |= {"day": heads["day"], "memo": heads["text"], "row_id": {"row_number": True}}
    fields = (
        ID,
        Field(name="day", base="i64", kind="date"),
        Field(name="amount", base="f64", kind="money", scale=form.scale, is_amount=True),
        Field(name="memo", base="utf8", kind="text", nullable=True),
    )
    return RandomFile(f"file{seed}.csv", content, data | dialect, fields, amounts, days, heads["day"], texts)


def _amount(rng: random.Random, scale: int) -> Decimal:
    size = rng.choice((10, 1_000, 100_000, 10_000_000))
    units = rng.randint(1, size) * rng.choice((1, 1, 10**scale))
    return Decimal(units * rng.choice((1, -1))).scaleb(-scale)


def _text(rng: random.Random) -> str:
    texts = [
        "INV20411",
        "Miete Okt",
        "Café Zürich",
        "card payment",
        'the "big" one',
        "a; b, c|d",
        "two\nlines",
        "x 12.50",
    ]
    return rng.choice(texts) + f" {rng.randint(1, 99)}"


def _write_amounts(  # noqa: PLR0917
    rng: random.Random,
    kind: str,
    amounts: list[Decimal],
    form: _Form,
    unit: str,
    heads: dict[str, str],
    signs: tuple[str, str],
    columns: dict[str, list[str]],
    wanted: dict[str, Any],
) -> None:
    def text(amount: Decimal) -> str:
        plain = form.text(amount)
        return plain + unit if unit.startswith(" ") else unit.strip() + plain

    if kind == "pair":
        zero = rng.choice(("", "", form.text(Decimal(0))))
        columns[heads["debit"]] = [text(amount) if amount < 0 else zero for amount in amounts]
        columns[heads["credit"]] = [text(amount) if amount > 0 else zero for amount in amounts]
        wanted["amount"] = {"credit": heads["credit"], "debit": heads["debit"]}
        return
    if kind == "signs":
        columns[heads["amount"]] = [text(amount) for amount in amounts]
        columns[heads["sign"]] = [signs[amount < 0] for amount in amounts]
        wanted["amount"] = {"column": heads["amount"], "sign": heads["sign"], "negative": signs[1]}
        return
    write = rng.choice(("-{}", "-{}", "-{}", "{}-", "({})", "\u2212{}", "- {}"))
    if kind == "negative":
        wanted["amount"] = {"column": heads["amount"], "negate": True}
    else:
        wanted["amount"] = heads["amount"]
    minus = [amount > 0 if kind == "negative" else amount < 0 for amount in amounts]
    columns[heads["amount"]] = [
        write.format(text(amount)) if negative else text(amount)
        for amount, negative in zip(amounts, minus, strict=True)
    ]


def _balances(rng: random.Random, amounts: list[Decimal], form: _Form, *, descending: bool) -> list[str]:
    balance = _amount(rng, form.scale)
    found: list[str] = []
    for amount in amounts:
        balance += amount
        found.append(("-" if balance < 0 else "") + form.text(balance))
    return found


def _file(
    rng: random.Random, columns: dict[str, list[str]], heads: dict[str, str], amounts: list[Decimal], form: _Form
) -> tuple[bytes, dict[str, Any]]:
    delimiter = rng.choice(",;\t|;,")
    ending = rng.choice(("\n", "\r\n"))
    quoting: Any = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=ending)
    preamble = rng.choice((0, 0, 0, 1, 3, 6))
    if preamble:
        lines = ["My bank", "", "Account: 4711", f"Period{delimiter}March", "Printed by x", "Balance 1.234,56"]
        out.write("".join(line + ending for line in lines[:preamble]))
    tail = [""] if rng.random() < 0.1 else []
    writer.writerow([*columns, *tail])
    names = list(columns)
    for row in zip(*columns.values(), strict=True):
        writer.writerow([*row, *tail])
    dialect: dict[str, Any] = {"delimiter": delimiter, "skip_rows": preamble}
    footer = rng.choice(("", "", "", "total", "text"))
    if footer == "total" and len(names) > 2:
        cells = ["" for _ in names]
        cells[0] = heads["total"]
        at = next((at for at, name in enumerate(names) if name == heads["amount"]), len(names) - 1)
        cells[at] = form.text(sum(amounts, Decimal(0)))
        writer.writerow([*cells, *tail])
        dialect["stop_at"] = f'^"?{heads["total"]}'
    elif footer == "text":
        out.write(f"*** end of report ***{ending}")
        dialect["stop_at"] = r"^\*\*\* end"
    text = out.getvalue()
    encodings = [one for one in ENCODINGS if _encodes(text, one)]
    encoding = rng.choice(encodings)
    return text.encode(encoding), {**dialect, "encoding": encoding}


def _encodes(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
