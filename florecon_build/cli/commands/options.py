"""Command-line options shared by several commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Strategy = Annotated[
    Path | None,
    typer.Argument(help="The strategy: a .py file, an IR or manifest (.json) or a .wasm.", show_default="strategy.py"),
]
PluginName = Annotated[
    str | None, typer.Option("--plugin", metavar="NAME", help="Plugin to use if the file defines several.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Map = Annotated[
    list[str] | None, typer.Option("--map", metavar="COLUMN=HEADER", help="Header of a column in the data; repeatable.")
]
Params = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", metavar="NAME=VALUE", help="Value of a parameter; repeatable."),
]
TextAmounts = Annotated[
    str | None,
    typer.Option("--text-amounts", metavar="MARK", help="Amounts as text: point (1,234.50) or comma (1.234,50)."),
]
SourceFiles = Annotated[
    list[str] | None,
    typer.Option("--data", metavar="NAME=FILE", help="File of a declared source; repeatable."),
]
