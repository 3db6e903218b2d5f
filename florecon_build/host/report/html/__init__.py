"""HTML report: one self-contained page that a controller reads, filters, prints and signs.

`render` writes what is said once (title block, proof, matches by stage, ageing, decisions, signatures) as HTML, and the
rows as compressed data for `page.js`, which lists, filters and downloads open items and groups. The page loads nothing:
its content security policy forbids it.
"""

from florecon_build.host.report.html.render import render, write_page
from florecon_build.host.report.html.run_result import BookPage, Decision, Node, RunResult, Signing

__all__ = ["BookPage", "Decision", "Node", "RunResult", "Signing", "render", "write_page"]
