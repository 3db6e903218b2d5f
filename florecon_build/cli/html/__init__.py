"""HTML report of a run folder: `load` reads the output of `run -o OUT` into what `host.report.html` renders."""

from florecon_build.cli.html.load import RunFolderError, load
from florecon_build.host.report.html import RunResult, render

__all__ = ["RunFolderError", "RunResult", "load", "render"]
