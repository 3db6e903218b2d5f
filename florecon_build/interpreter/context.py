"""Context of a running node: params, shard keys, counters, and the execution of the nodes below."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from florecon_build.interpreter.bag import Bag, Group, Lot, Outcome
from florecon_build.interpreter.environment import Scope
from florecon_build.interpreter.errors import EvalError, ModelError
from florecon_build.interpreter.evaluate import boolean, evaluate, integer, slack
from florecon_build.interpreter.keys import Plain, RowId, key_of, keys_of
from florecon_build.interpreter.stages import Stage, Step
from florecon_build.interpreter.tolerance import Slack
from florecon_build.ir import expressions as e

if TYPE_CHECKING:
    from collections.abc import Generator


@contextmanager
def about(*ids: RowId) -> Generator[None]:
    """Turns the failure of an expression into the error that names these rows."""
    try:
        yield
    except EvalError as failure:
        whose = f"row {' and row '.join(str(id) for id in ids)}: " if ids else ""
        raise ModelError(failure.code, f"{whose}{failure.text}", ids[0] if ids else None) from failure


@dataclass(frozen=True, slots=True)
class Context:
    """The surroundings of the nodes of one solve; ``with_key`` gives those inside a shard."""

    params: Mapping[str, Plain]
    stages: Sequence[Stage]
    runner: Callable[[Context, Step, Bag], Outcome]
    shard_keys: Mapping[int, Plain]

    def run(self, step: Step, bag: Bag) -> Outcome:
        """Runs a step on a bag and counts its lots in and out. An empty bag yields no groups and is not counted."""
        if not bag:
            return Outcome([], [])
        counters = self.stages[step.id]
        counters.entered(bag)
        result = self.runner(self, step, bag)
        counters.formed(result.groups)
        return result

    def with_key(self, binder: int, key: Plain) -> Context:
        """These surroundings inside the shard of ``key``."""
        return replace(self, shard_keys={**self.shard_keys, binder: key})

    def scope(self, lots: Mapping[e.Var, Lot] | None = None, group: Group | None = None) -> Scope:
        """The scope of an expression here."""
        return Scope(lots or {}, group, self.params, self.shard_keys)

    def value(self, value: e.Value, lot: Lot) -> Plain:
        """The value of an item expression."""
        with about(lot.id):
            return evaluate(value, self.scope({e.Var.ITEM: lot}))

    def number(self, value: e.Value, lot: Lot) -> int:
        """The value of an integer, money or date expression of an item."""
        with about(lot.id):
            return integer(value, self.scope({e.Var.ITEM: lot}))

    def holds(self, value: e.Value, lot: Lot) -> bool:
        """True where an item satisfies a predicate."""
        with about(lot.id):
            return boolean(value, self.scope({e.Var.ITEM: lot}))

    def accepts(self, value: e.Value, group: Group) -> bool:
        """True where a group satisfies a group predicate."""
        with about(group.members[0].id):
            return boolean(value, self.scope(group=group))

    def constant(self, value: e.Value) -> int:
        """The value of an integer that reads params and shard keys alone."""
        with about():
            return integer(value, self.scope())

    def slack(self, tol: e.Tolerance) -> Slack:
        """A tolerance with the numbers that it has here."""
        with about():
            return slack(tol, self.scope())

    def key(self, value: e.Value | None) -> Callable[[Lot], Plain]:
        """The key function of a node; no key: everything has the same one."""
        if value is None:
            return lambda lot: True
        return lambda lot: key_of(self.value(value, lot))

    def keys(self, value: e.Value, lot: Lot) -> tuple[Plain, ...]:
        """The keys that a signal or match expression gives for an item."""
        return keys_of(self.value(value, lot), value.type)
