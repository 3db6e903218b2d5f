"""The version that generated files and manifests carry."""

from __future__ import annotations

VERSION = "0.1.0"
"""Of florecon-build and of the runtime that it ships; a test holds it to the two manifests."""
