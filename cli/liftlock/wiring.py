"""The composition root: the only module that knows both services and adapters."""
