"""Sentences for the events of `explain`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from florecon_build.host.explain.context import Context, day, difference, typed
from florecon_build.host.report.currencies import format_minor, with_code
from florecon_build.host.report.step_names import plain_reason
from florecon_build.wire import PairEvent, RowEvent

Facts = Mapping[str, Any]

SHOWN = 6
"""Members of a group that a sentence names."""


class Words:
    """Writes the facts of a step: amounts with the decimals and the code of the currency, dates as dates, rows under
    their ids.

    >>> words = Words(Context(scale=2))
    >>> words.sentence({"kind": "agg_net", "event": "out_of_tolerance", "size": 3, "net": -1205, "slack": 100, "id": 1})
    'the 3 items that it stands with net to -12.05; the limit is 1.00: 11.05 too much'
    """

    def __init__(self, context: Context) -> None:
        self.context = context

    def row(self, number: object) -> str:
        """A row by its id."""
        return f"row {self.context.name(number)}"

    def amount(self, minor: int, facts: Facts | None = None, of: object = None) -> str:
        """An amount in the currency of a row (of the event's, unless `of` is another).

        Within a pivot it is of the pivot's amount column, whose decimals the description may not say.
        """
        if facts and facts.get("pivoted"):
            pivot = self.context.pivot(facts.get("node"))
            scale = None if pivot is None else pivot.facts.get("scale")
            column = "the other amount column" if pivot is None else f"`{pivot.facts.get('amount', 'the pivot')}`"
            shown = f"{minor:,} minor units" if not isinstance(scale, int) else format_minor(minor, scale)
            return f"{shown} in {column}"
        code = self.context.currency(of if of is not None else (facts or {}).get("id"))
        return with_code(format_minor(minor, self.context.scale, code), code)

    def sum(self, minor: int, facts: Facts) -> str:
        """A sum over several rows; none where these may be of several currencies."""
        if not facts.get("pivoted") and not self.context.is_of_one_currency(facts.get("node")):
            return "no one amount, being in several currencies"
        return self.amount(minor, facts)

    def key(self, facts: Facts, name: str = "key") -> str:
        """A key by the types of its parts: `EUR / 2026-03-31`."""
        value: object = facts[name]
        parts = cast("list[object]", value) if isinstance(value, list) else [value]
        node = self.context.nodes.get(facts.get("node", -1))
        kinds = [] if node is None else cast("list[str]", node.facts.get("key", []))
        if facts.get("kind") in {"signal_group", "reference_net"} or len(kinds) != len(parts):
            kinds = [kinds[0] if len(kinds) == 1 else ""] * len(parts)
        return "`" + " / ".join(typed(part, kind) for part, kind in zip(parts, kinds, strict=True)) + "`"

    def empty(self, facts: Facts) -> str:
        """The columns of a key in which a row has nothing, by name where they are known."""
        node, row = self.context.nodes.get(facts.get("node", -1)), self.context.row(facts.get("id"))
        columns = [] if node is None else cast("list[str | None]", node.facts.get("columns", []))
        found = [f"`{name}`" for name in columns if name is not None and name in row and row[name] is None]
        if not found:
            return "it has nothing in the columns of the key"
        return f"{' and '.join(found)} {'is' if len(found) == 1 else 'are'} empty"

    def together(self, facts: Facts) -> str:
        """The lots of a bucket as a subject: `the 3 items with the key `B``."""
        if facts.get("key", []) == []:
            return f"the {facts['size']} items that it stands with"
        return f"the {facts['size']} items with the key {self.key(facts)}"

    def order(self, facts: Facts, value: int) -> str:
        """A value of the node's order: a date as a date."""
        return day(value) if self._order(facts) == "date" else f"{value:,}"

    def distance(self, facts: Facts, value: int) -> str:
        """A distance in the node's order: days between dates."""
        return _days(value) if self._order(facts) == "date" else f"{value:,}"

    def _order(self, facts: Facts) -> object:
        node = self.context.nodes.get(facts.get("node", -1))
        return None if node is None else node.facts.get("order")

    def not_allowed(self, facts: Facts, other: object) -> str:
        """The conditions of a flow that a pair fails, each with by how much: one line for each way to be allowed.

        Where the module describes no conditions, or none of them fails by what the columns show, it says so.
        """
        node = self.context.nodes.get(facts.get("node", -1))
        tiers = [] if node is None else cast("list[list[Mapping[str, Any]]]", node.facts.get("tests", []))
        said: list[str] = []
        for tier in tiers:
            told = [(test, difference(test, facts["id"], other, self.context)) for test in tier]
            failed = [text for _, text in told if text]
            if not failed:
                failed = [f"the condition `{test['text']}` does not hold" for test, text in told if text is None]
            said += failed[:1]
        if not tiers:
            return "the module does not say which condition forbids it"
        return "; ".join(dict.fromkeys(said)) or "by what its cost computes; no condition on the columns forbids it"

    def sentence(self, facts: Facts) -> str:
        """The sentence for an event, without the row as its subject."""
        event = str(facts["event"])
        about = cast("Mapping[str, Writer]", PAIRS if "with" in facts else ROWS)
        write = about.get(event)
        return write(self, facts) if write else event.replace("_", " ")

    def members(self, facts: Facts) -> str:
        """The members of a group, the first of them by name."""
        listed = cast("list[dict[str, Any]]", facts.get("members", []))
        named = [f"{self.row(lot['id'])} ({self.amount(lot['amount'], facts, lot['id'])})" for lot in listed[:SHOWN]]
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


def _bucket(w: Words, f: Facts) -> str:
    if f["key"] == []:
        return f"it stands with {_items(f['size'])} in all, which net to {w.sum(f['net'], f)}"
    return f"{_items(f['size'])} with the key {w.key(f)}, itself among them, net to {w.sum(f['net'], f)}"


def _items(count: int) -> str:
    return f"{count:,} item" + ("" if count == 1 else "s")


def _days(count: int) -> str:
    return f"{count:,} day" + ("" if count == 1 else "s")


def _one_sided(w: Words, f: Facts) -> str:
    return f"{w.together(f)} all have one sign: there is nothing to match them with"


def _out_of_tolerance(w: Words, f: Facts) -> str:
    if "slack" in f:
        over = max(0, abs(f["net"]) - f["slack"])
        return (
            f"{w.together(f)} net to {w.sum(f['net'], f)}; the limit is {w.sum(f['slack'], f)}:"
            f" {w.sum(over, f)} too much"
        )
    if "max_size" in f:
        return f"among {w.together(f)} no {f['max_size']} or fewer net within the limit"
    return f"the running balance of {w.together(f)} never returns to zero"


def _over_cap(w: Words, f: Facts) -> str:
    if "key" not in f:
        return f"references connect {f['size']} items; the limit `cap` is {f['cap']}"
    return f"{f['size']} items share the key {w.key(f)}; the limit `cap` is {f['cap']}"


def _out_of_budget(w: Words, f: Facts) -> str:
    return f"the search among {w.together(f)} was given up; the limit `budget` is {f['budget']} steps"


def _carried_too_often(w: Words, f: Facts) -> str:
    return f"{f['carriers']} rows have the key it shares with {w.row(f['with'])}; the limit `bucket_cap` is {f['cap']}"


def _signals(w: Words, f: Facts) -> str:
    if not f["shared"] and f["alone"] == 1:
        return f"no other row has its key {w.key(f)}"
    if not f["shared"]:
        return f"no other row has any of its {f['alone']} keys, such as {w.key(f)}"
    return f"other rows have {f['shared']} of its {f['alone'] + f['shared']} keys"


def _taken(w: Words, f: Facts) -> str:
    why = f" ({plain_reason(f['reason'])})" if f.get("reason") else ""
    if f["size"] == 1:
        return f"taken by itself as {f['origin']}{why}, with {w.amount(f['amount'], f)}"
    net = w.sum(f["net"], f) if _one_code(w, f) else "nothing in one currency"
    return f"taken with {w.amount(f['amount'], f)} into a group that nets to {net}{why}: {w.members(f)}"


def _one_code(w: Words, f: Facts) -> bool:
    listed = cast("list[dict[str, Any]]", f.get("members", []))
    return bool(f.get("pivoted")) or len({w.context.currency(lot["id"]) for lot in listed}) <= 1


def _surplus(_: Words, f: Facts) -> str:
    return (
        f"no partner is left for it: {f['opposite']} with the opposite amount, {f['same']} with its own,"
        " and those that come first were paired"
    )


def _rival(w: Words, f: Facts) -> str:
    by = f" by the key {w.key(f)}" if "key" in f else ""
    return f"not the only choice: {w.members(f)} would do as well{by}"


def _nearest(w: Words, f: Facts) -> str:
    return f"the nearest was off by {w.sum(abs(f['net']), f)}: {w.members(f)}"


def _no_candidate(_: Words, f: Facts) -> str:
    skipped = f["over_cap"]
    are = "is" if skipped == 1 else "are"
    also = f"; {skipped} of its keys {are} on more rows than the limit `bucket_cap`" if skipped else ""
    return f"no row of the opposite sign shares a key with it or is near it{also}"


def _all_forbidden(w: Words, f: Facts) -> str:
    count = f["candidates"]
    if "best" not in f:
        return "its only candidate is not allowed" if count == 1 else f"none of its {count} candidates is allowed"
    who, why = w.row(f["best"]), w.not_allowed(f, f["best"])
    if count == 1:
        return f"its only candidate, {who}, is not allowed: {why}"
    return f"none of its {count} candidates is allowed; the nearest, {who}: {why}"


def _matched(w: Words, f: Facts) -> str:
    return f"matched with {w.row(f['best'])} at a cost of {cost(f['cost'])}, against a penalty of {cost(f['penalty'])}"


def _cheaper(w: Words, f: Facts) -> str:
    best = w.row(f["best"])
    known = w.taker(f, best, "taker") or f"; leaving both, or what else it was needed for, is cheaper than {best}"
    return f"the cheapest of its {f['candidates']} candidates is {best} at {cost(f['cost'])}{known}"


def _penalties(f: Facts) -> str:
    both = f["penalty"] + f["other_penalty"]
    return f"leaving both open costs {cost(both)}: {cost(f['cost'] - both)} too much"


def _too_dear(w: Words, f: Facts) -> str:
    return f"its cheapest match, {w.row(f['best'])}, would cost {cost(f['cost'])}; {_penalties(f)}"


def _regrouped(w: Words, f: Facts) -> str:
    before, after, net = (w.amount(f[name], f) for name in ("before", "after", "net"))
    why = {
        "accept_if": f"the condition is false for its group of {f['size']} that nets to {net}: dissolved",
        "whole_only": f"its group of {f['size']} is dissolved, since something of {w.row(f.get('split'))} is open",
        "coalesce": f"its groups share a member with others and become one: {w.members(f)}",
    }.get(str(f["kind"]))
    if why:
        return why
    if f["kind"] == "reclaim":
        return _reclaimed(w, f)
    slack = f"; an edge up to {w.amount(f['slack'], f)} is cut" if "slack" in f else ""
    return f"its part in groups changes from {before} to {after}{slack}"


def _reclaimed(w: Words, f: Facts) -> str:
    if f["after"]:
        return f"its group takes all of its rows and nets to {w.sum(f['whole'], f)}: {w.members(f)}"
    over = max(0, abs(f["whole"]) - f["slack"])
    return (
        f"with all of its rows its group nets to {w.sum(f['whole'], f)}; the limit is {w.sum(f['slack'], f)}:"
        f" {w.sum(over, f)} too much, so that it is dissolved"
    )


def _apart(w: Words, f: Facts) -> str:
    return f"its key is {w.key(f)}, that of {w.row(f['with'])} is {w.key(f, 'other_key')}"


def _outside_window(w: Words, f: Facts) -> str:
    if "distance" not in f:
        return f"it is not among the rows near {w.row(f['with'])}"
    width = w.distance(f, f["width"])
    return f"{w.distance(f, f['distance'])} apart from {w.row(f['with'])}; the limit `window` is {width}"


def _no_shared_key(w: Words, f: Facts) -> str:
    near = f", and {_outside_window(w, f)}" if "distance" in f else ""
    return f"it shares no key with {w.row(f['with'])}{near}"


def _crowded(w: Words, f: Facts) -> str:
    return (
        f"{w.distance(f, f['distance'])} apart from {w.row(f['with'])}, within the window, but neither is among the"
        f" {f['cap']} nearest of the other (`window_cap`)"
    )


def _forbidden(w: Words, f: Facts) -> str:
    return f"not allowed with {w.row(f['with'])}: {w.not_allowed(f, f['with'])}"


def _pair_cheaper(w: Words, f: Facts) -> str:
    other = w.row(f["with"])
    takers = w.taker(f, "it", "taker") + w.taker(f, other, "other_taker")
    return f"with {other} it would cost {cost(f['cost'])}; the whole is cheaper without{takers}"


def _pair_dear(w: Words, f: Facts) -> str:
    return f"with {w.row(f['with'])} it would cost {cost(f['cost'])}; {_penalties(f)}"


def _too_large(w: Words, f: Facts) -> str:
    amount, slack = w.amount(abs(f["amount"]), f), w.amount(f["slack"], f)
    over = w.amount(max(0, abs(f["amount"]) - f["slack"]), f)
    return f"{amount} is not small; the limit is {slack}: {over} too much"


def _predicate_false(_: Words, f: Facts) -> str:
    if f["kind"] == "subset_net":
        return "the condition `accept` is false for a group that it could be in"
    if f["kind"] in {"agg_net", "signal_group"}:
        return "the condition `accept` is false for the group that it would be in"
    return "the condition is false for it"


def _chosen(w: Words, f: Facts) -> str:
    def outcome(at: int) -> str:
        score = f["scores"][at]
        if f["score"] == "matched_value":
            return f"matches {w.sum(score, f)}"
        rows = f"{score:,} row" + ("" if score == 1 else "s")
        groups = f["formed"][at]
        return f"matches {rows} in {groups:,} group" + ("" if groups == 1 else "s")

    taken = f["chosen"] - 1
    others = "; ".join(f"strategy {at + 1} {outcome(at)}" for at in range(len(f["scores"])) if at != taken)
    return f"strategy {taken + 1} of {len(f['scores'])} is the best by {f['score']}: it {outcome(taken)}; {others}"


def _band(w: Words, f: Facts) -> str:
    last = f["from"] + max(f["width"], 1) - 1
    return f"compared with {_items(f['size'])} from {w.order(f, f['from'])} to {w.order(f, last)}"


def _pivot(w: Words, f: Facts) -> str:
    return f"compared by {w.amount(f['amount'], {**f, 'pivoted': 1, 'node': _inside(w, f)})}"


def _translated(w: Words, f: Facts) -> str:
    inside = w.amount(f["inside"], {**f, "pivoted": 1, "node": _inside(w, f)})
    return f"{inside} is matched, which is {w.amount(f['amount'], f)} of its amount"


def _inside(w: Words, f: Facts) -> object:
    """A node inside of the pivot that an event is of."""
    here = w.context.nodes.get(f.get("node", -1))
    below = (one.id for one in w.context.nodes.values() if here and one.path.startswith(f"{here.path} > "))
    return next(below, f.get("node"))


Writer = Callable[[Words, Facts], str]

ROWS: dict[RowEvent, Writer] = {
    "entered": lambda w, f: f"enters with {w.amount(f['amount'], f)}, one of {_items(f['size'])}",
    "bucket": _bucket,
    "null_key": lambda w, f: f"{w.empty(f)}, so it passes through",
    "too_small": lambda w, f: "nothing else is left to match it with",
    "one_sided": _one_sided,
    "out_of_tolerance": _out_of_tolerance,
    "over_cap": _over_cap,
    "out_of_budget": _out_of_budget,
    "signals": _signals,
    "taken": _taken,
    "surplus": _surplus,
    "rival": _rival,
    "tail": lambda w, f: f"after the last zero the running balance ends at {w.sum(f['net'], f)}",
    "no_subset": lambda w, f: f"no {f['max_size']} or fewer items net with it",
    "nearest": _nearest,
    "none_left": lambda w, f: "nothing is left that it could be matched with",
    "nearest_unknown": lambda w, f: "how near it comes to a match was not searched to the end: there are too many ways",
    "no_candidate": _no_candidate,
    "all_forbidden": _all_forbidden,
    "too_dear": _too_dear,
    "cheaper_elsewhere": _cheaper,
    "matched": _matched,
    "too_large": _too_large,
    "predicate_true": lambda w, f: "the condition is true for it",
    "predicate_false": _predicate_false,
    "chosen": _chosen,
    "band": _band,
    "pivot": _pivot,
    "not_entered": lambda w, f: "it has no amount in the other amount column, so it passes through",
    "translated": _translated,
    "kept": lambda w, f: f"its group of {f['size']} stays",
    "regrouped": _regrouped,
}

PAIRS: dict[PairEvent, Writer] = {
    "different_key": _apart,
    "same_sign": lambda w, f: f"it has the sign of {w.row(f['with'])}",
    "paired_elsewhere": lambda w, f: f"its turn and that of {w.row(f['with'])} came with other partners",
    "no_shared_key": _no_shared_key,
    "shared_key": lambda w, f: f"it shares the key {w.key(f)} with {w.row(f['with'])}",
    "different_segment": lambda w, f: f"the running balance was zero between it and {w.row(f['with'])}",
    "outside_window": _outside_window,
    "crowded_window": _crowded,
    "over_cap": _carried_too_often,
    "forbidden": _forbidden,
    "too_dear": _pair_dear,
    "cheaper_elsewhere": _pair_cheaper,
    "matched_together": lambda w, f: f"matched with {w.row(f['with'])} at a cost of {cost(f['cost'])}",
}
