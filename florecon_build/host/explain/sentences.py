"""Sentences for the events of `explain`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from florecon_build.wire import PairEvent, RowEvent

Facts = Mapping[str, Any]

SHOWN = 6
"""Members of a group that a sentence names."""


class Words:
    """Writes the facts of a step; amounts are shown with the numeraire's decimals, rows under their ids.

    >>> words = Words(scale=2, names={})
    >>> words.sentence({"kind": "agg_net", "event": "out_of_tolerance", "size": 3, "net": -1205, "slack": 100})
    'its bucket of 3 nets to -12.05, and 1.00 is allowed'
    """

    def __init__(self, scale: int, names: Mapping[str, str]) -> None:
        self._scale = scale
        self._names = names

    def row(self, number: object) -> str:
        """A row by its id."""
        return f"row {self._names.get(str(number), number)}"

    def amount(self, minor: int, facts: Facts | None = None) -> str:
        """An amount with the numeraire's decimals; within a pivot, whose scale is unknown, in minor units."""
        if facts and facts.get("pivoted"):
            return f"{minor} of the other numeraire"
        digits = str(abs(minor)).rjust(self._scale + 1, "0")
        point = len(digits) - self._scale
        text = digits[:point] + ("." + digits[point:] if self._scale else "")
        return ("-" if minor < 0 else "") + text

    def sentence(self, facts: Facts) -> str:
        """The sentence for an event, without the row as its subject."""
        event = str(facts["event"])
        about = cast("Mapping[str, Writer]", PAIRS if "with" in facts else ROWS)
        write = about.get(event)
        return write(self, facts) if write else event.replace("_", " ")

    def members(self, facts: Facts) -> str:
        """The members of a group, the first of them by name."""
        listed = cast("list[dict[str, Any]]", facts.get("members", []))
        named = [f"{self.row(lot['id'])} ({self.amount(lot['amount'], facts)})" for lot in listed[:SHOWN]]
        more = facts.get("size", len(listed)) - len(named)
        return ", ".join(named) + (f" and {more} more" if more > 0 else "")

    def taker(self, facts: Facts, who: str, name: str) -> str:
        """The row that a partner went to, and at which cost."""
        if name not in facts:
            return ""
        return f"; {who} went to {self.row(facts[name])} at {cost(facts[name + '_cost'])}"


def cost(millionths: int) -> str:
    """Millionths of a cost unit in as few digits as there are.

    >>> cost(4_500_000), cost(1_000_000), cost(-20)
    ('4.5', '1', '-0.00002')
    """
    whole, part = divmod(abs(millionths), 1_000_000)
    text = f"{whole}.{part:06d}".rstrip("0").rstrip(".")
    return ("-" if millionths < 0 else "") + text


def key(value: object) -> str:
    """A key as text; a tuple's parts are set off by slashes.

    >>> key(["ACME", 5, None]), key([["A", "B"], "EUR"]), key([]), key("EUR")
    ('`ACME / 5 / null`', '`A, B / EUR`', 'of all rows', '`EUR`')
    """
    if value == []:
        return "of all rows"
    parts = cast("list[object]", value) if isinstance(value, list) else [value]
    return "`" + " / ".join(map(_part, parts)) + "`"


def _part(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(_part, cast("list[object]", value)))
    return "null" if value is None else str(value)


def _bucket(w: Words, f: Facts) -> str:
    return f"its bucket {key(f['key'])} has {_items(f['size'])} that net to {w.amount(f['net'], f)}"


def _items(count: int) -> str:
    return f"{count} item" + ("" if count == 1 else "s")


def _out_of_tolerance(w: Words, f: Facts) -> str:
    under = f" {key(f['key'])}" if "key" in f else ""
    if "slack" in f:
        net, slack = w.amount(f["net"], f), w.amount(f["slack"], f)
        return f"its bucket{under} of {f['size']} nets to {net}, and {slack} is allowed"
    if "max_size" in f:
        return f"no {f['max_size']} or fewer of the {f['size']} items of its bucket net within the tolerance"
    return f"the running balance of its bucket of {f['size']} never returns to zero"


def _over_cap(_: Words, f: Facts) -> str:
    return f"{f['size']} items share the key {key(f['key'])}, more than the cap of {f['cap']}"


def _signals(_: Words, f: Facts) -> str:
    if not f["shared"] and f["alone"] == 1:
        return f"nobody else carries its key {key(f['key'])}"
    if not f["shared"]:
        return f"nobody else carries any of its {f['alone']} keys, such as {key(f['key'])}"
    return f"others carry {f['shared']} of its {f['alone'] + f['shared']} keys"


def _taken(w: Words, f: Facts) -> str:
    why = f" ({f['reason']})" if f.get("reason") else ""
    if f["size"] == 1:
        return f"taken by itself as {f['origin']}{why}, with {w.amount(f['amount'], f)}"
    return (
        f"taken with {w.amount(f['amount'], f)} into a group that nets to {w.amount(f['net'], f)}{why}: {w.members(f)}"
    )


def _surplus(_: Words, f: Facts) -> str:
    return (
        f"no partner is left for it: {f['opposite']} with the opposite amount, {f['same']} with its own,"
        " and those that come first were paired"
    )


def _no_candidate(_: Words, f: Facts) -> str:
    skipped = f["over_cap"]
    also = f"; {skipped} of its keys are carried by more rows than the cap" if skipped else ""
    return f"no row of the opposite sign shares a key with it or is near it{also}"


def _matched(w: Words, f: Facts) -> str:
    return f"matched with {w.row(f['best'])} at a cost of {cost(f['cost'])}, against a penalty of {cost(f['penalty'])}"


