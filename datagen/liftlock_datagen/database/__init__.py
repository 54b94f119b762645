"""A live PostgreSQL: connections, what may be written to, and a database that is built beside another and swapped in."""
