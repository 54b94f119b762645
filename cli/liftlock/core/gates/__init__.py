"""Gates: what must hold before a release enters an environment. Pure functions from evidence to one result type.

Missing evidence never passes. A new kind of gate is one more function here and one line in liftlock.core.promotion_gates.
"""
