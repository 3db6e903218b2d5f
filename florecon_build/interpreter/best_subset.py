"""The best subset of positive amounts near a target, exact, by sums as bits or by two halves."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from math import gcd, prod

MOST_ITEMS = 65_535


@dataclass(frozen=True, slots=True)
class Task:
    """A search: ``amounts`` in the order of places, and the sums and counts of the subsets that are allowed.

    The level of a subset is its distance from ``target`` and its count (with ``left_out`` the number that it leaves
    out), in this order or with ``by_count`` in the other. The lowest level is best.
    """

    amounts: list[int]
    target: int
    low: int
    high: int
    fewest: int
    most: int
    by_count: bool
    left_out: bool

    def level(self, count: int, total: int) -> tuple[int, int]:
        """The level of a subset."""
        distance = abs(total - self.target)
        items = len(self.amounts) - count if self.left_out else count
        return (items, distance) if self.by_count else (distance, items)


@dataclass(frozen=True, slots=True)
class Best:
    """The best subset, by ascending places: of several on its level the lexicographically first."""

    level: tuple[int, int]
    places: tuple[int, ...]
    unique: bool


@dataclass(frozen=True, slots=True)
class Picked:
    """The search for what is picked: the items of the subset, or those that it leaves out.

    ``unit`` divides all amounts. ``high`` and ``most`` bound the sum and the count of what is picked.
    """

    is_left: bool
    unit: int
    high: int
    most: int

    @property
    def cells(self) -> int:
        """The number of pairs of a count and a sum."""
        return (self.most + 1) * (self.high // self.unit + 1)


def steps(task: Task) -> int:
    """The size of a search, which does not depend on how it is done."""
    if len(task.amounts) > MOST_ITEMS:
        return 2**53 + 1
    return 0 if is_empty(task) else min(_steps_of_sums(task), _steps_of_halves(task))


def is_empty(task: Task) -> bool:
    """True where the bounds allow nothing."""
    return task.low > task.high or task.fewest > task.most


def best(task: Task) -> Best | None:
    """The best subset; none is proven."""
    if is_empty(task):
        return None
    by_sums = _steps_of_sums(task) <= _steps_of_halves(task)
    return best_by_sums(task) if by_sums else best_by_halves(task)


def _steps_of_sums(task: Task) -> int:
    return _smaller(task).cells * (len(task.amounts) + 64) // 64


def _steps_of_halves(task: Task) -> int:
    return 32 * min(sum(halves) for halves in _splits(task))


def _smaller(task: Task) -> Picked:
    total = sum(task.amounts)
    unit = gcd(*task.amounts)

    def fitting(high: int, most: int) -> int:
        return min(most, sum(reached <= high for reached in accumulate(sorted(task.amounts))))

    count = len(task.amounts)
    taken = Picked(False, unit, task.high, fitting(task.high, task.most))
    left = Picked(True, unit, total - task.low, fitting(total - task.low, count - task.fewest))
    return left if left.cells < taken.cells else taken


def _splits(task: Task) -> Iterator[tuple[int, int]]:
    """For each place to cut the distinct amounts in two: how many choices each half has."""
    choices = [count + 1 for _, count in sorted(Counter(task.amounts).items())]
    for cut in range(len(choices) + 1):
        yield prod(choices[:cut]), prod(choices[cut:])


def best_by_sums(task: Task) -> Best | None:
    """By dynamic programming: for each count, the sums that are reached, as the bits of an integer."""
    picked = _smaller(task)
    amounts = [amount // picked.unit for amount in task.amounts]
    width = picked.high // picked.unit + 1
    every, count = sum(task.amounts), len(amounts)

    def reached(start: int, most: int) -> list[int]:
        layers = [1] + [0] * most
        for amount in amounts[start:]:
            # the sums with an amount beyond the width are beyond it too
            for size in range(most if amount < width else 0, 0, -1):
                layers[size] |= layers[size - 1] << amount & (1 << width) - 1
        return layers

    found: list[tuple[tuple[int, int], int, int]] = []
    for size, layer in enumerate(reached(0, picked.most)):
        chosen = count - size if picked.is_left else size
        if task.fewest <= chosen <= task.most:
            for total in _near(layer, picked, task, every):
                real = every - total * picked.unit if picked.is_left else total * picked.unit
                if task.low <= real <= task.high:
                    found.append((task.level(chosen, real), size, total))
    if not found:
        return None
    level = min(found)[0]

    def picks(size: int, total: int) -> Iterator[tuple[int, ...]]:
        """The first and the last choice, by the order of the places."""
        for ahead in (True, False):
            choice: list[int] = []
            left, rest = total, size
            while rest:
                start = choice[-1] + 1 if choice else 0
                places = range(start, count) if ahead else range(count - 1, start - 1, -1)
                place = next(
                    at
                    for at in places
                    if left >= amounts[at] and reached(at + 1, rest - 1)[rest - 1] >> (left - amounts[at]) & 1
                )
                choice.append(place)
                left, rest = left - amounts[place], rest - 1
            yield tuple(choice)

    choices = {choice for one, size, total in found if one == level for choice in picks(size, total)}
    if picked.is_left:
        choices = {tuple(at for at in range(count) if at not in choice) for choice in choices}
    return Best(level, min(choices), len(choices) == 1)


def _near(layer: int, picked: Picked, task: Task, every: int) -> Iterator[int]:
    """The sums next to the target, from below and from above."""
    target = every - task.target if picked.is_left else task.target
    below = layer & (1 << max(target // picked.unit + 1, 0)) - 1
    if below:
        yield below.bit_length() - 1
    above = layer >> max(-(-target // picked.unit), 0)
    if above:
        yield (above & -above).bit_length() - 1 + max(-(-target // picked.unit), 0)


@dataclass(frozen=True, slots=True)
class Choice:
    """The first choice of its count and sum, and whether there are several."""

    places: tuple[int, ...]
    several: bool


def best_by_halves(task: Task) -> Best | None:
    """By meeting in the middle: all choices of either half of the amounts, put together."""
    distinct = sorted(set(task.amounts))
    cut = min(enumerate(map(sum, _splits(task))), key=lambda one: one[1])[0]
    first = _choices(task, set(distinct[:cut]))
    second = _choices(task, set(distinct[cut:]))
    by_count: dict[int, list[int]] = {}
    for count, total in sorted(second):
        by_count.setdefault(count, []).append(total)

    def levels() -> Iterator[tuple[int, int]]:
        for count, total in first:
            for more, totals in by_count.items():
                if task.fewest <= count + more <= task.most:
                    at = bisect_left(totals, task.target - total)
                    for near in totals[max(at - 1, 0) : at + 1]:
                        if task.low <= total + near <= task.high:
                            yield task.level(count + more, total + near)

    level = min(levels(), default=None)
    if level is None:
        return None
    items, distance = level if task.by_count else level[::-1]
    size = len(task.amounts) - items if task.left_out else items
    found: dict[tuple[int, ...], bool] = {}
    for (count, total), choice in first.items():
        for whole in {task.target - distance, task.target + distance}:
            other = second.get((size - count, whole - total))
            if other is not None and task.low <= whole <= task.high:
                found[tuple(sorted(choice.places + other.places))] = choice.several or other.several
    return Best(level, min(found), len(found) == 1 and not any(found.values()))


def _choices(task: Task, amounts: set[int]) -> dict[tuple[int, int], Choice]:
    """The choices among the places with these amounts, by count and sum."""
    found = {(0, 0): Choice((), several=False)}
    for place, amount in enumerate(task.amounts):
        if amount in amounts:
            for (count, total), choice in list(found.items()):
                if total + amount <= task.high:
                    more = Choice((*choice.places, place), choice.several)
                    known = found.get((count + 1, total + amount))
                    if known is not None:
                        more = Choice(min(known.places, more.places), several=True)
                    found[count + 1, total + amount] = more
    return found
