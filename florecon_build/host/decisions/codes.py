"""Reason codes: why an open item is no exception, and whether it is carried on or cleared.

>>> codes_of({"write_off": {"effect": "cleared", "second_person_from": 1000}})["write_off"].second_person_from
1000
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from florecon_build.host.errors import BadCommand

Effect = Literal["carried", "cleared"]
EFFECTS: tuple[str, ...] = get_args(Effect)


@dataclass(frozen=True, slots=True)
class Code:
    """A reason code: an item with it is `carried` on to the next period, or `cleared`.

    A resolution of at least `second_person_from` minor units needs a second person; None: as the book's policy says.
    """

    effect: Effect
    second_person_from: int | None = None

    def as_data(self) -> dict[str, Any]:
        """The code as JSON data."""
        return {"effect": self.effect, "second_person_from": self.second_person_from}


DEFAULT_CODES: Mapping[str, Code] = {
    "bank_error": Code("carried"),
    "book_error": Code("carried"),
    "dispute": Code("carried"),
    "timing": Code("carried"),
    "fee": Code("cleared"),
    "fx_difference": Code("cleared"),
    "write_off": Code("cleared"),
}
"""The codes of a book that declares none."""


def codes_of(given: object) -> dict[str, Code]:
    """The codes of JSON data: `{name: {"effect": ..., "second_person_from": ...}}`, or `{name: effect}`.

    Errors: `BadCommand` naming the code that is malformed.
    """
    if not isinstance(given, Mapping):
        raise BadCommand(f"codes are {{name: effect}}, not {given!r}")
    return {str(name): _code(str(name), each) for name, each in cast("Mapping[object, object]", given).items()}


def _code(name: str, given: object) -> Code:
    if isinstance(given, Code):
        given = given.as_data()
    fields = cast("Mapping[str, object]", given) if isinstance(given, Mapping) else {"effect": given}
    effect, amount = fields.get("effect"), fields.get("second_person_from")
    if not name.strip() or name == "unmatched":
        raise BadCommand(f"{name!r} is no name for a code")
    if effect not in EFFECTS:
        raise BadCommand(f"code {name!r}: its effect is one of {', '.join(EFFECTS)}, not {effect!r}")
    if amount is not None and (not isinstance(amount, int) or isinstance(amount, bool) or amount < 0):
        raise BadCommand(f"code {name!r}: second_person_from is an amount in minor units or None, not {amount!r}")
    return Code(cast(Effect, effect), amount)
