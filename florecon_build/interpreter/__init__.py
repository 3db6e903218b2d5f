"""Reference interpreter: the meaning of a strategy, in Python that is written to be read.

It runs the same tree as the compiled module and must come to the same report. `Workspace` is the whole model.
"""

from florecon_build.interpreter.errors import ModelError
from florecon_build.interpreter.keys import Plain, RowId
from florecon_build.interpreter.report import Allocation, GroupLine, Report, RowLine
from florecon_build.interpreter.stages import Stage
from florecon_build.interpreter.workspace import Workspace

__all__ = ["Allocation", "GroupLine", "ModelError", "Plain", "Report", "RowId", "RowLine", "Stage", "Workspace"]
