"""Module runtime: load, instantiate, call, limit and journal any module of the ABI."""
