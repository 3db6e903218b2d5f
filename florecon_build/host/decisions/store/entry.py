"""Entry of a history, hash-chained to the entry before it.

>>> one = sealed(Draft(who="anna", kind="comment", why=None, body={"text": "seen"}), "2024-q1", 1,
...              "2024-04-02T09:00:00+00:00", genesis("2024-q1"))
>>> one.hash == digest("2024-q1", one), one.hash == digest("2024-q2", one)
(True, False)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast, get_args

from florecon_build.host.decisions.identity import check_name
from florecon_build.host.errors import BadCommand

Kind = Literal[
    "pin",
    "merge",
    "detach",
    "dissolve",
    "unpin",
    "undo",
    "tag",
    "untag",
    "comment",
    "approve",
    "reject",
    "policy",
    "rename",
    "params",
    "codes",
    "resolve",
    "unresolve",
    "book",
    "rows",
    "run",
    "close",
    "reopen",
    "migrate",
    "withdraw",
]
KINDS: tuple[str, ...] = get_args(Kind)
FORMAT = "florecon.store 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An entry that is not appended yet: who decides what, and why.

    `body` is what the kind needs (see `ledger`); `input` is the digest of the rows that the person saw, `strategy` the
    fingerprint of what had been compiled; both empty where there is no workspace. `attachments` are stored beside the
    entry by name; the body has their SHA-256, so that the chain covers them.
    """

    who: str
    kind: Kind
    body: Mapping[str, Any]
    why: str | None = None
    input: str = ""
    strategy: str = ""
    attachments: Mapping[str, bytes] = field(default_factory=dict[str, bytes], repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the history; `seq` counts from 1, `at` is UTC in ISO 8601, `text` is the body as it was hashed."""

    seq: int
    at: str
    who: str
    kind: str
    why: str | None
    input: str
    strategy: str
    text: str
    previous: str
    hash: str
    body: Mapping[str, Any] = field(compare=False, repr=False)


def genesis(book: str) -> str:
    """The previous hash of the first entry, derived from the book's name so that histories cannot be exchanged."""
    return hashlib.sha256(f"{FORMAT}\n{book}".encode()).hexdigest()


def digest(book: str, entry: Entry) -> str:
    """The hash that the entry must have: SHA-256 of the previous hash and of the entry's canonical content."""
    content = [book, entry.seq, entry.at, entry.who, entry.kind, entry.why, entry.input, entry.strategy, entry.text]
    return hashlib.sha256(f"{entry.previous}\n{canonical(content)}".encode("utf-8", "surrogatepass")).hexdigest()


def canonical(value: object) -> str:
    """Canonical JSON: sorted keys, no spaces, no optional escapes.

    Errors: `BadCommand` for what is no JSON.
    """
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadCommand(f"this cannot be kept in a store: {error}") from error


def check_book_name(book: object) -> str:
    """The name of a book, as it was given. Errors: `BadCommand` for an empty one and for what no database keeps."""
    _storable("a book's name", book)
    if not cast(str, book).strip():
        raise BadCommand("a book has a name; give book='...'")
    return cast(str, book)


def text_of(draft: Draft) -> str:
    """The body of the entry for a draft, as it is hashed. Errors: `BadCommand` for what is no JSON object."""
    if not isinstance(cast(object, draft.body), Mapping):
        raise BadCommand(f"the body of an entry is an object, not {draft.body!r}")
    named = {name: hashlib.sha256(content).hexdigest() for name, content in draft.attachments.items()}
    return canonical({**draft.body, "attachments": named} if named else dict(draft.body))


def sealed(draft: Draft, book: str, seq: int, at: str, previous: str) -> Entry:
    """The entry for a draft, with its number, time and hash.

    Errors: `BadCommand` for nobody, for a kind that is not known and for a body or text that no database keeps.
    """
    if draft.kind not in KINDS:
        raise BadCommand(f"an entry is one of {', '.join(KINDS)}, not {draft.kind!r}")
    text = text_of(draft)
    why = "" if draft.why is None else draft.why
    parts = (("who", draft.who), ("why", why), ("input", draft.input), ("strategy", draft.strategy), ("the body", text))
    for what, value in parts:
        _storable(what, value)
    check_name(draft.who)
    bare = Entry(
        seq=seq,
        at=at,
        who=draft.who,
        kind=draft.kind,
        why=draft.why,
        input=draft.input,
        strategy=draft.strategy,
        text=text,
        previous=previous,
        hash="",
        body=json.loads(text),
    )
    return replace(bare, hash=digest(book, bare))


def _storable(what: str, value: object) -> None:
    if not isinstance(value, str):
        raise BadCommand(f"{what} is text, not {value!r}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise BadCommand(f"{what} is no valid Unicode: {error}") from None
    if "\0" in value:
        raise BadCommand(f"{what} has a NUL character in it, which databases refuse")
