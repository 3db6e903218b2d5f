"""Card sales of a shop and the settlements of its acquirer."""
