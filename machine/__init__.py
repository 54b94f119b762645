"""The machine room: what a fresh machine needs before liftlock itself can run.

Place: called by the Makefile with whatever Python is there, so it imports the standard library alone and nothing of the other packages.
It makes the virtual environment, finds or starts a Docker engine, builds the role images of `images/`, keeps the local registry, and runs
the checks.
Not here: anything about environments; that is liftlock's own work.
"""
