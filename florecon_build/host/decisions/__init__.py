"""Decisions of people: the append-only store, replay into a workspace, the portable file."""
