"""The strategy that a new project starts from."""
