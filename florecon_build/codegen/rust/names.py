"""Rust identifiers: how a name of the author's becomes one, and who has it already."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_NEVER_RAW = frozenset({"self", "Self", "super", "crate", "_"})

KEYWORDS = frozenset(
    """
    as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut
    pub ref return self Self static struct super trait true type unsafe use where while abstract become box do final gen
    macro override priv try typeof unsized virtual yield
    """.split()  # noqa: SIM905 - a list of words reads as words
)

MAX_NAME = 32

PRELUDE_FUNCTIONS = frozenset(
    """
    identity seq partition_by partition_by_table partition_by_with when windowed pivot fixed_point labeled accept_if
    best_of matched_value matched_items fewest_groups
    coalesce trim snap whole_only reclaim exact_1to1 agg_net agg_net_accepting signal_group signal_group_accepting
    reference_net running_zero running_zero_accepting subset_net subset_net_accepting anchored_subset closest fewest
    flow soak_all soak_small soak_if singleton bucket one_bucket by_id constant abs_tol rel_tol rel_max_tol rel_side_tol
    rel_gross_tol nets vec matches format concat
    """.split()  # noqa: SIM905
)
"""Functions and macros that generated code calls, so that no local variable hides one."""


def escape(name: str) -> str:
    """``name`` as it may stand in Rust: a keyword becomes a raw identifier, or gets a ``_`` where none exists.

    >>> escape("amount"), escape("type"), escape("self")
    ('amount', 'r#type', 'self_')
    """
    if name in _NEVER_RAW:
        return f"{name}_"
    return f"r#{name}" if name in KEYWORDS else name


def snake(text: str, fallback: str = "lane") -> str:
    """``text`` as a snake_case ASCII identifier, not yet escaped.

    >>> snake("Betrag (EUR)"), snake("GL Date"), snake("größe"), snake("1st"), snake("€")
    ('betrag_eur', 'gl_date', 'grosse', 'lane_1st', 'lane')
    """
    folded = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", folded)
    name = re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")
    if not name or name[0].isdigit():
        name = f"{fallback}_{name}".rstrip("_")
    return name[:MAX_NAME].rstrip("_")


def camel(text: str, fallback: str) -> str:
    """``text`` as a CamelCase ASCII type name.

    >>> camel("bank_statement", "Strategy"), camel("7-eleven", "Strategy")
    ('BankStatement', 'Strategy7Eleven')
    """
    words = snake(text, fallback.lower()).split("_")
    return "".join(word.capitalize() for word in words)


class Names:
    """Hands out names that are free in a scope and in the scopes around it.

    >>> names = Names(taken=["seq"])
    >>> names.fresh("amount"), names.fresh("amount"), names.fresh("seq"), names.fresh("type")
    ('amount', 'amount_2', 'seq_2', 'r#type')
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def fresh(self, wanted: str) -> str:
        """A free identifier as near to ``wanted`` as possible, escaped."""
        name, count = wanted, 1
        while name in self._taken:
            count += 1
            name = f"{wanted}_{count}"
        self._taken.add(name)
        return escape(name)

    def child(self) -> Names:
        """A scope inside this one: sees its names, adds none to it."""
        return Names(self._taken)
