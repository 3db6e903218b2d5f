"""Lint of a strategy file: declared parameters that no strategy of the file reads."""

from __future__ import annotations

from collections.abc import Mapping

import florecon_build as fb
from florecon_build.ir import expressions as e
from florecon_build.ir.errors import Problem
from florecon_build.ir.lints import unused_param


def unused_params(variables: Mapping[str, object]) -> tuple[Problem, ...]:
    """One warning for each param among a module's variables that no strategy or plugin among them reads.

    A plugin holds only the params that it reads, so its own checks cannot find these.
    """
    read: set[str] = set()
    for item in variables.values():
        if isinstance(item, fb.Strategy):
            read |= {param.name for param in item.uses.params}
        elif isinstance(item, fb.Plugin):
            read |= {param.name for param in item.data.params}
    handles = [item for item in variables.values() if isinstance(item, fb.Expr) and isinstance(item.ir, e.ParamRef)]
    declared = dict.fromkeys(param for handle in handles for param in handle.uses.params)
    return tuple(unused_param(param) for param in declared if param.name not in read)
