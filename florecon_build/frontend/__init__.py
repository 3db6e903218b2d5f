"""The authoring surface: handles that build the typed tree."""
