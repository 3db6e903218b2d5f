"""HTML rendering of a run result."""

from __future__ import annotations

import base64
import re
from html import escape
from importlib.resources import files

from florecon_build.cli.html.payload import packed
from florecon_build.cli.html.run_result import Outcome

HERE = files("florecon_build.cli.html")


def render(outcome: Outcome) -> str:
    """The HTML page of an outcome; the same text for the same outcome.

    Whatever a ledger or a strategy contains reaches the page as text: rows travel encoded and are written by the
    script as text nodes, the drawing is an image in which nothing can run.
    """
    page = (HERE / "page.html").read_text(encoding="utf-8")
    pieces = {
        "title": escape(outcome.title),
        "facts": _facts(outcome),
        "css": (HERE / "page.css").read_text(encoding="utf-8"),
        "js": (HERE / "page.js").read_text(encoding="utf-8"),
        "strategy": _strategy(outcome),
        "footer": "<br>".join(f"{escape(name)}: {escape(said)}" for name, said in outcome.facts.items()),
        "data": packed(outcome),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: pieces[found[1]], page)


def _facts(outcome: Outcome) -> str:
    said = f"{outcome.rows.num_rows:,} rows"
    if outcome.by is not None:
        said += f"; amounts of every {outcome.by} are added up unless you choose one"
    return escape(said)


def _strategy(outcome: Outcome) -> str:
    drawing = ""
    if outcome.drawing is not None:
        image = base64.b64encode(outcome.drawing.encode()).decode()
        drawing = f'<p><img alt="the strategy, drawn" src="data:image/svg+xml;base64,{image}"></p>'
    return drawing + (f"<pre>{escape(outcome.tree)}</pre>" if outcome.tree else "")
