"""The built-in provider of the Pulumi package docker: networks, volumes, containers and images of one Docker engine."""

from liftlock_engine.providers.docker.provider import DockerProvider

__all__ = ["DockerProvider"]
