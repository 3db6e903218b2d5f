"""Reports of a solve: Arrow tables, projections, predicates over groups, spreadsheet export."""
