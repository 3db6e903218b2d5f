"""The API reference: the built site has an anchor for every public name, and shows docstrings as they are meant."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import florecon_build as fb
from florecon_build import host, sources, spark
from scripts.docstring_markdown import as_markdown
from tests.support.pages import DOCS, ROOT

pytestmark = pytest.mark.slow

PUBLIC = sorted(
    {f"florecon_build.{name}" for name in fb.__all__}
    | {f"florecon_build.host.{name}" for name in host.__all__}
    | {f"florecon_build.sources.{name}" for name in sources.__all__}
    | {f"florecon_build.spark.{name}" for name in spark.__all__}
)
DIRECTIVE = re.compile(r"^::: (\S+)$", re.MULTILINE)


def documented() -> list[str]:
    """The names that the sources of the pages ask for."""
    return [name for page in sorted((DOCS / "api").glob("*.md")) for name in DIRECTIVE.findall(page.read_text())]


class Page(HTMLParser):
    """Anchors and quotations of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.blockquotes = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collects ids and counts quotations."""
        self.anchors |= {value for name, value in attrs if name == "id" and value}
        self.blockquotes += tag == "blockquote"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> list[Page]:
    """The pages of the API reference."""
    return [Page(path.read_text(encoding="utf-8")) for path in sorted((site / "api").glob("*.html"))]


def test_every_public_name_has_an_anchor(pages: list[Page]) -> None:
    anchors = {anchor for page in pages for anchor in page.anchors}
    assert [name for name in PUBLIC if name not in anchors] == []


def test_search_finds_every_documented_name(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    found = {entry["location"].partition("#")[2] for entry in index["docs"]}
    assert set(documented()) <= found


def test_no_doctest_is_shown_as_a_quotation(pages: list[Page]) -> None:
    assert [page.blockquotes for page in pages] == [0] * len(pages)


def test_no_page_names_what_is_not_public() -> None:
    assert set(documented()) <= set(PUBLIC)
    assert len(documented()) == len(set(documented()))


def test_a_doctest_becomes_a_fenced_block_and_a_list_a_list() -> None:
    docstring = "Adds.\n\nParameters\n- `a`: one,\n  or two\n- `b`\n\n>>> add(\n...     1, 2)\n3\n\nDone."
    assert as_markdown(docstring) == (
        "Adds.\n\nParameters\n\n- `a`: one,\n  or two\n- `b`\n\n```pycon\n>>> add(\n...     1, 2)\n3\n```\n\nDone."
    )
