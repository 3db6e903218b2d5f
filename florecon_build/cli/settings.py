"""Project settings: the file ``florecon.toml`` beside a strategy.

```toml
sample = "sample.csv"          # what `author` runs on
text_amounts = "comma"         # amounts such as 1.234,50; "point" for 1,234.50

[columns]                      # declared column = "header in the data"
amount = "Betrag"
```
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from florecon_build.cli.errors import Fault
from florecon_build.cli.exit_codes import Exit
from florecon_build.host.frames import TextAmounts

NAME = "florecon.toml"
STRATEGY = "strategy.py"
_KNOWN = ("strategy", "sample", "text_amounts", "columns")


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``florecon.toml`` says; without one, the defaults. ``folder`` is where its paths start."""

    folder: Path
    strategy: Path
    sample: tuple[Path, ...] = ()
    text_amounts: TextAmounts | None = None
    columns: dict[str, str] = field(default_factory=dict[str, str])


def settings(folder: Path | None = None) -> Settings:
    """The settings of the project in ``folder`` (the current one). Raises ``Fault`` for a file that says nonsense."""
    where = folder or Path.cwd()
    path = where / NAME
    if not path.is_file():
        return Settings(where, where / STRATEGY)
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Fault(f"{NAME}: {error}", code=Exit.USAGE) from error
    unknown = sorted(set(said) - set(_KNOWN))
    if unknown:
        raise Fault(f"{NAME}: {unknown[0]!r} is not known", f"it may say: {', '.join(_KNOWN)}", Exit.USAGE)
    given = said.get("sample", [])
    files = cast("list[object]", given if isinstance(given, list) else [given])
    return Settings(
        folder=where,
        strategy=where / _text(said, "strategy", STRATEGY),
        sample=tuple(where / str(name) for name in files),
        text_amounts=mark(said.get("text_amounts"), f"{NAME}: text_amounts"),
        columns=_columns(said.get("columns", {})),
    )


def mark(given: object, where: str) -> TextAmounts | None:
    """The decimal mark of amounts that come as text."""
    if given is None:
        return None
    if given == "point":
        return "point"
    if given == "comma":
        return "comma"
    fix = '"point" for 1,234.50, "comma" for 1.234,50'
    raise Fault(f"{where} is {given!r}, which is no decimal mark", fix, Exit.USAGE)


def _text(said: dict[str, Any], name: str, default: str) -> str:
    value = said.get(name, default)
    if not isinstance(value, str):
        raise Fault(f"{NAME}: {name} is {value!r}", f'write {name} = "{default}"', Exit.USAGE)
    return value


def _columns(given: object) -> dict[str, str]:
    if not isinstance(given, dict) or not all(isinstance(v, str) for v in cast("dict[str, object]", given).values()):
        raise Fault(f"{NAME}: [columns] is no table of texts", 'write amount = "Betrag" below it', Exit.USAGE)
    return cast("dict[str, str]", given)
