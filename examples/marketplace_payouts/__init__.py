"""Marketplace: orders, captures, payouts and refunds, four files as they are, declared in florecon.toml."""
