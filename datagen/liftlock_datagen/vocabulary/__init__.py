"""Frozen word lists, and how they were made."""
