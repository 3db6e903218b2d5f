"""Report of a run folder: `load` reads the output of `run -o OUT` into what `host.report.html` renders.

`report_of` and `details_of` are the same as a report, for its journal and its tables.
"""

from florecon_build.cli.html.load import RunFolderError, details_of, load, report_of
from florecon_build.host.report.html import RunResult, render

__all__ = ["RunFolderError", "RunResult", "details_of", "load", "render", "report_of"]
