"""Closures as text: a small, safe, pure subset of Rust's closure syntax, folded into the expressions of ``values``.

``grammar.lark`` and ``parse`` make syntax, ``fold`` makes expressions of it through the builder, ``emit`` prints
expressions back, ``bound`` is what ``fb.rust`` gives. The text itself goes nowhere.
"""
