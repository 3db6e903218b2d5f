"""Conversion of any table to an Arrow IPC stream of the declared columns, exact or rejected by cell."""

from florecon_build.host.frames.frame import Frame, conform, empty
from florecon_build.host.frames.number_text import TextAmounts

__all__ = ["Frame", "TextAmounts", "conform", "empty"]
