"""Golden copies by hand: made, listed, restored, pruned. One module here per use case."""
