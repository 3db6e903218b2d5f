"""Opening of a run: what the book has, what arrives, and the workspace with the rows at hand in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol, cast

import pyarrow as pa

from florecon_build.host.decisions.book.embedded_strategy import embedded_strategy
from florecon_build.host.decisions.book.known_rows import (
    AMOUNT,
    INPUT,
    Arrival,
    Id,
    KnownRows,
    arrive,
    differences,
    read_known,
    require_unique,
)
from florecon_build.host.decisions.book.recording import Context
from florecon_build.host.decisions.book.result import Item, Key, Movements, sums_by_key
from florecon_build.host.decisions.book.tables import no_rows, pack, plain, unpack
from florecon_build.host.decisions.errors import OtherStrategy, RowsChanged, WrongBook, WrongPeriod
from florecon_build.host.decisions.period import Span
from florecon_build.host.decisions.row_digest import of_rows
from florecon_build.host.decisions.store.entry import Draft
from florecon_build.host.decisions.store.store import Store
from florecon_build.host.description import Description
from florecon_build.host.errors import BadCommand
from florecon_build.host.frames import Frame, TextAmounts
from florecon_build.host.report.currency_column import currency_of
from florecon_build.host.runtime.engine_module import HasIr, engine_path, strategy_of
from florecon_build.host.runtime.module import Source, load, read_wasm
from florecon_build.host.runtime.parameters import encode_params

SHOWN = 3
"""How many rows an error shows."""


@dataclass(frozen=True, slots=True)
class Input:
    """A file that rows came from: its name, SHA-256 and number of rows; `control` is what its reader checked."""

    name: str
    sha256: str
    rows: int
    control: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The arguments of `Book.run`."""

    period: str
    solver: Source | HasIr
    rows: object
    who: str
    params: Mapping[str, object]
    restate: bool
    migrate: bool
    any_date: bool
    date: str | None
    title: Mapping[str, str]
    inputs: tuple[Input, ...]
    explain: int
    columns: Mapping[str, str] | None
    text_amounts: TextAmounts | None


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns that the book reads: ids, currencies, accounts, dates."""

    id: str
    currency: str | None
    account: str | None
    date: str | None


class HasRows(Protocol):
    """A report, as far as it is read here: the rows with their ids and amounts."""

    @property
    def rows(self) -> pa.Table: ...


class Opened(Protocol):
    """What takes the rows at hand: a `Workspace`, or the shards of one."""

    @property
    def about(self) -> Description: ...
    def configure(self, **params: object) -> object: ...
    def frame(
        self, rows: object, *, columns: Mapping[str, str] | None = None, text_amounts: TextAmounts | None = None
    ) -> Frame: ...
    def upsert(self, rows: object) -> object: ...
    def report(self) -> HasRows: ...
    def remove(self, ids: Sequence[Id]) -> object: ...
    def set_aside(self, amounts: Mapping[Id, int], spare: Id) -> object: ...


def begin(store: Store, workspace: Opened, request: Request) -> Context:
    """Puts the rows at hand into the workspace, with what closed periods matched set aside; writes nothing.

    Errors: those of `Book.run`.
    """
    ledger, about = store.book, workspace.about
    if about.id_name is None:
        raise WrongBook("the module names no id column, and a book recognises rows by their ids")
    module, carried = _identified(request.solver)
    drafts = _begin_or_check(store, about, request, module=module, carried=carried)
    settings = ledger.periods.settings or drafts[0].body
    names = _Columns(about.id_name, settings["currency"], settings["account"], settings["date"])
    span = ledger.periods.check_run(request.period)
    values = encode_params(about, request.params)
    in_force = {param.name: param.default for param in about.params}
    in_force |= {name: value for name, value in ledger.params.items() if name in in_force}
    workspace.configure(**in_force | values)  # refuses what the module does not take
    changed_values = {name: value for name, value in values.items() if in_force.get(name) != value}
    if changed_values:
        drafts.append(Draft(who=request.who, kind="params", body={"values": changed_values}, strategy=about.strategy))

    frame = workspace.frame(request.rows if request.rows is not None else no_rows(about), columns=request.columns,
                            text_amounts=request.text_amounts)  # fmt: skip
    given = plain(frame.to_table())
    require_unique(given, names.id)
    known = read_known(store, ledger.periods, span.name, names.id)
    arrival = arrive(known, given, names.id)
    _check_later(known, given, names.id)
    if arrival.changed.num_rows and not request.restate:
        raise _changed(known, arrival, names.id, ledger.periods.known)
    late = _check_dates(arrival, given, names, span, request)
    opening_close = ledger.periods.before(span)
    opening = None
    if opening_close is not None:
        opening = unpack(store.attachment(int(opening_close.body["run"]), "open"))
    opened = _opened(opening)

    restated = _restated(arrival, known, span, names.id)
    table, aside = _rows_at_hand(
        known=known, arrival=arrival, opened=opened, restated=restated, span=span, id_name=names.id
    )
    spare = _spare(table, names.id, about.id_is_text)
    spare_row = _spare_row(table, aside, spare, names.id, set(arrival.changed.column(names.id).to_pylist()))
    workspace.upsert(table if spare_row is None else pa.concat_tables([table, spare_row]))
    amounts = _amounts(workspace)
    items = _items(table=table, amounts=amounts, aside=aside, known=known, span=span, names=names)
    _check_amounts(items, known, opened, aside, set(arrival.changed.column(names.id).to_pylist()))
    settled = [row_id for row_id, item in items.items() if not item.at_hand and aside.get(row_id)]
    if settled:
        workspace.remove(settled)
        items = {row_id: item for row_id, item in items.items() if row_id not in set(settled)}
    held = {row_id: part for row_id, part in aside.items() if part and row_id in items}
    if held:
        workspace.set_aside(held, spare)
    elif spare_row is not None:
        workspace.remove([spare])

    if arrival.new.num_rows or arrival.changed.num_rows:
        drafts.append(
            _rows_draft(
                arrival=arrival,
                given=given,
                frame=frame,
                amounts=amounts,
                known=known,
                names=names,
                span=span,
                request=request,
            )
        )
    return Context(
        span=span,
        opening=0 if opening_close is None else opening_close.seq,
        items=items,
        movements=_movements(items, opened, restated, span),
        module=module,
        params=values,
        before=tuple(drafts),
        carried=sum(item.first_seen != span.name for item in items.values()),
        new=arrival.new.num_rows,
        known=arrival.known,
        restated=tuple(arrival.changed.column(names.id).to_pylist()),
        late=late,
        explain=request.explain,
        table=_without(table, settled, names.id),
    )


def _identified(solver: Source | HasIr) -> tuple[str, bytes | None]:
    """The SHA-256 of the module, and the strategy as JSON that it carries, or that the engine was given."""
    if strategy_of(solver) is not None:
        return load(engine_path()).digest, cast(HasIr, solver).ir().encode()
    wasm, _ = read_wasm(cast(Source, solver))
    return hashlib.sha256(wasm).hexdigest(), embedded_strategy(wasm)


def _begin_or_check(
    store: Store, about: Description, request: Request, *, module: str, carried: bytes | None
) -> list[Draft]:
    """The entry that begins the book or migrates it, where one is due; refuses a module that is not the book's."""
    periods = store.book.periods
    strategy = about.strategy or module
    attachments = {} if carried is None else {"strategy": carried}
    if periods.settings is None:
        body = {
            "plugin": about.domain,
            "scale": about.scale,
            "id": about.id_name,
            "currency": _declared(about, "currency") or currency_of(_texts(about)),
            "account": _declared(about, "account"),
            "date": _date_column(about, request.date),
            "strategy": strategy,
            "title": dict(request.title),
        }
        return [Draft(who=request.who, kind="book", body=body, strategy=about.strategy, attachments=attachments)]
    settings = periods.settings
    if settings["plugin"] != about.domain:
        raise WrongBook(
            f"the book is of {settings['plugin']}, and the module is {about.domain}; give the book of {about.domain},"
            f" a new one, or the module of {settings['plugin']}"
        )
    if request.date is not None and request.date != settings["date"]:
        raise BadCommand(
            f"the book takes dates from {settings['date']!r} since it was begun, not from {request.date!r}"
        )
    if settings["scale"] != about.scale or settings["id"] != about.id_name:
        raise WrongBook(
            f"the book has ids in {settings['id']!r} and {settings['scale']} decimals, the module has"
            f" {about.id_name!r} and {about.scale}; such a module needs a new book"
        )
    if strategy == periods.strategy:
        return []
    entry = periods.strategies[-1] if periods.strategies else None
    before = None
    if entry is not None and "strategy" in entry.body.get("attachments", {}):
        before = store.attachment(entry.seq, "strategy")
    if not request.migrate:
        raise OtherStrategy(
            f"the module's strategy ({strategy[:12]}) is not the book's ({periods.strategy[:12]}); see what differs"
            " (florecon-build diff), then run with --migrate (migrate=True), or with the module of the book",
            before=before,
            after=carried,
        )
    body = {"before": periods.strategy, "after": strategy, "module": module}
    return [Draft(who=request.who, kind="migrate", body=body, strategy=about.strategy, attachments=attachments)]


