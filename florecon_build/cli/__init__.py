"""Command line ``florecon-build``: a thin layer over the compiler and the host."""
