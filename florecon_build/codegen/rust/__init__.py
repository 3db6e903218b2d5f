"""Rust generation: a pure function from IR to ``{path: text}``."""
