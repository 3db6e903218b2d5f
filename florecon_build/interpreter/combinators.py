"""Combinators on the bag: they choose the lots that ``inner`` sees, and the numeraire."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from florecon_build.interpreter.bag import Bag, Group, Lot, Outcome, buckets, outcome, settle
from florecon_build.interpreter.context import Context, about
from florecon_build.interpreter.errors import ModelError, Overflow
from florecon_build.interpreter.evaluate import typed
from florecon_build.interpreter.keys import Plain, RowId, key_of
from florecon_build.interpreter.numbers import amount
from florecon_build.interpreter.settings import compute, require_default_keys
from florecon_build.interpreter.stages import Stage, Step
from florecon_build.ir import nodes as n
from florecon_build.ir.expressions import Constant, Value


def seq(context: Context, step: Step, bag: Bag) -> Outcome:
    """Each step sees the previous one's residual."""
    formed: list[Group] = []
    left = bag
    for below in step.below:
        inner = context.run(below, left)
        formed.extend(inner.groups)
        left = inner.residual
    return outcome(formed, left)


def partition_by(context: Context, step: Step, node: n.PartitionBy, bag: Bag) -> Outcome:
    """An independent ``inner`` per key."""
    return _sharded(context, step, node.key, bag, lambda key, shard: context.run(step.below[0], shard))


def partition_by_table(context: Context, step: Step, node: n.PartitionByTable, bag: Bag) -> Outcome:
    """The strategy that the table has for a key, else the default, for each key by itself."""
    default = step.below[-1]
    table = {
        key_of(_constant_key(key, node.key)): below
        for (key, _), below in reversed(list(zip(node.cases, step.below[:-1], strict=True)))
    }
    return _sharded(context, step, node.key, bag, lambda key, shard: context.run(table.get(key, default), shard))


def _constant_key(key: Constant | tuple[Constant, ...], of: Value) -> Plain:
    if isinstance(key, tuple):
        return tuple(typed(part, part_type) for part, part_type in zip(key, of.type.parts, strict=True))
    return typed(key, of.type)


def partition_by_with(context: Context, step: Step, node: n.PartitionByWith, bag: Bag) -> Outcome:
    """An ``inner`` per key that can read the key."""

    def run(key: Plain, shard: Bag) -> Outcome:
        inside = context.with_key(node.binder, key)
        with about(shard[0].id):
            compute(node.inner, inside.scope())
        require_default_keys(node.inner, inside.scope())
        return inside.run(step.below[0], shard)

    return _sharded(context, step, node.key, bag, run)


def _sharded(context: Context, step: Step, key: Value, bag: Bag, run: Callable[[Plain, Bag], Outcome]) -> Outcome:
    """Runs each shard, the one with the smallest id first; lots with a null key pass through."""
    shards, keyless = buckets(bag, context.key(key))
    context.stages[step.id].null_key += len(keyless)
    formed: list[Group] = []
    left = keyless
    for at, shard in shards.items():
        inner = run(at, shard)
        formed.extend(inner.groups)
        left.extend(inner.residual)
    return outcome(formed, left)


def when(context: Context, step: Step, node: n.When, bag: Bag) -> Outcome:
    """The lots that satisfy the predicate go to ``inner``."""
    chosen: Bag = []
    others: Bag = []
    for lot in bag:
        (chosen if context.holds(node.predicate, lot) else others).append(lot)
    inner = context.run(step.below[0], chosen)
    return outcome(inner.groups, [*others, *inner.residual])


def fixed_point(context: Context, step: Step, node: n.FixedPoint, bag: Bag) -> Outcome:
    """``inner`` again on what it left, until a pass forms no group."""
    formed: list[Group] = []
    left = bag
    for _ in range(node.max_passes):
        inner = context.run(step.below[0], left)
        left = inner.residual
        formed.extend(inner.groups)
        if not inner.groups:
            break
    return outcome(formed, left)


