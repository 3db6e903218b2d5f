"""Input of a run of a book in shards: the rows at hand as a data set, what of them is set aside, and the decisions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from florecon_build.host import RunMismatch
from florecon_build.host.decisions.store import Decision
from florecon_build.host.decisions.store.entry import Entry
from florecon_build.host.decisions.store.ledger import ON_GROUPS, ON_ITEMS
from florecon_build.scale.job import INPUT, UNIT_ROWS, Folder, storing, write_json

LEDGER, ASIDE, TOGETHER, DECISIONS = "ledger.parquet", "aside.parquet", "together.parquet", "decisions.json"
KEY = "__key"
"""The column of `TOGETHER` that is equal for rows of one decision, which stay in one shard; the other has their ids."""
DECIDED, REASONS = "decisions", "reasons"
"""Tables of a shard of a book, beside those of its report."""
Id = int | str


@dataclass(frozen=True)
class BookInput:
    """The files of a run of a book.

    ``spare`` is an id that no row has; ``explain`` the number of open items of each currency that are asked for
    reasons; ``currency`` the column of the rows' currencies. ``digest`` is of all of it.
    """

    folder: Path
    spare: Id | None
    explain: int
    currency: str | None
    decisions: tuple[Decision, ...]
    digest: str

    @property
    def rows(self) -> Path:
        """The file of the rows at hand."""
        return self.folder / LEDGER

    @cached_property
    def aside(self) -> pa.Table:
        """What closed periods matched of rows: ``id`` and ``amount``."""
        return pq.read_table(str(self.folder / ASIDE))

    @staticmethod
    def write(
        out: Path,
        rows: pa.Table,
        aside: Mapping[Id, int],
        decisions: Sequence[Decision],
        *,
        id_name: str,
        spare: Id | None,
        explain: int,
        currency: str | None,
    ) -> BookInput:
        """Writes the files below ``out/input``, unless a run that goes on has them.

        Errors: `RunMismatch` where ``out`` has those of another run, `StorageError`.
        """
        kind = rows.schema.field(id_name).type
        told = {"spare": spare, "explain": explain, "currency": currency, "decisions": list(map(_plain, decisions))}
        pairs = [(each.seq, member.id) for each in decisions for member in each.members]
        tables = {
            LEDGER: rows,
            ASIDE: pa.table({"id": pa.array(list(aside), kind), "amount": pa.array(list(aside.values()), pa.int64())}),
            TOGETHER: pa.table(
                {KEY: pa.array([key for key, _ in pairs], pa.int64()), id_name: pa.array([id for _, id in pairs], kind)}
            ),
        }
        digest = _digest(told, tables.values())
        folder = out / INPUT
        if (folder / DECISIONS).is_file():
            if BookInput.read(Folder(out)).digest != digest:
                raise RunMismatch(f"{out} holds a run of other rows or decisions of a book; choose another folder")
            return BookInput.read(Folder(out))
        if out.is_dir() and any(path.name != INPUT for path in out.iterdir()):
            raise RunMismatch(f"{out} is not empty and holds no run of this book; choose another folder")
        with storing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            for name, table in tables.items():
                pq.write_table(table, str(folder / name), row_group_size=UNIT_ROWS)
            write_json(folder / DECISIONS, {**told, "digest": digest})
        return BookInput.read(Folder(out))

    @staticmethod
    def read(folder: Folder) -> BookInput:
        """The input of a run, as it was written."""
        path = folder.out / INPUT
        told: dict[str, Any] = json.loads((path / DECISIONS).read_text(encoding="utf-8"))
        told["decisions"] = tuple(map(_decision, told["decisions"]))
        return BookInput(folder=path, **told)

    def of_rows(self, ids: Iterable[Id]) -> ShardDecisions:
        """The decisions about some rows."""
        here = set(ids)
        found = [each for each in self.decisions if any(member.id in here for member in each.members)]
        return ShardDecisions({each.seq: each for each in found})


@dataclass(frozen=True, slots=True)
class ShardDecisions:
    """The decisions in force about the rows of a shard, as a replayer takes them."""

    decisions: Mapping[int, Decision]

    @property
    def head(self) -> str:
        """A mark that never changes."""
        return "in force"

    @property
    def book(self) -> ShardDecisions:
        """Itself."""
        return self

    def standing(self, *kinds: str) -> list[Decision]:
        """The decisions of the given kinds, oldest first."""
        return [each for each in self.decisions.values() if each.kind in kinds]

    @property
    def resolutions(self) -> dict[Id, Decision]:
        """The resolution of each resolved row."""
        return {each.members[0].id: each for each in self.standing(*ON_ITEMS)}

    @property
    def is_of_groups(self) -> bool:
        """True where there is a decision that a solve has to come before."""
        return bool(self.standing(*ON_GROUPS, *ON_ITEMS))


def _plain(decision: Decision) -> dict[str, Any]:
    entry = decision.entry
    return {"seq": entry.seq, "kind": entry.kind, "who": entry.who, "why": entry.why, "body": dict(entry.body)}


def _decision(told: dict[str, Any]) -> Decision:
    entry = Entry(**told, at="", input="", strategy="", text="", previous="", hash="")
    return Decision(entry, "in force")


def _digest(told: Mapping[str, Any], tables: Iterable[pa.Table]) -> str:
    found = hashlib.sha256(json.dumps(told, sort_keys=True).encode("utf-8", "surrogatepass"))
    for table in tables:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table.combine_chunks())
        found.update(sink.getvalue().to_pybytes())
    return found.hexdigest()
