"""HTML rendering of a run result."""

from __future__ import annotations

import base64
import re
from html import escape
from importlib.resources import files

from florecon_build.cli.html.payload import packed
from florecon_build.cli.html.run_result import RunResult

HERE = files("florecon_build.cli.html")


def render(result: RunResult) -> str:
    """Renders the HTML page of a run result; deterministic.

    Content of a ledger or a strategy reaches the page as text only: rows are encoded and inserted as text nodes, and
    the drawing is an image, in which no script runs.
    """
    page = (HERE / "page.html").read_text(encoding="utf-8")
    pieces = {
        "title": escape(result.title),
        "facts": _facts(result),
        "css": (HERE / "page.css").read_text(encoding="utf-8"),
        "js": (HERE / "page.js").read_text(encoding="utf-8"),
        "strategy": _strategy(result),
        "footer": "<br>".join(f"{escape(name)}: {escape(text)}" for name, text in result.facts.items()),
        "data": packed(result),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: pieces[found[1]], page)


def _facts(result: RunResult) -> str:
    text = f"{result.rows.num_rows:,} rows"
    if result.by is not None:
        text += f"; amounts of every {result.by} are added up unless you choose one"
    return escape(text)


def _strategy(result: RunResult) -> str:
    drawing = ""
    if result.drawing is not None:
        image = base64.b64encode(result.drawing.encode()).decode()
        drawing = f'<p><img alt="the strategy, drawn" src="data:image/svg+xml;base64,{image}"></p>'
    return drawing + (f"<pre>{escape(result.tree)}</pre>" if result.tree else "")