def best_of(context: Context, step: Step, node: n.BestOf, bag: Bag) -> Outcome:
    """The outcome of the strategy of the highest score, the first of equals; only its nodes are counted."""
    best: tuple[tuple[int, int], Outcome, Sequence[Stage]] | None = None
    for below in step.below:
        trial = replace(context, stages=[replace(stage) for stage in context.stages])
        inner = trial.run(below, bag)
        score = _score(node.score, inner.groups)
        if best is None or score > best[0]:
            best = score, inner, trial.stages
    if best is None:
        return Outcome([], bag)
    _, chosen, counted = best
    for stage, of in zip(context.stages, counted, strict=True):
        stage.become(of)
    return chosen


def _score(score: n.Score, groups: list[Group]) -> tuple[int, int]:
    """The score of an outcome; the higher is the better."""
    if score is n.Score.MATCHED_VALUE:
        return sum(abs(lot.amount) for one in groups for lot in one.members), 0
    items = len({lot.id for one in groups for lot in one.members})
    return items, -len(groups) if score is n.Score.FEWEST_GROUPS else 0


def windowed(context: Context, step: Step, node: n.Windowed, bag: Bag) -> Outcome:
    """A sweep of bands; what a band leaves is carried into the next while its order is within the width."""
    width = context.constant(node.width)
    if width < 1:
        raise ModelError("bad_config", f"windowed: the width is {width}; it must be at least 1")
    at: dict[RowId, int] = {lot.id: context.number(node.order, lot) for lot in bag}
    waiting = sorted(bag, key=lambda lot: (at[lot.id], lot.id))
    formed: list[Group] = []
    left: list[Lot] = []
    carried: list[Lot] = []
    entered = 0
    while entered < len(waiting):
        bottom = at[waiting[entered].id]
        band = [lot for lot in carried if at[lot.id] + width >= bottom]
        left.extend(lot for lot in carried if at[lot.id] + width < bottom)
        while entered < len(waiting) and at[waiting[entered].id] < bottom + width:
            band.append(waiting[entered])
            entered += 1
        inner = context.run(step.below[0], sorted(band, key=lambda lot: lot.id))
        formed.extend(inner.groups)
        carried = inner.residual
    return outcome(formed, [*left, *carried])


def pivot(context: Context, step: Step, node: n.Pivot, bag: Bag) -> Outcome:
    """``inner`` in another numeraire, its parts translated back exactly."""
    outer = {lot.id: lot for lot in bag}
    inside: Bag = []
    for lot in bag:
        alt = _alternative(context, node, lot)
        if alt:
            inside.append(replace(lot, amount=alt, original=alt))
    inner = context.run(step.below[0], inside)
    parts: dict[RowId, list[int]] = {lot.id: [] for lot in inside}
    for one in [*(one.members for one in inner.groups), inner.residual]:
        for lot in one:
            parts[lot.id].append(lot.amount)
    shares = {lot.id: iter(_translate(parts[lot.id], lot.amount, outer[lot.id].amount)) for lot in inside}

    def back(lot: Lot) -> Lot:
        return outer[lot.id].with_amount(next(shares[lot.id]))

    kept, freed = settle([(one, tuple(back(lot) for lot in one.members)) for one in inner.groups])
    entered = set(shares)
    stayed = [lot for lot in bag if lot.id not in entered]
    return outcome(kept, [*stayed, *freed, *(back(lot) for lot in inner.residual)])


def _alternative(context: Context, node: n.Pivot, lot: Lot) -> int:
    """The lot's amount in the other numeraire: its row's amount there in the proportion that is unmatched."""
    whole = context.value(node.amount, lot)
    if not isinstance(whole, int):
        return 0
    size = abs(whole) * abs(lot.amount) // abs(lot.original)
    same_sign = (whole < 0) == ((lot.amount < 0) != (lot.original < 0))
    try:
        return amount(size if same_sign else -size)
    except Overflow as failure:
        raise ModelError("amount_overflow", f"row {lot.id}: pivot: {failure.text}", lot.id) from failure


def _translate(parts: list[int], inside: int, outside: int) -> list[int]:
    """Parts of ``inside`` as parts of ``outside``, in proportion and toward zero; the last one takes the remainder.

    >>> _translate([1, 1, 1], 3, 100)
    [33, 33, 34]
    """
    shares: list[int] = []
    for part in parts[:-1]:
        size = abs(part) * abs(outside) // abs(inside)
        shares.append(size if (part < 0) == ((inside < 0) != (outside < 0)) else -size)
    return [*shares, outside - sum(shares)]
