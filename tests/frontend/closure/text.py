"""Elaboration of a closure's text in the place of the expression that it was printed from."""

from __future__ import annotations

import florecon_build as fb
from florecon_build.frontend.closure.printer import captures, emit
from florecon_build.frontend.rows import side, source_of
from florecon_build.frontend.text import family_of
from florecon_build.ir import expressions as e
from florecon_build.ir.scope import Reads, reads


def elaborated(text: str, like: e.Value, rows: fb.Rows) -> e.Value:
    """The expression that a text gives in the place of ``like``, with the params and shard keys that it reads."""
    names = {name: family_of(leaf.type.kind)(leaf) for name, leaf in captures(like).items()}
    closure = fb.rust(text, rows=rows, **names)
    found = reads(like)
    if Reads.PAIR in found:
        source = source_of(rows)
        return closure(side(source, e.Var.A), side(source, e.Var.B)).ir
    if Reads.GROUP in found:
        return closure(fb.Group()).ir
    return closure.expression().ir


def again(value: e.Value, rows: fb.Rows) -> e.Value:
    """The expression printed as a closure and elaborated again."""
    return elaborated(emit(value), value, rows)
