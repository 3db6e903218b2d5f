"""Closures as text: a small, safe, pure subset of Rust's closure syntax, elaborated into the expressions of ``ir``.

``grammar.lark`` and ``parser`` make syntax, ``elaborate`` makes expressions of it through the builder, ``printer``
prints expressions as closures, ``rust`` is ``fb.rust``. The text is never copied into a plugin.
"""
