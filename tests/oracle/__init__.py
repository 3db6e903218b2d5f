"""The oracle: `docs/semantics.md` by brute force, for small bags, independent of the reference interpreter."""
