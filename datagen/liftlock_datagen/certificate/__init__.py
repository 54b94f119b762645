"""The leak certificate: what of a source's sensitive values is still in a copy, and what is not. Reads both, writes neither."""
