"""Declared sources of a project: their files, and the one ledger that they make together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from florecon_build.cli.console import display_path
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.host.description import Description
from florecon_build.host.frames.repeated_ids import repeated_ids, rows_of
from florecon_build.sources import Reading, Source, SourceError, read


def files_of(source: Source, folder: Path, given: Mapping[str, Sequence[Path]]) -> list[Path]:
    """The files of a source: those given on the command line, or its globs below the project folder, in order.

    Raises ``SourceError`` for a glob that finds nothing, and for one that leads out of the project: a project that
    someone sent reads only what is in it.
    """
    if source.name in given:
        return list(given[source.name])
    found: dict[Path, None] = {}
    root = folder.resolve()
    for pattern in source.files:
        if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
            raise SourceError(
                f"files = {pattern!r} leads out of the project",
                source=source.name,
                fix=f"give the file on the command line: --data {source.name}=FILE",
            )
        matches = sorted(folder.glob(pattern))
        if not matches:
            raise SourceError(f"no file {pattern!r} in {display_path(folder)}", source=source.name)
        for path in matches:
            if not path.resolve().is_relative_to(root):
                raise SourceError(
                    f"{path.name} is a link that leads out of the project",
                    source=source.name,
                    fix=f"give the file on the command line: --data {source.name}=FILE",
                )
            found[path] = None
    return list(found)


def parse_data(given: Iterable[str], sources: Mapping[str, Source]) -> dict[str, list[Path]]:
    """``--data NAME=FILE`` options as files by source. Raises ``CommandError`` for an unknown name."""
    found: dict[str, list[Path]] = {}
    for text in given:
        name, equals, path = text.partition("=")
        if not equals or not path:
            raise CommandError(f"--data {text}: not NAME=FILE", "write --data bank=statement.csv", Exit.USAGE)
        if name not in sources:
            known = f"florecon.toml declares {', '.join(sources)}" if sources else "florecon.toml declares none"
            raise CommandError(f"--data {text}: no source {name!r}", known, Exit.USAGE)
        found.setdefault(name, []).append(Path(path))
    return found


def read_all(
    sources: Mapping[str, Source], folder: Path, given: Mapping[str, Sequence[Path]], about: Description
) -> list[Reading]:
    """The readings of all sources, in the order of their declarations.

    Raises ``SourceError``, also for an id that two sources share.
    """
    readings = [
        read(source, files_of(source, folder, given), about.fields, id_name=about.id_name)
        for source in sources.values()
    ]
    _require_own_ids(readings, about)
    return readings


def ledger(readings: Sequence[Reading]) -> pa.Table:
    """The rows of all sources as one table."""
    return pa.concat_tables([reading.table for reading in readings])


def _require_own_ids(readings: Sequence[Reading], about: Description) -> None:
    if about.id_name is None or len(readings) < 2:
        return
    repeated = repeated_ids(ledger(readings)[about.id_name])
    if not len(repeated):
        return
    wanted = repeated[0]
    places = [
        f"{reading.source.name} ({reading.place(row)})"
        for reading in readings
        for row in rows_of(reading.table[about.id_name], wanted)
    ]
    raise SourceError(
        f"the id {wanted.as_py()!r} stands in {' and in '.join(places[:2])}",
        fix=f"make {about.id_name} a text in the strategy, so that it takes the name of its source before it",
    )
