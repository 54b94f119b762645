"""Benchmarks: each module prints a table and returns rows that `python -m benchmarks` writes as JSON."""
