"""Context of an explanation: what the rows, the params and the nodes say beside the module's events."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.description import Description, Node
from florecon_build.host.report.currencies import Currencies, currencies_of, format_minor, plain_text, with_code
from florecon_build.host.report.pivot_nets import innermost_pivot

EPOCH = datetime.date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that a sentence reads beside its event.

    Parameters: `rows` are the mentioned rows by their id as text, `params` the values of params as the wire has them
    (None where they are not known), `nodes` the nodes by id, `units` the currencies of all rows, `amounts` those
    of the rows that were asked for, in minor units.
    """

    scale: int = 0
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    params: Mapping[str, object] | None = None
    nodes: Mapping[int, Node] = field(default_factory=dict[int, Node])
    units: Currencies = field(default_factory=Currencies)
    amounts: Mapping[object, int] = field(default_factory=dict[object, int])

    def name(self, number: object) -> str:
        """The id of a row as the user knows it."""
        return str(self.names.get(str(number), number))

    def row(self, number: object) -> Mapping[str, Any]:
        """The columns of a row; empty where the host has not seen it."""
        return self.rows.get(self.name(number), {})

    def currency(self, number: object) -> str:
        """The currency of a row, empty where it has none."""
        return str(self.row(number).get(self.units.column or "") or "")

    def pivot(self, node: object) -> Node | None:
        """The innermost pivot that a node is in."""
        here = self.nodes.get(cast(int, node))
        return None if here is None else innermost_pivot(self.nodes.values(), here.path)

    def is_of_one_currency(self, node: object) -> bool:
        """True if all lots that a node sees together have one currency: there is but one, or a key above says it."""
        if len(self.units.found) < 2:
            return True
        here = self.nodes.get(cast(int, node))
        if here is None:
            return False
        return any(
            self.units.column in cast("Sequence[object]", one.facts.get("columns", ()))
            for one in self.nodes.values()
            if here is one or here.path == one.path or here.path.startswith(f"{one.path} > ")
        )


def context_of(
    about: Description, data: Mapping[str, Any], rows: pa.Table | None, params: Mapping[str, object] | None
) -> Context:
    """The context of an explanation, with the rows that its events mention."""
    names = cast("Mapping[str, str]", data.get("names", {}))
    found: dict[str, Mapping[str, Any]] = {}
    units = Currencies()
    if rows is not None and about.id_name is not None:
        units = currencies_of(rows, about.currency)
        ids = sorted({str(names.get(str(number), number)) for number in _mentioned(data)})
        column = plain_text(rows[about.id_name])
        wanted = pa.array(ids, pa.string()) if about.id_is_text else pa.array([int(one) for one in ids], pa.int64())
        at = pc.index_in(wanted.cast(column.type), value_set=column.combine_chunks())
        lines = rows.take(at.filter(pc.is_valid(at))).to_pylist()
        found = {str(line[about.id_name]): line for line in lines}
    return Context(
        scale=about.scale,
        names=names,
        rows=found,
        params=params,
        nodes={node.id: node for node in about.nodes},
        units=units,
        amounts={row["id"]: row["amount"] for row in data["rows"]},
    )


def typed(value: object, kind: str) -> str:
    """A value of a key or an order as people write it: a date as a date, money as an amount.

    >>> typed(20543, "date"), typed(-1250, "money:2"), typed(None, "text"), typed(["A", "B"], "text")
    ('2026-03-31', '-12.50', 'nothing', 'A, B')
    """
    if value is None:
        return "nothing"
    if isinstance(value, list):
        return ", ".join(typed(part, kind) for part in cast("list[object]", value))
    if isinstance(value, int) and not isinstance(value, bool):
        if kind == "date":
            return day(value)
        if kind.startswith("money:"):
            return format_minor(value, int(kind[len("money:") :]))
    return str(value)


def day(number: int) -> str:
    """A date by its days since 1970-01-01, or the count of days beyond Python's calendar."""
    try:
        return (EPOCH + datetime.timedelta(days=number)).isoformat()
    except OverflowError:
        return f"day {number}"


def difference(test: Mapping[str, Any], a: object, b: object, context: Context) -> str | None:
    """Why two rows fail a condition, and by how much; an empty text where they pass, None where it cannot be told.

    Parameters: `test` as the node's facts have it, `a` and `b` the rows.
    """
    match test.get("test"):
        case "gap":
            return _gap(test, context.row(a), context.row(b), context)
        case "equal":
            one, other = context.row(a), context.row(b)
            if test["column"] not in one or test["other"] not in other:
                return None
            left, right = one[test["column"]], other[test["other"]]
            if left == right and left is not None:
                return ""
            return f"`{test['column']}` is {_shown(left)} and {_shown(right)}"
        case "nets":
            limit, amounts = _limit(test, context), context.amounts
            if limit is None or a not in amounts or b not in amounts:
                return None
            apart = abs(amounts[a] + amounts[b])
            code = context.currency(a)
            if apart <= limit[1]:
                return ""
            texts = [with_code(format_minor(value, context.scale, code), code) for value in (apart, limit[1])]
            return f"the amounts are {texts[0]} apart; the limit{limit[0]} is {texts[1]}"
        case _:
            return None


def _gap(test: Mapping[str, Any], one: Mapping[str, Any], other: Mapping[str, Any], context: Context) -> str | None:
    limit, column = _limit(test, context), str(test["column"])
    if limit is None or column not in one or column not in other:
        return None
    left, right = one[column], other[column]
    if left is None or right is None:
        return f"`{column}` is empty"
    apart = abs((left - right).days) if isinstance(left, datetime.date) else abs(int(left) - int(right))
    if apart < limit[1] or (apart == limit[1] and not test.get("below")):
        return ""
    unit = _days(apart) if test.get("type") == "date" else str(apart)
    word = "is below" if test.get("below") else "is"
    return f"{unit} apart; the limit{limit[0]} {word} {limit[1]}"


def _limit(test: Mapping[str, Any], context: Context) -> tuple[str, int] | None:
    """The name of a limit, as ` `lag``, and its value."""
    name = test.get("param")
    value = test.get("limit") if name is None else (context.params or {}).get(str(name))
    if not isinstance(value, int):
        return None
    return ("" if name is None else f" `{name}`"), value


def _days(count: int) -> str:
    return f"{count:,} day" + ("" if count == 1 else "s")


def _shown(value: object) -> str:
    match value:
        case None:
            return "empty"
        case datetime.date() | Decimal() | int():
            return str(value)
        case _:
            return f"`{value}`"


def _mentioned(data: Mapping[str, Any]) -> set[object]:
    """The numbers of the rows in an explanation."""
    found: set[object] = {row["id"] for row in data["rows"]}
    for step in data["steps"]:
        found |= {step[name] for name in ("id", "with", "best", "taker", "other_taker", "split") if name in step}
        found |= {lot["id"] for lot in step.get("members", [])}
    return found
