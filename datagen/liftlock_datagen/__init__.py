"""Data for PostgreSQL databases: synthesis from the schema alone, and anonymised copies. Knows nothing of environments or of liftlock.

Imports nothing, so that who needs a type of it loads no database driver.
"""
