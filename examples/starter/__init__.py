"""Starter strategy: the template of a new project."""
