"""Explanations of a row's outcome, as data and as sentences."""
