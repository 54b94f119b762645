"""What a database says of its own rows: where they are from, and what would give the same ones again. Golden copies are keyed by it."""
