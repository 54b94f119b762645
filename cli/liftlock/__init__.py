"""liftlock: environments from declared configuration, digests promoted by pull request, seeded data, drift as a diff."""

__version__ = "0.1.0"