def _texts(about: Description) -> list[str]:
    return [column.name for column in about.fields if column.kind == "text"]


def _declared(about: Description, what: str) -> str | None:
    """The column that the plugin declares as its currency or account."""
    name = about.currency if what == "currency" else about.account
    if name is None:
        return None
    if name not in _texts(about):
        raise WrongBook(f"the plugin declares {what}={name!r}, which is no text column of its rows; a book needs one")
    return str(name)


def _date_column(about: Description, wanted: str | None) -> str | None:
    dates = [column.name for column in about.fields if column.kind == "date"]
    if wanted is None:
        return dates[0] if len(dates) == 1 else None
    if wanted not in dates:
        raise BadCommand(f"{wanted!r} is no date column of the plugin; it has {', '.join(dates) or 'none'}")
    return wanted


def _opened(opening: pa.Table | None) -> dict[Id, tuple[Key, int]]:
    """The key and the remaining amount of each open item of the last closed period."""
    lines = [] if opening is None else opening.select(["id", "currency", "account", "remaining"]).to_pylist()
    return {line["id"]: ((line["currency"], line["account"]), line["remaining"]) for line in lines}


def _check_later(known: KnownRows, given: pa.Table, id_name: str) -> None:
    for row_id in given.column(id_name).to_pylist():
        if row_id in known.later:
            raise WrongPeriod(f"row {row_id} came in {known.later[row_id]}, a later period; take it out", id=row_id)


