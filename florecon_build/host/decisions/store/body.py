"""Body of an entry: the fields of each kind, checked before they are kept and again when they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from florecon_build.host.decisions.codes import codes_of
from florecon_build.host.decisions.identity import check_name
from florecon_build.host.decisions.tags import key_of
from florecon_build.host.errors import BadCommand

Id = int | str
Body = Mapping[str, Any]
INT64 = range(-(2**63), 2**63)


@dataclass(frozen=True, slots=True)
class Member:
    """A row's part in a decision: `amount` of it, out of the `of` that the row carried when the decision was made."""

    id: Id
    amount: int
    of: int


def members_of(body: Body) -> tuple[Member, ...]:
    """The members in a body."""
    return tuple(Member(each["id"], each["amount"], each["of"]) for each in body.get("members", ()))


def value_of(members: Iterable[Member]) -> int:
    """The value of a decision: the larger of its inflow and outflow, in minor units.

    >>> value_of([Member(1, 500, 500), Member(2, -300, -400)])
    500
    """
    amounts = [member.amount for member in members]
    return max(sum(each for each in amounts if each > 0), -sum(each for each in amounts if each < 0))


def check_body(kind: str, body: Body) -> None:
    """Refuses a body that is not one of the kind; `target` is for the book to find. Errors: `BadCommand`."""
    rule = _RULES.get(kind)
    if rule is not None:
        rule(body)


def is_int(value: object) -> bool:
    """True for an integer of 64 bits that is no truth value."""
    return isinstance(value, int) and not isinstance(value, bool) and value in INT64


def _check_group(body: Body) -> None:
    members = body.get("members")
    if not isinstance(members, list) or not members:
        raise BadCommand("a decision about groups names its members")
    for each in cast("list[object]", members):
        fields = cast("dict[str, object]", each) if isinstance(each, dict) else {}
        whole = is_int(fields.get("amount")) and is_int(fields.get("of"))
        if not whole or not _is_id(fields.get("id")):
            raise BadCommand(f"a decision about groups names its members as {{id, amount, of}}, not {each!r}")
    ids = [member.id for member in members_of(body)]
    if len(set(ids)) < len(ids):
        raise BadCommand("a decision about groups names a row once")
    if not isinstance(body.get("origin", ""), str) or not isinstance(body.get("reason") or "", str):
        raise BadCommand("the origin and the reason of a group are text")


def _check_detach(body: Body) -> None:
    _check_group(body)
    _check_ids(body)


def _check_tag(body: Body) -> None:
    _check_ids(body)
    key_of(cast(str, body.get("label")))


def _check_comment(body: Body) -> None:
    if not isinstance(body.get("text"), str):
        raise BadCommand(f"a comment has a text, not {body.get('text')!r}")
    if "ids" in body:
        _check_ids(body)


def _check_policy(body: Body) -> None:
    value = body.get("second_person_from", "")
    if value is not None and (not is_int(value) or cast(int, value) < 0):
        raise BadCommand(f"second_person_from is an amount in minor units or None, not {value!r}")


def _check_rename(body: Body) -> None:
    check_name(body.get("from"))
    check_name(body.get("to"))


def _check_params(body: Body) -> None:
    if not isinstance(body.get("values"), dict):
        raise BadCommand("params are given as values by name")


def _check_codes(body: Body) -> None:
    codes_of(body.get("codes"))


def _check_resolve(body: Body) -> None:
    _check_group(body)
    if len(members_of(body)) != 1:
        raise BadCommand("a resolution is of one item")


def _check_period(body: Body) -> None:
    if not isinstance(body.get("period"), str):
        raise BadCommand(f"a period has a name, not {body.get('period')!r}")


def _check_withdraw(body: Body) -> None:
    _check_period(body)
    if not is_int(body.get("rows")) or not isinstance(body.get("inputs"), list):
        raise BadCommand("a withdrawal counts its rows, and lists the inputs that they came with")


def _check_close(body: Body) -> None:
    _check_period(body)
    consumed = body.get("consumed")
    if not isinstance(consumed, list) or not all(is_int(each) for each in cast("list[object]", consumed)):
        raise BadCommand("a close lists the decisions that it froze")
    if not is_int(body.get("run")) or not is_int(body.get("previous")):
        raise BadCommand("a close names its run and the close before")


def _check_ids(body: Body) -> None:
    ids = body.get("ids")
    if not isinstance(ids, list) or not all(_is_id(each) for each in cast("list[object]", ids)):
        raise BadCommand(f"ids is a list of row ids, not {ids!r}")


def _is_id(value: object) -> bool:
    return isinstance(value, str) or is_int(value)


_RULES: dict[str, Callable[[Body], None]] = {
    "pin": _check_group,
    "merge": _check_group,
    "dissolve": _check_group,
    "detach": _check_detach,
    "tag": _check_tag,
    "untag": _check_tag,
    "comment": _check_comment,
    "policy": _check_policy,
    "rename": _check_rename,
    "params": _check_params,
    "codes": _check_codes,
    "resolve": _check_resolve,
    "rows": _check_period,
    "run": _check_period,
    "close": _check_close,
    "reopen": _check_period,
    "withdraw": _check_withdraw,
}
