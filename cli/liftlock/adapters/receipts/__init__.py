"""Receipts in files, and the look at what they are of. Loads nothing that takes time: this is what a run without change consists of."""
