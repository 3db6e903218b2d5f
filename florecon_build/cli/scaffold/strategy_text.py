"""Source text of a first strategy over the proposed columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from florecon_build.cli.scaffold.quoting import printable, python_string
from florecon_build.host.description import Field, FieldKind
from florecon_build.host.report.currency_column import currency_of
from florecon_build.sources.words import folded


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the strategy."""

    name: str
    kind: FieldKind
    scale: int = 0
    nullable: bool = False
    is_id: bool = False
    is_amount: bool = False

    @property
    def field(self) -> Field:
        """The column as a module describes it."""
        base = {"text": "utf8", "money": "f64", "real": "f64"}.get(self.kind, "i64")
        return Field(
            name=self.name,
            base=base,
            kind=self.kind,
            scale=self.scale,
            nullable=self.nullable,
            is_id=self.is_id,
            is_amount=self.is_amount,
        )


def strategy_text(columns: Sequence[Column], plugin_id: str, source: str, *, day: str | None) -> str:
    """Source of ``strategy.py``: the columns, and a simple strategy to start from.

    It matches rows that share a reference and net to zero, then equal amounts that have no other choice, unless the two
    rows name different documents.
    """
    texts = [column for column in columns if column.kind == "text" and not column.is_id]
    amount = next(column.name for column in columns if column.is_amount)
    currency = currency_of(column.name for column in texts)
    reference = max(
        (column for column in texts if column.name not in {currency, "book"}), key=_reference_rank, default=None
    )
    reference = None if reference is None or not _reference_rank(reference) else reference
    lines: list[str] = [
        f'"""Reconciles the lines of {printable(source)}: a generated first version, to be adapted."""',
        "",
        "from __future__ import annotations",
        "",
        "import florecon_build as fb",
        "",
        *(_REFERENCE if reference is not None else []),
        "ledger = fb.columns(",
        *(f"    {column.name}={_column(column)}," for column in columns),
        ")",
        "",
    ]
    if reference is not None:
        text = f"ledger.{reference.name}"
        text += '.fill("").upper()' if reference.nullable else ".upper()"
        lines += ["row = ledger.derive(", f"    references=fb.extract_all({text}, REFERENCE),", ")"]
    else:
        lines.append("row = ledger")
    lines += ["", *_strategy(day, currency, has_references=reference is not None), ""]
    name = python_string(plugin_id)
    totals = f" currency=row.{currency}," if currency else ""
    lines.append(f'plugin = fb.Plugin({name}, "0.1.0", rows=row, numeraire=row.{amount},{totals} strategy=strategy)')
    return "\n".join(lines) + "\n"


def _strategy(day: str | None, currency: str | None, *, has_references: bool) -> list[str]:
    steps: list[str] = []
    if has_references:
        steps.append('fb.labeled("same reference", fb.signal_group(row.references, tol=slack)),')
    tests = [
        *(["may_meet(a, b)"] if has_references else []),
        *([] if day is None else [f"fb.gap(a.{day}, b.{day}) <= 30"]),
    ]
    if len(tests) > 1:
        tests[1] = f"({tests[1]})"
    cost = f"fb.tier({' & '.join(tests)}, 1)" if tests else "1"
    steps += [
        "fb.labeled(",
        '    "same amount",',
        "    fb.accept_if(",
        "        lambda g: g.unique,  # of several rows that would do, none is taken: they stay open",
        "        fb.flow(",
        "            penalty=100,",
        "            match_keys=[fb.amount_key()],",
        f"            cost=lambda a, b: {cost},",
        "        ),",
        "    ),",
        "),",
    ]
    head = ['slack = fb.param("slack", 0, doc="tolerance per group, in minor units")', ""] if has_references else []
    head += ["", *_MAY_MEET, "", ""] if has_references else []
    if currency:
        body = [
            "strategy = fb.partition_by(",
            f"    row.{currency},",
            "    fb.seq(",
            *(f"        {s}" for s in steps),
            "    ),",
            ")",
        ]
    else:
        body = ["strategy = fb.seq(", *(f"    {step}" for step in steps), ")"]
    return [*head, *body]


def _column(column: Column) -> str:
    settings: list[str] = []
    if column.kind == "money":
        settings.append(f"scale={column.scale}")
        if column.is_amount:
            settings.append("display=True")
    if column.is_id:
        settings.append("id=True")
    elif column.nullable:
        settings.append("nullable=True")
    return f"fb.{column.kind}({', '.join(settings)})"


_REFERENCE = (
    "# letters and a digit, or three digits, and what follows without a space: INV-0042, INV/2026/0007, REF445566",
    'REFERENCE = "(?:[A-Z]+[-/_]?[0-9]|[0-9]{3,})[A-Z0-9/_-]+[A-Z0-9]"',
    "",
)
_MAY_MEET = (
    "def may_meet(a: fb.Side, b: fb.Side) -> fb.BooleanExpr:",
    '    """Whether two rows of one amount may be one payment: not where they name different documents."""',
    "    return (a.references.size == 0) | (b.references.size == 0) | a.references.overlaps(b.references)",
)

_REFERENCE_WORDS = (
    *("note", "buchung", "text", "tekst", "detail", "desc", "libelle", "concepto", "opis", "tytul", "memo"),
    *("narrative", "purpose", "verwendungszweck", "invoice", "faktura", "fact", "ref"),
)


def _reference_rank(column: Column) -> int:
    """How likely a column of texts holds references, by its name; 0 where nothing says so."""
    name = folded(column.name)
    return max((at for at, word in enumerate(_REFERENCE_WORDS, 1) if word in name), default=0)
