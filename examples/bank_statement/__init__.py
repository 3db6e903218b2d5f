"""A bank statement against the general ledger."""
