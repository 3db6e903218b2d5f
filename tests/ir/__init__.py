"""Tests of the IR: lints, JSON format, printers, tree and diff, operator table."""
