"""Two books of one group of companies, reconciled pair by pair."""
