"""The engine's providers as ordinary Pulumi plugins: the real engine starts one as a process and speaks `ResourceProvider` with it.

`python -m liftlock_engine.plugin docker` is one. Nothing here knows what a resource is: that is the business of the provider behind it.
"""
