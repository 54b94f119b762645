"""Synthetic rows for any PostgreSQL schema, from the schema alone. Knows nothing of environments or of liftlock."""

from liftlock_datagen.errors import DatagenError, PlanError, Problem, ProblemCode
from liftlock_datagen.synthesis.load import SeedReport, seed

__all__ = ["DatagenError", "PlanError", "Problem", "ProblemCode", "SeedReport", "seed"]
