"""Intermediate representation: a strategy as data, with its operators, JSON, fingerprint, diff, checks and printers."""
