"""Conversion of any table to an Arrow IPC stream of the declared columns, exact or rejected by cell."""

from florecon_build.host.frames.columns import MARKS, TextAmounts
from florecon_build.host.frames.frame import Frame, conform, empty

__all__ = ["MARKS", "Frame", "TextAmounts", "conform", "empty"]
