"""Worked examples, one folder a domain."""
