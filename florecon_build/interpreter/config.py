"""Params: their values, and the check that the strategy can be run with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from florecon_build.interpreter.context import about
from florecon_build.interpreter.environment import Scope
from florecon_build.interpreter.errors import EvalError, ModelError
from florecon_build.interpreter.evaluate import integer, slack, typed
from florecon_build.interpreter.ingest import refusal
from florecon_build.interpreter.keys import Plain
from florecon_build.interpreter.settings import compute, require_default_keys
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n


def configured(plugin: n.PluginIr, current: Mapping[str, Plain], given: Mapping[str, Plain]) -> dict[str, Plain]:
    """The params with new values for those given; the others keep theirs, or have their default.

    Raises `ModelError` ``bad_config`` for a name that is no param, a value of the wrong type, and values with which a
    tolerance, width or window of the strategy is negative or has no value.
    """
    known = {param.name: param for param in plugin.params}
    values = {name: current.get(name, typed(param.default, param.type)) for name, param in known.items()}
    for name, value in given.items():
        if name not in known:
            raise ModelError("bad_config", f"there is no param {name}; the params are: {', '.join(known) or 'none'}")
        of = known[name].type
        if value is None or refusal(value, of) is not None:
            raise ModelError("bad_config", f"param {name} is {value!r}, but it is a {of}")
        values[name] = typed(value, of) if isinstance(value, int) else value
    scope = Scope(params=values)
    try:
        compute(plugin.strategy, scope)
    except EvalError as failure:
        raise ModelError("bad_config", f"a setting cannot be computed from the params: {failure.text}") from failure
    require_default_keys(plugin.strategy, scope)
    _check(plugin.strategy, scope)
    return values


def _check(node: n.Node, scope: Scope) -> None:
    """Refuses settings that no bag could make sense of. What can depend on a shard's key is checked in the shard."""
    for setting in (getattr(node, item.name) for item in fields(node)):
        if isinstance(setting, e.Tolerance):
            with about():
                slack(setting, scope)
    with about():
        if isinstance(node, n.Windowed) and integer(node.width, scope) < 1:
            raise ModelError("bad_config", "windowed: the width must be at least 1")
        if isinstance(node, n.Flow) and node.window is not None and integer(node.window, scope) < 0:
            raise ModelError("bad_config", "flow: the window must be at least 0")
    if not isinstance(node, n.PartitionByWith):
        for below in n.children(node):
            _check(below, scope)
