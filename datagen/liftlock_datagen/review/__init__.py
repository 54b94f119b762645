"""The plan of an anonymised copy as people review it: what happens to each column, and what speaks against it."""
