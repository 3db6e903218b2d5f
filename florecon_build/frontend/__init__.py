"""Frontend: the handles and functions with which an author builds the typed tree."""
