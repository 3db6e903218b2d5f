"""Edit-compile-run loop of an author: native build, run on a sample, report."""
