"""Conversion of method arguments to plain values; invalid arguments raise a typed error.

>>> ids_from(pa.array([3, 4])), pairs_from({3: 500, 4: -500})
([3, 4], [(3, 500), (4, -500)])
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from typing import Any, cast

import pyarrow as pa

from florecon_build.host.errors import BadCommand

Id = int | str
Ids = Iterable[Id] | pa.Array | pa.ChunkedArray
I64_MIN, I64_MAX = -(1 << 63), (1 << 63) - 1


def integer(value: object, what: str) -> int:
    """A whole number of 64 bits. Errors: `BadCommand`, naming `what`."""
    try:
        number = operator.index(cast(Any, value))
    except TypeError:
        raise BadCommand(f"{what} is a whole number, not {value!r}") from None
    if isinstance(value, bool) or not I64_MIN <= number <= I64_MAX:
        raise BadCommand(f"{what} is a whole number of 64 bits, not {value!r}")
    return number


def _id(value: object) -> Id:
    return value if isinstance(value, str) else integer(value, "a row id")


def ids_from(ids: Ids) -> list[Id]:
    """Row ids from any iterable, Arrow array or data frame column. Errors: `BadCommand`, also for a single bare id."""
    if isinstance(ids, (str, bytes, int)):
        raise BadCommand(f"ids is a list of ids; write [{ids!r}] for one")
    listed = cast(Any, ids)
    values: Iterable[object] = listed.to_pylist() if hasattr(listed, "to_pylist") else listed
    return [_id(value) for value in values]


def pairs_from(given: object) -> list[tuple[Id, int]]:
    """Allocations of a merge as pairs of an id and an amount in minor units. Errors: `BadCommand`."""
    pairs: Iterable[object]
    if isinstance(given, Mapping):
        pairs = cast("Mapping[object, object]", given).items()
    elif isinstance(given, Iterable):
        pairs = cast("Iterable[object]", given)
    else:
        raise BadCommand(f"allocations are pairs of an id and an amount, not {type(given).__name__}")
    return [_allocation(pair) for pair in pairs]


def _allocation(pair: object) -> tuple[Id, int]:
    if isinstance(pair, Mapping):
        entry = cast("Mapping[str, object]", pair)
        if "id" not in entry or "amount" not in entry:
            raise BadCommand(f"an allocation has an id and an amount; this one has {', '.join(map(str, entry))}")
        row_id, amount = entry["id"], entry["amount"]
    elif isinstance(pair, (tuple, list)) and len(cast("list[object]", pair)) == 2:
        row_id, amount = cast("list[object]", pair)
    else:
        raise BadCommand(f"an allocation is a pair of an id and an amount, not {pair!r}")
    return _id(row_id), integer(amount, f"the amount for {row_id!r}, in minor units,")
