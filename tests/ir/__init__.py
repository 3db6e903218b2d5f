"""The IR: builder, errors, checks, JSON, fingerprint, tree and diff."""
