"""Proposes what each column of a database holds: from names, types and constraints, and from a small sample that never leaves memory."""
