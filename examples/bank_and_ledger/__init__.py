"""Bank statement against a ledger export: three files as they are, declared in florecon.toml."""
