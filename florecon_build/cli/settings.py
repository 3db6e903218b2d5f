"""Project settings: the file ``florecon.toml`` beside a strategy.

```toml
sample = "sample.csv"          # input of `author`
text_amounts = "comma"         # amounts such as 1.234,50; "point" for 1,234.50

[columns]                      # declared column = "header in the data"
amount = "Betrag"

[source.bank]                  # a declared source: see `florecon_build.sources.declaration`
files = ["bank*.csv"]
```
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.host.frames import TextAmounts
from florecon_build.sources.declaration import Source, sources_of
from florecon_build.sources.errors import DeclarationError

NAME = "florecon.toml"
STRATEGY = "strategy.py"
_KNOWN = ("strategy", "sample", "text_amounts", "columns", "source")


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a project, or the defaults without a ``florecon.toml``. Paths are relative to ``folder``."""

    folder: Path
    strategy: Path
    sample: tuple[Path, ...] = ()
    text_amounts: TextAmounts | None = None
    columns: dict[str, str] = field(default_factory=dict[str, str])
    sources: dict[str, Source] = field(default_factory=dict[str, Source])


def settings(folder: Path | None = None) -> Settings:
    """Reads the settings of the project in ``folder`` (default: the current folder).

    Raises ``CommandError`` for a file with an unknown key or a value of the wrong type.
    """
    where = folder or Path.cwd()
    path = where / NAME
    if not path.is_file():
        return Settings(where, where / STRATEGY)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CommandError(f"{NAME}: {error}", code=Exit.USAGE) from error
    unknown = sorted(set(table) - set(_KNOWN))
    if unknown:
        raise CommandError(f"{NAME}: unknown key {unknown[0]!r}", f"use one of: {', '.join(_KNOWN)}", Exit.USAGE)
    given = table.get("sample", [])
    files = cast("list[object]", given if isinstance(given, list) else [given])
    return Settings(
        folder=where,
        strategy=where / _text(table, "strategy", STRATEGY),
        sample=tuple(where / str(name) for name in files),
        text_amounts=decimal_mark(table.get("text_amounts"), f"{NAME}: text_amounts"),
        columns=_columns(table.get("columns", {})),
        sources=_sources(table, where),
    )


def decimal_mark(given: object, where: str) -> TextAmounts | None:
    """Parses the decimal mark of amounts in text: ``point`` or ``comma``."""
    if given is None:
        return None
    if given == "point":
        return "point"
    if given == "comma":
        return "comma"
    fix = 'write "point" for 1,234.50, "comma" for 1.234,50'
    raise CommandError(f"{where}: {given!r} is not a decimal mark", fix, Exit.USAGE)


def _text(table: dict[str, Any], name: str, default: str) -> str:
    value = table.get(name, default)
    if not isinstance(value, str):
        raise CommandError(f"{NAME}: {name} must be a text, not {value!r}", f'write {name} = "{default}"', Exit.USAGE)
    return value


def _columns(given: object) -> dict[str, str]:
    if not isinstance(given, dict) or not all(isinstance(v, str) for v in cast("dict[str, object]", given).values()):
        raise CommandError(
            f"{NAME}: [columns] must map columns to headers", 'write entries such as: amount = "Betrag"', Exit.USAGE
        )
    return cast("dict[str, str]", given)


def _sources(table: dict[str, Any], folder: Path) -> dict[str, Source]:
    try:
        return sources_of(table, folder)
    except DeclarationError as error:
        raise CommandError(f"{NAME}: {error}", code=Exit.USAGE) from error
