"""``subset_net`` with an anchor: the best group of one anchor and opposite items, again and again."""

from __future__ import annotations

from dataclasses import dataclass

from florecon_build.interpreter.bag import Bag, Group, Lot, Outcome, buckets, group, without
from florecon_build.interpreter.best_subset import Best, Task, best, steps
from florecon_build.interpreter.context import Context
from florecon_build.interpreter.leaves import rejected_shape
from florecon_build.interpreter.stages import Step
from florecon_build.interpreter.tolerance import Slack
from florecon_build.ir import nodes as n
from florecon_build.wire import REASONS

LARGEST = 2**63 - 1


def anchored_subset(context: Context, step: Step, node: n.AnchoredSubset, bag: Bag) -> Outcome:
    """In each bucket, forms the best group of all anchors and goes on with what is left."""
    slack = context.slack(node.tol)
    anchors = {lot.id for lot in bag if context.holds(node.anchor, lot)}
    cut, keyless = buckets(bag, context.key(node.key))
    counters = context.stages[step.id]
    counters.null_key += len(keyless)
    formed: list[Group] = []
    for bucket in cut.values():
        if rejected_shape(counters, bucket):
            continue
        search = Rounds(
            node, slack, [lot for lot in bucket if lot.id in anchors], [lot for lot in bucket if lot.id not in anchors]
        )
        found = search.run()
        counters.out_of_budget += search.passed_over
        counters.out_of_tolerance += not found and not search.passed_over
        formed.extend(
            group(members, "subset_net", REASONS["anchored_subset"], step.id, unique) for members, unique in found
        )
    return without(bag, formed)


@dataclass(slots=True)
class Rounds:
    """The groups of one bucket. ``passed_over``: in the last round the search of an anchor was beyond the budget."""

    node: n.AnchoredSubset
    slack: Slack
    anchors: Bag
    items: Bag
    passed_over: bool = False

    def run(self) -> list[tuple[Bag, bool]]:
        """The groups in the order in which they are formed, and for each whether it is unique."""
        found: list[tuple[Bag, bool]] = []
        while True:
            answers = [(anchor, self.search(anchor, self.opposite(anchor))) for anchor in self.anchors]
            self.passed_over = any(answer is BEYOND for _, answer in answers)
            known = [(anchor, answer) for anchor, answer in answers if isinstance(answer, Best)]
            if not known:
                return found
            anchor, chosen = min(known, key=lambda one: one[1].level)
            members = [self.opposite(anchor)[place] for place in chosen.places]
            others = [one for one in answers if one[0] is not anchor and one[0].amount * anchor.amount > 0]
            rivals = [self.is_rival(other, answer, chosen, members) for other, answer in others]
            found.append(([anchor, *members], chosen.unique and not any(rivals)))
            taken = {lot.id for lot in members}
            self.anchors = [lot for lot in self.anchors if lot is not anchor]
            self.items = [lot for lot in self.items if lot.id not in taken]

    def opposite(self, anchor: Lot) -> Bag:
        """The items of the other sign."""
        return [lot for lot in self.items if lot.amount * anchor.amount < 0]

    def search(self, anchor: Lot, items: Bag) -> Best | Beyond | None:
        """The best group of an anchor and some of the items, whose order decides what is as good."""
        if not items:
            return None
        sizes = [abs(lot.amount) for lot in items]
        target = abs(anchor.amount)
        low, high = sums(self.slack, target)
        left_out = self.node.max_left_out
        task = Task(
            sizes,
            target,
            max(low, 1),
            min(high, sum(sizes)),
            1 if left_out is None else max(1, len(items) - left_out),
            len(items) if self.node.max_size is None else min(len(items), self.node.max_size - 1),
            self.node.prefer is n.Preference.FEWEST,
            left_out is not None,
        )
        return BEYOND if steps(task) > self.node.budget else best(task)

    def is_rival(self, other: Lot, answer: Best | Beyond | None, chosen: Best, members: Bag) -> bool:
        """True where another anchor has, or may have, a group as good with one of the members."""
        if not isinstance(answer, Best):
            return answer is BEYOND
        if answer.level != chosen.level:
            return False
        ids = {lot.id for lot in members}
        # the best of all goes to the lowest places, so it has a member wherever one as good has one
        first = sorted(self.opposite(other), key=lambda lot: lot.id not in ids)
        again = self.search(other, first)
        return isinstance(again, Best) and again.places[0] < len(members)


class Beyond:
    """The search needs more steps than the budget."""


BEYOND = Beyond()


def sums(slack: Slack, target: int) -> tuple[int, int]:
    """The smallest and the largest sum that is within the slack of an anchor; a difference is within money."""

    def is_near(total: int) -> bool:
        legs = (0, 0, max(target, total), target + total)
        return abs(total - target) <= min(slack.within(*legs), LARGEST)

    low, near = 0, target
    while low < near:
        middle = (low + near) // 2
        low, near = (low, middle) if is_near(middle) else (middle + 1, near)
    far, high = target + LARGEST, target
    while high < far:
        middle = (high + far + 1) // 2
        high, far = (middle, far) if is_near(middle) else (high, middle - 1)
    return low, high