def _changed(known: KnownRows, arrival: Arrival, id_name: str, periods: Mapping[str, Any]) -> RowsChanged:
    listed = differences(known, arrival.changed, id_name)
    shown = [
        f"row {row_id}: "
        + ", ".join(f"{name} was {_cell(old)}, now {_cell(new)}" for name, (old, new) in cells.items())
        for row_id, cells in listed[:SHOWN]
    ]
    count = len(listed)
    closed = sorted({known.rows[row_id].first_seen for row_id, _ in listed if _is_closed(periods, known, row_id)})
    after = f" {', '.join(closed)} is closed: what it matched stays matched." if closed else ""
    more = f"; and {count - SHOWN} more" if count > SHOWN else ""
    return RowsChanged(
        f"{count} {'row that the book has came' if count == 1 else 'rows that the book has came'} with another content."
        f" {'; '.join(shown)}{more}.{after} Give the rows as they were, or run with --restate (restate=True) to take"
        " the new content and keep the old on record",
        ids=tuple(row_id for row_id, _ in listed),
        id=listed[0][0],
    )


def _cell(value: object) -> str:
    return "empty" if value is None else str(value)


def _is_closed(periods: Mapping[str, Any], known: KnownRows, row_id: Id) -> bool:
    period = periods.get(known.rows[row_id].first_seen)
    return period is not None and period.close is not None


def _check_dates(arrival: Arrival, given: pa.Table, names: _Columns, span: Span, request: Request) -> int:
    """The number of new rows dated before the period. Errors: `WrongPeriod` for rows of another period."""
    if names.date is None or not arrival.new.num_rows:
        return 0
    day_of: dict[Id, date | None] = dict(
        zip(arrival.new.column(names.id).to_pylist(), _dates(arrival.new.column(names.date)), strict=True)
    )
    if not request.any_date:
        override = f"give the period of the rows, or --any-date (any_date=True) if they do belong to {span.name}"
        after = [(row_id, day) for row_id, day in day_of.items() if day is not None and day > span.last]
        if after:
            row_id, day = after[0]
            raise WrongPeriod(
                f"{len(after)} of {arrival.new.num_rows} new rows are dated after the last day of {span.name},"
                f" {span.last}, such as row {row_id} of {day}; {override}",
                id=row_id,
            )
        for name, ids in _ids_by_input(request.inputs, given.column(names.id).to_pylist()):
            days = [day for row_id in ids if (day := day_of.get(row_id)) is not None]
            if days and max(days) < span.first:
                raise WrongPeriod(
                    f"{name}: all its new rows are dated before {span.name}, from {min(days)} to {max(days)};"
                    f" {override}"
                )
    return sum(day is not None and day < span.first for day in day_of.values())


