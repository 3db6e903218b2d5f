"""Readers: one module for each format, from a path and a declaration to cells."""
