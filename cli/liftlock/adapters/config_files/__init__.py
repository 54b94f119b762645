"""The files of an environments repository: their shapes (pydantic, JSON Schema), and reading them from a folder."""