def _dates(column: pa.ChunkedArray) -> list[date | None]:
    if pa.types.is_integer(column.type):
        column = column.cast(pa.int32()).cast(pa.date32())
    return column.to_pylist()


def _ids_by_input(inputs: Sequence[Input], ids: list[Id]) -> Iterable[tuple[str, list[Id]]]:
    """The ids of each input; of all rows together where the inputs are not known."""
    if sum(each.rows for each in inputs) != len(ids):
        yield "the rows", ids
        return
    at = 0
    for each in inputs:
        yield each.name, ids[at : at + each.rows]
        at += each.rows


def _restated(arrival: Arrival, known: KnownRows, span: Span, id_name: str) -> set[Id]:
    """The rows of earlier periods whose content was replaced in this one."""
    ids: set[Id] = set(arrival.changed.column(id_name).to_pylist())
    ids |= {row_id for row_id, row in known.rows.items() if row.last_seen == span.name}
    return {row_id for row_id in ids if known.rows[row_id].first_seen != span.name}


def _rows_at_hand(
    *, known: KnownRows, arrival: Arrival, opened: Mapping[Id, Any], restated: set[Id], span: Span, id_name: str
) -> tuple[pa.Table, dict[Id, int]]:
    """The rows that a run begins with, and of each what closed periods matched of it."""
    changed = set(arrival.changed.column(id_name).to_pylist())
    kept = [
        row_id
        for row_id, row in known.rows.items()
        if row_id not in changed and (row.first_seen == span.name or row_id in opened or row_id in restated)
    ]
    parts = [arrival.new, arrival.changed]
    if kept:
        stored = known.take(kept)
        parts.insert(0, stored.select([name for name in stored.column_names if name in arrival.new.column_names]))
    table = pa.concat_tables([each for each in parts if each.num_rows] or [arrival.new], promote_options="permissive")
    aside: dict[Id, int] = {}
    for row_id in [*kept, *changed]:
        if known.rows[row_id].first_seen != span.name:
            aside[row_id] = known.before[row_id] - (opened[row_id][1] if row_id in opened else 0)
    return table, aside


def _spare(table: pa.Table, id_name: str, is_text: bool) -> Id:
    """An id that no row has."""
    ids = set(table.column(id_name).to_pylist())
    if is_text:
        spare = "florecon.carried"
        while spare in ids:
            spare += "."
        return spare
    number = 0
    while number in ids:
        number -= 1
    return number


def _spare_row(table: pa.Table, aside: Mapping[Id, int], spare: Id, id_name: str, changed: set[Id]) -> pa.Table | None:
    """A copy of a row that is partly matched already, under the spare id; None where there is no such row."""
    held = [row_id for row_id, part in aside.items() if part]
    if not held:
        return None
    chosen = next((row_id for row_id in held if row_id not in changed), held[0])
    ids = table.column(id_name)
    row = table.slice(ids.to_pylist().index(chosen), 1)
    return row.set_column(row.column_names.index(id_name), row.schema.field(id_name), pa.array([spare], ids.type))


def _amounts(workspace: Opened) -> dict[Id, int]:
    rows = workspace.report().rows
    ids = rows.column("id_text" if "id_text" in rows.column_names else "id").to_pylist()
    return dict(zip(ids, rows.column("amount").to_pylist(), strict=True))


def _items(
    *,
    table: pa.Table,
    amounts: Mapping[Id, int],
    aside: Mapping[Id, int],
    known: KnownRows,
    span: Span,
    names: _Columns,
) -> dict[Id, Item]:
    nothing = [None] * table.num_rows

    def read(name: str | None) -> list[Any]:
        return nothing if name is None else table.column(name).to_pylist()

    days = nothing if names.date is None else _dates(table.column(names.date))
    items: dict[Id, Item] = {}
    for row_id, currency, account, day in zip(
        table.column(names.id).to_pylist(), read(names.currency), read(names.account), days, strict=True
    ):
        first = known.rows[row_id].first_seen if row_id in known.rows else span.name
        amount = amounts[row_id]
        items[row_id] = Item(row_id, (currency, account), amount, amount - aside.get(row_id, 0), first, day)
    return items


