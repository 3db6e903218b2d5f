"""The soakers: classify what is left, whatever it nets to."""

from __future__ import annotations

from collections.abc import Callable

from florecon_build.interpreter.bag import Bag, Group, Lot, Outcome, buckets, group, without
from florecon_build.interpreter.context import Context
from florecon_build.interpreter.keys import key_text
from florecon_build.interpreter.stages import Step
from florecon_build.ir import nodes as n
from florecon_build.wire import REASONS

REASON = REASONS["soak_all"]


def soak_all(context: Context, step: Step, node: n.SoakAll, bag: Bag) -> Outcome:
    """Classifies every lot."""
    return _soak(context, step, node, bag, lambda lot: True)


def soak_small(context: Context, step: Step, node: n.SoakSmall, bag: Bag) -> Outcome:
    """Classifies the lots within the slack of their row's original."""
    slack = context.slack(node.tol)
    return _soak(context, step, node, bag, lambda lot: abs(lot.amount) <= slack.over([lot.original]))


def soak_if(context: Context, step: Step, node: n.SoakIf, bag: Bag) -> Outcome:
    """Classifies the lots that satisfy the predicate."""
    return _soak(context, step, node, bag, lambda lot: context.holds(node.predicate, lot))


def _soak(
    context: Context, step: Step, node: n.SoakAll | n.SoakSmall | n.SoakIf, bag: Bag, wanted: Callable[[Lot], bool]
) -> Outcome:
    """One group per wanted lot, or per key of the wanted lots; a null key is left alone."""
    soaked = [lot for lot in bag if wanted(lot)]
    formed: list[Group] = []
    if node.mode is n.SoakMode.SINGLETON:
        formed = [group([lot], node.origin, REASON, step.id, True) for lot in soaked]
    else:
        cut, keyless = buckets(soaked, context.key(node.key))
        context.stages[step.id].null_key += len(keyless)
        for key, lots in cut.items():
            origin = node.origin if node.key is None else f"{node.origin}:{key_text(key, node.key.type)}"
            formed.append(group(lots, origin, REASON, step.id, True))
    return without(bag, formed)
