"""``subset_net``: the smallest subsets of a bucket that net within the slack, by an exact search of bounded length."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from dataclasses import dataclass, replace

from florecon_build.interpreter.bag import Bag, Group, Lot, Outcome, buckets, group, without
from florecon_build.interpreter.context import Context
from florecon_build.interpreter.leaves import accepts, rejected_shape
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

    def accept(members: Bag) -> bool:
        return accepts(context, node.accept, members)

    for bucket in cut.values():
        if rejected_shape(counters, bucket):
            continue
        try:
            found = subsets(bucket, slack, node.max_size, node.budget, accept)
        except OutOfBudget:
            counters.out_of_budget += 1
            continue
        counters.out_of_tolerance += not found
        formed.extend(group(members, "subset_net", REASONS["subset_net"], step.id, unique) for members, unique in found)
    return without(bag, formed)


def anything(_: Bag) -> bool:
    """Accepts every candidate."""
    return True


def subsets(
    bucket: Bag, slack: Slack, max_size: int, budget: int, accept: Callable[[Bag], bool] = anything
) -> list[tuple[Bag, bool]]:
    """The subsets that are taken from one bucket, and for each whether it is unique.

    Raises `OutOfBudget` when the search for them takes more than ``budget`` steps. The search for their rivals has the
    same budget once more; when it is spent, the subset at hand and all later ones are not unique.
    """
    found: list[tuple[Bag, bool]] = []
    left = bucket
    steps = rival_steps = 0
    size = 2
    while size <= min(max_size, len(left)):
        search = Search.over(left, slack, size, budget - steps, accept)
        taken = search.first()
        steps += search.steps
        if taken is None:
            size += 1
            continue
        unique = rival_steps <= budget
        if unique:
            rivals = search.rivals(taken, budget - rival_steps)
            rival_steps += rivals.steps
            unique = not rivals.found
        found.append(([left[at] for at in taken], unique))
        left = [lot for at, lot in enumerate(left) if at not in taken]
    return found


@dataclass(frozen=True, slots=True)
class Rivals:
    """Whether another subset shares an item with one, and the steps to know; more than the budget: it is not known."""

    found: bool
    steps: int


@dataclass(slots=True)
class Search:
    """The search for the first subset of one size among lots in id order.

    ``low[r][at]`` and ``high[r][at]`` are the sums of the ``r`` smallest and largest amounts from position ``at`` on;
    they exist where there are as many. ``by_amount`` are the (amount, position) pairs in ascending order. ``held`` are
    lots chosen beforehand, and ``known`` is a choice of positions that is passed over.
    """

    lots: Bag
    amounts: list[int]
    held: list[Lot]
    accept: Callable[[Bag], bool]
    slack: Slack
    size: int
    budget: int
    reach: int
    low: list[list[int]]
    high: list[list[int]]
    by_amount: list[tuple[int, int]]
    known: list[int] | None = None
    steps: int = 0

    @staticmethod
    def over(bag: Bag, slack: Slack, size: int, budget: int, accept: Callable[[Bag], bool]) -> Search:
        """The search over a bag. No subset is allowed more slack than one with the largest amount as every leg."""
        amounts = [lot.amount for lot in bag]
        reach = slack.most(max(abs(amount) for amount in amounts), size)
        low, high = _extremes(amounts, size)
        return Search(bag, amounts, [], accept, slack, size, budget, reach, low, high, _by_amount(amounts))

    def first(self) -> list[int] | None:
        """The positions of the first subset, or None."""
        return self._extend([], 0)

    def rivals(self, taken: list[int], budget: int) -> Rivals:
        """Looks for another subset with the first of the taken positions, then for one with the next and without it."""
        steps = 0
        for order, at in enumerate(taken):
            others = [place for place in range(len(self.amounts)) if place not in taken[: order + 1]]
            amounts = [self.amounts[place] for place in others]
            low, high = _extremes(amounts, self.size - 1)
            search = replace(
                self,
                lots=[self.lots[place] for place in others],
                amounts=amounts,
                held=[self.lots[at]],
                budget=budget - steps,
                low=low,
                high=high,
                by_amount=_by_amount(amounts),
                steps=0,
            )
            if order == 0:
                search.known = [others.index(place) for place in taken[1:]]
            try:
                found = search._extend([], self.amounts[at])
            except OutOfBudget:
                return Rivals(True, steps + search.steps)
            steps += search.steps
            if found is not None:
                return Rivals(True, steps)
        return Rivals(False, steps)

    def _extend(self, chosen: list[int], total: int) -> list[int] | None:
        """The first subset that begins with the chosen positions, whose amounts and the held ones are ``total``."""
        start = chosen[-1] + 1 if chosen else 0
        after = self.size - len(self.held) - len(chosen) - 1
        if after == 0:
            return self._close(chosen, total, start)
        for at in range(start, len(self.amounts) - after):
            here = total + self.amounts[at]
            if here + self.low[after][at + 1] > self.reach or here + self.high[after][at + 1] < -self.reach:
                continue
            self._step()
            found = self._extend([*chosen, at], here)
            if found is not None:
                return found
        return None

    def _step(self) -> None:
        self.steps += 1
        if self.steps > self.budget:
            raise OutOfBudget

    def _close(self, chosen: list[int], total: int, start: int) -> list[int] | None:
        """The chosen positions with the first later one that makes them net; choosing it is no step, a
        refusal is one.
        """
        first = bisect_left(self.by_amount, (-self.reach - total, start))
        last = bisect_right(self.by_amount, (self.reach - total, len(self.amounts)))
        for at in sorted(at for _, at in self.by_amount[first:last] if at >= start):
            members = [*self.held, *(self.lots[one] for one in (*chosen, at))]
            legs = [lot.amount for lot in members]
            nets = min(legs) < 0 < max(legs) and abs(sum(legs)) <= self.slack.over(legs)
            if not nets or [*chosen, at] == self.known:
                continue
            if self.accept(members):
                return [*chosen, at]
            self._step()
        return None


def _by_amount(amounts: list[int]) -> list[tuple[int, int]]:
    """Amounts with their positions, ascending."""
    return sorted((amount, at) for at, amount in enumerate(amounts))


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
