"""Commands and replies of a module as bytes: JSON both ways, tables as Arrow streams.

>>> encode("fetch", {"what": "rows"})
b'{"op":"fetch","what":"rows"}'
>>> envelope_of(b'{"ok": true, "group_id": 7}', 100)["group_id"]
7
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, cast

import pyarrow as pa

from florecon_build.host.errors import BadCommand, BrokenReply, from_wire
from florecon_build.wire import Op

PAGE_LINES = 1 << 18
"""Lines of a table that are fetched at once."""
GROUP_LINES = 1 << 15
"""The same of groups, each line of which takes more than 100 bytes."""


def encode(op: Op, fields: Mapping[str, object]) -> bytes:
    """A command. Errors: `BadCommand` for arguments that JSON does not hold."""
    try:
        return json.dumps({"op": op, **fields}, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise BadCommand(f"{op}: the arguments cannot be sent: {error}") from error


def decode(reply: bytes, most: int) -> dict[str, Any]:
    """A reply of at most so many bytes, which says whether the command succeeded. Errors: `BrokenReply`."""
    if len(reply) > most:
        raise BrokenReply(f"a reply of {len(reply)} bytes is more than the {most} that belong to the rows sent")
    try:
        envelope = json.loads(reply)
    except (ValueError, RecursionError) as error:
        shown = reply[:40].decode("utf-8", "replace")
        raise BrokenReply(f"a reply of {len(reply)} bytes, starting {shown!r}, is no JSON") from error
    if not isinstance(envelope, dict) or not isinstance(cast("dict[str, Any]", envelope).get("ok"), bool):
        raise BrokenReply(f"a reply of {len(reply)} bytes does not say whether the command succeeded")
    return cast("dict[str, Any]", envelope)


def envelope_of(reply: bytes, most: int) -> dict[str, Any]:
    """The reply to a command that succeeded. Errors: `BrokenReply`; that of the command."""
    envelope = decode(reply, most)
    if envelope.get("ok") is True:
        return envelope
    raise from_wire(envelope.get("error"))


def all_pages(
    what: str, page: Callable[[Mapping[str, int]], pa.Table | None], refuse: Callable[[str], NoReturn]
) -> pa.Table | None:
    """A table that comes in pages, so that a module whose ledger nearly fills its memory need not hold it whole.

    Groups, most of which is texts, stay in these pieces; the columns of other tables are each in one.

    Parameters: `page` fetches one, and is None for a module without `fetch`; `refuse` raises for other lines.
    """
    pages: list[pa.Table] = []
    lines, more = (min(PAGE_LINES, GROUP_LINES), {"keys": True}) if what == "groups" else (PAGE_LINES, {})
    while True:
        asked = {"from": lines * len(pages), "count": lines, **more}
        found = page(asked)
        if found is None:
            return None
        again = bool(pages and found.num_rows) and found.slice(0, 1) == pages[-1].slice(0, 1)
        if again or found.num_rows > lines:
            refuse(f"fetch of {what} has other lines than {asked}")
        pages.append(found)
        if found.num_rows < lines:
            whole = pa.concat_tables(pages)
            return whole if what == "groups" else whole.combine_chunks()
