"""Short HTML for notebooks: the first rows of a table, with bounded texts, so that a saved notebook stays small.

>>> html = table_html("rows", pa.table({"id": range(1000), "memo": ["<b>" + "x" * 500] * 1000}))
>>> len(html) < 10_000, html.count("<tr>"), "&lt;b&gt;xxx" in html, "first 8 of 1,000" in html
(True, 9, True, True)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

import pyarrow as pa

ROWS = 8
COLUMNS = 12
LETTERS = 60


def table_html(caption: str, table: pa.Table) -> str:
    """The first rows and columns of a table, with its size in the caption."""
    names = table.column_names[:COLUMNS]
    shown = table.slice(0, ROWS).select(names)
    lines = zip(*(shown[name].to_pylist() for name in names), strict=True) if names else ()
    parts = [f"first {ROWS} of {table.num_rows:,} rows" if table.num_rows > ROWS else f"{table.num_rows:,} rows"]
    if len(table.column_names) > COLUMNS:
        parts.append(f"first {COLUMNS} of {len(table.column_names)} columns")
    return lines_html(f"{caption}: {', '.join(parts)}", names, lines)


def lines_html(caption: str, head: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """A table of given lines."""
    heads = "".join(f"<th>{_text(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in line)}</tr>" for line in lines)
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def facts_html(title: str, facts: Mapping[str, object]) -> str:
    """A title and facts, one a line."""
    lines = "<br>".join(f"{escape(name)}: {_text(value)}" for name, value in facts.items())
    return f"<p><b>{_text(title)}</b><br>{lines}</p>"


def _text(value: object) -> str:
    text = "" if value is None else str(value)
    return escape(text if len(text) <= LETTERS else text[: LETTERS - 1] + "\u2026")
