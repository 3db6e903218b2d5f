"""HTML rendering of a run result."""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from html import escape
from importlib.resources import files
from pathlib import Path

from florecon_build.host.report.html import sections
from florecon_build.host.report.html.payload import packed
from florecon_build.host.report.html.run_result import RunResult
from florecon_build.host.report.summary import summarize

HERE = files("florecon_build.host.report.html")


def write_page(path: Path, page: str) -> None:
    """Writes a page whole: on a full disk, the page that was there before stays as it was. Errors: `OSError`."""
    target = path.resolve()
    if target.exists() and not target.is_file():  # a device or a pipe
        target.write_text(page, encoding="utf-8")
        return
    part = target.with_name(f".{target.name}.part")
    try:
        part.write_text(page, encoding="utf-8")
        part.replace(target)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error


def render(result: RunResult) -> str:
    """Renders the HTML page of a run result; deterministic.

    Content of a ledger or a strategy reaches the page as text only: rows are encoded and inserted as text nodes, and
    the drawing is an image, in which no script runs.
    """
    tables = result.tables()
    summary = summarize(tables)
    page = (HERE / "page.html").read_text(encoding="utf-8")
    pieces = {
        "title": escape(result.title),
        "css": (HERE / "page.css").read_text(encoding="utf-8"),
        "js": (HERE / "page.js").read_text(encoding="utf-8"),
        "block": sections.title_block(result, summary),
        "notes": sections.notes(summary),
        "proof": sections.proof(result, summary),
        "stages": sections.stages(summary),
        "ageing": sections.ageing(result, summary, tables),
        "decisions": sections.decisions(result),
        "journal": sections.journal(result, summary),
        "journal_link": "" if result.journal is None else '<a href="#journal">Journal</a>',
        "signatures": sections.signatures(result),
        "strategy": _strategy(result),
        "footer": sections.facts(result),
        "data": packed(result),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: pieces[found[1]], page)


def _strategy(result: RunResult) -> str:
    drawing = ""
    if result.drawing is not None:
        image = base64.b64encode(result.drawing.encode()).decode()
        alt = "Drawing of the strategy; the text below says the same"
        drawing = f'<p><img alt="{alt}" src="data:image/svg+xml;base64,{image}"></p>'
    text = f'<pre tabindex="0" aria-label="Strategy as text">{escape(result.tree)}</pre>' if result.tree else ""
    if not drawing and not text:
        return ""
    title = '<h2 id="h-strategy">The strategy</h2>'
    return f'<section id="strategy" aria-labelledby="h-strategy">{title}{drawing}{text}</section>'
