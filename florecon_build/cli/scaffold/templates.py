"""Project templates: the starter and the examples."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit

STARTER = "starter"
TEMPLATES: dict[str, str] = {
    STARTER: "invoices and payments of one account",
    "bank-statement": "a bank statement against the general ledger",
    "intercompany": "two books of one group of companies",
    "card-settlement": "card sales against the settlements of the acquirer",
}
"""Reconciled data by template name. Each template is a folder with ``strategy.py`` and ``sample.csv``."""


@dataclass(frozen=True, slots=True)
class Template:
    """The two files of a template, unchanged."""

    name: str
    strategy: str
    sample: bytes


def template(name: str) -> Template:
    """The template with this name. Raises ``CommandError`` for an unknown name."""
    if name not in TEMPLATES:
        known = ", ".join(TEMPLATES)
        raise CommandError(f"--from {name}: unknown example", f"use one of: {known}", Exit.USAGE)
    folder = _folder(name)
    return Template(name, (folder / "strategy.py").read_text(encoding="utf-8"), (folder / "sample.csv").read_bytes())


def renamed(strategy: str, plugin_id: str) -> str:
    """The strategy source with the project's plugin id and version.

    >>> renamed('plugin = fb.Plugin("examples.bank", "1.2.0", rows=row)', "acme.bank")
    'plugin = fb.Plugin("acme.bank", "0.1.0", rows=row)'
    """
    return re.sub(r'(fb\.Plugin\(\s*)"[^"]+"(,\s*)"[^"]+"', rf'\g<1>"{plugin_id}"\g<2>"0.1.0"', strategy, count=1)


def _folder(name: str) -> Path:
    """Folder of a template: beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).resolve().parents[2]
    folder = name.replace("-", "_")
    for place in (package.parent / "examples" / folder, package / "_examples" / folder):
        if (place / "sample.csv").is_file():
            return place
    raise CommandError(
        f"the example {name} is missing from this installation", "reinstall florecon-build", Exit.ENVIRONMENT
    )
