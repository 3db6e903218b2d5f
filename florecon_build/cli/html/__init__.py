"""HTML report of a run: one self-contained page with matches by stage, open items with reasons, groups, the strategy.

`load` reads the folder that a run left, `outcome` is what there is to show, `payload` packs its rows for the browser,
`render` puts the page together from `page.html`, `page.css` and `page.js`. The page loads nothing: its content
security policy forbids it.
"""

from florecon_build.cli.html.load import NoRun, load
from florecon_build.cli.html.render import render
from florecon_build.cli.html.run_result import Outcome

__all__ = ["NoRun", "Outcome", "load", "render"]
