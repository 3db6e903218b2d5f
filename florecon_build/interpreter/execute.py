"""Execution of a strategy: one case for each kind of node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from florecon_build.interpreter import combinators, groups, leaves, soak
from florecon_build.interpreter.anchored_subset import anchored_subset
from florecon_build.interpreter.bag import Bag, Outcome
from florecon_build.interpreter.context import Context
from florecon_build.interpreter.flow import flow
from florecon_build.interpreter.keys import Plain
from florecon_build.interpreter.stages import Stage, Step
from florecon_build.interpreter.subset_net import subset_net
from florecon_build.ir import nodes as n


def run(step: Step, bag: Bag, params: Mapping[str, Plain], stages: Sequence[Stage]) -> Outcome:
    """Run the strategy on a bag; adds to the counters of its nodes.

    Raises `ModelError` when an expression fails, a cost is unusable or a setting is negative.
    """
    return Context(params, stages, _run, {}).run(step, bag)


def _run(context: Context, step: Step, bag: Bag) -> Outcome:
    node = step.node
    match node:
        case n.Identity():
            return Outcome([], bag)
        case n.Seq():
            return combinators.seq(context, step, bag)
        case n.PartitionBy():
            return combinators.partition_by(context, step, node, bag)
        case n.PartitionByTable():
            return combinators.partition_by_table(context, step, node, bag)
        case n.PartitionByWith():
            return combinators.partition_by_with(context, step, node, bag)
        case n.When():
            return combinators.when(context, step, node, bag)
        case n.Windowed():
            return combinators.windowed(context, step, node, bag)
        case n.Pivot():
            return combinators.pivot(context, step, node, bag)
        case n.FixedPoint():
            return combinators.fixed_point(context, step, node, bag)
        case n.BestOf():
            return combinators.best_of(context, step, node, bag)
        case n.Labeled():
            return groups.labeled(context, step, node, bag)
        case n.AcceptIf():
            return groups.accept_if(context, step, node, bag)
        case n.Coalesce():
            return groups.coalesce(context, step, node, bag)
        case n.Trim():
            return groups.trim(context, step, node, bag)
        case n.Snap():
            return groups.snap(context, step, node, bag)
        case n.WholeOnly():
            return groups.whole_only(context, step, node, bag)
        case n.Reclaim():
            return groups.reclaim(context, step, node, bag)
        case n.Exact1to1():
            return leaves.exact_1to1(context, step, node, bag)
        case n.AggNet():
            return leaves.agg_net(context, step, node, bag)
        case n.SignalGroup():
            return leaves.signal_group(context, step, node, bag)
        case n.ReferenceNet():
            return leaves.reference_net(context, step, node, bag)
        case n.RunningZero():
            return leaves.running_zero(context, step, node, bag)
        case n.SubsetNet():
            return subset_net(context, step, node, bag)
        case n.AnchoredSubset():
            return anchored_subset(context, step, node, bag)
        case n.Flow():
            return flow(context, step, node, bag)
        case n.SoakAll():
            return soak.soak_all(context, step, node, bag)
        case n.SoakSmall():
            return soak.soak_small(context, step, node, bag)
        case n.SoakIf():
            return soak.soak_if(context, step, node, bag)
        case _:
            assert_never(node)
