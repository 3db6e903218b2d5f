"""``subset_net``: the smallest subsets of a bucket that net within the slack, by an exact search of bounded length."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass

from florecon_build.interpreter.bag import Bag, Group, Outcome, buckets, group, without
from florecon_build.interpreter.context import Context
from florecon_build.interpreter.leaves import rejected_shape
from florecon_build.interpreter.stages import Step
from florecon_build.interpreter.tolerance import Slack
from florecon_build.ir import nodes as n
from florecon_build.wire import REASONS


class OutOfBudget(Exception):
    """The search of a bucket took more steps than it may."""


def subset_net(context: Context, step: Step, node: n.SubsetNet, bag: Bag) -> Outcome:
    """In each bucket, sizes ascending: take the first subset by position, and search on in what is left."""
    slack = context.slack(node.tol)
    cut, keyless = buckets(bag, context.key(node.key))
    counters = context.stages[step.id]
    counters.null_key += len(keyless)
    formed: list[Group] = []
    for bucket in cut.values():
        if rejected_shape(counters, bucket):
            continue
        try:
            found = subsets(bucket, slack, node.max_size, node.budget)
        except OutOfBudget:
            counters.out_of_budget += 1
            continue
        counters.out_of_tolerance += not found
        formed.extend(group(members, "subset_net", REASONS["subset_net"], step.id) for members in found)
    return without(bag, formed)


def subsets(bucket: Bag, slack: Slack, max_size: int, budget: int) -> list[Bag]:
    """All the subsets that the search takes from one bucket; `OutOfBudget` when it takes more than ``budget`` steps."""
    found: list[Bag] = []
    left = bucket
    steps = 0
    size = 2
    while size <= min(max_size, len(left)):
        search = Search.over(left, slack, size, budget - steps)
        taken = search.first()
        steps += search.steps
        if taken is None:
            size += 1
            continue
        found.append([left[at] for at in taken])
        left = [lot for at, lot in enumerate(left) if at not in taken]
    return found


@dataclass(slots=True)
class Search:
    """The search for the first subset of one size among lots in id order.

    ``low[r][at]`` and ``high[r][at]`` are the sums of the ``r`` smallest and largest amounts from position ``at`` on;
    they exist where there are as many. ``by_amount`` are the (amount, position) pairs in ascending order.
    """

    amounts: list[int]
    slack: Slack
    size: int
    budget: int
    reach: int
    low: list[list[int]]
    high: list[list[int]]
    by_amount: list[tuple[int, int]]
    steps: int = 0

    @staticmethod
    def over(bag: Bag, slack: Slack, size: int, budget: int) -> Search:
        """The search over a bag. No subset is allowed more slack than one with the largest amount as every leg."""
        amounts = [lot.amount for lot in bag]
        largest = max(abs(amount) for amount in amounts)
        low, high = _extremes(amounts, size)
        by_amount = sorted((amount, at) for at, amount in enumerate(amounts))
        return Search(amounts, slack, size, budget, slack.most(largest, size), low, high, by_amount)

    def first(self) -> list[int] | None:
        """The positions of the first subset, or None."""
        return self._extend([], 0)

    def _extend(self, chosen: list[int], total: int) -> list[int] | None:
        """The first subset that begins with the chosen positions, whose amounts are ``total``."""
        start = chosen[-1] + 1 if chosen else 0
        after = self.size - len(chosen) - 1
        if after == 0:
            return self._close(chosen, total, start)
        for at in range(start, len(self.amounts) - after):
            here = total + self.amounts[at]
            if here + self.low[after][at + 1] > self.reach or here + self.high[after][at + 1] < -self.reach:
                continue
            self.steps += 1
            if self.steps > self.budget:
                raise OutOfBudget
            found = self._extend([*chosen, at], here)
            if found is not None:
                return found
        return None

    def _close(self, chosen: list[int], total: int, start: int) -> list[int] | None:
        """The chosen positions with the first later one that makes them net; choosing it is no step."""
        first = bisect_left(self.by_amount, (-self.reach - total, start))
        last = bisect_right(self.by_amount, (self.reach - total, len(self.amounts)))
        for at in sorted(at for _, at in self.by_amount[first:last] if at >= start):
            legs = [self.amounts[one] for one in (*chosen, at)]
            if min(legs) < 0 < max(legs) and abs(sum(legs)) <= self.slack.over(legs):
                return [*chosen, at]
        return None


def _extremes(amounts: list[int], size: int) -> tuple[list[list[int]], list[list[int]]]:
    """For each count below ``size`` and each position: the least and greatest sum of so many amounts from there on."""
    low = [[0] * (len(amounts) + 1) for _ in range(size)]
    high = [[0] * (len(amounts) + 1) for _ in range(size)]
    later: list[int] = []
    for at in range(len(amounts) - 1, -1, -1):
        insort(later, amounts[at])
        for count in range(1, min(size, len(later) + 1)):
            low[count][at] = low[count - 1][at] + later[count - 1]
            high[count][at] = high[count - 1][at] + later[-count]
    return low, high
