"""The schema of a database: as pure data, and how it is read."""