def _check_amounts(
    items: Mapping[Id, Item],
    known: KnownRows,
    opened: Mapping[Id, tuple[Key, int]],
    aside: Mapping[Id, int],
    changed: set[Id],
) -> None:
    """Known rows have the amounts that the book has of them; what was matched of a restated row still fits into it."""
    for row_id, item in items.items():
        part = aside.get(row_id, 0)
        if row_id in changed:
            if part and (part * item.original < 0 or abs(part) > abs(item.original)):
                raise RowsChanged(
                    f"row {row_id}: {part} minor units of it were matched in a closed period, and its new amount is"
                    f" {item.original}; reopen the period in which it was matched, and restate it there",
                    ids=(row_id,),
                    id=row_id,
                )
            if part and row_id in opened and opened[row_id][0] != item.key:
                raise RowsChanged(
                    f"row {row_id}: a part of it was matched in a closed period in {opened[row_id][0]}, and it is in"
                    f" {item.key} now; reopen that period, and restate it there",
                    ids=(row_id,),
                    id=row_id,
                )
        elif row_id in known.rows and known.amount(row_id) != item.original:
            raise OtherStrategy(
                f"row {row_id} has the amount {item.original} by this module, and {known.amount(row_id)} in the book:"
                " the numeraire is another one; such a module needs a new book",
                id=row_id,
            )


def _movements(
    items: Mapping[Id, Item], opened: Mapping[Id, tuple[Key, int]], restated: set[Id], span: Span
) -> Movements:
    changes: list[tuple[Key, int]] = []
    for row_id in restated:
        if row_id in items:
            changes.append((items[row_id].key, items[row_id].at_hand))
        if row_id in opened:
            changes.append((opened[row_id][0], -opened[row_id][1]))
    return Movements(
        opening=sums_by_key(opened.values()),
        arrived=sums_by_key((item.key, item.original) for item in items.values() if item.first_seen == span.name),
        restated=sums_by_key(changes),
    )


def _without(table: pa.Table, ids: list[Id], id_name: str) -> pa.Table:
    if not ids:
        return table
    gone = set(ids)
    return table.filter(pa.array([row_id not in gone for row_id in table.column(id_name).to_pylist()]))


def _rows_draft(
    *,
    arrival: Arrival, given: pa.Table, frame: Frame, amounts: Mapping[Id, int], known: KnownRows, names: _Columns,
    span: Span, request: Request,
) -> Draft:  # fmt: skip
    stored = pa.concat_tables([arrival.new, arrival.changed], promote_options="permissive")
    ids: list[Id] = stored.column(names.id).to_pylist()
    stored = stored.append_column(AMOUNT, pa.array([amounts[row_id] for row_id in ids], pa.int64()))
    given_ids: list[Id] = given.column(names.id).to_pylist()
    key_of = _keys(given, names)
    inputs = request.inputs
    if sum(each.rows for each in inputs) != len(given_ids):
        inputs = (Input("rows", of_rows("", "run", frame, None), len(given_ids)),)
    listed: list[dict[str, Any]] = []
    came_with: dict[Id, int] = {}
    at = 0
    for place, each in enumerate(inputs):
        of_input = given_ids[at : at + each.rows]
        part = [(key_of[row_id], amounts[row_id] if row_id in amounts else known.amount(row_id)) for row_id in of_input]
        came_with |= dict.fromkeys(of_input, place)
        at += each.rows
        counts = sums_by_key((key, 1) for key, _ in part)
        totals = [
            {"currency": key[0], "account": key[1], "rows": counts[key], "total": total}
            for key, total in sums_by_key(part).items()
        ]
        listed.append({"name": each.name, "sha256": each.sha256, "rows": each.rows, "totals": totals, **each.control})
    stored = stored.append_column(INPUT, pa.array([came_with[row_id] for row_id in ids], pa.int32()))
    changes = [
        {"id": row_id, "before": {name: _cell(old) for name, (old, _) in cells.items()},
         "after": {name: _cell(new) for name, (_, new) in cells.items()}}
        for row_id, cells in differences(known, arrival.changed, names.id)
    ]  # fmt: skip
    body = {"period": span.name, "inputs": listed, "new": arrival.new.num_rows, "restated": changes}
    return Draft(who=request.who, kind="rows", body=body, attachments={"rows": pack(stored)})


def _keys(table: pa.Table, names: _Columns) -> dict[Id, Key]:
    nothing = [None] * table.num_rows
    currencies = nothing if names.currency is None else table.column(names.currency).to_pylist()
    accounts = nothing if names.account is None else table.column(names.account).to_pylist()
    return dict(zip(table.column(names.id).to_pylist(), zip(currencies, accounts, strict=True), strict=True))
