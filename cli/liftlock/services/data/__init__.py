"""Use cases of `liftlock data`: places are resolved, guarded ones are refused, and liftlock_datagen does the work."""
