"""Printed report of ``run.py``: text tables from plain numbers."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from examples import page
from examples.arrow import Table
from examples.intercompany.score import (
    OPEN,
    Balance,
    Solved,
    balances,
    kind_scores,
    largest_open,
    lines_conserved,
    stage_lines,
)

EXCEPTIONS = 10
MEMO = 28
MEANING = {
    "duplicate": "second posting of one invoice",
    "noise": "no partner",
    "open_cut_off": "other side not booked yet",
    "write_off": "bagatelle",
}


def order_of_stages(nodes: Table) -> list[str]:
    """Stage labels in the order of the strategy, from the report's table of stages."""
    return [node["label"] for node in nodes.sort_by("node").to_pylist() if node["kind"] == "labeled"]


def stages(data: Solved, order: list[str]) -> RenderableType:
    """Table of matches by stage, number and value; then open items and totals."""
    taken = stage_lines(data, order)
    lines, names = len(data.cents), data.currency.names
    rows = [
        [
            "open: exceptions" if stage.stage == OPEN else stage.stage,
            "" if stage.stage == OPEN else f"{stage.groups:,}",
            f"{stage.lines:,}",
            page.percent(stage.lines, lines),
            *(page.amount(stage.value[name]) for name in names),
        ]
        for stage in taken
    ]
    total = [page.amount(sum(stage.value[name] for stage in taken)) for name in names]
    groups = sum(stage.groups for stage in taken if stage.stage != OPEN)
    rows.append(["all", f"{groups:,}", f"{lines:,}", page.percent(lines, lines), *total])
    note = "Value is the sum of absolute amounts. A line that is matched in part counts in its stage and as open."
    heads = ("stage", "groups", "lines", "of all", *names)
    return page.with_note(page.table("What matched, stage by stage", heads, rows, total=True), note)


def conservation(data: Solved) -> RenderableType:
    """Conservation line: matched + written off + open = input, exact."""
    books = balances(data)
    rows = [[book.currency, *map(page.amount, sides(book)), "exact" if book.holds else "BROKEN"] for book in books]
    heads = ("net of", "input", "= matched", "+ written off", "+ open", "")
    kept, lines = lines_conserved(data), len(data.cents)
    says = f"{kept:,} of {lines:,} lines are exactly the sum of their allocations."
    holds = kept == lines and all(book.holds for book in books)
    verdict = Text(says, style="green" if holds else "bold red")
    return Group(page.table("Conservation: input == matched + residual", heads, rows), verdict)


def sides(book: Balance) -> tuple[int, int, int, int]:
    return book.put_in, book.matched, book.classified, book.left_open


def exceptions(data: Solved, ledger: Table) -> RenderableType:
    """Table of the largest open items, with their answer."""
    rows: list[list[str]] = []
    for piece in largest_open(data, EXCEPTIONS):
        line = {name: ledger[name][piece.line].as_py() for name in ledger.column_names}
        rows.append(
            [
                f"{line['row_id']}",
                f"{line['company']} with {line['icp']}",
                f"{line['gl_date']}",
                page.short(line["reference"] or "(none)", MEMO),
                known(data.kind.at(piece.line), partnered=bool(data.deal[piece.line])),
                line["currency"],
                page.amount(piece.cents) + (" *" if piece.part else "  "),
            ]
        )
    note = "* the rest of this line is matched" if any(row[-1].endswith("*") for row in rows) else ""
    heads = ("line", "companies", "date", "reference", "the answer says", "", "open  ")
    return page.with_note(page.table("Largest exceptions", heads, rows, text=(0, 1, 2, 3, 4, 5)), note)


def known(kind: str, *, partnered: bool) -> str:
    """The answer for an open line, as text."""
    return f"missed: {kind.replace('_', ' ')}" if partnered else MEANING[kind]


def quality(data: Solved) -> RenderableType:
    """Table of precision and recall by kind."""
    scores = kind_scores(data)
    rows = [
        [
            score.kind.replace("_", " "),
            f"{score.partnered + score.alone:,}",
            f"{score.partnered:,}",
            f"{score.whole:,}",
            page.percent(score.whole, score.partnered),
            f"{score.matched:,}",
            f"{score.matched - score.pure:,}",
            page.percent(score.pure, score.matched) if score.partnered else "-",
        ]
        for score in scores
    ]
    heads = ("kind", "lines", "partnered", "whole", "recall", "matched", "wrong", "precision")
    note = "whole: a line sits with all of its deal. wrong: it sits with a line of another deal, or of none."
    return page.with_note(page.table("Against the known answer", heads, rows, total=True), note)
