"""Images: found on this machine or pulled, and the resource RemoteImage."""

from __future__ import annotations

import re

from liftlock_engine.providers.docker.connection import ConflictError, Connection, MissingError, said_by
from liftlock_engine.providers.docker.meaning import DEFAULTS, Plain, plain
from liftlock_engine.providers.port import Made, ProviderError, Seen
from liftlock_engine.values import PropertyMap

_ID = re.compile(r"(sha256:)?[0-9a-f]{64}")


class Images:
    """What the other resources ask about images."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, reference: str) -> Plain | None:
        """The image as Docker describes it; None where this machine has none."""
        try:
            with self._connection.api(f"looking for image {reference}") as api:
                found: Plain = api.inspect_image(reference)
                return found
        except MissingError:
            return None

    def ensure(self, reference: str) -> Plain:
        """The image, pulled where it is missing."""
        found = self.find(reference)
        if found is not None:
            return found
        if _ID.fullmatch(reference):
            raise ProviderError(
                f"image {reference} is not on this machine, and an image id cannot be pulled; use repository@sha256:… instead"
            )
        self._pull(reference)
        found = self.find(reference)
        if found is None:
            raise ProviderError(f"image {reference} was pulled but is not on this machine; something else removes images here")
        return found

    def _pull(self, reference: str) -> None:
        try:
            with self._connection.api(f"pulling {reference}") as api:
                for event in api.pull(reference, stream=True, decode=True):
                    self._connection.pause(0, f"pulling {reference}")
                    if "error" in event:
                        raise ProviderError(_pull_failure(reference, str(event["error"])))
        except MissingError as err:
            raise ProviderError(_pull_failure(reference, said_by(err))) from err
        except ProviderError as err:
            if err.__cause__ is None or type(err) is not ProviderError:
                raise
            raise ProviderError(_pull_failure(reference, said_by(err))) from err


def _pull_failure(reference: str, said: str) -> str:
    registry = reference.split("/", 1)[0] if "/" in reference else "the default registry"
    lowered = said.lower()
    if any(word in lowered for word in ("manifest unknown", "not found", "unknown blob", "name unknown")):
        return f"image {reference}: {registry} has no such image; check the digest, or push it first ({said})"
    if any(word in lowered for word in ("unauthorized", "denied", "authentication required")):
        return f"image {reference}: {registry} refuses to hand it out; log in with `docker login {registry}` ({said})"
    if any(word in lowered for word in ("connection refused", "no such host", "timeout", "deadline", "unreachable", "eof", "tls")):
        return f"image {reference}: {registry} does not answer; start it or check its address, then run again ({said})"
    return f"image {reference} cannot be pulled from {registry}: {said}"


class RemoteImages:
    """The resource docker:index/remoteImage:RemoteImage."""

    def __init__(self, connection: Connection, images: Images) -> None:
        self._connection = connection
        self._images = images

    def create(self, inputs: PropertyMap) -> Made:
        """Pulls where needed."""
        outputs = self._outputs(inputs, self._images.ensure(str(inputs["name"])))
        return Made(outputs["id"], outputs)

    def read(self, id_: str, inputs: PropertyMap | None) -> Seen:
        """The image of that name as it is now; an id without inputs ends with the name."""
        last: Plain = dict(inputs) if inputs is not None else {DEFAULTS: [], "name": _ID.sub("", id_, count=1) or id_}
        found = self._images.find(str(last["name"]))
        if found is None:
            return Seen(None)
        outputs = self._outputs(last, found)
        return Seen(outputs["id"], last, outputs)

    def update(self, inputs: PropertyMap) -> PropertyMap:
        """Nothing in Docker changes, the outputs follow."""
        return self.create(inputs).outputs

    def delete(self, inputs: PropertyMap) -> None:
        """Removes the image, unless it is to be kept locally."""
        name = str(inputs["name"])
        if inputs.get("keepLocally"):
            return
        try:
            with self._connection.api(f"removing image {name}") as api:
                api.remove_image(name, force=bool(inputs.get("forceRemove")))
        except MissingError:
            return
        except ConflictError as err:
            raise ProviderError(f"image {name} is in use and stays ({said_by(err)}); remove its containers or set keepLocally") from err

    def _outputs(self, inputs: PropertyMap, found: Plain) -> Plain:
        said: Plain = plain(inputs)
        empty: Plain = dict.fromkeys(("build", "forceRemove", "keepLocally", "platform", "pullTriggers", "triggers"))
        name = said["name"]
        return empty | said | {"id": found["Id"] + name, "imageId": found["Id"], "repoDigest": _repo_digest(name, found)}


def _repo_digest(name: str, found: Plain) -> str:
    digests: list[str] = found.get("RepoDigests") or []
    repository = re.sub(r"(@.*|:[^/:]*)$", "", name)
    return next((known for known in digests if known == name), next((known for known in digests if known.split("@")[0] == repository), ""))
