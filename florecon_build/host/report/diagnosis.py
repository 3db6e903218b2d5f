"""Diagnosis of a run that matched nothing, or whose amounts have one sign: what each leaf saw, and what to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from florecon_build.host.report.step_names import step_name

_SIGN = (
    "look at the sign: `florecon-build read` shows the sums of positive and of negative amounts. A sign in another"
    ' column is declared as amount = { column = "...", sign = "...", negative = "..." }, debits and credits as'
    ' { credit = "...", debit = "..." }, and of two books that write a payment alike one with negate = true'
)
_COUNTERS: tuple[tuple[str, str, str], ...] = (
    (
        "null_key",
        "{rows} without a key",
        "the columns that its key is made of are empty: `florecon-build read` shows them",
    ),
    (
        "too_small",
        "{keys} that one row only has",
        "no two rows share a key: compare how both sides write it, and what is normalized",
    ),
    ("one_sided", "{keys} whose rows have one sign", "rows that share a key have the same sign: look at the sign"),
    (
        "out_of_tolerance",
        "{keys} whose rows do not net within the tolerance",
        "rows that share a key differ in amount: look at the tolerance, and for fees and partial payments",
    ),
    (
        "over_cap",
        "{keys} with more rows than the cap",
        "too many rows share a key: add a column to it, or raise the cap",
    ),
    ("out_of_budget", "{keys} given up by the budget of the search", "raise the budget of the search"),
)
_FLOW = (
    "no two rows of opposite sign may be a pair: compare their keys, and what its cost forbids; the reasons of the"
    " largest exceptions are in the page of `florecon-build report`"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Counts of a run, and its sums of absolute and of signed amounts by currency."""

    rows: int
    groups: int
    value: Mapping[str, int]
    net: Mapping[str, int]


def diagnose(stages: pa.Table, outcome: Outcome, names: Mapping[int, str]) -> tuple[str, ...]:
    """Sentences on a run that matched nothing, or whose amounts all have one sign; none for any other run.

    Parameters: `stages` is the table of the report; `names` are the steps of nodes.
    """
    rows, groups, value, net = outcome.rows, outcome.groups, outcome.value, outcome.net
    signs = {_sign_of(value[unit], net.get(unit, 0)) for unit in value if value[unit]}
    one_sign = len(signs) == 1 and 0 not in signs
    if rows < 2 or (groups and not one_sign):
        return ()
    said: list[str] = []
    if one_sign:
        sign = "positive" if 1 in signs else "negative"
        said.append(f"all {rows:,} amounts are {sign}, so no rows can net to zero")
        said.append(_SIGN)
    if groups:
        return tuple(said)
    said.append("nothing was matched")
    return (*said, *(_leaf(stage, names) for stage in _leaves(stages)))


def _sign_of(value: int, net: int) -> int:
    """1 or -1 where a net is that of amounts of one sign; else 0."""
    return (net == value) - (net == -value)


def _leaves(stages: pa.Table) -> list[dict[str, Any]]:
    """The nodes without nodes below them."""
    found = stages.to_pylist()
    paths = [stage["path"] or "" for stage in found]
    return [stage for stage in found if not any(path.startswith(f"{stage['path']} > ") for path in paths)]


def _leaf(stage: Mapping[str, Any], names: Mapping[int, str]) -> str:
    """What a leaf saw, why it refused it, and what to look at."""
    name = step_name(names, stage["node"], stage["label"] or stage["kind"])
    place = f"{stage['file']}:{stage['line']}" if stage["file"] else stage["kind"]
    seen = f"{name} ({place}): {plural(stage['items_in'], 'row')} came"
    if not stage["items_in"]:
        return seen
    counted = [
        (stage[counter], words.format(rows=plural(stage[counter], "row"), keys=plural(stage[counter], "key")), look)
        for counter, words, look in _COUNTERS
        if stage.get(counter)
    ]
    if not counted:
        return f"{seen}; {_FLOW if stage['kind'] == 'flow' else 'none formed a group'}"
    most = max(counted, key=lambda one: one[0])
    return f"{seen}; {', '.join(words for _, words, _ in counted)}; {most[2]}"


def plural(number: int, one: str, many: str = "") -> str:
    """A count with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
