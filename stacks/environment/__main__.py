"""Pulumi's entry point: the program lives in liftlock_stacks, so that every engine runs the same."""

from liftlock_stacks.environment import declare

declare()