def _cheaper(w: Words, f: Facts) -> str:
    best = w.row(f["best"])
    known = w.taker(f, best, "taker") or f"; leaving both, or what else it was needed for, is cheaper than {best}"
    return f"the cheapest of its {f['candidates']} candidates is {best} at {cost(f['cost'])}{known}"


def _too_dear(w: Words, f: Facts) -> str:
    penalties = f"{cost(f['penalty'])} + {cost(f['other_penalty'])}"
    return (
        f"the cheapest pair, with {w.row(f['best'])}, costs {cost(f['cost'])}, more than both penalties ({penalties})"
    )


def _regrouped(w: Words, f: Facts) -> str:
    before, after, net = (w.amount(f[name], f) for name in ("before", "after", "net"))
    why = {
        "accept_if": f"the predicate is false for its group of {f['size']} that nets to {net}: dissolved",
        "whole_only": f"its group of {f['size']} is dissolved, since {w.row(f.get('split'))} has a residual",
        "coalesce": f"its groups share a member with others and become one: {w.members(f)}",
    }.get(str(f["kind"]))
    if why:
        return why
    slack = f"; an edge up to {w.amount(f['slack'], f)} is cut" if "slack" in f else ""
    return f"its part in groups changes from {before} to {after}{slack}"


def _apart(w: Words, f: Facts) -> str:
    return f"it is in bucket {key(f['key'])}, {w.row(f['with'])} in {key(f['other_key'])}"


def _distance(w: Words, f: Facts) -> str:
    return f"it lies {f['distance']} from {w.row(f['with'])}, and {f['width']} is the window"


def _crowded(w: Words, f: Facts) -> str:
    return (
        f"it lies {f['distance']} from {w.row(f['with'])}, within the window of {f['width']}, but neither is among the"
        f" {f['cap']} nearest of the other"
    )


def _pair_cheaper(w: Words, f: Facts) -> str:
    other = w.row(f["with"])
    takers = w.taker(f, "it", "taker") + w.taker(f, other, "other_taker")
    return f"with {other} it would cost {cost(f['cost'])}; the whole is cheaper without{takers}"


def _pair_dear(w: Words, f: Facts) -> str:
    penalties = f"{cost(f['penalty'])} + {cost(f['other_penalty'])}"
    return f"with {w.row(f['with'])} it would cost {cost(f['cost'])}, more than both penalties ({penalties})"


Writer = Callable[[Words, Facts], str]

ROWS: dict[RowEvent, Writer] = {
    "entered": lambda w, f: f"enters with {w.amount(f['amount'], f)}, one of {_items(f['size'])}",
    "bucket": _bucket,
    "null_key": lambda w, f: "its key is null, so it passes through",
    "too_small": lambda w, f: "nothing else is left in its bucket",
    "one_sided": lambda w, f: f"all {f['size']} items of its bucket have one sign",
    "out_of_tolerance": _out_of_tolerance,
    "over_cap": _over_cap,
    "out_of_budget": lambda w, f: f"the search in its bucket of {f['size']} was given up after {f['budget']} steps",
    "signals": _signals,
    "taken": _taken,
    "surplus": _surplus,
    "tail": lambda w, f: f"after the last zero the running balance ends at {w.amount(f['net'], f)}",
    "no_subset": lambda w, f: f"no {f['max_size']} or fewer items net with it",
    "no_candidate": _no_candidate,
    "all_forbidden": lambda w, f: f"the cost of all its {f['candidates']} candidates is null: forbidden",
    "too_dear": _too_dear,
    "cheaper_elsewhere": _cheaper,
    "matched": _matched,
    "too_large": lambda w, f: f"{w.amount(f['amount'], f)} is more than the {w.amount(f['slack'], f)} that is small",
    "predicate_true": lambda w, f: "the predicate is true for it",
    "predicate_false": lambda w, f: "the predicate is false for it",
    "band": lambda w, f: f"in the band from {f['from']}, {f['width']} wide, with {_items(f['size'])}",
    "pivot": lambda w, f: f"enters the other numeraire as {f['amount']}",
    "not_entered": lambda w, f: "it has no amount in the other numeraire, so it passes through",
    "translated": lambda w, f: f"{f['inside']} matched in the other numeraire is {w.amount(f['amount'], f)} here",
    "kept": lambda w, f: f"its group of {f['size']} stays",
    "regrouped": _regrouped,
}

PAIRS: dict[PairEvent, Writer] = {
    "different_key": _apart,
    "same_sign": lambda w, f: f"it has the sign of {w.row(f['with'])}",
    "paired_elsewhere": lambda w, f: f"its turn and that of {w.row(f['with'])} came with other partners",
    "no_shared_key": lambda w, f: f"it shares no key with {w.row(f['with'])}",
    "shared_key": lambda w, f: f"it shares the key {key(f['key'])} with {w.row(f['with'])}",
    "different_segment": lambda w, f: f"the running balance was zero between it and {w.row(f['with'])}",
    "outside_window": _distance,
    "crowded_window": _crowded,
    "over_cap": lambda w, f: f"{f['carriers']} rows carry the key it shares with {w.row(f['with'])}, over {f['cap']}",
    "forbidden": lambda w, f: f"its cost with {w.row(f['with'])} is null: forbidden",
    "too_dear": _pair_dear,
    "cheaper_elsewhere": _pair_cheaper,
    "matched_together": lambda w, f: f"matched with {w.row(f['with'])} at a cost of {cost(f['cost'])}",
}
