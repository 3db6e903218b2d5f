"""Facts of rows that totals need: the currency, the account and the date of each, by id, as they were given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from florecon_build.host.description import Description
from florecon_build.host.frames import Frame
from florecon_build.host.report.currency_column import currency_of
from florecon_build.host.report.input_rows import InputRows, Mark

Id = int | str


@dataclass(frozen=True, slots=True)
class Fact:
    """A row's currency and account (None where the plugin has no such column, or the cell is empty) and its date."""

    currency: str | None = None
    account: str | None = None
    date: date | None = None


class RowFacts:
    """These columns of the rows that were ingested, read when they are asked for."""

    def __init__(self, about: Description, frames: Iterable[Frame] = ()) -> None:
        self.about = about
        self._rows = InputRows(about.id_name)
        for frame in frames:
            self.add(frame)

    @property
    def currency(self) -> str | None:
        """The column of currencies: the plugin's own, else one that is named so."""
        texts = [column.name for column in self.about.fields if column.kind == "text"]
        declared = self.about.currency
        return declared if declared in texts else currency_of(texts)

    @property
    def account(self) -> str | None:
        """The column of accounts that the plugin declares."""
        declared = self.about.account
        return declared if any(column.name == declared for column in self.about.fields) else None

    @property
    def date(self) -> str | None:
        """The column of dates, where there is one only."""
        dates = [column.name for column in self.about.fields if column.kind == "date"]
        return dates[0] if len(dates) == 1 else None

    def add(self, frame: Frame) -> None:
        """Takes note of rows; those with the ids of earlier ones replace them."""
        names = [name for name in (self.about.id_name, *self._names) if name is not None]
        self._rows.upsert(frame.to_table().select(list(dict.fromkeys(names))))

    def mark(self) -> Mark:
        """The state now, for `back_to`."""
        return self._rows.mark()

    def back_to(self, mark: Mark) -> None:
        """Forgets what came after a mark."""
        self._rows.back_to(mark)

    @property
    def _names(self) -> tuple[str | None, str | None, str | None]:
        return self.currency, self.account, self.date

    def of(self, ids: Iterable[Id]) -> dict[Id, Fact]:
        """The facts of these rows; of a row that is not known, nothing."""
        wanted = set(ids)
        table = self._rows.rows()
        if self.about.id_name is None or not any(self._names) or table is None:
            return {}
        columns = [_cells(table, name) for name in self._names]
        lines = zip(table.column(self.about.id_name).to_pylist(), *columns, strict=True)
        return {row_id: Fact(*cells) for row_id, *cells in lines if row_id in wanted}


def _cells(table: pa.Table, name: str | None) -> list[Any]:
    if name is None:
        return [None] * table.num_rows
    column = table.column(name)
    if pa.types.is_integer(column.type):  # days since 1970-01-01
        column = column.cast(pa.int32()).cast(pa.date32())
    return column.to_pylist()
