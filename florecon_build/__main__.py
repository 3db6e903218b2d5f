"""Entry point of ``python -m florecon_build``."""

from __future__ import annotations

from florecon_build.cli.app import main

if __name__ == "__main__":
    main()
