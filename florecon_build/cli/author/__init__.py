"""The inner loop of an author: compile natively, run on a sample, show the report."""
