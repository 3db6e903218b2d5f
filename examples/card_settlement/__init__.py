"""Card sales of a shop against what its acquirer settles."""
