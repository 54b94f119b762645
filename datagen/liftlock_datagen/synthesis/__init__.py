"""Synthetic rows from the schema alone: planned by pure functions, made in blocks, loaded in one transaction."""
