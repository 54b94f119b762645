"""The anonymised copy: keyed pseudonyms, the plan of what happens to each column, and the run that carries it out."""
