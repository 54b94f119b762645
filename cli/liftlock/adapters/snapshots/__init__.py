"""Golden copies as Docker volumes: each holds the data folder of a PostgreSQL that was stopped cleanly."""
