"""Commands, one module each: parse options, make one call, print the result."""
