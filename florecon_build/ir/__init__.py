"""What a strategy is: types, value expressions, nodes, checks, JSON and the reference interpreter. Pure."""
