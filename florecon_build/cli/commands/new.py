"""``new`` command: create a project from a template or from a ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from florecon_build.cli import console, strategy_loader
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.scaffold.project import SNAPSHOT, ProjectContent, checked_name, files
from florecon_build.cli.scaffold.propose_columns import propose
from florecon_build.cli.scaffold.templates import STARTER, TEMPLATES, renamed, template


def new(
    name: Annotated[str, typer.Argument(help="Folder to create; also the plugin id.")],
    start: Annotated[
        str, typer.Option("--from", metavar="EXAMPLE", help=f"Start from an example: {', '.join(TEMPLATES)}.")
    ] = STARTER,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", help="Start from a ledger: proposes typed columns, an id and an amount."),
    ] = None,
) -> None:
    """Create a project: strategy, sample, test with a snapshot of its Rust, README, CI."""
    target = Path(name)
    plugin_id = checked_name(target.name)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise CommandError(f"{name} already exists and is not empty", "choose another name", Exit.USAGE)
    notes: list[str] = []
    if csv is not None:
        proposal = propose(csv, plugin_id)
        project, notes = proposal.content, proposal.notes
    else:
        found = template(start)
        project = ProjectContent(plugin_id, TEMPLATES[found.name], renamed(found.strategy, plugin_id), found.sample)
    for file, content in files(project).items():
        _write(target / file, content)
    _write(target / SNAPSHOT, strategy_loader.load(target / "strategy.py").rust()["src/lib.rs"])
    console.print_line(
        f"created {name}: {', '.join(file for file in files(project) if '/' not in file and file[0] != '.')}"
    )
    for note in notes:
        console.print_line(f"  {note}")
    console.print_line(
        f"\nnext:\n  cd {name}\n  florecon-build author --watch     # edit strategy.py and read the report"
    )
    console.print_line("  florecon-build author --preview   # the same without a Rust compiler")


def _write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content, encoding="utf-8")
