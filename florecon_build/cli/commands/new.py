"""``new`` command: create a project from a template or from the files that it is to reconcile."""

from __future__ import annotations

import shutil
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from florecon_build.cli import console, strategy_loader
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.reading_page import print_reading
from florecon_build.cli.scaffold.project import SNAPSHOT, ProjectContent, checked_name, files
from florecon_build.cli.scaffold.propose_columns import Proposal, propose, source_names
from florecon_build.cli.scaffold.templates import STARTER, TEMPLATES, renamed, template
from florecon_build.sources import DeclarationError, Source
from florecon_build.sources.detection.detect import Question

SETTINGS = "florecon.toml"


def new(
    name: Annotated[str, typer.Argument(help="Folder to create; also the plugin id.")],
    start: Annotated[
        str, typer.Option("--from", metavar="EXAMPLE", help=f"Start from an example: {', '.join(TEMPLATES)}.")
    ] = STARTER,
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data",
            "--csv",
            metavar="FILE",
            help="Start from a file of any kind: declares how it is read and proposes a strategy; repeatable.",
        ),
    ] = None,
) -> None:
    """Create a project: strategy, sample or declared sources, test with a snapshot of its Rust, README, CI.

    With --data the files are copied into the project and declared in its florecon.toml; what `read` shows is printed.
    What a file does not decide is asked on a terminal; otherwise the exit code is 4, and the message has the lines that
    decide: write one into NAME/florecon.toml and run the command again.
    """
    target = Path(name)
    plugin_id = checked_name(target.name)
    answers = target / SETTINGS
    present = sorted(target.iterdir()) if target.is_dir() else []
    if target.exists() and (not target.is_dir() or (present and not (data and present == [answers]))):
        raise CommandError(f"{name} already exists and is not empty", "choose another name", Exit.USAGE)
    proposal: Proposal | None = None
    if data:
        proposal = _proposed(data, plugin_id, answers)
        project = proposal.content
    else:
        found = template(start)
        project = ProjectContent(plugin_id, TEMPLATES[found.name], renamed(found.strategy, plugin_id), found.sample)
    for file, content in files(project).items():
        _write(target / file, content)
    for file, path in project.data.items():
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target / file)
    _write(target / SNAPSHOT, strategy_loader.load(target / "strategy.py").rust()["src/lib.rs"])
    if proposal is not None:
        for reading in proposal.readings:
            print_reading(reading)
            for note in proposal.notes[reading.source.name]:
                console.print_line(f"  {note}")
            console.print_line("")
    named = [file for file in (*files(project), *project.data) if "/" not in file or file in project.data]
    console.print_line(f"created {name}: {', '.join(file for file in named if file[0] != '.')}")
    console.print_line(f"\nnext:\n  cd {name}")
    if proposal is not None:
        console.print_line("  florecon-build read               # how the files are read, by florecon.toml")
    console.print_line("  florecon-build author --watch     # edit strategy.py and read the report")


def _proposed(data: list[Path], plugin_id: str, answers: Path) -> Proposal:
    """The project for the files, with the answers that are written down or given at the terminal."""
    for path in data:
        if not path.is_file():
            raise CommandError(f"{console.display_path(path)}: no such file", code=Exit.USAGE)
    named = source_names(data)
    given = _answers(answers, set(named))

    def known(source: str) -> Source:
        try:
            return Source.from_data(source, given.get(source, {}))
        except DeclarationError as error:
            raise CommandError(f"{console.display_path(answers)}: {error}", code=Exit.USAGE) from error

    def answer(source: str, questions: Sequence[Question]) -> Source:
        question = questions[0]
        line = _ask(question) if sys.stdin.isatty() and sys.stdout.isatty() else None
        if line is None:
            raise _undecided(questions, answers)
        said = tomllib.loads(line)
        into: dict[str, Any] = given.setdefault(source, {})
        if question.advice.table.endswith(".columns]"):
            into.setdefault("columns", {}).update(said)
        else:
            into.update(said)
        return known(source)

    return propose(named, plugin_id, {source: known(source) for source in named}, answer)


def _answers(path: Path, sources: set[str]) -> dict[str, dict[str, Any]]:
    """What a ``florecon.toml`` that is there already declares of the sources."""
    if not path.is_file():
        return {}
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CommandError(f"{console.display_path(path)}: {error}", code=Exit.USAGE) from error
    found: dict[str, dict[str, Any]] = said.get("source", {})
    other = sorted({*said, *(f"source.{name}" for name in found)} - {"source", *(f"source.{name}" for name in sources)})
    if other:
        fix = f"the sources of these files are {', '.join(f'[source.{name}]' for name in sorted(sources))}"
        raise CommandError(f"{console.display_path(path)}: {other[0]!r} is none of the files", fix, Exit.USAGE)
    return found


def _undecided(questions: Sequence[Question], answers: Path) -> CommandError:
    """The error that names every open question, with the lines that decide it."""
    parts: list[str] = []
    for question in questions:
        words = f"\n  ({question.advice.words})" if question.advice.words else ""
        lines = "".join(f"\n    {line}" for line in question.advice.lines)
        one = "this line" if len(question.advice.lines) == 1 else "one of these lines"
        parts.append(f"{one}:\n    {question.advice.table}{lines}{words}")
    joined = "\n  and ".join(parts)
    fix = f"write into {console.display_path(answers)}, and run the command again, {joined}"
    return CommandError("\n  ".join(question.text for question in questions), fix, Exit.DATA)


def _ask(question: Question) -> str | None:
    """The line that a person chooses; None for none of them."""
    console.print_line(question.text)
    for number, line in enumerate(question.advice.lines, 1):
        console.print_line(f"  {number}  {line}")
    if question.advice.words:
        console.print_line(f"  ({question.advice.words})")
    number: int = typer.prompt("which (0 for none)", type=int)
    return question.advice.lines[number - 1] if 1 <= number <= len(question.advice.lines) else None


def _write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content, encoding="utf-8")
