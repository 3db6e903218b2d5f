"""One file a command: options in, a call, and what is printed."""
