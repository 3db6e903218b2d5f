"""Hostile strategies: valid documents with parts changed, removed, swapped and repeated at random."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**63 - 1, -(2**63), 2**70, 0.5, -0.0, 1e308, "", " ", "a/b~c", "\x00\u202e",
    "\U0001f600" * 50, [], {}, [[]], [None], {"kind": "lit"}, {"kind": None}, [1, "two", {}],
)  # fmt: skip
"""Values that stand where others should."""


@dataclass(frozen=True, slots=True)
class Document:
    """Anything as JSON in the place of a plugin's."""

    json: Any

    def ir(self) -> str:
        """The document as text."""
        return json.dumps(self.json)


def mutated(document: Any, rng: random.Random) -> Any:
    """The document with one to four of its parts changed."""
    for _ in range(rng.randrange(1, 5)):
        places = list(_places(document["plugin"]))
        holder, key = rng.choice(places)
        match rng.randrange(6):
            case 0:
                holder[key] = rng.choice(ODD)
            case 1 if isinstance(holder, dict):
                del holder[key]
            case 2:
                other, place = rng.choice(places)
                holder[key] = json.loads(json.dumps(other[place]))
            case 3 if isinstance(holder, list):
                cast("list[Any]", holder).extend(json.loads(json.dumps(holder)))
            case 4 if isinstance(holder[key], int):
                holder[key] += rng.choice((-1, 1, 1 << 40))
            case _ if isinstance(holder, dict):
                holder[rng.choice(("kind", "name", "type", "op", "surplus"))] = rng.choice(ODD)
            case _:
                holder[key] = rng.choice(ODD)
    return document


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place below a value: what holds it, and its key."""
    keys: list[Any] = []
    if isinstance(value, dict):
        keys = list(cast("dict[str, Any]", value))
    elif isinstance(value, list):
        keys = list(range(len(cast("list[Any]", value))))
    for key in keys:
        yield value, key
        yield from _places(value[key])
