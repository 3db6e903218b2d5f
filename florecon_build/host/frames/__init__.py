"""Anything that holds rows becomes an Arrow IPC stream of the declared columns, exactly, or is refused by cell."""

from florecon_build.host.frames.frame import Frame, conform, empty
from florecon_build.host.frames.number_text import TextAmounts

__all__ = ["Frame", "TextAmounts", "conform", "empty"]
