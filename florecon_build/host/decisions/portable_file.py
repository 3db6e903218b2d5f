"""Portable workspace file: decisions by row id, tags and metadata, without the rows.

```json
{"kind": "florecon.workspace", "version": 1, "domain": "acme.bank",
 "decisions": [{"origin": "manual", "reason": null, "allocations": [{"id": 3, "amount": 500}]}],
 "tags": {"tags": {"3": ["tag:review"]}, "meta": {"tag:review": {"label": "Review"}}}, "meta": {}}
```

The host `florecon-host` writes and reads the same file, with integers for ids; a module's text ids are texts here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from florecon_build.host.decisions.group_members import Id, Shapes
from florecon_build.host.decisions.replay import Wanted
from florecon_build.host.decisions.store.body import Member
from florecon_build.host.decisions.tags import Tags
from florecon_build.host.description import Description
from florecon_build.host.errors import BadTable

KIND = "florecon.workspace"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Contents:
    """The contents of a portable file."""

    decisions: tuple[Wanted, ...]
    tags: Tags
    meta: Mapping[str, Any]


def write(
    path: str | os.PathLike[str], about: Description, shapes: Shapes, tags: Tags, meta: Mapping[str, Any]
) -> Path:
    """Writes the pinned groups and the tags; returns the path."""
    decisions = [
        {
            "origin": shape.origin,
            "reason": shape.reason,
            "allocations": [{"id": row_id, "amount": amount} for row_id, amount in shape.in_order()],
        }
        for shape in shapes.groups.values()
        if shape.pinned
    ]
    known = {"strategy": about.strategy, "runtime": about.runtime}
    whole = {
        "kind": KIND,
        "version": VERSION,
        "domain": about.domain,
        "decisions": decisions,
        "tags": tags.dump(),
        "meta": {**known, **meta},
    }
    target = Path(path)
    part = target.with_name(target.name + ".part")
    part.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(part, target)  # nobody reads half a file
    return target


def read(path: str | os.PathLike[str], about: Description, totals: Mapping[Id, int]) -> Contents:
    """Reads a file.

    Parameters: `about` the module that it is for; `totals` what each row carries now, as the file does not say what it
    carried when the decision was made.
    Errors: `BadTable` for what is no such file, is of a later version, or is of another domain.
    """
    try:
        whole = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise BadTable(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise BadTable(f"{path}: no workspace file: {error}") from error
    if not isinstance(whole, dict) or cast("dict[str, Any]", whole).get("kind") != KIND:
        raise BadTable(f"{path}: no workspace file: its kind is not {KIND!r}")
    fields = cast("dict[str, Any]", whole)
    if fields.get("version") != VERSION:
        raise BadTable(f"{path}: the file has version {fields.get('version')!r}, this host reads version {VERSION}")
    domain = fields.get("domain")
    domain = cast("dict[str, Any]", domain).get("id") if isinstance(domain, dict) else domain
    if domain is not None and domain != about.domain:
        raise BadTable(f"{path}: the decisions are of {domain!r}, and this module is {about.domain!r}")
    try:
        decisions = tuple(
            _wanted(number, each, totals) for number, each in enumerate(fields.get("decisions") or ())
        )  # fmt: skip
        meta = dict(fields.get("meta") or {})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadTable(f"{path}: a decision is malformed: {error!r}") from error
    return Contents(decisions, Tags.restored(fields.get("tags"), about.id_is_text), meta)


def _wanted(number: int, given: Mapping[str, Any], totals: Mapping[Id, int]) -> Wanted:
    members: list[Member] = []
    for each in given["allocations"]:
        row_id, amount = each["id"], each["amount"]
        if not isinstance(row_id, (int, str)) or not isinstance(amount, int):
            raise TypeError(f"{each!r} is no allocation")
        members.append(Member(row_id, amount, totals.get(row_id, amount)))
    if not members:
        raise ValueError("a decision has no allocations")
    return Wanted(number, tuple(members), given.get("origin") or "manual", given.get("reason"))
