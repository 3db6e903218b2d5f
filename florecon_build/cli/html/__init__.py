"""HTML report of a run: one self-contained page with matches by stage, open items with reasons, groups, the strategy.

`load` reads the output folder of a run into a `RunResult`, `payload` encodes its rows for the browser, `render` builds
the page from `page.html`, `page.css` and `page.js`. The page loads nothing: its content
security policy forbids it.
"""

from florecon_build.cli.html.load import RunFolderError, load
from florecon_build.cli.html.render import render
from florecon_build.cli.html.run_result import RunResult

__all__ = ["RunFolderError", "RunResult", "load", "render"]
