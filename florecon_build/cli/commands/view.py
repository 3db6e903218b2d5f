"""``tree``, ``svg`` and ``rust`` commands: a strategy as text, as a drawing and as generated code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from florecon_build.cli import console, strategy_loader
from florecon_build.cli.commands.options import Json, PluginName, Strategy
from florecon_build.cli.settings import settings


def tree(strategy: Strategy = None, plugin: PluginName = None, as_json: Json = False) -> None:
    """Print a strategy: columns, params, and the tree with node ids and your lines.

    With --json: its canonical IR.
    """
    loaded = strategy_loader.load(strategy or settings().strategy, plugin)
    console.print_line(loaded.ir() if as_json else loaded.tree())


def svg(
    strategy: Strategy = None,
    plugin: PluginName = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Output file.")] = None,
) -> None:
    """Draw a strategy as SVG: one box per node, with its settings and source line.

    The same strategy gives the same drawing, byte for byte.
    """
    drawn = strategy_loader.load(strategy or settings().strategy, plugin).svg()
    if out is None:
        console.print_line(drawn.rstrip("\n"))
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(drawn, encoding="utf-8")
    console.print_line(f"wrote {console.display_path(out)}")


def rust(
    strategy: Strategy = None,
    plugin: PluginName = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Output folder for the crate.")] = None,
    as_json: Json = False,
) -> None:
    """Print the generated Rust, for review. --out writes the whole crate."""
    files = strategy_loader.load(strategy or settings().strategy, plugin).rust()
    if out is None:
        console.print_line(json.dumps(files, indent=2) if as_json else files["src/lib.rs"].rstrip("\n"))
        return
    for name, text in files.items():
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    console.print_line(f"wrote {', '.join(files)} to {console.display_path(out)}")
