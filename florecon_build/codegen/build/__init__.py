"""Builds of a generated crate: toolchain, cargo, wasm sections, native program, reproducible rebuild."""
