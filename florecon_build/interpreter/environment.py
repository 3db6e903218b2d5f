"""Scope of an evaluation: lots, group, params and shard keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from florecon_build.interpreter.bag import Group, Lot
from florecon_build.interpreter.keys import Plain
from florecon_build.ir.expressions import Var


@dataclass(frozen=True, slots=True)
class Scope:
    """The lots behind ``item``, ``a`` and ``b``, the group at hand, the params, and the key of each shard around."""

    lots: Mapping[Var, Lot] = field(default_factory=dict[Var, Lot])
    group: Group | None = None
    params: Mapping[str, Plain] = field(default_factory=dict[str, Plain])
    shard_keys: Mapping[int, Plain] = field(default_factory=dict[int, Plain])

    def at(self, lot: Lot) -> Scope:
        """The same surroundings with this lot as the item."""
        return Scope({Var.ITEM: lot}, None, self.params, self.shard_keys)

    def members(self) -> tuple[Lot, ...]:
        """The members of the group at hand."""
        if self.group is None:
            raise TypeError("a group expression outside a group")
        return self.group.members
