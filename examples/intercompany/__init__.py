"""Intercompany reconciliation: the books of a group of companies, pair by pair."""
