"""A new project: the templates it starts from, and a proposal for the columns of a ledger."""
