"""The command line ``florecon-build``: thin, over everything else."""
