"""Templates of everything that liftlock writes for people, and the functions that fill them in. Knows nothing of liftlock itself."""

from liftlock_templates.repository import RepositoryFacts, ServiceFacts, render_repository

__all__ = ["RepositoryFacts", "ServiceFacts", "render_repository"]
