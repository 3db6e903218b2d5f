"""Griffe extension: docstrings as Markdown, for the API reference.

Docstrings show examples as doctests and settings as lists right below a line of text. In Markdown the first is a
quotation and the second a paragraph; here the first becomes a fenced block and the second a list.
"""

from __future__ import annotations

import textwrap
from typing import Any

from griffe import Extension, Object


class DocstringMarkdown(Extension):
    """Rewrites every docstring that is loaded."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Called for each object of the package, once its members are known."""
        if obj.docstring:
            obj.docstring.value = as_markdown(obj.docstring.value)


def as_markdown(docstring: str) -> str:
    """The docstring with doctests fenced and lists set apart."""
    lines: list[str] = []
    example: list[str] = []
    for line in [*docstring.splitlines(), ""]:
        if example or line.lstrip().startswith(">>>"):
            if line.strip():
                example.append(line)
                continue
            lines += ["```pycon", *textwrap.dedent("\n".join(example)).splitlines(), "```"]
            example = []
        if line.startswith("- ") and lines and lines[-1].strip() and not lines[-1].startswith(("- ", "  ")):
            lines.append("")
        lines.append(line)
    return "\n".join(lines).strip()
