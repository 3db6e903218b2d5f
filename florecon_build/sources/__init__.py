"""Sources: files to the rows of a strategy, by a declared mapping.

``load`` reads the declarations of a ``florecon.toml``, ``read`` the files of one source.
"""

from florecon_build.sources.cells import Check, Skipped
from florecon_build.sources.declaration import Source, load
from florecon_build.sources.errors import (
    Advice,
    Cell,
    DeclarationError,
    MissingHeader,
    RefusedCells,
    RepeatedId,
    SourceError,
    UnreadableFile,
)
from florecon_build.sources.reading import Reading, Total, read

__all__ = [
    "Advice",
    "Cell",
    "Check",
    "DeclarationError",
    "MissingHeader",
    "Reading",
    "RefusedCells",
    "RepeatedId",
    "Skipped",
    "Source",
    "SourceError",
    "Total",
    "UnreadableFile",
    "load",
    "read",
]
