"""Project scaffolding: templates, and column types inferred from a ledger."""
