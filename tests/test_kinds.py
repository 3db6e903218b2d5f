"""Closed unions: every node and expression kind has an emitter, an interpreter rule, a JSON form, a diff, a random
generator and a documented example that runs.

A new node or expression fails here until it has them all.
"""

from __future__ import annotations

import dataclasses
import doctest
import importlib
import inspect
import pkgutil
import random
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

import pytest

import florecon_build as fb
import florecon_build.frontend
from florecon_build.codegen import emit
from florecon_build.interpreter import ModelError, Workspace, context
from florecon_build.interpreter import evaluate as values
from florecon_build.interpreter import execute as run
from florecon_build.interpreter import ingest as rows
from florecon_build.interpreter.stages import Step
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.diff import diff_ir
from florecon_build.ir.json_format import dumps, loads
from florecon_build.ir.python_printer import show
from florecon_build.ir.traversal import NODE_KINDS, VALUE_KINDS, kind_name, public_name, value_parts, values_in, walk
from florecon_build.ir.types import INTEGER
from tests.support.random_ledgers import ledger
from tests.support.random_strategies import ROWS, random_plugin

pytestmark = pytest.mark.slow

Kind = type[Any]
SEEDS = 1_500
DEPTHS = 6
KINDS: tuple[Kind, ...] = (*NODE_KINDS, *VALUE_KINDS)
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def parts(plugin: n.PluginIr) -> Iterator[n.Node | e.Value]:
    """Every node and every value of a plugin."""
    held: list[e.Value] = [plugin.numeraire, *(lane.value for lane in plugin.lanes)]
    for place in walk(plugin.strategy):
        yield place.node
        held += [value for _, value in value_parts(place.node)]
    for value in held:
        yield from values_in(value)


@cache
def drawn() -> dict[Kind, tuple[n.PluginIr, n.Node | e.Value]]:
    """The first random plugin that has a kind, and where it has it."""
    found: dict[Kind, tuple[n.PluginIr, n.Node | e.Value]] = {}
    for seed in range(SEEDS):
        if len(found) == len(KINDS):
            break
        plugin = random_plugin(random.Random(seed), ROWS, 1 + seed % DEPTHS).data
        for part in parts(plugin):
            found.setdefault(type(part), (plugin, part))
    return found


@cache
def interpreted() -> frozenset[Kind]:
    """The kinds that a rule of the interpreter gave a value or an outcome, over random strategies and bags."""
    seen: set[Kind] = set()
    with noting(seen):
        for seed in range(SEEDS):
            plugin = random_plugin(random.Random(seed), ROWS, 1 + seed % DEPTHS).data
            workspace = Workspace(plugin)
            try:
                workspace.upsert(ledger(plugin.columns, random.Random(seed), "ordinary", 16))
                workspace.solve()
            except ModelError:
                continue
            if len(seen) == len(KINDS):
                break
    return frozenset(seen)


@contextmanager
def noting(seen: set[Kind]) -> Generator[None]:
    """Notes whatever the interpreter evaluates or runs, once it has done so."""

    def noted(act: Callable[..., Any], at: int) -> Callable[..., Any]:
        def wrapper(*arguments: Any) -> Any:
            found = act(*arguments)
            thing: object = arguments[at]
            seen.add(type(thing.node if isinstance(thing, Step) else thing))
            return found

        return wrapper

    with pytest.MonkeyPatch.context() as patch:
        evaluated = noted(values.evaluate, 0)
        for module in (values, context, rows):
            patch.setattr(module, "evaluate", evaluated)
        patch.setattr(run, "_run", noted(getattr(run, "_run"), 1))  # noqa: B009 - the closed match of nodes is its own
        yield


@cache
def shown_by_example() -> frozenset[Kind]:
    """The kinds that the examples in the documentation of public functions make, when they are run."""
    seen: set[Kind] = set()
    with pytest.MonkeyPatch.context() as patch:
        for kind in KINDS:
            patch.setattr(kind, "__init__", making(kind, seen))
        for name in builder_modules():
            result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
            assert result.failed == 0, name
    return frozenset(seen)


def making(kind: Kind, seen: set[Kind]) -> Callable[..., None]:
    """The kind's own ``__init__``, which says that it was called."""
    init = kind.__init__

    def made(self: object, *arguments: Any, **named: Any) -> None:
        seen.add(kind)
        init(self, *arguments, **named)

    return made


def builder_modules() -> Iterable[str]:
    """Where the public functions live."""
    package = florecon_build.frontend
    return [f"{package.__name__}.{item.name}" for item in pkgutil.iter_modules(package.__path__)]


@each_kind
def test_kind_is_generated_at_random(kind: Kind) -> None:
    assert kind in drawn()


@each_kind
def test_kind_has_an_emitter(kind: Kind) -> None:
    plugin, _ = drawn()[kind]
    assert "fn strategy" in emit(plugin, "0" * 64).files["src/lib.rs"]


@each_kind
def test_kind_has_an_interpreter_rule(kind: Kind) -> None:
    assert kind in interpreted()


@each_kind
def test_kind_has_a_json_form(kind: Kind) -> None:
    plugin, _ = drawn()[kind]
    text = dumps(plugin)
    assert f'"kind": "{kind_name(kind)}"' in text
    assert loads(text) == plugin


@each_kind
def test_kind_has_a_diff(kind: Kind) -> None:
    """As a node that comes, and as an expression that changes: the difference shows it as its author wrote it."""
    plugin, part = drawn()[kind]
    if isinstance(part, NODE_KINDS):
        plain = n.AggNet(key=None, tol=e.Tolerance(op=e.ToleranceOp.ABS, amount=e.Lit(type=INTEGER, value=987_654)))
        before, after = (dataclasses.replace(plugin, strategy=strategy) for strategy in (plain, part))
        expected = public_name(part)
    else:
        part = cast(e.Value, part)
        lane = n.DerivedLane(name="probe", value=e.Lit(type=INTEGER, value=987_654))
        before, after = (
            dataclasses.replace(plugin, lanes=(*plugin.lanes, dataclasses.replace(lane, value=value)))
            for value in (lane.value, part)
        )
        expected = show(part)
    assert not diff_ir(after, after)
    assert expected in " ".join(change.after + change.path for change in diff_ir(before, after))


@each_kind
def test_kind_has_a_tested_example(kind: Kind) -> None:
    assert kind in shown_by_example()


def test_every_public_function_has_an_example_of_its_own() -> None:
    public = [(name, getattr(fb, name)) for name in fb.__all__]
    assert [name for name, item in public if inspect.isroutine(item) and ">>>" not in (item.__doc__ or "")] == []


def test_every_method_of_an_expression_has_an_example_of_its_own() -> None:
    modules = set(builder_modules())
    handles = [item for name in fb.__all__ if inspect.isclass(item := getattr(fb, name)) and item.__module__ in modules]
    methods = [
        (handle.__name__, name, method.__doc__ or "")
        for handle in handles
        for name, method in vars(handle).items()
        if inspect.isfunction(method) and not name.startswith("_")
    ]
    assert len(methods) > 20
    assert [(handle, name) for handle, name, said in methods if ">>>" not in said] == []
