"""A closure's text folded where the expression it came from stands."""

from __future__ import annotations

import florecon_build as fb
from florecon_build.ir import values as v
from florecon_build.ir.builder.rows import side, source_of
from florecon_build.ir.builder.text import family_of
from florecon_build.ir.closure.emit import captures, emit
from florecon_build.ir.scope import Reads, reads


def folded(text: str, like: v.Value, rows: fb.Rows) -> v.Value:
    """The expression that a text gives in the place of ``like``, with the params and shard keys that it reads."""
    names = {name: family_of(leaf.type.kind)(leaf) for name, leaf in captures(like).items()}
    closure = fb.rust(text, rows=rows, **names)
    found = reads(like)
    if Reads.PAIR in found:
        source = source_of(rows)
        return closure(side(source, v.Var.A), side(source, v.Var.B)).ir
    if Reads.GROUP in found:
        return closure(fb.Group()).ir
    return closure.expression().ir


def again(value: v.Value, rows: fb.Rows) -> v.Value:
    """The expression emitted and folded back."""
    return folded(emit(value), value, rows)
