"""Detection: the declaration that the cells of an unknown file prove, or the questions that they leave open."""
