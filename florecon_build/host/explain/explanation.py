"""Explanation of a row's groups or open amount, and of two rows that were not matched.

```python
print(ws.explain(17))        # one row through the tree
print(ws.explain(17, 23))    # what kept the two apart, node by node
ws.explain(17).data          # the same as data
```
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import pyarrow as pa

from florecon_build.host.description import Description, Node
from florecon_build.host.errors import BrokenReply
from florecon_build.host.explain.context import context_of
from florecon_build.host.explain.sentences import Words
from florecon_build.host.report.step_names import plain_reason
from florecon_build.wire import LEAVES, PINNED, UNMATCHED

DESCRIBED = (
    "partition_by",
    "partition_by_with",
    "partition_by_table",
    "signal_group",
    "reference_net",
    "running_zero",
    "windowed",
    "pivot",
)
"""Kinds of nodes of which a module always has something to say."""
UNDESCRIBED = (
    "The module is of an older release and does not describe its keys and conditions: dates in keys are counts of days"
    " since 1970-01-01, and no limits are named. Compile the strategy again to have them."
)


@dataclass(frozen=True, slots=True)
class Step:
    """One event of one row at one node.

    `node` is the node's id, `kind` what it is, `place` where its author wrote it, `row` the row, `text` the sentence,
    `facts` what the module said.
    """

    node: int
    kind: str
    place: str
    row: int | str
    text: str
    facts: dict[str, Any]

    @property
    def event(self) -> str:
        """The event's name on the wire, such as `out_of_tolerance`."""
        return str(self.facts["event"])

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


class Explanation:
    """The result of `ws.explain`: `str()` as text, `steps` by sentence, `data` as the module's JSON.

    `rows` and `params` are the input rows and the values of params, where the host knows them: with them a sentence
    says which condition failed and by how much. Two rows are a pair, unless they are told `apart`.
    """

    def __init__(
        self,
        about: Description,
        data: dict[str, Any],
        rows: pa.Table | None = None,
        params: Mapping[str, object] | None = None,
        *,
        apart: bool = False,
    ) -> None:
        self.data = data
        self._is_pair = len(data.get("rows", ())) == 2 and not apart
        names = cast("dict[str, str]", data.get("names", {}))
        self._names = names
        self._nodes = {node.id: node for node in about.nodes}
        described = [bool(node.facts) for node in about.nodes if node.kind in DESCRIBED]
        self._is_undescribed = bool(described) and not any(described)
        try:
            self._words = Words(context_of(about, data, rows, params))
            self._steps = None if apart else self._steps_but(frozenset())
            self._standings = [] if apart else [self._standing(row) for row in data["rows"]]
        except (KeyError, TypeError, AttributeError) as error:
            raise BrokenReply(f"an explanation lacks {error}") from error

    @property
    def steps(self) -> tuple[Step, ...]:
        """The events in their order. Errors: `BrokenReply`."""
        if self._steps is None:
            self._steps = self.steps_but(frozenset())
        return self._steps

    def steps_but(self, events: frozenset[str]) -> tuple[Step, ...]:
        """The steps without those of some events, which are not put into words. Errors: `BrokenReply`."""
        try:
            return self._steps_but(events)
        except (KeyError, TypeError, AttributeError) as error:
            raise BrokenReply(f"an explanation lacks {error}") from error

    def _steps_but(self, events: frozenset[str]) -> tuple[Step, ...]:
        return tuple(self._step(facts) for facts in self.data["steps"] if facts["event"] not in events)

    @property
    def meetings(self) -> tuple[Step, ...]:
        """For two rows: the steps that say why they did or did not meet."""
        return tuple(step for step in self.steps if "with" in step.facts or self._misses(step))

    def __str__(self) -> str:
        standings = self._standings or [self._standing(row) for row in self.data["rows"]]
        lines = list(standings)
        if self.data.get("stale"):
            lines.append("Rows, decisions or params changed since the last solve; this is what a solve would do now.")
        if self._is_undescribed:
            lines.append(UNDESCRIBED)
        pair = self._is_pair
        steps = self.meetings if pair else tuple(step for step in self.steps if step.event != "entered")
        for step in steps:
            subject = f"{self._words.row(step.facts['id'])}: " if len(standings) > 1 else ""
            lines.append(f"- {step.place}: {subject}{step.text}")
        if not steps and pair:
            lines.append("- No node had both of them, or either of them alone, to decide about.")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"Explanation({len(self.steps)} steps)\n{self}"

    def _step(self, facts: dict[str, Any]) -> Step:
        row: int = facts["id"]
        text = self._missing(facts) if self._is_missing(facts) else self._words.sentence(facts)
        return Step(
            node=facts["node"],
            kind=facts["kind"],
            place=self._place(facts),
            row=self._names.get(str(row)) or row,
            text=text,
            facts=facts,
        )

    def _place(self, facts: dict[str, Any]) -> str:
        node: Node | None = self._nodes.get(facts["node"])
        name = f"{facts['kind']} (node {facts['node']})"
        if node is None:
            return name
        named = f'{node.kind} "{node.label}"' if node.label else (node.path or node.kind)
        return f"{named} at {node.file}:{node.line}" if node.file else f"{named} (node {node.id})"

    def _is_missing(self, facts: dict[str, Any]) -> bool:
        return facts["event"] == "entered" and "without" in facts and facts["kind"] in LEAVES

    def _misses(self, step: Step) -> bool:
        return self._is_missing(step.facts) or (step.event == "null_key" and self._is_pair)

    def _missing(self, facts: dict[str, Any]) -> str:
        """The sentence for a row of the pair that did not reach the node."""
        other = facts["without"]
        before = self.data["steps"]
        earlier = before[: before.index(facts)]
        taken = [step for step in earlier if step["id"] == other and step["event"] == "taken"]
        who = self._words.row(other)
        if taken:
            return f"{who} was already taken at {self._place(taken[-1])}"
        if not any(step["id"] == other for step in before):
            return f"{who} is not in the strategy at all: a person pinned it, or it has no amount"
        return f"{who} did not come here: it went another way at a node above"

    def _standing(self, row: dict[str, Any]) -> str:
        who, amount = self._words.row(row["id"]), self._words.amount(row["amount"], row)
        if "original" in row:
            amount += f" (of {self._words.amount(row['original'], row)}; the rest was matched in a closed period)"
        places = [self._standpoint(place, row) for place in row["places"]]
        new = " It is new, or was freed, since the last solve." if row["new"] else ""
        return f"{who[0].upper()}{who[1:]} of {amount} is {', and '.join(places) or 'nowhere'}.{new}"

    def _standpoint(self, place: dict[str, Any], row: dict[str, Any]) -> str:
        if place["status"] == PINNED:
            return f"pinned by a person in group {place['group_id']} ({place['origin']}, {place['size']} rows)"
        amount = self._words.amount(place["amount"], row)
        if place["origin"] == UNMATCHED:
            return f"unmatched with {amount}"
        at = f" by {self._place({'node': place['node'], 'kind': place['origin']})}" if "node" in place else ""
        why = plain_reason(place.get("reason")) or place["origin"]
        return f"in group {place['group_id']} of {place['size']} with {amount}{at} ({why})"
