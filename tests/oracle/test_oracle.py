"""The oracle and the interpreter on random strategies and small bags; and proof that they can differ."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from florecon_build.interpreter import bag, combinators, context, flow, groups, keys, leaves, min_cost_flow, subset_net
from florecon_build.interpreter.tolerance import Slack
from florecon_build.ir.traversal import NODE_KINDS, VALUE_KINDS
from tests.oracle import arbiter, oracle, strategy, values
from tests.oracle.compare import Case, case, interpreted, is_equal
from tests.oracle.oracle import answer

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
MAY_IMPORT = {"florecon_build.ir.expressions", "florecon_build.ir.nodes", "florecon_build.ir.types"}
CHUNKS, SEEDS, MOST_SEEDS = 8, 30, 2500


@cache
def drawn(seed: int) -> Case:
    """The case of a seed."""
    return case(seed)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_interpreter_agrees(chunk: int) -> None:
    for seed in range(chunk * SEEDS, (chunk + 1) * SEEDS):
        one = drawn(seed)
        for rows in one.bags:
            assert interpreted(one.plugin, rows, one.config) == answer(one.plugin, rows, one.config), f"seed {seed}"


@pytest.mark.slow
def test_every_kind_has_a_rule_and_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    met: set[type] = set()

    def noted(rule: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def run(part: object, surroundings: Any) -> Any:
            found = rule(part, surroundings)
            met.add(type(part))
            return found

        return run

    monkeypatch.setattr(strategy, "groups_of", noted(strategy.groups_of))
    rule = noted(values.value_of)
    for module in (values, strategy, oracle):
        monkeypatch.setattr(module, "value_of", rule)
    kinds = {*NODE_KINDS, *VALUE_KINDS}
    for seed in range(MOST_SEEDS):
        one = drawn(seed)
        for rows in one.bags:
            oracle.answer(one.plugin, rows, one.config)
        if met >= kinds:
            break
    assert met >= kinds


@pytest.mark.parametrize("seed", range(60))
def test_fillings_hold_the_best_of_every_flow(seed: int) -> None:
    """What the arbiter of the oracle rests on: against the enumeration of all flows in whole numbers."""
    rng = random.Random(seed)
    sources, sinks = range(rng.randrange(1, 4)), range(3, 3 + rng.randrange(1, 4))
    pairs = [(a, b) for a in sources for b in sinks if rng.random() < 0.8]
    one = arbiter.Instance(
        {place: rng.randrange(1, 4) for place in (*sources, *sinks)},
        {place: rng.randrange(3) for place in (*sources, *sinks)},
        {pair: rng.randrange(-1, 4) for pair in pairs},
        {place: rng.choice([place, 7]) for place in (*sources, *sinks)},
    )
    assert arbiter.solve(one) == arbiter.best_of(one, arbiter.every_flow(one))


within, in_order, key_of, mix = Slack.within, leaves.in_order, keys.key_of, min_cost_flow.mix
translate: Callable[[list[int], int, int], list[int]] = getattr(combinators, "_translate")  # noqa: B009 - private, replaced by a mutant below


def wider(self: Slack, *legs: int) -> int:
    """A slack that is one too wide."""
    return within(self, *legs) + 1


def last_first(*arguments: Any) -> Any:
    """The order turned round."""
    return in_order(*arguments)[::-1]


def remainder_first(parts: list[int], inside: int, outside: int) -> list[int]:
    """Shares of which the first takes what is left over."""
    return translate(parts[::-1], inside, outside)[::-1]


class Late(subset_net.Search):
    """A search that is given one step too many."""

    def first(self) -> list[int] | None:
        self.budget += 1
        return super().first()


def other_mix(value: int) -> int:
    """Another mix."""
    return mix(value) ^ 1 << 63


def one_key(id: int | str) -> int:
    """The same tie key for every row."""
    return 0


def no_choice(self: min_cost_flow.Network) -> set[int]:
    """No lot at which there is a choice."""
    return set()


def nulls_meet(value: keys.Plain) -> keys.Plain:
    """Null as a key like any other."""
    return "null" if value is None else key_of(value)


def all_stay(before: list[tuple[bag.Group, tuple[bag.Lot, ...]]]) -> tuple[list[bag.Group], list[bag.Lot]]:
    """Groups of one member kept as they were."""
    return [one for one, members in before if members], []


def apart(formed: list[bag.Group]) -> list[list[bag.Group]]:
    """Groups that are never joined."""
    return [[one] for one in formed]


def strictly_small(lot: bag.Lot, slack: Slack) -> bool:
    """An edge that is less than the slack."""
    return abs(lot.amount) < slack.over([lot.original])


def by_origin(self: bag.Group) -> str:
    """Another order of the report."""
    return self.origin


MUTANTS: dict[str, tuple[object, str, object]] = {
    "tolerance": (Slack, "within", wider),
    "tie order": (leaves, "in_order", last_first),
    "shares of a pivot": (combinators, "_translate", remainder_first),
    "budget of a search": (subset_net, "Search", Late),
    "tie weights": (min_cost_flow, "mix", other_mix),
    "tie key of a row": (flow, "tie_key", one_key),
    "marks of unique groups": (min_cost_flow.Network, "movable", no_choice),
    "a null key": (context, "key_of", nulls_meet),
    "a group of one": (groups, "settle", all_stay),
    "joined groups": (groups, "_linked", apart),
    "small edges": (groups, "_is_small", strictly_small),
    "report order": (bag.Group, "report_key", by_origin),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_of_the_interpreter_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, attribute, mutant = MUTANTS[name]
    monkeypatch.setattr(owner, attribute, mutant)
    assert not all(is_equal(drawn(seed)) for seed in range(MOST_SEEDS))


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("name", ["text", "values", "arbiter", "strategy", "oracle"])
def test_the_oracle_knows_nothing_of_the_interpreter(name: str) -> None:
    ours = [module for module in imports(HERE / f"{name}.py") if module.startswith("florecon_build")]
    assert all(any(module == one or module.startswith(f"{one}.") for one in MAY_IMPORT) for module in ours)
