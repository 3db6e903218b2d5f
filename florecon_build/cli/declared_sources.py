"""Ledger of a project: its declared sources, or plain files, read as one batch of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.cli.console import display_path
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.cli.inputs import InputFormat
from florecon_build.host.description import Description
from florecon_build.host.frames import MARKS
from florecon_build.sources import Reading, Source, SourceError, read
from florecon_build.sources.cells import LINE
from florecon_build.sources.errors import RepeatedId
from florecon_build.sources.mapping import plan
from florecon_build.sources.reading import cells_of
from florecon_build.sources.repeated_ids import repeated_ids, rows_of


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
            raise NoFileError(f"no file {pattern!r} in {display_path(folder)}", source=source.name)
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


@dataclass(frozen=True, slots=True)
class LedgerFiles:
    """Files of a ledger: plain ones (``data``, written as ``shape`` says), or else those of the declared sources.

    ``given`` are files of ``--data NAME=FILE``, which take the place of those that a source names.
    """

    data: tuple[Path, ...] = ()
    shape: InputFormat = field(default_factory=InputFormat)
    folder: Path = field(default_factory=Path.cwd)
    sources: Mapping[str, Source] = field(default_factory=dict[str, Source])
    given: Mapping[str, Sequence[Path]] = field(default_factory=dict[str, Sequence[Path]])

    def paths(self) -> list[Path]:
        """The files, in the order in which they are read. Raises ``SourceError``, as ``files_of`` does."""
        if self.data:
            return list(self.data)
        return [path for source in self.sources.values() for path in files_of(source, self.folder, self.given)]

    def read(self, about: Description) -> tuple[Reading, ...]:
        """The readings, whose rows together are the ledger. Raises ``SourceError``."""
        if not self.data:
            return tuple(read_all(self.sources, self.folder, self.given, about))
        assigned = {} if self.shape.columns else _assigned(self.data, self.sources, about)
        if assigned:
            chosen = {name: self.sources[name] for name in assigned}
            return tuple(read_all(chosen, self.folder, assigned, about))
        mark = self.shape.text_amounts
        plain = Source.plain(self.shape.columns, MARKS[mark] if mark else None)
        return (read(plain, self.data, about.fields, id_name=about.id_name),)


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


def check_sources(sources: Mapping[str, Source], folder: Path, about: Description) -> list[Reading]:
    """The readings of the sources, each held to the columns of the strategy; none where a source has no file yet.

    Raises ``SourceError``.
    """
    for source in sources.values():
        plan(source, about.fields)
    try:
        for source in sources.values():
            if source.format != "sql":
                files_of(source, folder, {})
    except NoFileError:
        return []
    return read_all(sources, folder, {}, about)


class NoFileError(SourceError):
    """A source none of whose files is there."""


def _assigned(data: Sequence[Path], sources: Mapping[str, Source], about: Description) -> dict[str, list[Path]]:
    """The source that each plain file belongs to: one that names it, or the only one whose headers it has.

    Empty where the files have the columns of the strategy themselves, or no source declares them. Raises
    ``CommandError`` where several sources read a file.
    """
    found: dict[str, list[Path]] = {}
    for path in data:
        named = [one for one in sources.values() if any(fnmatch(path.name, Path(glob).name) for glob in one.files)]
        fitting = named if len(named) == 1 else [one for one in sources.values() if _fits(path, one, about)]
        if not fitting and len(sources) == 1 and not _fits(path, Source.plain(), about):
            fitting = list(sources.values())
        if len(fitting) > 1:
            names = [one.name for one in fitting]
            fix = f"write {' or '.join(f'--data {name}={path}' for name in names)}"
            raise CommandError(f"{path.name}: the sources {', '.join(names)} all read such a file", fix, Exit.USAGE)
        if not fitting:
            return {}
        found.setdefault(fitting[0].name, []).append(path)
    return {name: found[name] for name in sources if name in found}


def _fits(path: Path, source: Source, about: Description) -> bool:
    """Whether a file has the headers that a source reads."""
    try:
        return set(plan(source, about.fields).all_headers()) <= set(cells_of(path, source).headers)
    except SourceError:
        return False


def ledger(readings: Sequence[Reading]) -> pa.Table:
    """The rows of all sources as one table."""
    return pa.concat_tables([reading.table for reading in readings])


def further_columns(readings: Sequence[Reading], about: Description) -> pa.Table | None:
    """The columns of the files that the strategy does not read, one row per row of the ledger; None where there are
    none. A row that was made from a part of a line has the cells of the line.
    """
    parts: list[pa.Table] = []
    for reading in readings:
        used = set(plan(reading.source, about.fields).all_headers())
        first = 0
        for file in reading.files:
            cells = cells_of(file.path, reading.source)
            wanted = reading.lines["line"].slice(first, file.rows)
            first += file.rows
            batches = list(cells.batches)
            further = [name for name in cells.headers if name and name not in used]
            part = pa.table({LINE: wanted})
            if batches:
                whole = pa.Table.from_batches(batches)
                at = pc.index_in(wanted, value_set=whole[LINE].combine_chunks())
                for name in further:
                    part = part.append_column(name, pc.take(whole[name], at))
            parts.append(part)
    if all(part.num_columns == 1 for part in parts):
        return None
    try:
        whole = pa.concat_tables(parts, promote_options="permissive")
    except pa.ArrowTypeError:  # a column that is text in one file and a number in another
        whole = pa.concat_tables([_as_text(part) for part in parts], promote_options="permissive")
    return whole.drop_columns([LINE])


def refuse_exceptions(readings: Sequence[Reading], about: Description) -> None:
    """Refuses the exceptions of an earlier run: a row that was matched in part would come with its whole amount again.

    Raises ``CommandError`` for a file with the columns that a run adds, unless its column ``open`` is read.
    """
    for reading in readings:
        used = set(plan(reading.source, about.fields).all_headers())
        for file in reading.files:
            if {"open", "reason", "age_days"} <= set(cells_of(file.path, reading.source).headers) - used:
                raise CommandError(
                    f"{file.path.name} has the exceptions of an earlier run: a row that was matched in part would come"
                    " with its whole amount again",
                    fix="carry open items on in a book (--book FILE --period PERIOD --who NAME), with the files of the"
                    " run; or read what is open: --map amount=open, with the name of your amount column",
                    code=Exit.DATA,
                )


def _as_text(table: pa.Table) -> pa.Table:
    return pa.table({name: table[name].cast(pa.string()) for name in table.column_names})


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
    raise RepeatedId(
        f"the id {wanted.as_py()!r} stands in {' and in '.join(places[:2])}",
        fix=f"make {about.id_name} a text in the strategy, so that it takes the name of its source before it",
    )
