"""Headless Chromium for tests: a page's document after its scripts have run."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from html import unescape
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def chromium() -> str:
    """The browser; skips the test, and says so, where there is none."""
    named = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if named is None:
        pytest.skip("no Chromium here: apt-get install chromium, or set CHROMIUM")
    return named


def document(page: Path, *, width: int = 1440, more: tuple[str, ...] = ()) -> str:
    """The document of a page once its scripts have run."""
    with tempfile.TemporaryDirectory() as profile:
        command = [
            chromium(),
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-extensions",
            f"--user-data-dir={profile}",
            f"--window-size={width},1200",
            "--virtual-time-budget=120000",
            *more,
            "--dump-dom",
            page.as_uri(),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


def with_script(page: Path, script: str, name: str) -> Path:
    """A copy of a page that runs another script when its own has finished, and writes its result into `<pre id=said>`.

    The script is the body of an async function.
    """
    body = f"""<script>
    const said = (text) => {{
      const pre = document.createElement("pre"); pre.id = "said"; pre.hidden = true; pre.textContent = text;
      document.body.append(pre);
    }};
    const ready = () => (document.querySelector("#open").hidden ? setTimeout(ready, 20) : run());
    const work = async () => {{ {script} }};
    const run = () => work().then(said, (error) => said("" + error));
    ready();
    </script></body>"""
    copy = page.with_name(f"{name}.html")
    copy.write_text(page.read_text(encoding="utf-8").replace("</body>", body), encoding="utf-8")
    return copy


def said(dom: str) -> str:
    """What the script wrote."""
    start = dom.index('<pre id="said" hidden="">') + len('<pre id="said" hidden="">')
    return unescape(dom[start : dom.index("</pre>", start)])
